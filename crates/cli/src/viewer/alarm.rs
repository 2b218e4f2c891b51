//! One timer that is set, set again, and put off, without being polled.

use std::{future::Pending, pin::Pin};

use tokio::time::{Timeout, timeout};

use super::detach::Wait;

/// Rings once for each wait that it is set to.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    number: Option<u64>,
    timer: Option<Pin<Box<Timeout<Pending<()>>>>>,
}

impl Alarm {
    /// Sets it to a wait, from now on; one that it is set to already goes on, or has rung.
    pub(super) fn set(&mut self, wait: Option<Wait>) {
        let number = wait.map(|wait| wait.number);
        if number != self.number {
            self.number = number;
            self.timer = wait.map(|wait| Box::pin(timeout(wait.time, std::future::pending())));
        }
    }

    /// Waits until it rings; for ever if it is not set. Safe to drop at any await.
    pub(super) async fn ring(&mut self) {
        match &mut self.timer {
            Some(timer) => {
                // Only the time-out can come of it.
                let _ = timer.as_mut().await;
                self.timer = None;
            }
            None => std::future::pending().await,
        }
    }
}
