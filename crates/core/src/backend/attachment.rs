//! A client's connection to a session: its output, and the way to type into it.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{BackendError, Ended, Holder, TerminalLoan, TerminalOffer};
use crate::{
    id::{ClientId, Generation},
    replay::Offset,
    size::TermSize,
};

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttachMode {
    /// Types and sizes; one client at a time.
    Control,
    /// Watches only; any number of clients.
    View,
    /// Takes control from whoever has it; the other goes on watching.
    Steal,
}

/// What a snapshot does with the lines that the client's terminal already keeps above its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scrollback {
    /// Puts the session's lines in their place.
    Replace,
    /// Leaves them, and moves the terminal's page there too before painting.
    Keep,
}

/// How a client wants to attach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachRequest {
    /// What it may do.
    pub mode: AttachMode,
    /// Its terminal's size; given to the session if it gets control.
    pub size: Option<TermSize>,
    /// Where it left off.
    pub from: Option<Offset>,
    /// What snapshots do with its terminal's own lines.
    pub scrollback: Scrollback,
    /// What to call it to others; no secrets, shown in lists.
    pub label: String,
    /// Its terminal, if the backend may write to it and read from it directly. Going on from an
    /// offset is then ignored.
    pub terminal: Option<TerminalOffer>,
}

/// A client's connection to a session; dropping it detaches.
pub struct Attachment {
    /// The start attached to.
    pub generation: Generation,
    /// The client's number, by which others are told of it.
    pub client: ClientId,
    /// Whether the client has control; a session that has ended gives none.
    pub controls: bool,
    /// The session's size.
    pub size: TermSize,
    /// What the session prints.
    pub output: Box<dyn OutputStream>,
    /// Where to type.
    pub input: Box<dyn InputSink>,
    /// The loan of the client's terminal, if it offered one and the backend took it.
    pub loan: Option<Box<dyn TerminalLoan>>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("generation", &self.generation)
            .field("client", &self.client)
            .field("controls", &self.controls)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// One thing that a client learns of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputEvent {
    /// What makes a terminal equal to one that had been attached all along.
    Snapshot {
        /// The position that it stands for; output goes on from here.
        offset: Offset,
        /// The size it was drawn for.
        size: TermSize,
        /// Bytes for the client's terminal.
        data: Bytes,
    },
    /// The next bytes that the child printed.
    Output {
        /// The position of the first of them.
        offset: Offset,
        /// The bytes, unparsed.
        data: Bytes,
    },
    /// The backend read these from a terminal that was lent to it, and reads no more before it is
    /// told to.
    Keys {
        /// The bytes, as typed.
        data: Bytes,
    },
    /// The client was too slow; a snapshot follows, on the terminal itself if that is lent.
    Lagged {
        /// Bytes of output that it will not see; 0 if nobody knows how many, since whoever it lent
        /// its terminal to is gone: the loan is over then, and the snapshot comes here.
        skipped: u64,
    },
    /// The terminal has another size now.
    Resized {
        /// The new size.
        size: TermSize,
    },
    /// Another client took control; this one goes on watching.
    ControlLost {
        /// Who took it.
        by: Holder,
    },
    /// The session is over, and every byte of its output was delivered.
    Ended(Ended),
}

/// What a session prints, in order.
#[async_trait]
pub trait OutputStream: Send {
    /// Waits for the next event; `None` after the session's end.
    ///
    /// Cancel safety: safe to drop at any await; nothing is lost.
    ///
    /// # Errors
    ///
    /// When the connection is lost. That is never an end of the session: where the end was recorded
    /// before, what is missing comes instead, and then the end.
    async fn next(&mut self) -> Result<Option<OutputEvent>, BackendError>;
}

/// Where a client types.
#[async_trait]
pub trait InputSink: Send + Sync {
    /// Types bytes of any length, in order.
    ///
    /// Waits while the program does not read. A program that prints much meanwhile may also make it
    /// wait until the output is polled. If dropped, some first part may have been typed.
    ///
    /// # Errors
    ///
    /// [`BackendError::Refused`] without control; otherwise when the connection is lost.
    async fn write(&self, input: Bytes) -> Result<(), BackendError>;

    /// Gives the session this size; the last one of several is kept.
    ///
    /// # Errors
    ///
    /// As [`InputSink::write`].
    async fn resize(&self, size: TermSize) -> Result<(), BackendError>;
}
