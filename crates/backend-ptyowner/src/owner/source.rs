//! Where a session's terminal comes from.
//!
//! ```text
//!                                   ┌ Lives ──► joined under its own generation
//! locks held ─► Source::existing ───┼ Ended ──► recorded, if nobody did
//!                                   └ Nothing ► Source::start under a new generation
//! ```
//!
//! A source whose terminals do not outlive their owner has nothing to find. For one whose do, the
//! free `owner.lock` of a session without a recorded end says only that nobody holds it: what became
//! of the session, the source says. It must be able to tell from what lives where the terminal is,
//! and from nothing else: an owner may be killed after a terminal was made and before that was
//! written down anywhere.

use std::{
    ffi::OsString,
    future::Future,
    io,
    path::{Path, PathBuf},
};

use abide_core::{
    backend::ExitOutcome,
    clock::Timestamp,
    env_policy::Environment,
    id::{Generation, SessionId},
    probe::Probe,
    size::TermSize,
};

use super::terminal::{Screen, Terminal};

/// Why a source cannot say, or cannot make, what it was asked for. Its text, and those of its
/// causes, reach the user, and must hold no value of a variable.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// A program that was found and does not run: its interpreter is missing, it is of another machine's
/// kind, or the system has no room for a process. As an error of [`Source::start`] it is told as a
/// program that is not there.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be run: {said}{}", path.display(), hint(said))]
pub struct NotRunnable {
    path: PathBuf,
    said: io::Error,
}

impl NotRunnable {
    /// Returns what the system said of the program at the path.
    #[must_use]
    pub fn new(path: &Path, said: io::Error) -> Self {
        let path = path.to_owned();
        Self { path, said }
    }

    /// Tells whether it is the program that is at fault, and not the system.
    pub(crate) fn is_of_the_program(&self) -> bool {
        use io::ErrorKind::{ExecutableFileBusy, NotFound, PermissionDenied};
        let kind = self.said.kind();
        matches!(kind, NotFound | PermissionDenied | ExecutableFileBusy)
    }
}

fn hint(said: &io::Error) -> &'static str {
    match said.kind() {
        io::ErrorKind::NotFound => " (it, or the interpreter that it names)",
        _ => "",
    }
}

/// Makes terminals, and finds those that live without an owner.
///
/// Both methods run in the owner's process, inside its runtime, while `start.lock` and `owner.lock`
/// of the session are held: nobody else starts, holds or removes it meanwhile. The process may be
/// killed at any point.
pub trait Source: Sized + 'static {
    /// What it makes.
    type Terminal: Terminal;

    /// Returns the source that the launcher's settings describe
    /// ([`Relay::source`](crate::Relay::source)); called inside the runtime.
    ///
    /// # Errors
    ///
    /// When they are of another release, or damaged.
    fn from_settings(settings: &[u8]) -> Result<Self, SourceError>;

    /// Says what there is of the session already.
    ///
    /// # Errors
    ///
    /// When it cannot be said for certain. Then nothing is started, ended or recorded.
    fn existing(
        &mut self,
        at: &Place<'_>,
    ) -> impl Future<Output = Result<Existing<Self::Terminal>, SourceError>>;

    /// Takes away what is left of the terminal whose end [`existing`](Self::existing) reported: that
    /// end is recorded now, or about to be followed by a new start. What cannot be taken away is
    /// reported again, and harms nothing.
    fn forget(&mut self, at: &Place<'_>) -> impl Future<Output = ()> {
        let _ = at;
        std::future::ready(())
    }

    /// Makes a terminal and starts the child on it.
    ///
    /// From the moment at which the child may run, [`existing`](Self::existing) finds it under this
    /// generation.
    ///
    /// # Errors
    ///
    /// When there is no such terminal, and nothing is left of the attempt.
    fn start(
        &mut self,
        at: &Place<'_>,
        wanted: &Wanted<'_>,
    ) -> impl Future<Output = Result<Made<Self::Terminal>, SourceError>>;
}

/// The session that a source is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its id.
    pub session: &'a SessionId,
    /// Its directory, private to this user; what the source keeps there goes with the session.
    pub dir: &'a Path,
    /// Its last start that was described.
    pub last: Option<&'a Last>,
    /// Points where a test may hold this process.
    pub probe: &'a dyn Probe,
}

/// A start that an earlier owner described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// Its name.
    pub generation: Generation,
    /// When its child was started.
    pub started_at: Timestamp,
    /// The child's process; of use only if the machine was not started again since.
    pub child_pid: u32,
    /// The terminal's size at the start.
    pub size: TermSize,
    /// Whether its end is recorded.
    pub is_recorded: bool,
    /// Whether the machine was started again since.
    pub is_rebooted: bool,
}

/// A start that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Its name.
    pub generation: Generation,
    /// When that is: for the source to keep, if the terminal is to be joined later.
    pub started_at: Timestamp,
    /// The program, found on the session's own PATH and known to be executable.
    pub program: &'a Path,
    /// The words of the command, the program's name as it was given first.
    pub argv: &'a [OsString],
    /// An existing directory.
    pub cwd: &'a Path,
    /// The child's whole environment, except what the terminal itself determines.
    pub env: &'a Environment,
    /// The terminal's size.
    pub size: TermSize,
    /// Memory for what is kept for clients that come back, in bytes.
    pub history_bytes: u64,
}

/// A terminal that was made.
#[derive(Debug)]
pub struct Made<T> {
    /// The terminal.
    pub terminal: T,
    /// The child's process.
    pub child_pid: u32,
}

/// What there is of a session.
#[derive(Debug)]
pub enum Existing<T> {
    /// Nothing. A start that was described and is not recorded as ended is then recorded as lost.
    Nothing,
    /// Its terminal lives.
    Lives(Box<Joined<T>>),
    /// Its terminal is of no use any more.
    Ended(Box<Found>),
}

/// A terminal that lives, for a new owner to go on with.
///
/// [`Terminal::read`] gives what is printed after `screen` was taken, without gap or repetition.
#[derive(Debug)]
pub struct Joined<T> {
    /// The terminal.
    pub terminal: T,
    /// The child's process.
    pub child_pid: u32,
    /// The start that it is of.
    pub generation: Generation,
    /// When the child was started.
    pub started_at: Timestamp,
    /// What the terminal shows at present.
    pub screen: Screen,
}

/// The end of a start, as the source found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The start that ended.
    pub generation: Generation,
    /// How.
    pub outcome: ExitOutcome,
    /// When its child was started.
    pub started_at: Timestamp,
    /// When it ended, if that is known.
    pub ended_at: Option<Timestamp>,
    /// Its last screen, if it can still be seen. Without it, the journal's is kept.
    pub screen: Option<Screen>,
}
