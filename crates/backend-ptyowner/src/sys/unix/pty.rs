//! The terminal: a pseudo-terminal pair whose controller the owner holds.
//!
//! The controller is read and written through a descriptor of our own: the writer of
//! `portable-pty` types an end of file into the program when it is dropped, and its reader blocks.
//! The owner also keeps the terminal end open while the child runs, so that a child which closes
//! its terminal and opens it again is still heard.

use std::{
    ffi::OsString,
    io,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    time::Duration,
};

use abide_core::size::TermSize;
use bytes::BytesMut;
use portable_pty::{MasterPty, PtySize, PtySystem as _, SlavePty};
use rustix::io::Errno;
use tokio::io::{Interest, unix::AsyncFd};

use super::spawn;
use crate::owner::terminal::Read;

/// Time after the child's end for the terminal to report its own. It runs out if another process
/// still has the terminal open: the child's end then is the session's.
pub(crate) const DRAIN_WAIT: Duration = Duration::from_millis(10);

/// A read of fewer bytes was all there was. Asking an empty terminal again would not only be in vain:
/// the kernel then waits for the work that moves output from one end to the other.
const FEW_BYTES: usize = 1024;

/// What to run on the terminal, resolved and checked.
pub(crate) struct ChildCommand {
    /// The directory it starts in.
    pub(super) cwd: PathBuf,
    /// The program's file.
    pub(super) path: PathBuf,
    /// Its arguments, the name that it is called by first.
    pub(super) argv: Vec<OsString>,
    /// Its whole environment, less `PWD`.
    pub(super) env: Vec<(OsString, OsString)>,
}

impl ChildCommand {
    /// Returns the command that runs the program at `path`, called as `argv` says.
    pub(crate) fn new(
        cwd: &Path,
        path: &Path,
        argv: &[OsString],
        env: Vec<(OsString, OsString)>,
    ) -> io::Result<Self> {
        Ok(Self {
            cwd: cwd.to_owned(),
            path: path.to_owned(),
            argv: argv.to_vec(),
            env,
        })
    }
}

/// The controller of one terminal.
pub(crate) struct Pty {
    /// Watched for output.
    controller: AsyncFd<OwnedFd>,
    /// Watched while the terminal takes nothing: it says that it takes more after whatever was read.
    input: OwnedFd,
    sizer: Box<dyn MasterPty + Send>,
    terminal: Option<Box<dyn SlavePty + Send>>,
}

/// The child as spawned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spawned {
    /// Its process id, which is also its session's and first group's.
    pub(crate) pid: u32,
}

impl Pty {
    /// Opens a terminal of this size; needs a running reactor.
    pub(crate) fn open(size: TermSize) -> io::Result<Self> {
        let pair = portable_pty::NativePtySystem::default()
            .openpty(pty_size(size))
            .map_err(io::Error::other)?;
        let raw = pair
            .master
            .as_raw_fd()
            .expect("a Unix controller has a descriptor");
        // SAFETY: `pair.master` owns the descriptor and lives until the end of this function.
        let borrowed = unsafe { BorrowedFd::borrow_raw(raw) };
        let controller = borrowed.try_clone_to_owned()?;
        expect_utf8(&controller);
        // O_NONBLOCK belongs to the open file description; nothing else reads or writes it.
        rustix::io::ioctl_fionbio(&controller, true)?;
        let input = controller.try_clone()?;
        // SAFETY: the descriptor is owned, stays open and keeps its number until it is dropped.
        let controller = unsafe { AsyncFd::register_with_interest(controller, Interest::READABLE) };
        Ok(Self {
            controller: controller.map_err(io::Error::other)?,
            input,
            sizer: pair.master,
            terminal: Some(pair.slave),
        })
    }

    /// Starts the child on the terminal, as leader of its own session.
    pub(crate) fn spawn(&self, command: &ChildCommand) -> io::Result<Spawned> {
        let name = self.sizer.tty_name();
        let name = name.ok_or_else(|| io::Error::other("the terminal has no name"))?;
        let pid = spawn::spawn(&name, command)?;
        Ok(Spawned { pid })
    }

