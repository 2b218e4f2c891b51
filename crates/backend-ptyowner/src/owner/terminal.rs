//! What a session needs of the terminal that it holds.
//!
//! There are two kinds. The owner's own is a pseudo-terminal that lives and dies with the owner's
//! process ([`super::own`]). The other is somebody else's, a pane of tmux for example: the owner is
//! only a **relay** to it, and the terminal and its child live on when the relay is gone.

use std::{future::Future, io, time::Duration};

use abide_core::{
    backend::{ExitOutcome, Survivor},
    clock::Timestamp,
    size::TermSize,
};
use bytes::BytesMut;

/// What a read of a terminal gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// So many bytes.
    Bytes(usize),
    /// The terminal got this size without having been given it by its owner. What was read before
    /// was printed at the size before.
    Resized(TermSize),
    /// Output was lost on its way here. The terminal shows this now, and what is read from now on
    /// was printed after it. Clients are told that they missed something.
    Lost(Box<Screen>),
    /// No process has the terminal open any more.
    Ended,
}

/// What a terminal shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// Its size.
    pub size: TermSize,
    /// What draws it on an empty terminal of that size, lines above the page first.
    pub content: Vec<u8>,
}

/// How a terminal's child was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChildEnd {
    /// It ended.
    Ended {
        /// How.
        outcome: ExitOutcome,
        /// When, if somebody knows; otherwise it is the time at which it is noticed.
        at: Option<Timestamp>,
    },
    /// It may live, and this process can do nothing more for it: the terminal cannot be reached any
    /// more, or only by a new start of this process. The owner leaves without recording an end, and
    /// whoever wants the session next launches another one, which looks again.
    OutOfReach,
}

/// A terminal with a child on it.
///
/// Everything belongs to one task and takes `&self` where that task waits for several things at
/// once; what they share needs no lock, at most a `RefCell` that is borrowed inside a poll. No
/// future need be `Send`. Nothing but the three futures may wait: the rest is called from a task
/// that serves every client.
///
/// It is dropped when its end is recorded, which is the time to take away what is left of it, or
/// when the owner leaves it. Only in the first case has [`ended`](Self::ended) told of an end.
pub trait Terminal: 'static {
    /// Time after the child's end for the terminal to report its own, by [`Read::Ended`]. What it
    /// prints later is not the session's.
    const DRAIN_WAIT: Duration;

    /// Whether terminal and child live on when this process ends. A session on such a terminal is
    /// never lost with its owner, and being told to end by the system ends the owner alone.
    const OUTLIVES_OWNER: bool;

    /// Whether the terminal answers the child's queries itself, as a terminal multiplexer does. The
    /// owner then answers none. Those that reach a client's own terminal would still be answered
    /// there, so they must not be in what is read.
    const ANSWERS_QUERIES: bool;

    /// Waits for output and appends it to the buffer, into its spare capacity only, which is never
    /// empty.
    ///
    /// Cancel safety: safe to drop; nothing is read then. After an error, or [`Read::Ended`], it is
    /// not called again.
    fn read(&self, buffer: &mut BytesMut) -> impl Future<Output = io::Result<Read>>;

    /// Types what the terminal takes without waiting; `None` if that is nothing.
    ///
    /// # Errors
    ///
    /// When it takes nothing any more; what waits to be typed is dropped then.
    fn try_write(&self, input: &[u8]) -> io::Result<Option<usize>>;

    /// Waits until the terminal takes input, and types as much as it takes: at least one byte.
    ///
    /// Cancel safety: safe to drop; nothing is typed then.
    fn write(&self, input: &[u8]) -> impl Future<Output = io::Result<usize>>;

    /// Gives the terminal a size; what is read from now on counts as printed at that size.
    ///
    /// # Errors
    ///
    /// When it stays as it was.
    fn resize(&self, size: TermSize) -> io::Result<()>;

    /// Lets go of the terminal after the child's end, so that reading comes to its end. What it
    /// still holds can be read.
    fn close(&mut self);

    /// Waits until the child may have ended, or something of its tree.
    ///
    /// Cancel safety: safe to drop; the next call learns of it.
    fn changed(&self) -> impl Future<Output = ()>;

    /// Returns how the child was left, once: at the first call after that came about.
    fn ended(&mut self) -> Option<ChildEnd>;

    /// Asks the child, and what is in the foreground, to end, as a terminal that hangs up does.
    fn ask_to_end(&mut self);

    /// Kills what lives of the child's tree, once. The caller repeats it until
    /// [`is_empty`](Self::is_empty), within a deadline.
    fn kill(&mut self);

    /// Tells whether nothing of the child's tree lives.
    fn is_empty(&mut self) -> bool;

    /// Returns what lives of the child's tree.
    fn survivors(&mut self) -> Vec<Survivor>;
}
