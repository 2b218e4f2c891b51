//! Starts an owner and waits until it says that it is ready, or why it never will be.
//!
//! The launcher holds no lock: whether there is a start already, the new owner decides under the
//! session's own. So a launcher that is dropped or killed leaves nothing to be cleaned up.

use std::{ffi::OsString, io, path::PathBuf, time::Duration};

use abide_core::{
    backend::{BackendError, SessionSpec},
    id::{Generation, SessionId},
    probe::Probe,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Child,
};

use super::spare::Spare;
use crate::{
    backend::{Helper, OwnerSettings},
    entry::{FROM_LAUNCHER, OWNER},
    state::{SCHEMA, SessionDir},
    sys,
    wire::{
        codec,
        launch::{LAUNCH_VERSION, Launch, LaunchReply, LaunchRequest, Start},
        limits::MAX_LAUNCH_BYTES,
    },
};

/// Time for an owner to be ready: it may wait for a lock, a slow disk, a loaded machine.
const READY_DEADLINE: Duration = Duration::from_secs(30);

/// How much of the end of an owner's log an error shows, in bytes.
const LOG_TAIL_BYTES: usize = 2000;

/// Variables that an owner gets: what finds programs, directories and the user's services, and what
/// Windows starts nothing without.
const OWNER_VARIABLES: &[&str] = &[
    "DBUS_SESSION_BUS_ADDRESS",
    "HOME",
    "LANG",
    "LLVM_PROFILE_FILE",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "SystemDrive",
    "SystemRoot",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TZ",
    "USER",
    "USERPROFILE",
    "XDG_RUNTIME_DIR",
];

/// What a launch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Launched {
    /// A new start.
    Started(Generation),
    /// There is one already, held by somebody now, or recorded as ended.
    Existing,
    /// There is nothing, and nothing was started.
    Nothing,
}

/// Launches an owner for the session, of the spare process if there is one.
pub(crate) async fn launch(
    settings: &OwnerSettings,
    spare: &Spare,
    spec: &SessionSpec,
) -> Result<Launched, BackendError> {
    let wanted = Launch::Start(Box::new(start(spec)));
    let (reply, log_tail) =
        exchange(settings, spare.take(), &spec.session, "start", wanted).await?;
    match reply {
        Some(LaunchReply::ProgramNotFound { reason }) => Err(BackendError::ProgramNotFound {
            program: spec.command.program.clone(),
            reason,
        }),
        Some(LaunchReply::BadDirectory { reason }) => Err(BackendError::BadDirectory {
            path: spec.cwd.clone(),
            source: io::Error::other(reason),
        }),
        reply => judge(&spec.session, reply, log_tail),
    }
}

/// Launches an owner that holds the session if its terminal lives, and otherwise records its end.
pub(crate) async fn join(
    settings: &OwnerSettings,
    session: &SessionId,
) -> Result<Launched, BackendError> {
    let (reply, log_tail) = exchange(settings, None, session, "join", Launch::Join).await?;
    judge(session, reply, log_tail)
}

/// Launches an owner; returns what it said, and what else it left to read.
async fn exchange(
    settings: &OwnerSettings,
    spare: Option<Child>,
    session: &SessionId,
    action: &'static str,
    wanted: Launch,
) -> Result<(Option<LaunchReply>, Option<String>), BackendError> {
    let dir = SessionDir::new(&settings.owners_dir, session);
    let logged_before = std::fs::metadata(dir.log()).map_or(0, |meta| meta.len());
    let request = request(settings, session, wanted);
    let attempt = attempt(settings, spare, &request);
    let reply = match tokio::time::timeout(READY_DEADLINE, attempt).await {
        Ok(reply) => reply.map_err(|source| BackendError::Failed {
            action,
            session: session.clone(),
            source: source.into(),
        })?,
        Err(_) => {
            return Err(BackendError::TimedOut {
                action,
                session: session.clone(),
                waited: READY_DEADLINE,
                progress: None,
            });
        }
    };
    let log_tail = match &reply {
        Some(_) => None,
        None => log_tail(&dir, logged_before),
    };
    Ok((reply, log_tail))
}

/// Tries each way to start an owner until one says something; `None` if none did.
async fn attempt(
    settings: &OwnerSettings,
    spare: Option<Child>,
    request: &LaunchRequest,
) -> io::Result<Option<LaunchReply>> {
    let request = zeroize::Zeroizing::new(codec::encode_launch(request));
    let spawned = commands(settings)?.into_iter().map(spawn);
    for owner in spare.into_iter().map(Ok).chain(spawned) {
        let mut owner = owner?;
        settings.probe.reached("launch.spawned");
        let reply = converse(&mut owner, &request, &*settings.probe).await?;
        sys::detach::let_go(owner).await?;
        if reply.is_some() {
            return Ok(reply);
        }
    }
    Ok(None)
}

