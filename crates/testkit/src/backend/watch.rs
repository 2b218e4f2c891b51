//! A watch of a fake session: it looks again whenever something has changed.

use std::sync::Arc;

use abide_core::{
    activity::Activity,
    backend::{BackendError, WatchEvent, WatchStream},
};
use async_trait::async_trait;

use super::session::{FakeSession, State};

#[derive(Debug)]
pub(super) struct FakeWatch {
    session: Arc<FakeSession>,
    /// What it was told last.
    told: Option<Activity>,
    told_end: bool,
}

impl FakeWatch {
    pub(super) fn new(session: Arc<FakeSession>) -> Self {
        Self {
            session,
            told: None,
            told_end: false,
        }
    }

    /// Returns what is to be told next; `Some(None)` after the end.
    fn look(&mut self, state: &State) -> Option<Option<WatchEvent>> {
        let now = self.session.clock.now();
        let ended = state.ended.as_ref();
        let activity = match ended {
            Some(ended) => Activity::exited(ended.ended_at.unwrap_or(ended.started_at)),
            None => state.activity.activity(now),
        };
        if self.told.as_ref() != Some(&activity) {
            self.told = Some(activity.clone());
            return Some(Some(WatchEvent::Activity(activity)));
        }
        let ended = ended?.clone();
        if std::mem::replace(&mut self.told_end, true) {
            return Some(None);
        }
        Some(Some(WatchEvent::Ended(ended)))
    }
}

#[async_trait]
impl WatchStream for FakeWatch {
    async fn next(&mut self) -> Result<Option<WatchEvent>, BackendError> {
        let session = Arc::clone(&self.session);
        Ok(session.when(|state| self.look(state)).await)
    }
}
