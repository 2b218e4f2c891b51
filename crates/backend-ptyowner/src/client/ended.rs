//! A session that is over, as its files show it: its screen, then its end.

use abide_core::{
    backend::{
        AttachRequest, Attachment, BackendError, Capture, CaptureRequest, Ended, InputSink,
        OutputEvent, OutputStream, Scrollback, Survivor,
    },
    id::{ClientId, SessionId},
    limits::SCROLLBACK_LINES,
    size::TermSize,
};
use abide_screen::{History, ScreenModel, SnapshotOptions};
use async_trait::async_trait;
use bytes::Bytes;

use super::discover::EndedStart;
use crate::{
    owner::render,
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
    let snapshot = screen(dir, start)?.snapshot(SnapshotOptions {
        history: History::All,
        scrollback: match request.scrollback {
            Scrollback::Replace => abide_screen::Scrollback::Replace,
            Scrollback::Keep => abide_screen::Scrollback::Keep,
        },
    });
    let snapshot = OutputEvent::Snapshot {
        offset: start.ended.offset,
        size: start.size,
        data: snapshot.into(),
    };
    Ok(Attachment {
        generation: start.generation,
        client: NOBODY,
        controls: false,
        size: start.size,
        output: Box::new(Events(vec![
            OutputEvent::Ended(start.ended.clone()),
            snapshot,
        ])),
        input: Box::new(NoInput(session.clone())),
        loan: None,
    })
}

/// Renders the final screen.
pub(crate) fn capture(
    dir: &SessionDir,
    start: &EndedStart,
    request: CaptureRequest,
) -> Result<Capture, StateError> {
    let mut model = screen(dir, start)?;
    let (cursor, content, alternate) = render(&mut model, request.into());
    Ok(Capture {
        generation: start.generation,
        size: start.size,
        offset: start.ended.offset,
        cursor,
        title: model.title(),
        alternate,
        content: content.into(),
    })
}

fn screen(dir: &SessionDir, start: &EndedStart) -> Result<ScreenModel, StateError> {
    let mut model = ScreenModel::new(start.size, SCROLLBACK_LINES);
    if start.recorded {
        model.feed(&dir.read_final_screen()?);
    }
    Ok(model)
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
        self.left_child.map(named).into_iter().collect()
    }
}
