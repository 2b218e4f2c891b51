//! A pane as a session's terminal: read, typed into and sized through one control-mode client.
//!
//! Three futures of one task wait here at once, and whichever is polled moves everything on: what was
//! typed is written, what tmux says is read and sorted into a queue. The queue is bounded; behind it
//! stand tmux's own limits, and behind those the child waits.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    io,
    task::{Context, Poll},
    time::Duration,
};

use abide_backend_ptyowner::host::{ChildEnd, Read, Terminal, Tree};
use abide_core::{backend::Survivor, size::TermSize};
use bytes::{Buf as _, Bytes, BytesMut};
use tracing::warn;

use crate::{
    command::{self, INPUT_BYTES, Pasting, TYPED},
    control::{ControlClient, parse::ControlEvent},
    dialect::Filter,
    layout,
    note::{Nonce, Note, Scanner},
    ready::Ready,
    run::Tmux,
    target::{Pane, TmuxSession, Window},
};

/// Output that waits to be read, in bytes, before no more is taken from tmux.
const MAX_QUEUED_BYTES: usize = 1024 * 1024;

/// Lines of input that tmux has not said to have typed: 64 KiB of input.
const MAX_TYPING: u64 = 16;

/// Most that is kept of what is said before the child is started, in bytes.
const MAX_BEFORE_BYTES: usize = 2000;

/// What the pane is to tmux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PaneIds {
    pub(crate) session: TmuxSession,
    pub(crate) window: Window,
    pub(crate) pane: Pane,
}

/// A pane, held through a control-mode client.
#[derive(Debug)]
pub(crate) struct PaneTerminal {
    link: RefCell<Link>,
    tree: Tree,
    was_killed: bool,
}

/// What is shared by the futures.
pub(crate) struct Link {
    tmux: Tmux,
    client: ControlClient,
    ids: PaneIds,
    pasting: Pasting,
    scanner: Scanner,
    filter: Filter,
    /// What was printed before the child was started.
    before: Vec<u8>,
    queue: VecDeque<Item>,
    queued_bytes: usize,
    size: TermSize,
    /// The last line of input sent, and the last that tmux has carried out.
    sent: u64,
    typed: u64,
    stage: Stage,
    /// Something happened that [`Terminal::changed`] is to report.
    has_changed: bool,
}

/// One thing to be read, in order.
enum Item {
    Output(Bytes),
    Resized(TermSize),
    /// The child ended here, or tmux is out of reach from here on.
    End(ChildEnd),
}

enum Stage {
    /// Its child runs.
    Running,
    /// The end is in the queue.
    Queued,
    /// The end was read; it is to be reported once.
    Over {
        report: Option<ChildEnd>,
        has_ended: bool,
    },
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Link");
        shown.field("ids", &self.ids).finish_non_exhaustive()
    }
}

impl Link {
    pub(crate) fn new(tmux: Tmux, client: ControlClient, ready: &Ready, nonce: &Nonce) -> Self {
        Self {
            tmux,
            client,
            ids: ready.ids,
            pasting: ready.pasting,
            scanner: Scanner::new(nonce),
            filter: Filter::default(),
            before: Vec::new(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            size: ready.size,
            sent: 0,
            typed: 0,
            stage: Stage::Running,
            has_changed: false,
        }
    }

    /// Waits until the child says that it was started; returns its process id, or `None` if tmux
    /// went before that.
    pub(crate) async fn started(&mut self, nonce: &Nonce) -> Option<u32> {
        loop {
            let event = self.client.next().await?;
            if let Some(Note::Started { pid }) = self.take_first(event)? {
                let lines = command::child_lines(self.ids.session, pid, nonce);
                self.client.send(&lines);
                return Some(pid);
            }
        }
    }

    /// Returns what was printed before the child was started, as text.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.before).trim().to_owned()
    }

