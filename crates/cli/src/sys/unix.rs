//! The terminal on Unix: termios, poll and signals.
//!
//! The keyboard is read by poll and a blocking read, on the descriptor that the shell gave. Opening
//! the device by its name instead would give an open file of our own, but fails wherever the
//! terminal belongs to another user (`su`, `sudo`) or is not in sight (containers).
//!
//! macOS cannot poll `/dev/tty` (it answers `POLLNVAL`), only the device itself, which is what a
//! terminal window gives as standard input. With `< /dev/tty` there, reads block and cannot be
//! woken: the byte typed first after detaching may then be lost.

mod client;
mod group;

use std::{
    io::{self, PipeReader, PipeWriter, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::{ffi::OsStringExt as _, fs::MetadataExt as _},
    },
};

use abide_core::size::TermSize;
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{getpid, kill_process},
    stdio,
    termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr},
};
use tokio::signal::unix::{SignalKind, signal};

pub(crate) use self::{
    client::{become_program, run_program},
    group::{kill_group, lead_group},
};
use super::{Signal, TerminalDevice, Typed};

/// Keys byte by byte, without echo or signals; dropping it gives back what was before.
///
/// What was typed ahead stays in the terminal: it is never flushed.
#[derive(Debug)]
pub(crate) struct RawMode {
    before: Termios,
}

impl RawMode {
    /// Takes the terminal on standard input into raw mode.
    pub(crate) fn enter() -> io::Result<Self> {
        let mode = Self {
            before: tcgetattr(stdio::stdin())?,
        };
        mode.again()?;
        Ok(mode)
    }

    /// Takes it into raw mode once more, after somebody else changed it.
    pub(crate) fn again(&self) -> io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        set(&raw)
    }

    /// Gives it back as it was; can be called more than once, and from a panic hook.
    pub(crate) fn restore(&self) -> io::Result<()> {
        set(&self.before)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // If this fails the terminal is gone.
        let _ = self.restore();
    }
}

fn set(termios: &Termios) -> io::Result<()> {
    // At once: waiting for output to drain would wait for ever where the terminal is blocked.
    loop {
        match tcsetattr(stdio::stdin(), OptionalActions::Now, termios) {
            Err(Errno::INTR) => {}
            done => return done.map_err(Into::into),
        }
    }
}

/// Returns the size of the terminal; none where it does not know.
pub(crate) fn terminal_size() -> Option<TermSize> {
    [stdio::stdout(), stdio::stdin()]
        .into_iter()
        .filter_map(|fd| tcgetwinsize(fd).ok())
        .find(|size| size.ws_row != 0 && size.ws_col != 0)
        .map(|size| TermSize::clamped(size.ws_row, size.ws_col))
}

/// Returns the terminal that is both standard input and standard output, as others find it; none
/// where they could not read and write it as we do.
pub(crate) fn terminal_device() -> Option<TerminalDevice> {
    // Tried on Linux alone so far.
    if !cfg!(target_os = "linux") {
        return None;
    }
    let [input, output] = [stdio::stdin(), stdio::stdout()].map(|fd| {
        let file = std::fs::File::from(fd.try_clone_to_owned().ok()?);
        let found = file.metadata().ok()?;
        Some((found.rdev(), found.dev(), found.ino()))
    });
    if input != output {
        return None;
    }
    let (device, file_system, inode) = input?;
    let name = rustix::termios::ttyname(stdio::stdin(), Vec::new()).ok()?;
    Some(TerminalDevice {
        path: std::ffi::OsString::from_vec(name.into_bytes()).into(),
        device,
        file_system,
        inode,
    })
}

/// Opens what is typed on standard input, and what wakes a read of it.
pub(crate) fn keyboard() -> io::Result<(Keyboard, Waker)> {
    let (woken, wake) = io::pipe()?;
    let keyboard = Keyboard { woken, polls: true };
    let polls = poll_for(stdio::stdin(), PollFlags::IN, None)?.is_some();
    let waker = Waker { wake, polls };
    Ok((Keyboard { polls, ..keyboard }, waker))
}

/// What is typed.
#[derive(Debug)]
pub(crate) struct Keyboard {
    woken: PipeReader,
    /// Whether this terminal can be polled.
    polls: bool,
}

