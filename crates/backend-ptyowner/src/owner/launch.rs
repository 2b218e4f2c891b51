//! From a launch request to a running child, or to nothing at all.
//!
//! ```text
//! start.lock ─► is there a start already? ─► program, directory ─► owner.lock ─► socket ─► child
//!            ─► owner.json ─► (ready) ─► start.lock is given back
//! ```
//!
//! Whoever starts or removes a session holds `start.lock`, so that at most one of them is at work;
//! `owner.lock` is what says that an owner lives. Killed at any point, this leaves no owner and the
//! state of the earlier start, or one owner that can be found.

use std::{
    ffi::OsString,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

use super::{
    address::Address,
    journal::Journal,
    listener::Secrets,
    log::Log,
    program,
    session::{Identity, Session},
};
use crate::{
    entry, probe,
    state::{OwnerFile, SCHEMA, SessionDir, StateError},
    sys::{
        self,
        pty::{ChildCommand, Pty},
        shutdown::Shutdown,
        tree::Reaper,
    },
    token::Token,
    wire::{
        PROTOCOL_VERSION,
        launch::{LAUNCH_VERSION, LaunchReply, LaunchRequest},
    },
};
use abide_core::{
    env_policy::Environment,
    id::{Generation, SessionId},
    lock::{KernelLock, LockError, LockState},
    probe::Probe,
    size::TermSize,
};

/// Time to wait for a lock that somebody else holds for a moment only.
const LOCK_DEADLINE: Duration = Duration::from_secs(10);

/// How often a lock is tried whose directory somebody else removes at the same moment.
const LOCK_ATTEMPTS: usize = 10;

/// A start that succeeded, up to the point where it is announced.
pub(crate) struct Started {
    pub(crate) session: Session,
    pub(crate) address: Address,
    pub(crate) secrets: Secrets,
    pub(crate) log: File,
    pub(crate) probe: Arc<dyn Probe>,
    pub(crate) owner_lock: KernelLock,
}

/// The request, parsed.
struct Wanted {
    dir: SessionDir,
    runtime_dir: PathBuf,
    session: SessionId,
    argv: Vec<OsString>,
    cwd: PathBuf,
    env: Environment,
    size: TermSize,
    history_bytes: u64,
    journal: bool,
    replaces: Option<Generation>,
}

/// Starts the session, or says why not; what this call made is taken away again then.
///
/// The second of the two is `start.lock`, to be given back when the start was announced.
pub(crate) fn start(request: LaunchRequest) -> Result<(Started, KernelLock), LaunchReply> {
    let wanted = parse(request)?;
    let probe = probe::for_session(&wanted.env);
    let start_lock = lock_start(&wanted.dir)?;
    probe.reached("owner.start_locked");
    let earlier = match existing(&wanted)? {
        Existing::Answers => return Err(LaunchReply::Existing),
        Existing::Earlier => true,
        Existing::None => false,
    };
    match start_new(&wanted, probe) {
        Ok(started) => Ok((started, start_lock)),
        Err(reply) => {
            if !earlier {
                // Still under `start.lock`. A directory that stays describes no start.
                let retired = wanted.dir.retire();
                drop(start_lock);
                let _ = retired.and_then(|retired| wanted.dir.delete_retired(&retired));
            }
            Err(reply)
        }
    }
}

fn parse(mut request: LaunchRequest) -> Result<Wanted, LaunchReply> {
    if request.version != LAUNCH_VERSION {
        return Err(failed(&format!(
            "launcher and owner are of different releases (launch version {} and {LAUNCH_VERSION})",
            request.version
        )));
    }
    let session: SessionId = request
        .session
        .parse()
        .map_err(|err| failed(&format!("{err}")))?;
    let os = sys::os_bytes::from_bytes;
    let take = std::mem::take::<Vec<u8>>;
    let owners_dir = PathBuf::from(os(take(&mut request.owners_dir)));
    let argv: Vec<OsString> = std::mem::take(&mut request.argv)
        .into_iter()
        .map(os)
        .collect();
    if argv.is_empty() {
        return Err(failed("no program was named"));
    }
    let mut env: Environment = std::mem::take(&mut request.env)
        .into_iter()
        .map(|(name, value)| (os(name), os(value)))
        .collect();
    describe_terminal(&mut env);
    Ok(Wanted {
        dir: SessionDir::new(&owners_dir, &session),
        runtime_dir: PathBuf::from(os(take(&mut request.runtime_dir))),
        session,
        argv,
        cwd: PathBuf::from(os(take(&mut request.cwd))),
        env,
        size: TermSize::clamped(request.size.0, request.size.1),
        history_bytes: request.history_bytes,
        journal: request.journal,
        replaces: request.replaces.map(Generation::from_bytes),
    })
}

/// Tells the child which terminal it is on, unless the spec says otherwise.
fn describe_terminal(env: &mut Environment) {
    env.set_default("TERM", "xterm-256color");
    env.set_default("COLORTERM", "truecolor");
    env.set_default("TERM_PROGRAM", "abide");
    env.set_default("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION"));
}