    /// Waits for output and appends it to the buffer, up to its spare capacity.
    ///
    /// Cancel safety: safe to drop; nothing is read then.
    pub(crate) async fn read(&self, buffer: &mut BytesMut) -> io::Result<Read> {
        loop {
            let mut ready = self.controller.readable().await?;
            match ready.try_io(|fd| read_once(fd.get_ref(), buffer)) {
                Ok(result) => {
                    if let Ok(Read::Bytes(..FEW_BYTES)) = result {
                        ready.clear_ready();
                    }
                    return result;
                }
                Err(_would_block) => {}
            }
        }
    }

    /// Types what the terminal takes without waiting; `None` if that is nothing.
    pub(crate) fn try_write(&self, input: &[u8]) -> io::Result<Option<usize>> {
        match rustix::io::write(&self.input, input) {
            Err(Errno::AGAIN) => Ok(None),
            typed => Ok(Some(typed?)),
        }
    }

    /// Waits until the terminal takes input, and types as much as it takes.
    ///
    /// Cancel safety: safe to drop; nothing is typed then.
    pub(crate) async fn write(&self, input: &[u8]) -> io::Result<usize> {
        let fd = self.input.as_fd();
        // SAFETY: the descriptor stays open and keeps its number while it is borrowed.
        let terminal = unsafe { AsyncFd::register_with_interest(fd, Interest::WRITABLE) };
        let terminal = terminal?;
        loop {
            let mut ready = terminal.writable().await?;
            let attempt = ready.try_io(|fd| Ok(rustix::io::write(fd.get_ref(), input)?));
            match attempt {
                Ok(result) => return result,
                Err(_would_block) => {}
            }
        }
    }

    /// Gives the terminal a size; the kernel tells the foreground programs if it is a new one.
    pub(crate) fn resize(&self, size: TermSize) -> io::Result<()> {
        self.sizer.resize(pty_size(size)).map_err(io::Error::other)
    }

    /// Returns the process group in the foreground, if there is one.
    pub(crate) fn foreground_group(&self) -> Option<u32> {
        let group = rustix::termios::tcgetpgrp(self.controller.get_ref().as_fd()).ok()?;
        u32::try_from(group.as_raw_nonzero().get()).ok()
    }

    /// Lets go of the terminal end, so that reading ends once nobody else has it open.
    pub(crate) fn close_terminal(&mut self) {
        self.terminal = None;
    }
}

/// Tells the terminal that input is UTF-8, so that erasing a character erases all of its bytes.
fn expect_utf8(controller: &OwnedFd) {
    use rustix::termios::{InputModes, OptionalActions, tcgetattr, tcsetattr};
    if let Ok(mut modes) = tcgetattr(controller) {
        modes.input_modes |= InputModes::IUTF8;
        // A terminal without the mode erases byte by byte, as it always did.
        let _ = tcsetattr(controller, OptionalActions::Now, &modes);
    }
}

fn read_once(fd: &OwnedFd, buffer: &mut BytesMut) -> io::Result<Read> {
    let count = match rustix::io::read(fd, buffer.spare_capacity_mut()) {
        Ok((read, _)) => read.len(),
        // Linux reports EIO, not end of file, once no process has the terminal end open.
        Err(Errno::IO) => 0,
        Err(err) => return Err(err.into()),
    };
    if count == 0 {
        return Ok(Read::Ended);
    }
    // SAFETY: the kernel wrote `count` bytes at the start of the spare capacity.
    unsafe { buffer.set_len(buffer.len() + count) };
    Ok(Read::Bytes(count))
}

fn pty_size(size: TermSize) -> PtySize {
    PtySize {
        rows: size.rows(),
        cols: size.cols(),
        pixel_width: 0,
        pixel_height: 0,
    }
}
