//! Every session at once: one run of tmux, however many there are, beside locks and files.
//!
//! No relay is asked. What none holds is described as tmux sees it, and none is started for a look.

use std::collections::BTreeMap;

use abide_backend_ptyowner::{Surveyed, Unheld};
use abide_core::{
    backend::{
        Alive, BackendError, BackendKind, Ended, ExitOutcome, Listed, LostReason, SessionState,
    },
    id::{Generation, SessionId},
    replay::Offset,
};

use super::TmuxBackend;
use crate::{
    error::TmuxError,
    handover::PaneFile,
    listing::{Listing, Ours},
    note::Note,
};

impl TmuxBackend {
    pub(super) async fn survey(&self) -> Result<Vec<Listed>, BackendError> {
        // While tmux runs.
        let files = async { self.relays.survey() };
        let (listed, surveyed) = tokio::join!(self.listed(), files);
        let mut statuses = BTreeMap::new();
        for surveyed in surveyed? {
            let status = match surveyed {
                Surveyed::Listed(status) => status,
                Surveyed::Unheld(unheld) => self.unheld(&unheld, listed.as_ref()),
            };
            statuses.insert(status.session.clone(), status);
        }
        for found in listed.iter().flat_map(|listing| &listing.sessions) {
            let Some(ours) = &found.ours else { continue };
            let status = statuses.entry(found.session.clone());
            status.or_insert_with(|| {
                self.described(&found.session, ours.generation, alive(ours, None))
            });
        }
        Ok(statuses.into_values().collect())
    }

    fn described(
        &self,
        session: &SessionId,
        generation: Generation,
        state: SessionState<Alive>,
    ) -> Listed {
        Listed {
            session: session.clone(),
            backend: BackendKind::Tmux,
            generation: Some(generation),
            state,
        }
    }

    /// Describes a session that no relay holds.
    fn unheld(&self, unheld: &Unheld, listed: Result<&Listing, &TmuxError>) -> Listed {
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
fn alive(ours: &Ours, written: Option<&PaneFile>) -> SessionState<Alive> {
    let note = written.map(|file| &file.note);
    let outcome = match (&ours.pane, note) {
        (_, Some(Note::Ended(outcome))) => Some(outcome.clone()),
        (Some(pane), _) if !pane.is_dead => None,
        _ => Some(ExitOutcome::Lost {
            reason: LostReason::HolderDied,
        }),
    };
    match (outcome, &ours.pane) {
        (None, Some(pane)) => SessionState::Running(Alive {
            pid: match note {
                Some(Note::Started { pid }) => *pid,
                _ => pane.pid,
            },
            started_at: ours.started_at,
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
fn ended(unheld: &Unheld, written: Option<&PaneFile>) -> SessionState<Alive> {
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
