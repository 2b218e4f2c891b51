//! Watching a session without its output.

use abide_core::{
    activity::Activity,
    backend::{Attachment, BackendError, Ended, OutputEvent, Watch, WatchEvent, WatchStream},
    clock::{Clock as _, SystemClock},
    id::{Generation, SessionId},
};
use async_trait::async_trait;

use super::{
    connection::{ConnectError, OwnerClient, next},
    discover::EndedStart,
    missed::recorded_end,
};
use crate::{
    state::SessionDir,
    wire::{codec, error::WireError, event::Event, frame::Kind},
};

/// The watch of a live session, through a connection whose owner has agreed to it.
pub(crate) struct LiveWatch {
    pub(crate) session: SessionId,
    pub(crate) dir: SessionDir,
    pub(crate) generation: Generation,
    pub(crate) client: OwnerClient,
    pub(crate) is_over: bool,
}

impl LiveWatch {
    async fn read(&mut self) -> Result<WatchEvent, ConnectError> {
        loop {
            let frame = next(&mut self.client.frames).await?;
            if frame.kind != Kind::Event {
                return Err(WireError::UnexpectedKind(frame.kind).into());
            }
            match codec::decode(&frame)? {
                Event::Activity(activity) => return Ok(WatchEvent::Activity(activity.into())),
                Event::Over(over) => return Ok(WatchEvent::Ended(over.into())),
                Event::Ended(ended) => return Ok(WatchEvent::Ended(ended.into())),
                Event::Closing { reason } => return Err(ConnectError::Closed(reason)),
                // What the owner tells everybody is of no concern here.
                Event::Snapshot(_)
                | Event::Lagged { .. }
                | Event::Resized(_)
                | Event::ControlLost(_)
                | Event::InputTaken { .. }
                | Event::Keys { .. } => {}
            }
        }
    }
}

#[async_trait]
impl WatchStream for LiveWatch {
    async fn next(&mut self) -> Result<Option<WatchEvent>, BackendError> {
        if self.is_over {
            return Ok(None);
        }
        let event = match self.read().await {
            Ok(event) => event,
            Err(err) => {
                let start = match err.is_hangup() {
                    true => recorded_end(&self.dir, self.generation).await,
                    false => None,
                };
                let Some(start) = start else {
                    return Err(lost(&self.session, err.into()));
                };
                WatchEvent::Ended(start.ended())
            }
        };
        self.is_over = matches!(event, WatchEvent::Ended(_));
        Ok(Some(event))
    }
}

/// Returns the watch of a session that is over.
pub(crate) fn ended(start: &EndedStart) -> Watch {
    Watch {
        generation: start.generation,
        events: Box::new(Known(over(start.ended()).to_vec())),
    }
}

fn over(ended: Ended) -> [WatchEvent; 2] {
    let at = ended.ended_at.unwrap_or(ended.started_at);
    // Taken from the back.
    [
        WatchEvent::Ended(ended),
        WatchEvent::Activity(Activity::exited(at)),
    ]
}

/// Events that were known from the start; the last one comes first.
struct Known(Vec<WatchEvent>);

#[async_trait]
impl WatchStream for Known {
    async fn next(&mut self) -> Result<Option<WatchEvent>, BackendError> {
        Ok(self.0.pop())
    }
}

/// Watches through an attachment, for an owner of an earlier release: it tells of no activity.
pub(crate) fn through(session: SessionId, attachment: Attachment) -> Watch {
    let first = Activity::unknown(SystemClock.now());
    Watch {
        generation: attachment.generation,
        events: Box::new(Through {
            session,
            attachment,
            first: Some(first),
        }),
    }
}

struct Through {
    session: SessionId,
    attachment: Attachment,
    first: Option<Activity>,
}

#[async_trait]
impl WatchStream for Through {
    async fn next(&mut self) -> Result<Option<WatchEvent>, BackendError> {
        if let Some(activity) = self.first.take() {
            return Ok(Some(WatchEvent::Activity(activity)));
        }
        loop {
            match self.attachment.output.next().await {
                Ok(Some(OutputEvent::Ended(ended))) => return Ok(Some(WatchEvent::Ended(ended))),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(err) => return Err(lost(&self.session, err.into())),
            }
        }
    }
}

fn lost(session: &SessionId, source: abide_core::backend::Source) -> BackendError {
    BackendError::Failed {
        action: "go on watching",
        session: session.clone(),
        source,
    }
}
