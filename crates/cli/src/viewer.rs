//! What `abide attach` runs in a person's terminal: shows a session, and types into it.
//!
//! ```text
//!  keyboard thread ─► detach keys ─► typist ─► session
//!  signals ─────────► one select ◄─ timers        │
//!  canvas thread ◄── mode tracker ◄───────────────┘
//! ```
//!
//! Bytes pass through unchanged both ways. Nothing waits for a slow side of it: a blocked terminal
//! does not keep keys from being heard, nor does a program that does not read. While a write to the
//! terminal waits, no more output is asked for; the session's holder deals with the lag.
//!
//! A terminal that takes nothing is waited for, at the beginning, in between and at the session's end,
//! as by any program: whoever stopped it lets it go on. Signals and the detach keys are heard all the
//! while. Only a viewer that leaves for another reason waits no longer than a moment for it.
//!
//! On every way out the terminal is given back as it was: its input mode by the [`guard`], and by
//! the mode tracker what the session changed in it and nothing else.
//!
//! A viewer that loses control goes on as a view: keys other than the detach keys are ignored, the
//! bell rings once, and the notice by whom comes when it leaves. In between, the screen belongs to
//! the session; a line of ours on it would be wrong until the program draws again.

mod alarm;
mod canvas;
mod detach;
mod error;
mod guard;
mod keyboard;
mod keys;
mod modes;
mod pump;
mod sequences;
mod tokens;
mod typist;

use std::io::{self, IsTerminal, Write};

use abide_core::backend::{AttachMode, Attachment, Ended, Holder};

pub(crate) use self::{
    error::ViewerError,
    keys::{DetachKeys, ParseKeysError},
};

/// How to view a session.
#[derive(Debug)]
pub(crate) struct Options {
    /// What the person calls the session.
    pub(crate) name: String,
    /// The keys that detach.
    pub(crate) keys: DetachKeys,
    /// How it was attached to; a view never types.
    pub(crate) mode: AttachMode,
    /// What was said before, to be said again when the person leaves: the session's screen takes its
    /// place.
    pub(crate) notes: Vec<String>,
}

/// How a viewing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The detach keys were pressed.
    Detached,
    /// The session ended; all of its output was shown.
    Ended(Ended),
    /// Our terminal is gone, or we were told to end. The session lives on.
    Hangup,
}

/// Refuses unless there is a terminal to show a session on.
pub(crate) fn check_terminal() -> Result<(), ViewerError> {
    let streams = [
        ("input", io::stdin().is_terminal()),
        ("output", io::stdout().is_terminal()),
    ];
    match streams.into_iter().find(|(_, is_terminal)| !is_terminal) {
        Some((stream, _)) => Err(ViewerError::NoTerminal { stream }),
        None => Ok(()),
    }
}

/// Shows the session until it ends, the person detaches, or their terminal is gone.
///
/// Says so on stderr, in one line, once the terminal is as it was. Must run inside a tokio runtime
/// with I/O and time; a single thread does.
///
/// # Errors
///
/// Without a terminal, and when the connection is lost. The terminal is as it was then too.
pub(crate) async fn run(attachment: Attachment, options: Options) -> Result<End, ViewerError> {
    check_terminal()?;
    let (name, notes) = (options.name.clone(), options.notes.clone());
    // The attachment is dropped in there: once a person reads that they detached, they did.
    let left = pump::run(attachment, options).await?;
    if left.drawn {
        left.say(&name, &notes);
    }
    Ok(left.end)
}

/// What is left of a viewing.
struct Left {
    end: End,
    /// Who took control on the way.
    lost_to: Option<Holder>,
    /// Whether the terminal took everything. One that is blocked or gone would hold us up for
    /// good: nothing more is said to it.
    drawn: bool,
}

impl Left {
    fn say(&self, name: &str, notes: &[String]) {
        if self.end != End::Hangup {
            notes.iter().for_each(|note| say(note));
        }
        match &self.end {
            End::Detached => say(&format!("[detached from {name}]")),
            End::Ended(ended) => say(&format!("[{name}: {}]", ended.outcome)),
            // There may be nobody to tell; where there is, they asked for it from elsewhere.
            End::Hangup => {}
        }
        if let Some(holder) = &self.lost_to {
            say(&format!("[control of {name} was taken by {holder}]"));
        }
    }
}

/// Tells the person; a terminal that is gone is no error here.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
