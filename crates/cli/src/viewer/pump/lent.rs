//! Our terminal while it is lent to whoever holds the session.
//!
//! ```text
//!   our own first bytes were taken: begin     a key that may be ours
//!  ours ──────────────► theirs ─────────────────────► keys are ours, output is theirs
//!   ▲                     │ ▲                                     │
//!   └──── end, a snapshot ┘ └─── take_keys: nothing is waited for ┘
//! ```

use std::time::Duration;

use abide_core::backend::{BackendError, OutputEvent};
use tokio::time::timeout;

use super::{Awaited, Keyboard, Pump, Reason};

/// How long a terminal may take for a few bytes without our doing something else meanwhile.
const AT_ONCE: Duration = Duration::from_millis(20);

/// How long the one to whom our terminal is lent may take to give it back.
const TAKE_BACK_DEADLINE: Duration = Duration::from_millis(500);

impl Pump<'_> {
    /// Lets the session be shown: by whoever holds it, on our terminal if that is lent.
    pub(super) async fn open(&mut self) -> Result<(), Reason> {
        let opening = self.guard.opening();
        self.canvas.write(opening).await?;
        if self.loan.is_some() {
            // Ours comes first on the terminal.
            let mut mark = self.canvas.mark().await?;
            match timeout(AT_ONCE, mark.passed()).await {
                Ok(passed) => {
                    passed?;
                    self.begin_loan().await?;
                }
                Err(_late) => self.awaited = Some(Awaited::Lend(mark)),
            }
        }
        // It may have changed since it was asked for in order to attach.
        self.resize();
        self.settle_keys().await
    }

    /// Has the session shown on our terminal, which has taken what is to come first.
    pub(super) async fn begin_loan(&mut self) -> Result<(), Reason> {
        // What was typed meanwhile goes before what others read.
        if let Some(typed) = self.keyboard.take().and_then(Keyboard::stop) {
            self.take(typed)?;
        }
        self.typist.flush().await;
        self.guard.modes().assume_all();
        self.keys_are_ours = !self.controls;
        if let Some(loan) = &self.loan
            && let Err(error) = loan.begin().await
        {
            self.forget_loan(&error);
        }
        Ok(())
    }

    /// Lets keys be read by the one to whom the terminal is lent.
    pub(super) async fn lend_keys(&mut self) {
        let Some(loan) = &self.loan else {
            return;
        };
        match loan.take_keys().await {
            Ok(()) => self.keys_are_ours = false,
            Err(error) => self.forget_loan(&error),
        }
    }

    /// Goes on without the one to whom the terminal was lent; the output will say what became of it.
    fn forget_loan(&mut self, error: &BackendError) {
        tracing::debug!(%error, "nobody has the terminal that was lent");
        self.loan = None;
        self.keys_are_ours = true;
    }

    /// Reads keys here, or has them read by the one to whom the terminal is lent.
    pub(super) async fn settle_keys(&mut self) -> Result<(), Reason> {
        while self.keys_are_ours {
            let is_lent = self.loan.is_some() && self.awaited.is_none() && self.controls;
            if !(is_lent && self.scanner.is_at_rest() && self.typist.is_idle()) {
                if self.keyboard.is_none() {
                    self.keyboard = Some(Keyboard::start().map_err(Reason::Failed)?);
                }
                return Ok(());
            }
            if let Some(typed) = self.keyboard.take().and_then(Keyboard::stop) {
                self.take(typed)?;
                continue;
            }
            self.lend_keys().await;
        }
        Ok(())
    }

    /// Takes our terminal back, if it is lent. If that takes too long, what was assumed of it stays.
    pub(super) async fn take_back(&mut self) {
        let Some(loan) = self.loan.take() else {
            return;
        };
        self.keys_are_ours = true;
        if matches!(self.awaited, Some(Awaited::Lend(_))) {
            // Nothing was shown on it.
            return;
        }
        let taken_back = async {
            loan.end().await?;
            let mut shows_all = true;
            while let Some(event) = self.output.next().await? {
                match event {
                    // It does not show what was skipped: what was assumed of it stays.
                    OutputEvent::Lagged { .. } => shows_all = false,
                    OutputEvent::Snapshot { data, .. } => {
                        if shows_all {
                            self.guard.modes().become_what_follows(&data);
                        }
                        break;
                    }
                    OutputEvent::Keys { data } => {
                        tracing::debug!(bytes = data.len(), "typed after leaving");
                    }
                    _ => {}
                }
            }
            Ok::<(), BackendError>(())
        };
        match timeout(TAKE_BACK_DEADLINE, taken_back).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "the terminal is ours without being given back")
            }
            Err(_late) => tracing::debug!("the terminal was not given back in time"),
        }
    }
}
