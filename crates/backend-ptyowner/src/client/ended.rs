//! A session that is over, as its files show it: its screen, then its end.
//!
//! The screen is the final one if the owner recorded the end and it is whole, and otherwise what its
//! journal holds.

use std::collections::VecDeque;

use abide_core::{
    backend::{
        AttachRequest, Attachment, BackendError, Capture, CaptureRequest, Ended, InputSink,
        OutputEvent, OutputStream, Scrollback, Survivor,
    },
    id::{ClientId, SessionId},
    replay::Offset,
    size::TermSize,
};
use abide_screen::{History, ScreenModel, SnapshotOptions};
use async_trait::async_trait;
use bytes::Bytes;
use tracing::warn;

use super::{discover::EndedStart, missed::Reached};
use crate::{
    journal::reader,
    owner,
    state::{SessionDir, StateError},
    sys,
};

/// The number of a client that no owner knows.
const NOBODY: ClientId = ClientId::new(0);

/// Returns an attachment that shows the final screen and the end.
pub(crate) fn attach(
    session: &SessionId,
    dir: &SessionDir,
    start: &EndedStart,
    request: &AttachRequest,
) -> Result<Attachment, StateError> {
    let mut last = Last::of(dir, start)?;
    let held = request.from.and_then(|from| last.since(from));
    let shown = held.unwrap_or_else(|| last.snapshot(request.scrollback));
    // What the owner counted, if it did; otherwise as far as its journal goes.
    let offset = start.ended.offset.max(last.offset);
    let mut events = vec![
        OutputEvent::Ended(Ended {
            offset,
            ..start.ended()
        }),
        shown,
    ];
    let skipped = offset.since(last.offset);
    if 0 < skipped {
        events.push(OutputEvent::Lagged { skipped });
    }
    Ok(Attachment {
        generation: start.generation,
        client: NOBODY,
        controls: false,
        size: last.size,
        output: Box::new(Events(events)),
        input: Box::new(NoInput(session.clone())),
        loan: None,
    })
}

/// Returns what a watcher that got so far is still to be told: what it missed, if anything, as a
/// snapshot; then the end.
pub(crate) fn missed(
    dir: &SessionDir,
    start: &EndedStart,
    scrollback: Scrollback,
    reached: Reached,
    lent: bool,
) -> Result<VecDeque<OutputEvent>, StateError> {
    let end = start.ended.offset;
    let mut events = VecDeque::new();
    if lent || !reached.is_all(end) {
        let mut last = Last::of(dir, start)?;
        let skipped = reached.offset.map_or(0, |offset| end.since(offset));
        if lent || 0 < skipped {
            events.push_back(OutputEvent::Lagged { skipped });
        }
        let knows_lines = lent || reached.offset.is_some();
        events.push_back(match scrollback {
            // Most lines are there already.
            Scrollback::Keep if knows_lines => last.page(),
            Scrollback::Keep | Scrollback::Replace => last.snapshot(scrollback),
        });
    }
    events.push_back(OutputEvent::Ended(start.ended()));
    Ok(events)
}

/// Renders the final screen.
pub(crate) fn capture(
    dir: &SessionDir,
    start: &EndedStart,
    request: CaptureRequest,
) -> Result<Capture, StateError> {
    let mut last = Last::of(dir, start)?;
    let (cursor, content, alternate) = owner::render(&mut last.screen, request.into());
    Ok(Capture {
        generation: start.generation,
        size: last.size,
        offset: last.offset,
        cursor,
        title: last.screen.title(),
        alternate,
        content: content.into(),
    })
}

/// The last that is known of a session.
struct Last {
    screen: ScreenModel,
    size: TermSize,
    /// The position after the last byte printed.
    offset: Offset,
    /// The last of the output, and its position.
    output: (Offset, Bytes),
}

impl Last {
    fn of(dir: &SessionDir, start: &EndedStart) -> Result<Self, StateError> {
        let limits = owner::limits(start.history_bytes);
        let mut blank = Self {
            screen: ScreenModel::new(start.size, limits),
            size: start.size,
            offset: start.ended.offset,
            output: (start.ended.offset, Bytes::new()),
        };
        if start.recorded {
            if let Some(screen) = dir.read_final_screen(start.screen.as_ref())? {
                blank.screen.feed(&screen);
                return Ok(blank);
            }
            warn!(
                "the final screen is damaged: what the journal holds is shown instead, if anything"
            );
        }
        let restored = reader::restore(&dir.journal(), start.generation, limits)?;
        Ok(restored.map_or(blank, |restored| Self {
            offset: restored.end(),
            output: (restored.start, restored.output),
            size: restored.screen.size(),
            screen: restored.screen,
        }))
    }

    fn snapshot(&mut self, scrollback: Scrollback) -> OutputEvent {
        self.shown(SnapshotOptions {
            history: History::All,
            scrollback: match scrollback {
                Scrollback::Replace => abide_screen::Scrollback::Replace,
                Scrollback::Keep => abide_screen::Scrollback::Keep,
            },
        })
    }

    /// Returns the page alone, for a terminal that keeps its own lines.
    fn page(&mut self) -> OutputEvent {
        self.shown(SnapshotOptions {
            history: History::Lines(0),
            scrollback: abide_screen::Scrollback::Keep,
        })
    }

    fn shown(&mut self, options: SnapshotOptions) -> OutputEvent {
        let data = self.screen.snapshot(options);
        OutputEvent::Snapshot {
            offset: self.offset,
            size: self.size,
            data: data.into(),
        }
    }

    /// Returns the output from an offset on, if some of it is held.
    fn since(&self, offset: Offset) -> Option<OutputEvent> {
        let (start, output) = &self.output;
        let is_held = *start <= offset && offset < self.offset;
        let skipped = usize::try_from(offset.since(*start)).ok()?;
        is_held.then(|| OutputEvent::Output {
            offset,
            data: output.slice(skipped..),
        })
    }
}

/// Events that were known from the start; the last one comes first.
struct Events(Vec<OutputEvent>);

#[async_trait]
impl OutputStream for Events {
    async fn next(&mut self) -> Result<Option<OutputEvent>, BackendError> {
        Ok(self.0.pop())
    }
}

/// There is nobody to type for.
struct NoInput(SessionId);

#[async_trait]
impl InputSink for NoInput {
    async fn write(&self, _input: Bytes) -> Result<(), BackendError> {
        Err(self.ended())
    }

    async fn resize(&self, _size: TermSize) -> Result<(), BackendError> {
        Err(self.ended())
    }
}

impl NoInput {
    fn ended(&self) -> BackendError {
        BackendError::Ended {
            session: self.0.clone(),
        }
    }
}

impl EndedStart {
    pub(crate) fn ended(&self) -> Ended {
        self.ended.clone()
    }

    /// Returns what is left of its tree, as far as it is known.
    pub(crate) fn survivors(&self) -> Vec<Survivor> {
        let named = |pid| Survivor {
            pid,
            name: sys::process::name(pid),
        };
        let left = self.lost.as_ref().and_then(|owner| owner.left_child());
        left.map(named).into_iter().collect()
    }
}