    /// Takes an event of before the start; `None` once there will be none.
    fn take_first(&mut self, event: ControlEvent) -> Option<Option<Note>> {
        match event {
            ControlEvent::Output { pane, data } if pane == self.ids.pane => {
                // What tmux, or this program's helper, says before the child is not the child's.
                let note = self.scanner.feed(&data, &mut self.before);
                self.before.truncate(MAX_BEFORE_BYTES);
                if note.is_some() {
                    self.take_output(&[]);
                }
                Some(note)
            }
            ControlEvent::Exit(_) | ControlEvent::Nonsense => None,
            _ => Some(None),
        }
    }

    /// Moves everything on; what cannot go on now wakes the context when it can.
    fn pump(&mut self, context: &mut Context<'_>) {
        self.client.flush(context);
        while self.queued_bytes < MAX_QUEUED_BYTES {
            match self.client.poll_next(context) {
                Poll::Ready(Some(event)) => self.take(event),
                Poll::Ready(None) => return self.end(ChildEnd::OutOfReach),
                Poll::Pending => return,
            }
        }
    }

    fn take(&mut self, event: ControlEvent) {
        match event {
            ControlEvent::Output { pane, data } if pane == self.ids.pane => self.take_output(&data),
            ControlEvent::Layout { window, layout } if window == self.ids.window => {
                if let Some(size) = layout::size_of(&layout, self.ids.pane)
                    && size != self.size
                {
                    self.size = size;
                    self.queue.push_back(Item::Resized(size));
                }
            }
            ControlEvent::Answer(answer) => {
                let text = String::from_utf8_lossy(&answer.text);
                let number = text.trim().strip_prefix(TYPED).map(str::trim);
                if let Some(number) = number.and_then(|number| number.parse().ok()) {
                    self.typed = number;
                }
            }
            ControlEvent::SessionChanged(session) if session != self.ids.session => {
                self.end(ChildEnd::OutOfReach);
            }
            ControlEvent::Exit(_) | ControlEvent::Nonsense => self.end(ChildEnd::OutOfReach),
            _ => {}
        }
    }

    fn take_output(&mut self, data: &[u8]) {
        let mut next = data;
        loop {
            let mut output = Vec::new();
            let note = self.scanner.feed(next, &mut output);
            next = &[];
            if matches!(self.stage, Stage::Running) {
                let mut passed = Vec::with_capacity(output.len());
                self.filter.feed(&output, &mut passed);
                self.push(passed);
            }
            match note {
                Some(Note::Ended(outcome)) => self.end(ChildEnd::Ended { outcome, at: None }),
                Some(Note::Empty) => self.has_changed = true,
                Some(Note::Started { .. }) => {}
                None => return,
            }
        }
    }

    fn push(&mut self, output: Vec<u8>) {
        if !output.is_empty() {
            self.queued_bytes += output.len();
            self.queue.push_back(Item::Output(output.into()));
        }
    }

    fn end(&mut self, end: ChildEnd) {
        if matches!(self.stage, Stage::Running) {
            let mut held = Vec::new();
            self.filter.finish(&mut held);
            self.push(held);
            self.stage = Stage::Queued;
            self.queue.push_back(Item::End(end));
        }
    }

    fn read(&mut self, buffer: &mut BytesMut) -> Option<Read> {
        let (read, is_used_up) = match self.queue.front_mut()? {
            Item::Output(output) => {
                let room = buffer.capacity() - buffer.len();
                let count = room.min(output.len());
                buffer.extend_from_slice(&output[..count]);
                output.advance(count);
                self.queued_bytes -= count;
                (Read::Bytes(count), output.is_empty())
            }
            Item::Resized(size) => (Read::Resized(*size), true),
            Item::End(end) => {
                self.stage = Stage::Over {
                    report: Some(end.clone()),
                    has_ended: matches!(end, ChildEnd::Ended { .. }),
                };
                self.has_changed = true;
                (Read::Ended, true)
            }
        };
        if is_used_up {
            self.queue.pop_front();
        }
        Some(read)
    }

