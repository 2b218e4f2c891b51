//! A backend without processes: keeps the whole contract in memory, and fails when told to.
//!
//! Sessions run imitations of the test kit's child programs, chosen by file name; any other
//! program is a quiet shell. They live as long as the [`FakeBackend`] and its clones, in the
//! runtime that `ensure` was called in. Process ids are larger than any that a system gives, so
//! nothing that mistakes them for real ones can hit anybody.

mod contract;
mod faults;
mod launch;
mod program;
mod screen;
mod session;
mod stream;
mod terminal;
mod watch;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use abide_core::{
    activity,
    backend::{BackendError, BackendKind, ErrorKind, ExitOutcome, LostReason, SessionSpec},
    clock::{Clock, SystemClock},
    id::SessionId,
};
use tokio::task::JoinSet;

pub use self::faults::{Call, Op};
use self::{
    faults::Faults,
    program::Program,
    session::{FakeSession, Signal},
    terminal::Terminal,
};

/// The first fake process id; above the largest that Linux gives.
const FIRST_PID: u32 = 5_000_000;

/// Process ids set aside for each session: its child and what the child is said to have made.
const PIDS_PER_SESSION: u32 = 10;

/// Time that `send` waits for a program that does not read.
pub const SEND_PATIENCE: Duration = Duration::from_millis(300);

/// A scripted backend in memory; clones are handles to the same sessions.
#[derive(Debug, Clone)]
pub struct FakeBackend {
    kind: BackendKind,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    faults: Faults,
    sessions: Mutex<BTreeMap<SessionId, Arc<FakeSession>>>,
    tasks: Mutex<JoinSet<()>>,
    next_pid: AtomicU32,
}

impl Default for FakeBackend {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeBackend {
    /// Returns a backend without sessions, on the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// Returns a backend without sessions that takes its times from `clock`.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self {
            kind: BackendKind::Owner,
            shared: Arc::new(Shared {
                clock,
                faults: Faults::new(),
                sessions: Mutex::default(),
                tasks: Mutex::default(),
                next_pid: AtomicU32::new(FIRST_PID),
            }),
        }
    }

    /// Returns the backend as one of this kind; without this it says that it is the owner's.
    #[must_use]
    pub fn of_kind(self, kind: BackendKind) -> Self {
        Self { kind, ..self }
    }

    /// Makes the next call of `op` that is not yet planned to fail do so with this kind of error.
    pub fn fail_next(&self, op: Op, kind: ErrorKind) {
        self.shared.faults.fail_next(op, kind);
    }

    /// Makes calls of `op` wait until [`FakeBackend::release`]; nothing is done before.
    pub fn hang(&self, op: Op) {
        self.shared.faults.hang(op);
    }

    /// Lets the calls of `op` that hang, and later ones, go on.
    pub fn release(&self, op: Op) {
        self.shared.faults.release(op);
    }

    /// Makes a session's holder stop answering.
    ///
    /// # Panics
    ///
    /// When there is no such session.
    pub fn unresponsive(&self, session: &SessionId) {
        self.expect(session)
            .update(|state| state.unresponsive = true);
    }

    /// Makes a session's holder answer again.
    ///
    /// # Panics
    ///
    /// When there is no such session.
    pub fn responsive(&self, session: &SessionId) {
        self.expect(session)
            .update(|state| state.unresponsive = false);
    }

    /// Ends a session as if its child had ended so.
    ///
    /// # Panics
    ///
    /// When there is no such session.
    pub fn end(&self, session: &SessionId, outcome: ExitOutcome) {
        self.expect(session).end(outcome);
    }

    /// Ends a session as if its holder had been killed.
    ///
    /// # Panics
    ///
    /// When there is no such session.
    pub fn lose(&self, session: &SessionId) {
        let reason = LostReason::HolderDied;
        self.end(session, ExitOutcome::Lost { reason });
    }

    /// Prints bytes as if the session's child had.
    ///
    /// # Panics
    ///
    /// When there is no such session.
    pub fn print(&self, session: &SessionId, output: &[u8]) {
        self.expect(session).print(output);
    }

    /// Lets a signal be found in the output of a session's child.
    ///
    /// # Panics
    ///
    /// When there is no such session.
    pub fn signal(&self, session: &SessionId, signal: activity::Signal) {
        let now = self.shared.clock.now();
        self.expect(session).update(|state| {
            state.activity.output(now);
            state.activity.signal(signal, now);
        });
    }

    /// Returns every call received so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.faults.calls()
    }

    /// Tells whether a fake process id is of a session that runs.
    #[must_use]
    pub fn has_process(&self, pid: u32) -> bool {
        self.sessions().values().any(|session| {
            let its = session.pid..session.pid + PIDS_PER_SESSION;
            its.contains(&pid) && session.look(|state| state.ended.is_none())
        })
    }

    fn sessions(&self) -> MutexGuard<'_, BTreeMap<SessionId, Arc<FakeSession>>> {
        let sessions = &self.shared.sessions;
        sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expect(&self, session: &SessionId) -> Arc<FakeSession> {
        let found = self.sessions().get(session).cloned();
        found.unwrap_or_else(|| panic!("the fake backend has no session `{session}`"))
    }

    /// Returns the session if there is a trace of it and its holder answers.
    fn find(&self, session: &SessionId) -> Result<Arc<FakeSession>, BackendError> {
        let found = self.sessions().get(session).cloned();
        let found = found.ok_or_else(|| BackendError::NotFound {
            session: session.clone(),
        })?;
        answering(&found)?;
        Ok(found)
    }

    fn start(&self, spec: &SessionSpec) -> Result<Arc<FakeSession>, BackendError> {
        launch::check(spec)?;
        let pid = self
            .shared
            .next_pid
            .fetch_add(PIDS_PER_SESSION, Ordering::SeqCst);
        let clock = Arc::clone(&self.shared.clock);
        let session = Arc::new(FakeSession::new(spec, self.kind, pid, clock));
        let program = Program::new(&spec.command);
        self.spawn(run(Arc::clone(&session), program));
        Ok(session)
    }

    /// Runs a task that goes on when whoever asked for it is dropped, as another process would.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let tasks = &self.shared.tasks;
        let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(ended) = tasks.try_join_next() {
            ended.expect("an imitated program does not panic");
        }
        tasks.spawn(task);
    }
}

/// Runs a session's program until it ends or a signal ends it.
async fn run(session: Arc<FakeSession>, program: Program) {
    let ignores_hangup = program.ignores_hangup();
    let killed = session.when(|state| {
        state
            .signal
            .filter(|signal| *signal == Signal::Kill || !ignores_hangup)
    });
    let outcome = tokio::select! {
        outcome = program.run(Terminal::new(Arc::clone(&session))) => outcome,
        signal = killed => ExitOutcome::Signaled { signal: signal.number() },
    };
    session.end(outcome);
}

fn answering(session: &FakeSession) -> Result<(), BackendError> {
    if !session.look(|state| state.unresponsive) {
        return Ok(());
    }
    Err(BackendError::Unresponsive {
        session: session.id.clone(),
        holder_pid: Some(session.pid),
        source: "the test made it so".into(),
    })
}