fn request(settings: &OwnerSettings, session: &SessionId, wanted: Launch) -> LaunchRequest {
    let bytes = sys::os_bytes::to_bytes;
    let relay = settings.relay.as_ref();
    LaunchRequest {
        version: LAUNCH_VERSION,
        owners_dir: bytes(settings.owners_dir.as_os_str()),
        runtime_dir: bytes(settings.runtime_dir.as_os_str()),
        session: session.to_string(),
        source: relay.map_or_else(Vec::new, |relay| relay.source.clone()),
        wanted,
    }
}

fn start(spec: &SessionSpec) -> Start {
    let bytes = sys::os_bytes::to_bytes;
    let argv = std::iter::once(&spec.command.program).chain(&spec.command.args);
    Start {
        argv: argv.map(|word| bytes(word)).collect(),
        cwd: bytes(spec.cwd.as_os_str()),
        env: spec
            .env
            .iter()
            .map(|(name, value)| (bytes(name), bytes(value)))
            .collect(),
        size: (spec.size.rows(), spec.size.cols()),
        history_bytes: spec.history_bytes,
        journal: spec.journal,
        replaces: spec.replaces.map(|generation| *generation.as_bytes()),
    }
}

/// Returns the commands that start an owner, with an environment of their own: what the session's
/// environment leaves out must not be found in that of the child's parent.
pub(super) fn commands(settings: &OwnerSettings) -> io::Result<Vec<std::process::Command>> {
    let program: PathBuf = match &settings.helper {
        Helper::ThisProgram => std::env::current_exe()?,
        Helper::Program(path) => path.clone(),
    };
    let word = settings.relay.as_ref().map_or(OWNER, |relay| relay.word);
    let mut commands = sys::detach::helper_commands(&program, &[word, FROM_LAUNCHER]);
    for command in &mut commands {
        command.env_clear();
        let kept = |name: &OsString| {
            let mut variables = OWNER_VARIABLES.iter();
            variables.any(|kept| sys::detach::is_variable(name, kept))
        };
        command.envs(std::env::vars_os().filter(|(name, _)| kept(name)));
    }
    Ok(commands)
}

/// Starts a process that is to become an owner; needs a runtime.
pub(super) fn spawn(command: std::process::Command) -> io::Result<Child> {
    tokio::process::Command::from(command).spawn()
}

/// Hands over the request and reads the reply; `None` if the owner ended without one.
async fn converse(
    owner: &mut Child,
    request: &[u8],
    probe: &dyn Probe,
) -> io::Result<Option<LaunchReply>> {
    let mut stdin = owner.stdin.take().expect("it was asked for");
    let mut stdout = owner.stdout.take().expect("it was asked for");
    match stdin.write_all(request).await {
        // An owner that ended already is told from what it said, or did not.
        Err(err) if err.kind() != io::ErrorKind::BrokenPipe => return Err(err),
        _ => {}
    }
    stdin.shutdown().await.ok();
    drop(stdin);
    probe.reached("launch.sent");
    let mut reply = Vec::new();
    (&mut stdout)
        .take(MAX_LAUNCH_BYTES as u64)
        .read_to_end(&mut reply)
        .await?;
    Ok(codec::decode_launch(&reply))
}

fn judge(
    session: &SessionId,
    reply: Option<LaunchReply>,
    log_tail: Option<String>,
) -> Result<Launched, BackendError> {
    let session = session.clone();
    let launch_failed = |reason| BackendError::LaunchFailed { session, reason };
    match reply {
        Some(LaunchReply::Started { generation }) => {
            Ok(Launched::Started(Generation::from_bytes(generation)))
        }
        Some(LaunchReply::Existing | LaunchReply::Joined { .. }) => Ok(Launched::Existing),
        Some(LaunchReply::Nothing) => Ok(Launched::Nothing),
        Some(LaunchReply::NewerState { path, found }) => Err(BackendError::NewerState {
            path: sys::os_bytes::from_bytes(path).into(),
            found,
            supported: SCHEMA,
        }),
        Some(
            LaunchReply::Locked { reason }
            | LaunchReply::Failed { reason }
            | LaunchReply::ProgramNotFound { reason }
            | LaunchReply::BadDirectory { reason },
        ) => Err(launch_failed(reason)),
        None => Err(launch_failed(match log_tail {
            Some(tail) => {
                format!("its owner ended without a word; the end of its log:\n{tail}")
            }
            None => "its owner ended without a word and left no log".into(),
        })),
    }
}

/// Returns the end of what an owner logged since the log was that long.
fn log_tail(dir: &SessionDir, logged_before: u64) -> Option<String> {
    let log = std::fs::read(dir.log()).ok()?;
    let new = log.get(usize::try_from(logged_before).ok()?..)?;
    let tail = &new[new.len().saturating_sub(LOG_TAIL_BYTES)..];
    let text = String::from_utf8_lossy(tail).trim_end().to_owned();
    (!text.is_empty()).then_some(text)
}
