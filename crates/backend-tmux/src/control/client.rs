//! The process of a control-mode client: lines in, events out.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    process::Stdio,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use tokio::{
    io::{AsyncRead as _, AsyncWrite as _, ReadBuf},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::parse::{ControlEvent, Parser};
use crate::{error::TmuxError, run::Tmux, sys};

/// Most that is read at once, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// A control-mode client. Dropping it detaches; its session goes on.
///
/// It is killed for that, as it is when this process ends in any way: one whose output nobody takes
/// does not leave by itself (3.3 was seen to stay), and while it stays tmux waits for it, and with
/// tmux the programs in its panes.
#[derive(Debug)]
pub(crate) struct ControlClient {
    _group: sys::Group,
    _child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    parser: Parser,
    events: VecDeque<ControlEvent>,
    outgoing: BytesMut,
    buffer: Vec<u8>,
    is_over: bool,
}

impl ControlClient {
    /// Starts a client with the verb that it begins with. What it says to standard error goes where
    /// this process's own does.
    pub(crate) fn start(tmux: &Tmux, verb: &[std::ffi::OsString]) -> Result<Self, TmuxError> {
        let not_run = |source: io::Error| TmuxError::NotRun {
            program: tmux.program().to_owned(),
            source,
        };
        let mut command = tmux.command(verb);
        sys::end_with_parent(&mut command);
        let mut command = Command::from(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(not_run)?;
        Ok(Self {
            stdin: child.stdin.take(),
            stdout: child.stdout.take().expect("it was asked for"),
            _group: sys::Group::of(child.id()),
            _child: child,
            parser: Parser::default(),
            events: VecDeque::new(),
            outgoing: BytesMut::new(),
            buffer: vec![0; READ_BYTES],
            is_over: false,
        })
    }

    /// Queues lines for tmux; [`poll_next`](Self::poll_next) writes them.
    pub(crate) fn send(&mut self, lines: &[u8]) {
        self.outgoing.extend_from_slice(lines);
    }

    /// Writes what waits, and waits for the next event; `None` once the client is over.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<ControlEvent>> {
        self.flush(context);
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Some(event));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            ready!(self.poll_read(context));
        }
    }

    /// Waits for the next event.
    ///
    /// Cancel safety: safe to drop; nothing is lost.
    pub(crate) async fn next(&mut self) -> Option<ControlEvent> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut buffer = ReadBuf::new(&mut self.buffer);
        let read = ready!(Pin::new(&mut self.stdout).poll_read(context, &mut buffer));
        let bytes = buffer.filled();
        if read.is_err() || bytes.is_empty() {
            self.is_over = true;
        } else {
            let mut events = Vec::new();
            self.parser.feed(bytes, &mut events);
            self.events.extend(events);
        }
        Poll::Ready(())
    }

    /// Writes what can be written without waiting.
    pub(crate) fn flush(&mut self, context: &mut Context<'_>) {
        while !self.outgoing.is_empty() {
            let Some(stdin) = &mut self.stdin else {
                self.outgoing.clear();
                return;
            };
            match Pin::new(stdin).poll_write(context, &self.outgoing) {
                Poll::Ready(Ok(count)) => self.outgoing.advance(count),
                // It is over; reading will say so.
                Poll::Ready(Err(_)) => self.stdin = None,
                Poll::Pending => return,
            }
        }
    }
}
