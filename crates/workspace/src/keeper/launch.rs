//! How this program starts keepers, and finds those that run.

use std::{
    ffi::{OsStr, OsString},
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use abide_core::{
    id::SessionId,
    lease::{Keeper, Lease, LeaseState},
};
use abide_local::{FROM_LAUNCHER, detach, probe::PROBE_DIR};
use tokio::process::Child;

use super::{
    KEEPER, KeeperError,
    address::Place,
    protocol::{Keep, Note, Reply, Request},
    talk::{Talk, TalkError},
    timepiece,
};
use crate::{
    desk::{Desk, Tools},
    sys,
};

/// Time for a keeper to be ready: it may wait for a lock, a slow disk, a backend, a loaded machine.
const READY_DEADLINE: Duration = Duration::from_secs(30);

/// Time for a keeper to have all of a record on disk when its session has started: it may wait for a
/// lock, for a backend that hangs and for a slow disk.
pub(crate) const NOTED_DEADLINE: Duration = Duration::from_secs(30);

/// Time for a keeper to take note that there is no start; it finds out as well without.
const ABANDONED_DEADLINE: Duration = Duration::from_secs(5);

/// How much of the end of a keeper's log an error shows, in bytes.
const LOG_TAIL_BYTES: usize = 2000;

/// Variables that a keeper gets of this process's: what finds programs, directories and the user's
/// services, what says which language, and what Windows starts nothing without. None is secret.
const KEEPER_VARIABLES: &[&str] = &[
    "ABIDE_CONFIG",
    "ABIDE_RUNTIME_DIR",
    "ABIDE_STATE_DIR",
    "APPDATA",
    "DBUS_SESSION_BUS_ADDRESS",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LLVM_PROFILE_FILE",
    "LOCALAPPDATA",
    "LOGNAME",
    "PATH",
    "PATHEXT",
    "SHELL",
    "SystemDrive",
    "SystemRoot",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TZ",
    "USER",
    "USERPROFILE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
];

/// Which program becomes a keeper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Helper {
    /// This one: its `main` begins with [`become_keeper`](super::become_keeper).
    ThisProgram,
    /// The one at this path, whose `main` does.
    Program(PathBuf),
}

/// How keepers are started and found; clones share what is started ahead.
#[derive(Clone)]
pub struct Keepers(Arc<Inner>);

struct Inner {
    helper: Helper,
    runtime_dir: PathBuf,
    variables: Vec<(OsString, OsString)>,
    tools: OnceLock<Tools>,
    spare: Mutex<Option<Child>>,
}

/// A conversation with a keeper that is responsible for a session.
pub(crate) struct Conversation {
    talk: Talk,
    session: SessionId,
}

/// What a keeper that was asked to keep a session came to.
pub(crate) enum Asked {
    /// It is responsible.
    Ready(Conversation),
    /// Somebody else is.
    Denied,
}

impl Keepers {
    /// Returns how to start keepers that are this program, or another, with sockets in this
    /// directory. They get these variables besides the few of this process's that find programs and
    /// directories; none may be secret.
    #[must_use]
    pub fn new(helper: Helper, runtime_dir: PathBuf, variables: Vec<(OsString, OsString)>) -> Self {
        Self(Arc::new(Inner {
            helper,
            runtime_dir,
            variables,
            tools: OnceLock::new(),
            spare: Mutex::default(),
        }))
    }

    /// Starts a process that is to become the keeper of a directory, unless there is one, or the
    /// directory has a keeper; needs a runtime. It holds nothing, and ends when this process does or
    /// drops it. A failure is that of the first use.
    pub fn expect(&self, dir: &Path) {
        let lease = Desk::new(dir, self.tools().clone()).look(Duration::ZERO);
        if let Ok(LeaseState::FreshLocal { .. }) = lease {
            return;
        }
        let mut spare = self.spare();
        if spare.is_none() {
            let commands = self.commands().unwrap_or_default();
            let spawned = commands.into_iter().next().map(spawn);
            *spare = spawned.and_then(Result::ok);
        }
    }

    /// Returns what this process works with at a desk.
    pub(crate) fn tools(&self) -> &Tools {
        self.0.tools.get_or_init(timepiece::tools)
    }

    pub(crate) fn runtime_dir(&self) -> &Path {
        &self.0.runtime_dir
    }

    /// Starts a keeper.
    ///
    /// Cancel safety: one that is dropped leaves a keeper that looks whether its session was started,
    /// or none.
    pub(crate) async fn start(&self, keep: Keep) -> Result<Asked, KeeperError> {
        let log = Place::new(keep.state_dir.as_path(), keep.dir.as_path()).log();
        let logged_before = fs::metadata(&log).map_or(0, |meta| meta.len());
        let session = keep.session.clone();
        let request = Request::Keep(Box::new(keep));
        let spare = self.spare().take();
        let spawned = self.commands().map_err(KeeperError::Start)?;
        let spawned = spawned.into_iter().map(spawn);
        for child in spare.into_iter().map(Ok).chain(spawned) {
            let mut child = child.map_err(KeeperError::Start)?;
            let mut talk = Talk::with_child(&mut child);
            let reply = talk.ask("get ready", &request, READY_DEADLINE).await;
            detach::let_go(child).await.map_err(KeeperError::Start)?;
            match reply {
                Err(TalkError::Over) => {}
                reply => return judge(talk, session, reply?),
            }
        }
        Err(KeeperError::Silent {
            log_tail: log_tail(&log, logged_before),
        })
    }