/// Takes `start.lock`, making the session's directory if need be.
fn lock_start(dir: &SessionDir) -> Result<KernelLock, LaunchReply> {
    for _ in 0..LOCK_ATTEMPTS {
        dir.create().map_err(|err| refused(&err))?;
        match acquire_within(&dir.start_lock(), LOCK_DEADLINE)? {
            Ok(lock) => return Ok(lock),
            // Somebody removed the session, and its directory, while this waited.
            Err(err) if err.io_kind() == std::io::ErrorKind::NotFound => {}
            Err(err) => return Err(refused(&err)),
        }
    }
    Err(LaunchReply::Locked {
        reason: "the session is being removed again and again".into(),
    })
}

/// Waits for a lock; if somebody else has it, on a thread of its own, which ends with the process
/// if it waits for ever.
fn acquire_within(
    path: &Path,
    deadline: Duration,
) -> Result<Result<KernelLock, LockError>, LaunchReply> {
    if let Ok(Some(lock)) = KernelLock::try_acquire(path) {
        return Ok(Ok(lock));
    }
    let (send, receive) = mpsc::sync_channel(1);
    let waiting = path.to_owned();
    std::thread::spawn(move || send.send(KernelLock::acquire(&waiting)));
    receive
        .recv_timeout(deadline)
        .map_err(|_| LaunchReply::Locked {
            reason: format!(
                "`{}` was held for {} s by another process",
                path.display(),
                deadline.as_secs()
            ),
        })
}

/// What there is of the session already.
enum Existing {
    /// A start that answers the request: it runs, or it ended and is not to be followed.
    Answers,
    /// A start that is over and that this one follows.
    Earlier,
    /// Nothing.
    None,
}

fn existing(wanted: &Wanted) -> Result<Existing, LaunchReply> {
    let owner = match wanted.dir.read_owner() {
        Ok(owner) => owner,
        // After a crash of the machine a file may be half there. Whether an owner lives, the lock
        // knows; a start that cannot be described is over.
        Err(StateError::Damaged { .. }) if !is_held(wanted)? => None,
        Err(err) => return Err(refused(&err)),
    };
    let Some(owner) = owner else {
        return Ok(if is_held(wanted)? {
            Existing::Answers
        } else {
            Existing::None
        });
    };
    let exit = wanted.dir.read_exit().map_err(|err| refused(&err))?;
    let has_ended = exit.is_some_and(|exit| exit.generation == owner.generation);
    let is_over = has_ended || !is_held(wanted)?;
    if is_over && wanted.replaces == Some(owner.generation) {
        return Ok(Existing::Earlier);
    }
    Ok(Existing::Answers)
}

fn is_held(wanted: &Wanted) -> Result<bool, LaunchReply> {
    let state = KernelLock::look(&wanted.dir.owner_lock()).map_err(|err| refused(&err))?;
    Ok(state == LockState::Held)
}

fn start_new(wanted: &Wanted, probe: Arc<dyn Probe>) -> Result<Started, LaunchReply> {
    let path = program::resolve(&wanted.argv[0], wanted.env.get("PATH"))
        .map_err(|reason| LaunchReply::ProgramNotFound { reason })?;
    check_directory(&wanted.cwd)?;
    // An owner whose end is recorded may still be on its way out, for a second at the most.
    let owner_lock =
        acquire_within(&wanted.dir.owner_lock(), LOCK_DEADLINE)?.map_err(|err| refused(&err))?;
    probe.reached("owner.locked");
    let log = open_log(&wanted.dir)?;
    let generation = Generation::random();
    let address = Address::bind(&wanted.dir, &wanted.runtime_dir, generation).map_err(|err| {
        failed(&format!(
            "cannot listen in `{}`: {err}",
            wanted.runtime_dir.display()
        ))
    })?;
    probe.reached("owner.bound");
    let made = make_session(wanted, generation, &path, address.endpoint(), &probe);
    let (session, token) = match made {
        Ok(made) => made,
        Err(reply) => {
            address.leave();
            return Err(reply);
        }
    };
    Ok(Started {
        session,
        address,
        secrets: Secrets {
            session: wanted.session.to_string(),
            generation: *generation.as_bytes(),
            token,
        },
        log,
        probe,
        owner_lock,
    })
}

