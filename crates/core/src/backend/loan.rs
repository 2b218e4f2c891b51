//! A client's terminal, lent to the backend: it writes output there and reads keys itself, and no
//! byte takes the way through the client.
//!
//! ```text
//!  client: offers its terminal ─► attach ─► a loan, or none: output then comes as a stream
//!          makes it raw        ─► begin  ─► snapshot and output are on the terminal, keys are read
//!          OutputEvent::Keys   ◄─ keys that the client wants to see; it reads the next ones itself
//!          has decided         ─► take_keys: the backend reads again
//!          wants it back       ─► end    ─► OutputEvent::Snapshot: what is on the terminal; from
//!                                           here on output comes as a stream
//! ```

use std::path::PathBuf;

use async_trait::async_trait;

use super::BackendError;

/// A terminal that a client offers.
///
/// The backend opens it by its path, for itself: an open file of its own, whose flags are nobody
/// else's. The numbers say which one is meant where the path leads elsewhere for the backend, in
/// another container for instance; it declines the offer then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalOffer {
    /// The path of its device.
    pub path: PathBuf,
    /// The number of the device.
    pub device: u64,
    /// The file system that the device's file is on.
    pub file_system: u64,
    /// The number of that file.
    pub inode: u64,
    /// Bytes that begin what the client wants to see before the session does: its own keys.
    pub own_keys: Vec<u8>,
}

/// A terminal that is lent; dropping the attachment ends the loan too.
#[async_trait]
pub trait TerminalLoan: Send + Sync {
    /// Lets the backend write to the terminal and, with control, read keys.
    ///
    /// # Errors
    ///
    /// When the connection is lost.
    async fn begin(&self) -> Result<(), BackendError>;

    /// Lets the backend read keys again, after [`super::OutputEvent::Keys`].
    ///
    /// What was typed into the session before goes before them.
    ///
    /// # Errors
    ///
    /// When the connection is lost.
    async fn take_keys(&self) -> Result<(), BackendError>;

    /// Asks for the terminal back. It is the client's again when a snapshot comes, which is not to
    /// be drawn: it says what the terminal shows, and in which modes.
    ///
    /// # Errors
    ///
    /// When the connection is lost.
    async fn end(&self) -> Result<(), BackendError>;
}