    fn type_some(&mut self, input: &[u8]) -> io::Result<Option<usize>> {
        if !matches!(self.stage, Stage::Running) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if MAX_TYPING <= self.sent - self.typed {
            return Ok(None);
        }
        let count = input.len().min(INPUT_BYTES);
        self.sent += 1;
        let lines = command::type_lines(self.ids.pane, &input[..count], self.sent, self.pasting);
        self.client.send(&lines);
        Ok(Some(count))
    }

    /// Lets go of the session in tmux, whose end is known; waits for nothing.
    fn release(&self) {
        let released = self
            .tmux
            .start_and_leave(&command::release(self.ids.session, Some(self.ids.pane)));
        if let Err(err) = released {
            warn!(error = %err, "the session in tmux stays; the next launch lets go of it");
        }
    }
}

impl PaneTerminal {
    /// Returns the terminal of a child that runs below the pane's own process.
    pub(crate) fn new(link: Link, tree: Tree) -> Self {
        Self {
            link: RefCell::new(link),
            tree,
            was_killed: false,
        }
    }
}

impl Terminal for PaneTerminal {
    // The end stands in the output itself.
    const DRAIN_WAIT: Duration = Duration::from_millis(10);
    const OUTLIVES_OWNER: bool = true;
    const ANSWERS_QUERIES: bool = true;

    async fn read(&self, buffer: &mut BytesMut) -> io::Result<Read> {
        poll_fn(|context| {
            let mut link = self.link.borrow_mut();
            link.pump(context);
            match link.read(buffer) {
                Some(read) => Poll::Ready(Ok(read)),
                None => Poll::Pending,
            }
        })
        .await
    }

    fn try_write(&self, input: &[u8]) -> io::Result<Option<usize>> {
        self.link.borrow_mut().type_some(input)
    }

    async fn write(&self, input: &[u8]) -> io::Result<usize> {
        poll_fn(|context| {
            let mut link = self.link.borrow_mut();
            link.pump(context);
            match link.type_some(input) {
                Ok(Some(count)) => {
                    link.client.flush(context);
                    Poll::Ready(Ok(count))
                }
                Ok(None) => Poll::Pending,
                Err(err) => Poll::Ready(Err(err)),
            }
        })
        .await
    }

    fn resize(&self, size: TermSize) -> io::Result<()> {
        let mut link = self.link.borrow_mut();
        if !matches!(link.stage, Stage::Running) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let line = command::resize_line(link.ids.window, size);
        link.size = size;
        link.client.send(&line);
        Ok(())
    }

    fn close(&mut self) {}

    async fn changed(&self) {
        poll_fn(|context| {
            let mut link = self.link.borrow_mut();
            link.pump(context);
            match std::mem::take(&mut link.has_changed) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    fn ended(&mut self) -> Option<ChildEnd> {
        match &mut self.link.get_mut().stage {
            Stage::Over { report, .. } => report.take(),
            Stage::Running | Stage::Queued => None,
        }
    }

    fn ask_to_end(&mut self) {
        self.tree.ask_to_end();
    }

    fn kill(&mut self) {
        self.was_killed = true;
        self.tree.kill();
    }

    fn is_empty(&mut self) -> bool {
        self.tree.is_empty()
    }

    fn survivors(&mut self) -> Vec<Survivor> {
        self.tree.survivors()
    }
}

impl Drop for PaneTerminal {
    /// Lets go of the session in tmux if it is over: its end is recorded, or written down where the
    /// next relay finds it. One that goes on is left as it is.
    fn drop(&mut self) {
        let link = self.link.get_mut();
        let has_ended = matches!(
            link.stage,
            Stage::Over {
                has_ended: true,
                ..
            }
        );
        if has_ended || self.was_killed {
            link.release();
        }
    }
}
