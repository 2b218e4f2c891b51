//! Every session at once: one run of tmux, however many there are.
//!
//! What a relay holds, its relay is asked for. What none holds is described as tmux sees it, and no
//! relay is started for a look.

use std::collections::BTreeMap;

use abide_backend_ptyowner::{Surveyed, Unheld};
use abide_core::{
    backend::{
        BackendError, BackendKind, Ended, ExitOutcome, LostReason, Running, SessionState,
        SessionStatus,
    },
    id::{Generation, SessionId},
    replay::Offset,
};

use super::{TmuxBackend, people};
use crate::{
    error::TmuxError,
    handover::PaneFile,
    listing::{Listing, Ours},
    note::Note,
};

impl TmuxBackend {
    pub(super) async fn survey(&self) -> Result<Vec<SessionStatus>, BackendError> {
        let (surveyed, listed) = tokio::join!(self.relays.survey(), self.listed());
        let mut statuses = BTreeMap::new();
        for surveyed in surveyed? {
            let status = match surveyed {
                Surveyed::Status(status) => status,
                Surveyed::Unheld(unheld) => self.unheld(&unheld, listed.as_ref()),
            };
            statuses.insert(status.session.clone(), status);
        }
        let Ok(listing) = &listed else {
            return Ok(statuses.into_values().collect());
        };
        for found in &listing.sessions {
            let Some(ours) = &found.ours else { continue };
            let status = statuses.entry(found.session.clone());
            let status = status.or_insert_with(|| {
                let state = alive(ours, None);
                self.described(&found.session, ours.generation, state)
            });
            if let SessionState::Running(running) = &mut status.state {
                people::count_in(listing, &found.session, running);
            }
        }
        Ok(statuses.into_values().collect())
    }

    fn described(
        &self,
        session: &SessionId,
        generation: Generation,
        state: SessionState,
    ) -> SessionStatus {
        SessionStatus {
            session: session.clone(),
            backend: BackendKind::Tmux,
            generation: Some(generation),
            state,
        }
    }

    /// Describes a session that no relay holds.
    fn unheld(&self, unheld: &Unheld, listed: Result<&Listing, &TmuxError>) -> SessionStatus {
        let dir = self.sessions_dir.join(unheld.session.as_str());
        let written = PaneFile::read(&dir, unheld.generation);
        let state = match listed {
            Err(err) => SessionState::Unresponsive {
                holder_pid: None,
                reason: err.to_string(),
            },
            Ok(listing) => {
                let found = listing.session(&unheld.session);
                let ours = found.and_then(|found| found.ours.as_ref());
                match ours.filter(|ours| ours.generation == unheld.generation) {
                    Some(ours) => alive(ours, written.as_ref()),
                    None => ended(unheld, written.as_ref()),
                }
            }
        };
        self.described(&unheld.session, unheld.generation, state)
    }
}

/// Describes a session that tmux has, as far as tmux knows it.
fn alive(ours: &Ours, written: Option<&PaneFile>) -> SessionState {
    let note = written.map(|file| &file.note);
    let outcome = match (&ours.pane, note) {
        (_, Some(Note::Ended(outcome))) => Some(outcome.clone()),
        (Some(pane), _) if !pane.is_dead => None,
        _ => Some(ExitOutcome::Lost {
            reason: LostReason::HolderDied,
        }),
    };
    match (outcome, &ours.pane) {
        (None, Some(pane)) => SessionState::Running(Running {
            pid: match note {
                Some(Note::Started { pid }) => *pid,
                _ => pane.pid,
            },
            started_at: ours.started_at,
            last_output_at: None,
            size: pane.size,
            offset: Offset::START,
            title: None,
            controller: None,
            viewers: 0,
            problem: Some("no relay holds it; whoever asks for it by name starts one".into()),
        }),
        (outcome, _) => SessionState::Ended(Ended {
            outcome: outcome.unwrap_or(ExitOutcome::Lost {
                reason: LostReason::HolderDied,
            }),
            cause: None,
            started_at: ours.started_at,
            ended_at: None,
            offset: Offset::START,
        }),
    }
}

/// Describes a session that tmux does not have.
fn ended(unheld: &Unheld, written: Option<&PaneFile>) -> SessionState {
    let outcome = match written {
        Some(PaneFile {
            note: Note::Ended(outcome),
            is_hung_up: false,
            ..
        }) => outcome.clone(),
        _ => ExitOutcome::Lost {
            reason: match unheld.is_rebooted {
                true => LostReason::Rebooted,
                false => LostReason::HostLost,
            },
        },
    };
    SessionState::Ended(Ended {
        outcome,
        cause: None,
        started_at: unheld.started_at,
        ended_at: None,
        offset: Offset::START,
    })
}
