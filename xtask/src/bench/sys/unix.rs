//! Terminals, clock and signals on Unix.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use rustix::pty::OpenptFlags;
use rustix::termios::{OptionalActions, Winsize};
use rustix::time::{ClockId, Timespec};

use super::Output;

/// Returns the time of a clock that every process of this machine shares.
pub(crate) fn now() -> Duration {
    let time = rustix::time::clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// The controller's end of a terminal, read and written by the bench.
#[derive(Debug)]
pub(crate) struct Controller(File);

impl Controller {
    /// Opens a terminal; returns both ends.
    pub(crate) fn open(rows: u16, cols: u16) -> io::Result<(Self, TerminalEnd)> {
        let controller = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        rustix::io::fcntl_setfd(&controller, rustix::io::FdFlags::CLOEXEC)?;
        rustix::pty::grantpt(&controller)?;
        rustix::pty::unlockpt(&controller)?;
        let name = rustix::pty::ptsname(&controller, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(name, flags, Mode::empty())?;
        let size = Winsize {
            ws_row: rows,
            ws_col: cols,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        rustix::termios::tcsetwinsize(&terminal, size)?;
        Ok((Self(File::from(controller)), TerminalEnd(terminal)))
    }

    /// Reads what there is, waiting for it up to `patience`.
    pub(crate) fn read(&mut self, bytes: &mut [u8], patience: Duration) -> io::Result<Output> {
        let mut ready = [PollFd::new(&self.0, PollFlags::IN)];
        match poll(&mut ready, Some(&timespec(patience))) {
            Ok(0) | Err(Errno::INTR) => return Ok(Output::Quiet),
            Ok(_) => {}
            Err(err) => return Err(err.into()),
        }
        match self.0.read(bytes) {
            Ok(0) => Ok(Output::Ended),
            Ok(count) => Ok(Output::Bytes(count)),
            // Linux reports EIO, not end of file, once no process has the terminal end open.
            Err(err) if err.raw_os_error() == Some(Errno::IO.raw_os_error()) => Ok(Output::Ended),
            Err(err) => Err(err),
        }
    }

    /// Types into the terminal.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}

/// The terminal's end, for the program that runs on it.
#[derive(Debug)]
pub(crate) struct TerminalEnd(OwnedFd);

impl TerminalEnd {
    /// Makes this end all three standard streams of `command`.
    pub(crate) fn give_to(self, command: &mut Command) -> io::Result<()> {
        command.stdin(Stdio::from(self.0.try_clone()?));
        command.stdout(Stdio::from(self.0.try_clone()?));
        command.stderr(Stdio::from(self.0));
        Ok(())
    }
}

/// Makes the terminal on standard input the controlling one of a new session.
pub(crate) fn lead_terminal() -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::ioctl_tiocsctty(io::stdin().as_fd())?;
    Ok(())
}

/// Leaves the session and terminal of whoever started this process.
pub(crate) fn leave_session() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

/// Becomes `command`; returns only what went wrong.
pub(crate) fn become_program(command: &mut Command) -> io::Error {
    command.exec()
}

/// Makes the terminal on standard input interpret nothing, of what is typed and of what is printed.
pub(crate) fn make_raw() -> io::Result<()> {
    let stdin = io::stdin();
    let mut modes = rustix::termios::tcgetattr(&stdin)?;
    modes.make_raw();
    rustix::termios::tcsetattr(&stdin, OptionalActions::Now, &modes)?;
    Ok(())
}

/// Keeps everybody else out of a directory; screen refuses one that others may look into.
pub(crate) fn make_private(dir: &Path) -> io::Result<()> {
    fs::set_permissions(dir, Permissions::from_mode(0o700))
}

/// Kills a process; that it is gone already is success.
pub(crate) fn kill(pid: u32) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let Some(pid) = pid else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    match rustix::process::kill_process(pid, Signal::KILL) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(err) => Err(err.into()),
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
