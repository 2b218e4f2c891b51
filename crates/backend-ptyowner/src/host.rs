//! For another crate whose terminals are not an owner's own: what it writes, and what runs it.
//!
//! Such a crate, a backend on top of tmux for example, has a [`Terminal`] that reads and types, and
//! a [`Source`] that makes and finds them. It gets from here what the owner's own terminals have:
//! the protocol, control and stealing, offsets and history, clients that lag, the screen model,
//! snapshots, the journal, the record of the end, and launches that make one start however many
//! callers there are.
//!
//! ```text
//!  OwnerBackend { relay: Some(Relay { kind, word, source }) }      the client half, wrapped
//!        │ launches `program word --from-launcher`, hands it the request and `source`
//!        ▼
//!  become_helper_or(&[Role { word, run: host::run::<S> }])         the relay
//!        │ under start.lock and owner.lock
//!        ▼
//!  S::from_settings ─► S::existing ─► join, record, or S::start
//! ```
//!
//! A relay that is killed takes nothing with it. Whatever is asked of its session next launches
//! another, which finds the terminal and goes on under the same generation; the offsets of what it
//! reads are beyond all that the earlier one gave out, so that a client which comes back is given a
//! snapshot and never the wrong bytes.

mod tree;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

pub use self::tree::Tree;
pub use crate::owner::{
    source::{
        Existing, Found, Joined, Last, Made, NotRunnable, Place, Source, SourceError, Wanted,
    },
    terminal::{ChildEnd, Read, Screen, Terminal},
};

/// Runs a relay to terminals of this source: a helper process's whole life, from the launch request
/// on its standard input to its exit.
///
/// Call it first thing in `main`, by way of [`become_helper_or`](crate::become_helper_or).
#[must_use]
pub fn run<S: Source>() -> ExitCode {
    crate::owner::run::<S>()
}

/// Returns the words that make this program, once it is alone on a terminal, the child that is wanted:
/// with default signals, in that directory, and with a message and the code of a shell if the program
/// cannot be run. [`become_helper`](crate::become_helper) knows them.
#[must_use]
pub fn exec_child_words(cwd: &Path, program: &Path, argv: &[OsString]) -> Vec<OsString> {
    crate::sys::exec::words(cwd, program, argv)
}

/// Returns the file whose kernel lock says that somebody holds the session with this directory
/// ([`Place::dir`]).
#[must_use]
pub fn owner_lock(dir: &Path) -> PathBuf {
    dir.join(crate::state::OWNER_LOCK)
}
