//! What the pane's process does with its terminal, its child and itself.

use std::{
    io,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    process::{Command, ExitStatus},
};

use abide_core::backend::ExitOutcome;
use rustix::process::{WaitOptions, WaitStatus};

/// Most digits of a process id.
const PID_DIGITS: usize = 10;

/// Gives the terminal up as the controlling one, so that no key and no hang-up reaches this process,
/// and becomes the parent of whatever loses its own below it, where the system can do that.
pub(crate) fn step_back() -> io::Result<()> {
    ignore_signals();
    leave_terminal()?;
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

/// Starts the child as the leader of a session on this terminal; returns its process id. Its note, with
/// this start and that id, is what it prints first.
pub(crate) fn spawn_leader(mut command: Command, note_start: Vec<u8>) -> io::Result<u32> {
    // SAFETY: between fork and exec this calls setsid, ioctl, getpid and write alone, allocates
    // nothing, and takes no lock.
    unsafe { command.pre_exec(move || lead_session(&note_start)) };
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

/// Prints bytes on the terminal.
pub(crate) fn print(bytes: &[u8]) -> io::Result<()> {
    // Output that was stopped by a key would stay so: nobody is there to let it go on.
    let _ = rustix::termios::tcflow(rustix::stdio::stdout(), rustix::termios::Action::OOn);
    write_all(bytes)
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

/// Waits for the child, and for whatever else this process has adopted meanwhile.
pub(crate) fn reap_until(child: u32) -> io::Result<ExitOutcome> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => {
                let is_child = u32::try_from(pid.as_raw_nonzero().get()) == Ok(child);
                if is_child {
                    return Ok(outcome(status));
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

/// Waits until nothing is left of what this process started or adopted.
pub(crate) fn reap_all() {
    while rustix::process::wait(WaitOptions::empty()).is_ok() {}
}

/// Ends this process as the child ended.
pub(crate) fn end_like(outcome: &ExitOutcome) -> ! {
    match *outcome {
        ExitOutcome::Signaled { signal } => {
            // SAFETY: a default disposition is always sound.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
            // SAFETY: sends a signal to this process alone.
            unsafe { libc::raise(signal) };
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
