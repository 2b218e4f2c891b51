//! The terminal: a pseudo console that the owner holds.
//!
//! ```text
//! console ─► reader thread ─► queue ─► read()         write() ─► queue ─► writer thread ─► console
//!                  └── answers the console's first question ──────►┘
//! ```
//!
//! A pseudo console's pipes can only be read and written by waiting calls, so each has a thread. The
//! reader reads to the end whoever listens: a pseudo console that is closed while its output is not
//! read hangs, and so does whoever closes it, which is why that happens on a thread, too.

mod start;
mod threads;

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use abide_core::size::TermSize;
use bytes::{Bytes, BytesMut};
use portable_pty::{CommandBuilder, MasterPty, PtySize, PtySystem as _, SlavePty};
use tokio::sync::mpsc;

use super::{
    detach, exec,
    gate::{self, Gate},
    tree,
};
use crate::owner::terminal::Read;

/// Pieces of output that wait to be read. A full queue makes the console wait, not the owner.
const OUTPUT_QUEUE: usize = 4;

/// Pieces of input that wait for the console. A full queue makes the typist wait.
const INPUT_QUEUE: usize = 4;

/// Most input in one piece, in bytes.
const INPUT_PIECE_BYTES: usize = 4 * 1024;

/// Time after the child's end for the terminal to report its own. The console prints its last
/// picture and waits for programs that are slow to leave it; what those print is not the session's.
pub(crate) const DRAIN_WAIT: Duration = Duration::from_secs(2);

/// What to run on the terminal, resolved and checked.
pub(crate) struct ChildCommand {
    /// This program, which becomes the child.
    trampoline: PathBuf,
    /// The arguments that make it so.
    args: Vec<OsString>,
    /// The child's whole environment.
    env: Vec<(OsString, OsString)>,
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
            trampoline: std::env::current_exe()?,
            args: exec::words(cwd, path, argv),
            env,
        })
    }
}

/// The controller of one terminal.
pub(crate) struct Pty {
    output: Mutex<Output>,
    input: mpsc::Sender<Bytes>,
    console: Option<Console>,
}

/// The pseudo console; it is closed when both of its ends are dropped.
struct Console {
    sizer: Box<dyn MasterPty + Send>,
    terminal: Box<dyn SlavePty + Send>,
}

struct Output {
    queue: mpsc::Receiver<Bytes>,
    /// What of a piece had no room yet.
    rest: Bytes,
}

/// The child as spawned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spawned {
    /// The process id of its first process, which ends with the program's code.
    pub(crate) pid: u32,
}

impl Pty {
    /// Opens a terminal of this size.
    pub(crate) fn open(size: TermSize) -> io::Result<Self> {
        let pair = portable_pty::NativePtySystem::default()
            .openpty(pty_size(size))
            .map_err(io::Error::other)?;
        let reader = pair.master.try_clone_reader().map_err(io::Error::other)?;
        let writer = pair.master.take_writer().map_err(io::Error::other)?;
        let (input, typed) = mpsc::channel(INPUT_QUEUE);
        let (printed, queue) = mpsc::channel(OUTPUT_QUEUE);
        threads::read(reader, printed, input.clone())?;
        threads::write(writer, typed)?;
        Ok(Self {
            output: Mutex::new(Output {
                queue,
                rest: Bytes::new(),
            }),
            input,
            console: Some(Console {
                sizer: pair.master,
                terminal: pair.slave,
            }),
        })
    }

    /// Starts the child on the terminal, in the tree of this process.
    pub(crate) fn spawn(&self, command: &ChildCommand) -> io::Result<Spawned> {
        let gate = Gate::new()?;
        let mut builder = CommandBuilder::new(&command.trampoline);
        builder.args(&command.args);
        builder.env_clear();
        for (name, value) in &command.env {
            builder.env(name, value);
        }
        builder.env(gate::VARIABLE, gate.name());
        // Without a directory that exists, `portable-pty` silently takes the user's home; the
        // trampoline goes to the real one and says when it cannot.
        builder.cwd(detach::neutral_dir());
        let console = self
            .console
            .as_ref()
            .expect("the terminal is open until the child ended");
        let child = console
            .terminal
            .spawn_command(builder)
            .map_err(io::Error::other)?;
        let pid = tree::adopt(child, gate)?;
        Ok(Spawned { pid })
    }

    /// Waits for output and appends it to the buffer, up to its spare capacity.
    ///
    /// Cancel safety: safe to drop; nothing is read then.
    pub(crate) async fn read(&self, buffer: &mut BytesMut) -> io::Result<Read> {
        std::future::poll_fn(|context| {
            let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
            output.poll_read(context, buffer)
        })
        .await
    }

    /// Types nothing: the console's pipe always makes its writer wait.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the signature is that of the other platforms"
    )]
    pub(crate) fn try_write(&self, _input: &[u8]) -> io::Result<Option<usize>> {
        Ok(None)
    }

    /// Waits until the terminal takes input, and types as much as it takes.
    ///
    /// Cancel safety: safe to drop; nothing is typed then.
    pub(crate) async fn write(&self, input: &[u8]) -> io::Result<usize> {
        let Ok(place) = self.input.reserve().await else {
            return Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "the console takes no input",
            ));
        };
        let count = input.len().min(INPUT_PIECE_BYTES);
        place.send(Bytes::copy_from_slice(&input[..count]));
        Ok(count)
    }

    /// Gives the terminal a size; the console tells its programs if it is a new one.
    pub(crate) fn resize(&self, size: TermSize) -> io::Result<()> {
        match &self.console {
            Some(console) => console
                .sizer
                .resize(pty_size(size))
                .map_err(io::Error::other),
            // Nobody is left to whom the size would matter.
            None => Ok(()),
        }
    }

    /// Returns `None`: a console has no process group in the foreground.
    pub(crate) fn foreground_group(&self) -> Option<u32> {
        None
    }

    /// Closes the console, so that reading ends once all of its output is read.
    pub(crate) fn close_terminal(&mut self) {
        if let Some(console) = self.console.take() {
            // The thread waits for programs that are slow to leave. Without a thread the console is
            // closed here and now, which takes longer and harms nothing.
            let close = move || drop(console);
            let _ = std::thread::Builder::new()
                .name("close".into())
                .spawn(close);
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        self.close_terminal();
    }
}

impl Output {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<Read>> {
        while self.rest.is_empty() {
            match ready!(self.queue.poll_recv(context)) {
                Some(piece) => self.rest = piece,
                None => return Poll::Ready(Ok(Read::Ended)),
            }
        }
        let count = self.rest.len().min(buffer.capacity() - buffer.len());
        buffer.extend_from_slice(&self.rest.split_to(count));
        Poll::Ready(Ok(Read::Bytes(count)))
    }
}

fn pty_size(size: TermSize) -> PtySize {
    PtySize {
        rows: size.rows(),
        cols: size.cols(),
        pixel_width: 0,
        pixel_height: 0,
    }
}

#[cfg(test)]
mod tests;
