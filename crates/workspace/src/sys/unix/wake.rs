//! Being let go on after a stop: SIGCONT.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Learns that this process was let go on.
pub(crate) struct Woken {
    signals: Option<Signal>,
}

impl Woken {
    /// Starts to listen; needs a runtime. Without the signal the next heartbeat has to do.
    pub(crate) fn new() -> Self {
        let number = rustix::process::Signal::CONT.as_raw();
        Self {
            signals: signal(SignalKind::from_raw(number)).ok(),
        }
    }

    /// Waits until this process was let go on after it was stopped.
    ///
    /// Cancel safety: safe to drop; the next call learns of it.
    pub(crate) async fn next(&mut self) {
        match &mut self.signals {
            Some(signals) => {
                signals.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}