    /// Asks the keeper that holds a lease to keep a session more; `None` if it is just leaving.
    pub(crate) async fn join(
        &self,
        keep: Keep,
        lease: &Lease,
    ) -> Result<Option<Asked>, KeeperError> {
        let place = Place::new(keep.state_dir.as_path(), keep.dir.as_path());
        let mut talk = connect(&place, lease).await?;
        let session = keep.session.clone();
        let request = Request::Keep(Box::new(keep));
        match talk.ask("get ready", &request, READY_DEADLINE).await {
            Err(TalkError::Over) => Ok(None),
            reply => judge(talk, session, reply?).map(Some),
        }
    }

    /// Waits until the keeper that holds a lease has completed the records of these sessions; `false`
    /// if it left meanwhile.
    pub(crate) async fn settle(
        &self,
        place: &Place,
        lease: &Lease,
        sessions: Vec<SessionId>,
        patience: Duration,
    ) -> Result<bool, KeeperError> {
        let request = Request::Settle { sessions };
        let mut talk = connect(place, lease).await?;
        match talk.ask("complete its records", &request, patience).await {
            Ok(_) => Ok(true),
            Err(TalkError::Over) => Ok(false),
            Err(err) => Err(err.into()),
        }
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.0.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commands(&self) -> io::Result<Vec<std::process::Command>> {
        let program = match &self.0.helper {
            Helper::ThisProgram => std::env::current_exe()?,
            Helper::Program(path) => path.clone(),
        };
        let mut commands = detach::helper_commands(&program, &[KEEPER, FROM_LAUNCHER]);
        for command in &mut commands {
            command.env_clear();
            command.envs(std::env::vars_os().filter(|(name, _)| is_passed_on(name)));
            command.envs(self.0.variables.iter().map(|(name, value)| (name, value)));
        }
        Ok(commands)
    }
}

impl fmt::Debug for Keepers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keepers")
            .field("helper", &self.0.helper)
            .field("runtime_dir", &self.0.runtime_dir)
            .finish_non_exhaustive()
    }
}

impl Conversation {
    /// Tells the keeper of the session's start, and waits until that is in the journal.
    pub(crate) async fn started(mut self, note: Note) -> Result<(), KeeperError> {
        let request = Request::Started(note);
        match self
            .talk
            .ask("note the start", &request, NOTED_DEADLINE)
            .await?
        {
            Reply::Failed { message, hint } => Err(KeeperError::Failed { message, hint }),
            Reply::Noted | Reply::Settled | Reply::Ready { .. } | Reply::Denied { .. } => Ok(()),
        }
    }

    /// Tells the keeper that there will be no start. It finds out as well if this does not reach it.
    pub(crate) async fn abandon(mut self) {
        let session = self.session.clone();
        let request = Request::Abandon { session };
        let _ = self
            .talk
            .ask("abandon it", &request, ABANDONED_DEADLINE)
            .await;
    }
}

/// Connects to the keeper that holds a lease. One that is not found is rung: should it live, it looks
/// after its endpoint. Whether it lives the lease tells, to whoever looks at it again.
async fn connect(place: &Place, lease: &Lease) -> Result<Talk, KeeperError> {
    match place.connect(lease.epoch).await {
        Ok(stream) => Ok(Talk::over(stream)),
        Err(source) => {
            let Keeper { pid, started, .. } = lease.keeper;
            sys::wake::ring(pid, started);
            Err(KeeperError::Unreachable {
                holder: lease.keeper.to_string(),
                pid,
                source,
            })
        }
    }
}

fn judge(talk: Talk, session: SessionId, reply: Reply) -> Result<Asked, KeeperError> {
    match reply {
        Reply::Ready { .. } | Reply::Noted | Reply::Settled => {
            Ok(Asked::Ready(Conversation { talk, session }))
        }
        Reply::Denied { .. } => Ok(Asked::Denied),
        Reply::Failed { message, hint } => Err(KeeperError::Failed { message, hint }),
    }
}

/// Starts a process; needs a runtime.
fn spawn(command: std::process::Command) -> io::Result<Child> {
    tokio::process::Command::from(command).spawn()
}

fn is_passed_on(name: &OsStr) -> bool {
    let is = |known: &str| detach::is_variable(name, known);
    KEEPER_VARIABLES.iter().any(|known| is(known)) || (cfg!(debug_assertions) && is(PROBE_DIR))
}

/// Returns the end of what was logged since the log was that long.
fn log_tail(log: &Path, logged_before: u64) -> Option<String> {
    let log = fs::read(log).ok()?;
    let new = log.get(usize::try_from(logged_before).ok()?..)?;
    let tail = &new[new.len().saturating_sub(LOG_TAIL_BYTES)..];
    let text = String::from_utf8_lossy(tail).trim_end().to_owned();
    (!text.is_empty()).then_some(text)
}
