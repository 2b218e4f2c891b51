//! The person's terminal while it is ours, and its way back, whatever happens.
//!
//! A viewer that ends in order asks for the bytes that undo a session's changes and has its canvas
//! write them. On any other way out (an error, or a panic, also in a build that aborts on one) the
//! guard writes them itself.

use std::{
    io::Write,
    panic,
    sync::{
        Arc, Mutex, MutexGuard, Once, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;

use super::{error::ViewerError, modes::ModeTracker};
use crate::sys::{RawMode, Screen};

/// The terminal that is ours at present, for the panic hook.
static HELD: Mutex<Weak<Held>> = Mutex::new(Weak::new());

/// Installs the panic hook once.
static HOOK: Once = Once::new();

/// Keeps the terminal in raw mode, and gives it back when dropped.
#[derive(Debug)]
pub(super) struct Guard(Arc<Held>);

#[derive(Debug)]
struct Held {
    raw: RawMode,
    modes: Mutex<ModeTracker>,
    /// Whether what undoes the session's changes was written, or is about to be.
    left: AtomicBool,
}

impl Guard {
    /// Takes the terminal.
    pub(super) fn enter() -> Result<Self, ViewerError> {
        let raw = RawMode::enter().map_err(|source| ViewerError::Terminal {
            action: "take raw input from",
            source,
        })?;
        let held = Arc::new(Held {
            raw,
            modes: Mutex::new(ModeTracker::default()),
            left: AtomicBool::new(false),
        });
        *HELD.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&held);
        HOOK.call_once(restore_before_panicking);
        Ok(Self(held))
    }

    /// What the session has changed.
    pub(super) fn modes(&self) -> MutexGuard<'_, ModeTracker> {
        self.0.modes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is to be written before anything else.
    pub(super) fn opening(&self) -> Bytes {
        Bytes::from_static(self.modes().enter())
    }

    /// Returns what is to be written last. The caller writes it: the guard will not.
    pub(super) fn closing(&self) -> Bytes {
        self.0.left.store(true, Ordering::Relaxed);
        self.0.closing(&mut self.modes())
    }

    /// Lets the terminal go while this process is stopped; returns what is to be written before,
    /// and what after it has gone on.
    pub(super) fn pause(&self) -> (Bytes, Bytes) {
        let mut modes = self.modes();
        let again = modes.again();
        (self.0.closing(&mut modes), again.into())
    }

    /// Gives the terminal back its own input mode.
    pub(super) fn restore(&self) {
        // If this fails the terminal is gone, and the next read says so.
        let _ = self.0.raw.restore();
    }

    /// Takes raw input once more.
    pub(super) fn again(&self) {
        let _ = self.0.raw.again();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl Held {
    /// Below the session's last screen, in its first column.
    fn closing(&self, modes: &mut ModeTracker) -> Bytes {
        let mut bytes = modes.leave();
        // What is below the cursor belongs to the session's page, not to what comes now.
        bytes.extend(b"\r\n\x1b[J");
        bytes.into()
    }

    fn give_back(&self) {
        if !self.left.swap(true, Ordering::Relaxed) {
            // A panic within the tracker leaves its changes unknown, and the lock taken.
            let closing = self
                .modes
                .try_lock()
                .map(|mut modes| self.closing(&mut modes));
            if let (Ok(bytes), Ok(mut screen)) = (closing, Screen::open()) {
                let _ = screen.write_all(&bytes);
            }
        }
        let _ = self.raw.restore();
    }
}

/// Makes a panic's message appear on a terminal that is the person's again.
fn restore_before_panicking() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let held = HELD.try_lock().ok().and_then(|held| held.upgrade());
        if let Some(held) = held {
            held.give_back();
        }
        print(info);
    }));
}
