//! Every session at once, as locks and files tell: no owner is asked, and no relay is launched.
//!
//! So an owner that hangs, or is busy with a flood, costs a list no more than any other, and is
//! shown as running: its lock is held.

use abide_core::{
    backend::{Alive, BackendError, Listed, SessionState, TerminalBackend as _},
    clock::Timestamp,
    id::{Generation, SessionId},
};

use super::OwnerBackend;
use crate::{
    causes::with_causes,
    client::discover::{self, Found},
    state::OwnerFile,
};

/// A session as its locks and files show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Surveyed {
    /// Somebody holds it, or its end is recorded.
    Listed(Listed),
    /// Nobody holds it, and its end is not recorded.
    Unheld(Unheld),
}

/// A start that was described, and that no relay holds any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheld {
    /// The session.
    pub session: SessionId,
    /// The start.
    pub generation: Generation,
    /// When its child was started.
    pub started_at: Timestamp,
    /// Whether the machine was started again since.
    pub is_rebooted: bool,
}

impl OwnerBackend {
    /// Lists every session, in order of id, as
    /// [`list`](abide_core::backend::TerminalBackend::list) does, and tells apart those of which
    /// only the other program knows whether they live.
    ///
    /// # Errors
    ///
    /// When the place where sessions are kept cannot be read.
    pub fn survey(&self) -> Result<Vec<Surveyed>, BackendError> {
        let sessions = self.sessions()?;
        Ok(sessions
            .iter()
            .filter_map(|one| self.surveyed(one))
            .collect())
    }

    /// Reads a session's directory; `None` if it went away meanwhile.
    fn surveyed(&self, session: &SessionId) -> Option<Surveyed> {
        let dir = self.dir(session);
        // Most of many sessions are over, and to read that takes half of what a look takes.
        let found = match discover::recorded_end(&dir) {
            Some(start) => Ok(Found::Ended(Box::new(start))),
            None => discover::look(&dir),
        };
        let (generation, state) = match found {
            Ok(Found::Nothing) => return None,
            Ok(Found::Changing) => (None, SessionState::Starting),
            Ok(Found::Live(file)) => (Some(file.generation), alive(&file)),
            Ok(Found::Ended(start)) => (Some(start.generation), SessionState::Ended(start.ended)),
            Ok(Found::Unheld(file)) => return Some(Surveyed::Unheld(unheld(session, &file))),
            Err(err) => (None, unclear(with_causes(&err))),
        };
        Some(Surveyed::Listed(self.entry(session, generation, state)))
    }

    /// Returns what a list says of a session that was surveyed, without asking the other program.
    pub(super) fn listed(&self, surveyed: Surveyed) -> Listed {
        match surveyed {
            Surveyed::Listed(listed) => listed,
            Surveyed::Unheld(unheld) => {
                let state = unclear("no relay holds it; whoever asks for it starts one".into());
                self.entry(&unheld.session, Some(unheld.generation), state)
            }
        }
    }

    fn entry(
        &self,
        session: &SessionId,
        generation: Option<Generation>,
        state: SessionState<Alive>,
    ) -> Listed {
        Listed {
            session: session.clone(),
            backend: self.kind(),
            generation,
            state,
        }
    }
}

fn alive(file: &OwnerFile) -> SessionState<Alive> {
    SessionState::Running(Alive {
        pid: file.child_pid,
        started_at: file.started_at,
    })
}

fn unheld(session: &SessionId, file: &OwnerFile) -> Unheld {
    Unheld {
        session: session.clone(),
        generation: file.generation,
        started_at: file.started_at,
        is_rebooted: file.is_of_another_boot(),
    }
}

fn unclear(reason: String) -> SessionState<Alive> {
    SessionState::Unresponsive {
        holder_pid: None,
        reason,
    }
}