impl Keyboard {
    /// Waits until something is typed, and takes at most `limit` bytes of it.
    ///
    /// Once woken it takes nothing, whatever there is to take: that belongs to whoever comes next.
    pub(crate) fn read(&mut self, limit: usize) -> io::Result<Typed> {
        loop {
            if self.polls && self.wait()? {
                return Ok(Typed::Woken);
            }
            let mut bytes = vec![0; limit];
            match rustix::io::read(stdio::stdin(), &mut bytes) {
                Ok(0) | Err(Errno::IO) => return Ok(Typed::Closed),
                Ok(count) => {
                    bytes.truncate(count);
                    return Ok(Typed::Bytes(bytes));
                }
                // Somebody else made the open file non-blocking, or was faster.
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(err) => return Err(err.into()),
            }
        }
    }

    /// Waits for input; returns whether it was woken instead.
    fn wait(&self) -> io::Result<bool> {
        let mut polled = [
            PollFd::new(&self.woken, PollFlags::IN),
            PollFd::from_borrowed_fd(stdio::stdin(), PollFlags::IN),
        ];
        loop {
            match poll(&mut polled, None) {
                Ok(_) => return Ok(!polled[0].revents().is_empty()),
                Err(Errno::INTR) => {}
                Err(err) => return Err(err.into()),
            }
        }
    }
}

/// Wakes a read of the keyboard.
#[derive(Debug)]
pub(crate) struct Waker {
    wake: PipeWriter,
    polls: bool,
}

impl Waker {
    /// Wakes the read; returns whether it will notice.
    pub(crate) fn wake(&self) -> bool {
        self.polls && (&self.wake).write_all(&[1]).is_ok()
    }
}

/// Where to draw: the terminal on standard output.
#[derive(Debug)]
pub(crate) struct Screen;

impl Screen {
    /// Opens it.
    pub(crate) fn open() -> io::Result<Self> {
        Ok(Self)
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(stdio::stdout(), bytes) {
                // Somebody else made the open file non-blocking.
                Err(Errno::AGAIN) => {
                    poll_for(stdio::stdout(), PollFlags::OUT, Some(()))?;
                }
                done => return done.map_err(Into::into),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Polls one descriptor, waiting if told to; none if it cannot be polled.
fn poll_for(
    fd: BorrowedFd<'_>,
    flags: PollFlags,
    waiting: Option<()>,
) -> io::Result<Option<PollFlags>> {
    let fd = fd.as_fd();
    let mut polled = [PollFd::from_borrowed_fd(fd, flags)];
    let at_once = rustix::event::Timespec::default();
    let timeout = if waiting.is_some() {
        None
    } else {
        Some(&at_once)
    };
    loop {
        match poll(&mut polled, timeout) {
            Ok(_) => {
                let found = polled[0].revents();
                return Ok((!found.contains(PollFlags::NVAL)).then_some(found));
            }
            Err(Errno::INTR) => {}
            Err(err) => return Err(err.into()),
        }
    }
}

/// The signals that a viewer answers to. From its making on they no longer do what they do by
/// default, until the process ends.
#[derive(Debug)]
pub(crate) struct Signals {
    resize: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
    go_on: tokio::signal::unix::Signal,
}

impl Signals {
    /// Begins to listen; needs a runtime.
    pub(crate) fn new() -> io::Result<Self> {
        let named = |signal: rustix::process::Signal| SignalKind::from_raw(signal.as_raw());
        Ok(Self {
            resize: signal(SignalKind::window_change())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(named(rustix::process::Signal::TSTP))?,
            go_on: signal(named(rustix::process::Signal::CONT))?,
        })
    }

    /// Waits for the next one. Safe to drop at any await.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::End,
            _ = self.hangup.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::End,
            _ = self.quit.recv() => Signal::End,
            _ = self.go_on.recv() => Signal::Continue,
            _ = self.stop.recv() => Signal::Stop,
            _ = self.resize.recv() => Signal::Resize,
        }
    }
}

/// Stops this process, as ctrl-z stops one that does not mind; returns when it goes on.
pub(crate) fn stop_self() -> io::Result<()> {
    kill_process(getpid(), rustix::process::Signal::STOP).map_err(Into::into)
}
