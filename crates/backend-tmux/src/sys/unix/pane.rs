//! The pane's process: what becomes of `abide tmux-exec`.
//!
//! ```text
//! tmux ─► this process ─► the child, which leads its own session on the pane's terminal
//!            │ keeps the terminal open, adopts what the child leaves behind
//!            └ child ends ─► file, then a note behind its last byte ─► waits until no relay
//!              holds the session ─► ends as the child did, so that tmux knows it too
//! ```
//!
//! The child has the terminal to itself, as it would without this process: its own session, its own
//! group in the foreground. This process gives the terminal up as its controlling one first, so that
//! no key and no hang-up reaches it.

use std::{
    convert::Infallible,
    io::{self, Write as _},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::Path,
    process::{Command, ExitCode, ExitStatus},
};

use abide_backend_ptyowner::host;
use abide_core::{backend::ExitOutcome, lock::KernelLock};
use rustix::process::{WaitOptions, WaitStatus};

use crate::{
    handover::{Handover, PaneFile},
    note::{self, Note},
};

/// Code of POSIX shells for a program that could not be run.
const NOT_EXECUTABLE: u8 = 126;

/// What a pane has of tmux's own: it says which terminal this is, and how to reach tmux from inside.
const TMUX_VARIABLES: &[&str] = &[
    "TERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TMUX",
    "TMUX_PANE",
];

/// Most digits of a process id.
const PID_DIGITS: usize = 10;

/// Becomes the pane's process for the handover at this path; returns the code to exit with.
pub(crate) fn become_pane(handover: &Path) -> ExitCode {
    match run(handover) {
        Ok(never) => match never {},
        Err(err) => {
            // The terminal is the only place to complain.
            let _ = writeln!(io::stderr(), "abide: cannot start the session: {err}");
            ExitCode::from(NOT_EXECUTABLE)
        }
    }
}

fn run(path: &Path) -> io::Result<Infallible> {
    let handover = Handover::take(path)?;
    ignore_signals();
    leave_terminal()?;
    adopt_orphans();
    let mut file = PaneFile {
        generation: handover.generation,
        nonce: handover.nonce.clone(),
        note: Note::Empty,
        is_hung_up: false,
    };
    let dir = handover.dir.clone();
    let child = spawn(handover)?;
    file.note = Note::Started { pid: child };
    // A directory that is gone, or full, keeps nobody from hearing of the end in the output.
    let _ = file.write(&dir);
    let status = reap_until(child)?;
    file.note = Note::Ended(outcome(status));
    // First where nothing can be lost, then where somebody waits for it.
    let _ = file.write(&dir);
    if tell(&file).is_err() {
        file.is_hung_up = true;
        let _ = file.write(&dir);
    }
    let lock = host::owner_lock(&dir);
    std::thread::spawn(move || {
        // Whoever holds the session takes it as far as it goes; nobody does, if this fails.
        let _shared = KernelLock::share(&lock);
        end_like(status)
    });
    while rustix::process::wait(WaitOptions::empty()).is_ok() {}
    file.note = Note::Empty;
    let _ = tell(&file);
    loop {
        std::thread::park();
    }
}

/// Starts the child as the leader of a session on this terminal; returns its process id.
fn spawn(handover: Handover) -> io::Result<u32> {
    let program = std::env::current_exe()?;
    let words = host::exec_child_words(&handover.cwd, &handover.program, &handover.argv);
    let mut command = Command::new(program);
    command.args(words).env_clear().current_dir("/");
    command.envs(handover.env.iter());
    for name in TMUX_VARIABLES {
        match std::env::var_os(name) {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let start = note::start(&handover.nonce);
    // SAFETY: between fork and exec this calls setsid, ioctl, getpid and write alone, allocates
    // nothing, and takes no lock.
    unsafe { command.pre_exec(move || lead_session(&start)) };
    Ok(command.spawn()?.id())
}

/// Makes this process, between fork and exec, the leader of a session on its terminal, and says so
/// in the output: what it prints is the session's from there on.
fn lead_session(start: &[u8]) -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
    let mut digits = [b'0'; PID_DIGITS];
    let mut rest = rustix::process::getpid()
        .as_raw_nonzero()
        .get()
        .unsigned_abs();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    for part in [start, b"started ", &digits, b"\x1b\\"] {
        write_all(part)?;
    }
    Ok(())
}

fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(err) => return Err(err.into()),
        }
    }
    Ok(())
}

/// Leaves a note in the output.
fn tell(file: &PaneFile) -> io::Result<()> {
    // Output that was stopped by a key would stay so: nobody is there to let it go on.
    let _ = rustix::termios::tcflow(rustix::stdio::stdout(), rustix::termios::Action::OOn);
    write_all(&file.note.encode(&file.nonce))
}

/// Waits for the child, and for whatever else this process has adopted meanwhile.
fn reap_until(child: u32) -> io::Result<WaitStatus> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => {
                let is_child = u32::try_from(pid.as_raw_nonzero().get()) == Ok(child);
                if is_child {
                    return Ok(status);
                }
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(err) => return Err(err.into()),
        }
    }
}

fn outcome(status: WaitStatus) -> ExitOutcome {
    let status = ExitStatus::from_raw(status.as_raw());
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitOutcome::Exited { code },
        (None, signal) => ExitOutcome::Signaled {
            signal: signal.unwrap_or_default(),
        },
    }
}

/// Ends this process as the child ended.
fn end_like(status: WaitStatus) -> ! {
    match outcome(status) {
        ExitOutcome::Signaled { signal } => {
            // SAFETY: a default disposition is always sound.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
            // SAFETY: sends a signal to this process alone.
            unsafe { libc::kill(libc::getpid(), signal) };
            // One that does not end a process was not what ended the child.
            std::process::exit(128 + signal)
        }
        ExitOutcome::Exited { code } => std::process::exit(code),
        ExitOutcome::Lost { .. } => std::process::exit(1),
    }
}

/// Ignores what is meant for the child; that gets the defaults back.
fn ignore_signals() {
    let ignored = [
        libc::SIGHUP,
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGTSTP,
        libc::SIGTTIN,
        libc::SIGTTOU,
        libc::SIGPIPE,
        libc::SIGUSR1,
        libc::SIGUSR2,
        libc::SIGXFSZ,
    ];
    for signal in ignored {
        // SAFETY: ignoring a signal is always sound.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Gives up the controlling terminal, which stays open.
fn leave_terminal() -> io::Result<()> {
    // SAFETY: the request takes no argument.
    match unsafe { libc::ioctl(0, libc::TIOCNOTTY) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Becomes the parent of what loses its own, where the system can do that.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}
