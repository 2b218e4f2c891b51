//! A client of the suite: watches one session, and checks the order of all it is told.

use std::{collections::VecDeque, fmt::Write as _, sync::Arc, time::Duration};

use abide_core::{
    backend::{Attachment, BackendError, Ended, InputSink, OutputEvent, OutputStream},
    id::ClientId,
    replay::Offset,
    size::TermSize,
};
use tokio::time::timeout;

use super::DEADLINE;
use crate::screen::Terminal;

/// Events that a failed wait shows.
const SHOWN_EVENTS: usize = 12;

/// An attachment in front of a terminal; panics at the first gap, repetition or disorder.
pub struct Viewer {
    /// The client's number.
    pub client: ClientId,
    /// Whether it got control.
    pub controls: bool,
    /// The session's size when it attached.
    pub size: TermSize,
    /// Where it types; shared, so that it can type and watch at once.
    pub input: Arc<dyn InputSink>,
    /// The position after the last byte that was delivered.
    pub position: Option<Offset>,
    /// Every byte of output, without snapshots.
    pub output: Vec<u8>,
    /// How many times the viewer was told that it lagged.
    pub lags: usize,
    stream: Box<dyn OutputStream>,
    terminal: Terminal,
    from: Option<Offset>,
    snapshot_due: bool,
    over: bool,
    recent: VecDeque<String>,
}

impl Viewer {
    pub(super) fn new(attachment: Attachment, from: Option<Offset>) -> Self {
        Self {
            client: attachment.client,
            controls: attachment.controls,
            size: attachment.size,
            input: attachment.input.into(),
            stream: attachment.output,
            terminal: Terminal::new(attachment.size),
            position: None,
            output: Vec::new(),
            lags: 0,
            from,
            snapshot_due: from.is_none(),
            over: false,
            recent: VecDeque::new(),
        }
    }

    /// Waits for the next event; `None` after the end.
    pub async fn next(&mut self) -> Option<OutputEvent> {
        let Some(event) = self.next_within(DEADLINE).await else {
            panic!("no event within {DEADLINE:?}; {}", self.seen());
        };
        event.unwrap_or_else(|err| panic!("the stream broke: {err:?}; {}", self.seen()))
    }

    /// Waits for the next event, and drops that wait after `patience`: then it is `None`.
    pub async fn next_within(
        &mut self,
        patience: Duration,
    ) -> Option<Result<Option<OutputEvent>, BackendError>> {
        let event = timeout(patience, self.stream.next()).await.ok()?;
        if let Ok(event) = &event {
            self.check(event.as_ref());
        }
        Some(event)
    }

    /// Goes on until the page of the viewer's terminal shows `text`.
    pub async fn until_text(&mut self, text: &str) {
        while !self.page().contains(text) {
            if self.next().await.is_none() {
                panic!("the session ended before `{text}` showed; {}", self.seen());
            }
        }
    }

    /// Goes on until an event is as wanted, and returns what was made of it.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(OutputEvent) -> Option<T>,
    ) -> T {
        loop {
            let Some(event) = self.next().await else {
                panic!("the session ended before {what}; {}", self.seen());
            };
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    /// Goes on to the end of the session, after which nothing may come.
    pub async fn until_end(&mut self) -> Ended {
        let end = |event| match event {
            OutputEvent::Ended(ended) => Some(ended),
            _ => None,
        };
        let ended = self.until("its end was told", end).await;
        assert_eq!(self.next().await, None, "nothing comes after the end");
        ended
    }

    /// Returns the text on the page of the viewer's terminal.
    #[must_use]
    pub fn page(&self) -> String {
        self.terminal.page().text()
    }

    /// Says what the viewer has seen, for a test that fails.
    #[must_use]
    pub fn seen(&self) -> String {
        let mut text = format!(
            "seen so far: {} bytes, position {:?}, {} lags; the last events:\n",
            self.output.len(),
            self.position,
            self.lags
        );
        for event in &self.recent {
            let _ = writeln!(text, "  {event}");
        }
        let _ = write!(text, "the page:\n{}", self.page());
        text
    }

    fn check(&mut self, event: Option<&OutputEvent>) {
        self.note(event);
        assert!(!self.over || event.is_none(), "{}", self.seen());
        let is_snapshot = matches!(event, Some(OutputEvent::Snapshot { .. }));
        let due = std::mem::take(&mut self.snapshot_due);
        assert!(is_snapshot || !due, "a snapshot was due; {}", self.seen());
        match event {
            Some(OutputEvent::Snapshot { offset, size, data }) => {
                assert!(self.position <= Some(*offset), "{}", self.seen());
                self.position = Some(*offset);
                self.terminal.resize(*size);
                // Replies are for whoever has control; the suite's programs ask nothing.
                let _ = self.terminal.feed(data);
            }
            Some(OutputEvent::Output { offset, data }) => {
                let expected = self.position.or(self.from);
                assert_eq!(Some(*offset), expected, "a gap; {}", self.seen());
                self.position = Some(offset.advanced(data.len()));
                self.output.extend_from_slice(data);
                let _ = self.terminal.feed(data);
            }
            Some(OutputEvent::Lagged { .. }) => {
                self.lags += 1;
                self.snapshot_due = true;
            }
            Some(OutputEvent::Resized { size }) => self.terminal.resize(*size),
            Some(OutputEvent::ControlLost { .. }) => {}
            Some(OutputEvent::Keys { .. }) => panic!("no terminal was lent; {}", self.seen()),
            Some(OutputEvent::Ended(ended)) => {
                let position = self.position.or(self.from);
                assert_eq!(position, Some(ended.offset), "lost output; {}", self.seen());
                self.over = true;
            }
            None => assert!(self.over, "no end was told; {}", self.seen()),
        }
    }

    fn note(&mut self, event: Option<&OutputEvent>) {
        if self.recent.len() == SHOWN_EVENTS {
            self.recent.pop_front();
        }
        let mut text = format!("{event:?}");
        if let Some((end, _)) = text.char_indices().nth(160) {
            text.truncate(end);
            text.push('…');
        }
        self.recent.push_back(text);
    }
}

impl std::fmt::Debug for Viewer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.seen())
    }
}
