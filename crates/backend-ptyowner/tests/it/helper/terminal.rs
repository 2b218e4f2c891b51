//! A terminal that a holder holds, seen from a relay.

use std::{cell::RefCell, io, path::PathBuf, rc::Rc, time::Duration};

use abide_backend_ptyowner::host::{ChildEnd, Read, Screen, Terminal, Tree};
use abide_core::{
    backend::{ExitOutcome, Survivor},
    size::TermSize,
};
use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    sync::Notify,
};

use crate::greeting::{Command, DATA, END, EXIT, Exit, Greeting, OUTPUT, command, first_frame};

/// What was read and not passed on.
#[derive(Default)]
pub(crate) struct Inbox {
    pub(crate) bytes: BytesMut,
    pub(crate) exit: Option<Exit>,
}

pub(crate) struct HeldTerminal {
    pub(crate) socket: PathBuf,
    pub(crate) stream: RefCell<Rc<UnixStream>>,
    pub(crate) inbox: RefCell<Inbox>,
    pub(crate) changed: Notify,
    pub(crate) tree: Tree,
    pub(crate) has_ended: bool,
}

impl HeldTerminal {
    /// Goes on after the holder hung up: what it sent meanwhile is lost.
    async fn greet_again(&self) -> io::Result<Read> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        let (bytes, greeting) = greet(&mut stream).await?;
        *self.stream.borrow_mut() = Rc::new(stream);
        self.inbox.borrow_mut().bytes = bytes;
        Ok(Read::Lost(Box::new(Screen {
            size: TermSize::clamped(greeting.rows, greeting.cols),
            content: greeting.printed,
        })))
    }

    /// Takes one frame, as far as there is room; `None` if there is none that is whole.
    fn take(&self, buffer: &mut BytesMut) -> Option<Read> {
        let mut inbox = self.inbox.borrow_mut();
        loop {
            let (kind, body, whole) = first_frame(&inbox.bytes)?;
            match kind {
                OUTPUT => {
                    let room = buffer.capacity() - buffer.len();
                    let now = body.len().min(room);
                    buffer.extend_from_slice(&body[..now]);
                    let rest = crate::greeting::frame(OUTPUT, &body[now..]);
                    let is_all = now == body.len();
                    let after = inbox.bytes.split_off(whole);
                    inbox.bytes.clear();
                    if !is_all {
                        inbox.bytes.extend_from_slice(&rest);
                    }
                    inbox.bytes.unsplit(after);
                    return Some(Read::Bytes(now));
                }
                EXIT => {
                    let exit = serde_json::from_slice(body).unwrap();
                    inbox.exit = Some(exit);
                    self.changed.notify_one();
                }
                END => return Some(Read::Ended),
                other => panic!("a frame of kind {other}"),
            }
            let _ = inbox.bytes.split_to(whole);
        }
    }
}

impl Terminal for HeldTerminal {
    const DRAIN_WAIT: Duration = Duration::from_millis(100);
    const OUTLIVES_OWNER: bool = true;
    const ANSWERS_QUERIES: bool = false;

    async fn read(&self, buffer: &mut BytesMut) -> io::Result<Read> {
        loop {
            if let Some(read) = self.take(buffer) {
                return Ok(read);
            }
            let stream = Rc::clone(&self.stream.borrow());
            stream.readable().await?;
            let read = stream.try_read_buf(&mut self.inbox.borrow_mut().bytes);
            match read {
                Ok(0) => return self.greet_again().await,
                Err(err) if err.kind() != io::ErrorKind::WouldBlock => return Err(err),
                _ => {}
            }
        }
    }

    fn try_write(&self, input: &[u8]) -> io::Result<Option<usize>> {
        match self.stream.borrow().try_write(input) {
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => Ok(None),
            other => other.map(Some),
        }
    }

    async fn write(&self, input: &[u8]) -> io::Result<usize> {
        loop {
            let stream = Rc::clone(&self.stream.borrow());
            stream.writable().await?;
            if let Some(count) = self.try_write(input)? {
                return Ok(count);
            }
        }
    }

    fn resize(&self, size: TermSize) -> io::Result<()> {
        command(&self.socket, Command::Resize(size.rows(), size.cols()))
    }

    fn close(&mut self) {}

    async fn changed(&self) {
        self.changed.notified().await;
    }

    fn ended(&mut self) -> Option<ChildEnd> {
        let exit = self.inbox.get_mut().exit.take()?;
        self.has_ended = true;
        Some(ChildEnd::Ended {
            outcome: outcome(exit),
            at: None,
        })
    }

    fn ask_to_end(&mut self) {
        self.tree.ask_to_end();
    }

    fn kill(&mut self) {
        self.tree.kill();
    }

    fn is_empty(&mut self) -> bool {
        self.tree.is_empty()
    }

    fn survivors(&mut self) -> Vec<Survivor> {
        self.tree.survivors()
    }
}

impl Drop for HeldTerminal {
    fn drop(&mut self) {
        if self.has_ended {
            // It may be gone already.
            let _ = command(&self.socket, Command::Forget);
        }
    }
}

/// Says what a relay says first; returns the answer, and what came after it.
pub(crate) async fn greet(stream: &mut UnixStream) -> io::Result<(BytesMut, Greeting)> {
    stream.write_all(&[DATA]).await?;
    let mut bytes = BytesMut::new();
    loop {
        if let Some((_, body, whole)) = first_frame(&bytes) {
            let greeting = serde_json::from_slice(body)?;
            let _ = bytes.split_to(whole);
            return Ok((bytes, greeting));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

pub(crate) fn outcome(exit: Exit) -> ExitOutcome {
    match exit {
        Exit::Code(code) => ExitOutcome::Exited { code },
        Exit::Signal(signal) => ExitOutcome::Signaled { signal },
    }
}
