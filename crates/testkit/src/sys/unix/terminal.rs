//! The terminal on the standard streams.

use abide_core::size::TermSize;
use rustix::termios::{self, LocalModes, OptionalActions, Termios};

/// Another mode of the terminal on stdin, until dropped.
#[derive(Debug)]
pub struct RawMode(Option<Termios>);

impl RawMode {
    /// Puts the terminal on stdin in raw mode; does nothing if there is none.
    #[must_use]
    pub fn enter() -> Self {
        Self::change(Termios::make_raw)
    }

    /// Leaves the terminal on stdin as it is, but for the echo of what is typed.
    #[must_use]
    pub fn without_echo() -> Self {
        Self::change(|modes| modes.local_modes -= LocalModes::ECHO)
    }

    fn change(change: impl FnOnce(&mut Termios)) -> Self {
        let stdin = rustix::stdio::stdin();
        let before = termios::tcgetattr(stdin).ok();
        if let Some(before) = &before {
            let mut changed = before.clone();
            change(&mut changed);
            // A terminal that goes away meanwhile needs no mode.
            let _ = termios::tcsetattr(stdin, OptionalActions::Now, &changed);
        }
        Self(before)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let stdin = rustix::stdio::stdin();
            // A terminal that went away needs no mode.
            let _ = termios::tcsetattr(stdin, OptionalActions::Drain, before);
        }
    }
}

/// Returns the size of the terminal on stdout.
#[must_use]
pub fn terminal_size() -> Option<TermSize> {
    let size = termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    Some(TermSize::clamped(size.ws_row, size.ws_col))
}
