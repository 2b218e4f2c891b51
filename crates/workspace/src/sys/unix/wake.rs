//! Being let go on after a stop, or rung: SIGCONT.
//!
//! A process that runs and does not wait for it does not notice it. So a ring harms nobody: neither
//! a keeper that does not listen yet, nor whoever has its number by now.

use rustix::process::{Pid, Signal as Number, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::place;

/// Has a keeper do at once what it does at each heartbeat. Only the process that started then is
/// rung: one that was stopped on purpose is not to go on because of an old number.
pub(crate) fn ring(pid: u32, started: Option<u64>) {
    if started.is_none() || place::started(pid) != started {
        return;
    }
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // One that is gone meanwhile needs to be told nothing.
        let _ = kill_process(pid, Number::CONT);
    }
}

/// Learns that this process was let go on.
pub(crate) struct Woken {
    signals: Option<Signal>,
}

impl Woken {
    /// Starts to listen; needs a runtime. Without the signal the next heartbeat has to do.
    pub(crate) fn new() -> Self {
        let number = Number::CONT.as_raw();
        Self {
            signals: signal(SignalKind::from_raw(number)).ok(),
        }
    }

    /// Waits until this process was let go on after it was stopped, or was rung.
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