/// Starts the child and describes the start. An earlier start's files stay as they are until the
/// new child runs.
fn make_session(
    wanted: &Wanted,
    generation: Generation,
    path: &Path,
    endpoint: &str,
    probe: &Arc<dyn Probe>,
) -> Result<(Session, Token), LaunchReply> {
    let reaper = Reaper::new().map_err(|err| failed(&format!("cannot watch a child: {err}")))?;
    let shutdown =
        Shutdown::new().map_err(|err| failed(&format!("cannot watch for a shutdown: {err}")))?;
    let pty =
        Pty::open(wanted.size).map_err(|err| failed(&format!("cannot open a terminal: {err}")))?;
    let trampoline = std::env::current_exe()
        .map_err(|err| failed(&format!("cannot find this program's own file: {err}")))?;
    let clock = probe::clock_for_session(&wanted.env);
    let started_at = clock.now();
    let child = pty
        .spawn(&ChildCommand {
            trampoline,
            args: entry::exec_child_words(&wanted.cwd, path, &wanted.argv),
            env: wanted
                .env
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        })
        .map_err(|err| failed(&format!("cannot start the child: {err}")))?;
    probe.reached("owner.spawned");
    let token = Token::random();
    let pid = std::process::id();
    let description = OwnerFile {
        schema: SCHEMA,
        session: wanted.session.clone(),
        generation,
        started_at,
        pid,
        pid_start: sys::process::start_time(pid),
        boot_id: sys::process::boot_id(),
        child_pid: child.pid,
        child_start: sys::process::start_time(child.pid),
        endpoint: endpoint.to_owned(),
        versions: vec![PROTOCOL_VERSION],
        release: env!("CARGO_PKG_VERSION").to_owned(),
        size: wanted.size,
    };
    let described = wanted
        .dir
        .write_owner(&description, &token)
        .and_then(|()| wanted.dir.forget_end());
    if let Err(err) = described {
        // Without a description nobody could ever reach the child: this start never was.
        sys::tree::kill_round();
        return Err(refused(&err));
    }
    probe.reached("owner.described");
    let identity = Identity {
        dir: wanted.dir.clone(),
        generation,
        started_at,
        child_pid: child.pid,
        probe: Arc::clone(probe),
        clock,
    };
    let history_bytes = wanted.history_bytes;
    let journal = match wanted.journal {
        true => Journal::new(
            wanted.dir.journal(),
            generation,
            history_bytes,
            Arc::clone(probe),
        ),
        false => Journal::off(),
    };
    let session = Session::new(
        identity,
        pty,
        reaper,
        shutdown,
        wanted.size,
        history_bytes,
        journal,
    );
    Ok((session, token))
}

fn check_directory(cwd: &Path) -> Result<(), LaunchReply> {
    let refuse = |reason: String| Err(LaunchReply::BadDirectory { reason });
    if !cwd.is_absolute() {
        return refuse("it is not an absolute path".into());
    }
    match std::fs::metadata(cwd) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => refuse("it is not a directory".into()),
        Err(err) => refuse(err.to_string()),
    }
}

/// Opens the log and lets this process's errors, and its traces, go there.
fn open_log(dir: &SessionDir) -> Result<File, LaunchReply> {
    let open = || {
        let log = sys::files::open_private_log(&dir.log())?;
        sys::detach::redirect_input_and_errors(&log)?;
        Ok(log)
    };
    let log = open().map_err(|err: std::io::Error| {
        failed(&format!("cannot write `{}`: {err}", dir.log().display()))
    })?;
    let writer = log.try_clone().map(Log::new);
    let writer = writer.map_err(|err| failed(&format!("cannot write a log: {err}")))?;
    tracing_subscriber::fmt()
        .with_writer(writer)
        // Otherwise a line that cannot be written is reported on standard error, with a panic if
        // that, being the same file, cannot be written either.
        .log_internal_errors(false)
        .with_ansi(false)
        .with_target(false)
        .try_init()
        .map_err(|err| failed(&format!("cannot write a log: {err}")))?;
    Ok(log)
}

fn failed(reason: &str) -> LaunchReply {
    LaunchReply::Failed {
        reason: reason.to_owned(),
    }
}

/// Says why state or lock could not be used, with what lies beneath.
fn refused<E: std::error::Error + 'static>(err: &E) -> LaunchReply {
    let any: &(dyn std::error::Error + 'static) = err;
    if let Some(StateError::Newer { path, found, .. }) = any.downcast_ref() {
        return LaunchReply::NewerState {
            path: sys::os_bytes::to_bytes(path.as_os_str()),
            found: *found,
        };
    }
    failed(&match err.source() {
        Some(source) => format!("{err}: {source}"),
        None => err.to_string(),
    })
}
