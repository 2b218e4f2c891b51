//! Being told to end. A process without a console, as an owner is, is told nothing: at a shutdown
//! it ends with the machine, and its session is lost.

use std::io;

/// Learns that the system wants this process to end.
pub(crate) struct Shutdown;

impl Shutdown {
    /// Starts to listen.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits until the system says so: for ever.
    pub(crate) async fn asked(&mut self) {
        std::future::pending().await
    }
}
