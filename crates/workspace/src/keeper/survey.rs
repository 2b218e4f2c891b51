//! What became of sessions, as their backends say, and what follows for records that are still open.

use std::{collections::HashMap, time::Duration};

use abide_core::{
    backend::{self, BackendError, BackendKind, ExitOutcome, LostReason, SessionState},
    id::{Generation, SessionId},
    record::{Detected, EndReason, Ended, Started, Summary},
};

use tokio::task::JoinSet;

use crate::{backends::Backends, desk::Closed};

/// Where a session is looked for whose backend is not known.
const ALL: [BackendKind; 2] = [BackendKind::Owner, BackendKind::Tmux];

/// Time for a backend to say what became of a session. One that hangs is not to keep others waiting;
/// nothing is concluded from it.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What became of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its child runs.
    Running(Started),
    /// It is over.
    Ended {
        /// The start that is over.
        generation: Option<Generation>,
        /// How.
        ended: backend::Ended,
    },
    /// There is no trace of it.
    Gone,
    /// That cannot be told now.
    Unsure,
}

/// What is to be done about an open record whose session does not run under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its session is over.
    Close(Closed),
    /// Its session was never started.
    Abandon,
    /// Nothing yet.
    Leave,
    /// Nothing: it was kept elsewhere, where its session may live.
    NotOurs,
}

/// Who may say that a session is over without having seen its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// Its record was kept here, so that what is not found here is no more.
    Ours,
    /// Its record was kept on another machine or for another state directory.
    Anothers,
}

/// What a look at a session showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// What became of it.
    pub(super) fate: Fate,
    /// The backend that says so.
    pub(super) backend: Option<BackendKind>,
}

/// Asks about many sessions at once. What is not told in [`PATIENCE`] is not told.
pub(super) async fn look_at_all(
    backends: Backends,
    sessions: Vec<(SessionId, Option<BackendKind>)>,
) -> HashMap<SessionId, Seen> {
    let mut looks = JoinSet::new();
    for (session, backend) in sessions {
        let backends = backends.clone();
        looks.spawn(async move {
            let seen = match backend {
                Some(kind) => Seen {
                    fate: look(&backends, &session, Some(kind)).await,
                    backend,
                },
                None => look_everywhere(&backends, &session).await,
            };
            (session, seen)
        });
    }
    looks.join_all().await.into_iter().collect()
}

/// Asks the backend of a session, or every one that may have it.
pub(super) async fn look(
    backends: &Backends,
    session: &SessionId,
    kind: Option<BackendKind>,
) -> Fate {
    match kind {
        Some(kind) if backends.have(kind) => look_in(backends, session, kind).await,
        Some(_) => Fate::Unsure,
        None => look_everywhere(backends, session).await.fate,
    }
}

/// Asks every backend that may have a session at once, and says which one has.
async fn look_everywhere(backends: &Backends, session: &SessionId) -> Seen {
    let in_one = async |kind| match backends.have(kind) {
        true => look_in(backends, session, kind).await,
        false => Fate::Gone,
    };
    let [one, other] = ALL;
    let fates = tokio::join!(in_one(one), in_one(other));
    let mut seen = Seen {
        fate: Fate::Gone,
        backend: None,
    };
    for (fate, kind) in [(fates.0, one), (fates.1, other)] {
        match fate {
            Fate::Gone => {}
            Fate::Unsure => seen.fate = Fate::Unsure,
            fate @ (Fate::Running(_) | Fate::Ended { .. }) => {
                let backend = Some(kind);
                return Seen { fate, backend };
            }
        }
    }
    seen
}

async fn look_in(backends: &Backends, session: &SessionId, kind: BackendKind) -> Fate {
    let asked = tokio::time::timeout(PATIENCE, ask(backends, session, kind));
    asked.await.unwrap_or(Fate::Unsure)
}

async fn ask(backends: &Backends, session: &SessionId, kind: BackendKind) -> Fate {
    let Ok(usable) = backends.get(kind).await else {
        return Fate::Unsure;
    };
    let status = match usable.backend.status(session).await {
        Ok(status) => status,
        Err(BackendError::NotFound { .. }) => return Fate::Gone,
        Err(_) => return Fate::Unsure,
    };
    match (status.state, status.generation) {
        (SessionState::Running(running), Some(generation)) => Fate::Running(Started {
            generation,
            started_at: running.started_at,
        }),
        (SessionState::Ended(ended), generation) => Fate::Ended { generation, ended },
        (
            SessionState::Running(_) | SessionState::Starting | SessionState::Unresponsive { .. },
            _,
        ) => Fate::Unsure,
    }
}

/// Decides about an open record, by what became of its session; `recorded` are the starts that
/// other records are of.
pub(super) fn judge(open: &Summary, fate: &Fate, recorded: &[Generation], sight: Sight) -> Verdict {
    match (sight, fate) {
        (Sight::Ours, _) => judge_ours(open, fate, recorded),
        // An end of this very start that a backend here saw is one wherever it is looked from.
        (Sight::Anothers, Fate::Ended { generation, ended })
            if open.generation.is_some()
                && *generation == open.generation
                && !matches!(ended.outcome, ExitOutcome::Lost { .. }) =>
        {
            judge_ours(open, fate, recorded)
        }
        (Sight::Anothers, _) => Verdict::NotOurs,
    }
}

fn judge_ours(open: &Summary, fate: &Fate, recorded: &[Generation]) -> Verdict {
    match (open.generation, fate) {
        (_, Fate::Unsure) => Verdict::Leave,
        (Some(own), Fate::Running(found)) if found.generation == own => Verdict::Leave,
        (Some(own), Fate::Ended { generation, ended }) if *generation == Some(own) => {
            Verdict::Close(Closed {
                ended: of(ended, Detected::AtAdoption),
                started: None,
            })
        }
        (Some(_), Fate::Ended { .. } | Fate::Running(_) | Fate::Gone) => Verdict::Close(Closed {
            ended: unseen(Detected::AtAdoption),
            started: None,
        }),
        // Opened for a start that nobody noted. One that is of another record, or from before, is
        // not it.
        (None, Fate::Ended { generation, ended }) => match generation {
            Some(start) if !recorded.contains(start) && open.opened_at <= ended.started_at => {
                Verdict::Close(Closed {
                    ended: of(ended, Detected::AtAdoption),
                    started: Some(Started {
                        generation: *start,
                        started_at: ended.started_at,
                    }),
                })
            }
            Some(_) | None => Verdict::Abandon,
        },
        (None, Fate::Running(_) | Fate::Gone) => Verdict::Abandon,
    }
}

/// Returns an end as a record has it.
pub(super) fn of(ended: &backend::Ended, detected: Detected) -> Ended {
    Ended {
        outcome: ended.outcome.clone(),
        ended_at: ended.ended_at,
        reason: EndReason::of(&ended.outcome, ended.cause),
        detected,
    }
}

/// Returns the end of a session that nobody saw, and of which nothing is left.
pub(super) fn unseen(detected: Detected) -> Ended {
    let outcome = ExitOutcome::Lost {
        reason: LostReason::HolderDied,
    };
    Ended {
        reason: EndReason::of(&outcome, None),
        outcome,
        ended_at: None,
        detected,
    }
}

#[cfg(test)]
mod tests {
    use abide_core::{
        clock::Timestamp,
        id::RecordId,
        lease::{FencingToken, Mode, Place},
        record::{Entry, Event, Opened, Origin, summaries},
        replay::Offset,
    };

    use super::*;

    fn open(generation: Option<Generation>) -> Summary {
        let opened = Event::Opened(Opened {
            session: "abc".parse().unwrap(),
            origin: Origin {
                place: Place {
                    machine: None,
                    boot: None,
                    host: "h".to_owned(),
                },
                state: None,
                user: "u".to_owned(),
            },
            agent: None,
            mode: Mode::Shell,
        });
        let started = generation.map(|generation| {
            Event::Started(Started {
                generation,
                started_at: Timestamp::from_millis(120),
            })
        });
        let record = RecordId::random();
        let entries = [opened].into_iter().chain(started).map(|event| Entry {
            seq: 1,
            at: Timestamp::from_millis(100),
            epoch: FencingToken::LAST,
            record: record.clone(),
            event,
        });
        let entries: Vec<Entry> = entries.collect();
        summaries(&entries).remove(0)
    }

    fn over(generation: Generation, started_at: u64) -> Fate {
        Fate::Ended {
            generation: Some(generation),
            ended: backend::Ended {
                outcome: ExitOutcome::Exited { code: 4 },
                cause: None,
                started_at: Timestamp::from_millis(started_at),
                ended_at: Some(Timestamp::from_millis(300)),
                offset: Offset::START,
            },
        }
    }

    fn running(generation: Generation) -> Fate {
        Fate::Running(Started {
            generation,
            started_at: Timestamp::from_millis(200),
        })
    }

    fn code_and_start(verdict: &Verdict) -> Option<(i32, bool)> {
        match verdict {
            Verdict::Close(closed) => {
                Some((closed.ended.outcome.shell_code(), closed.started.is_some()))
            }
            Verdict::Abandon | Verdict::Leave | Verdict::NotOurs => None,
        }
    }

    #[test]
    fn an_open_record_is_closed_with_the_end_of_its_own_start_and_with_no_other() {
        let [own, other] = [1, 2].map(|byte| Generation::from_bytes([byte; 16]));
        let lost = 1;
        for (fate, expected) in [
            (over(own, 200), Some((4, false))),
            (over(other, 200), Some((lost, false))),
            (running(other), Some((lost, false))),
            (running(own), None),
            (Fate::Gone, Some((lost, false))),
            (Fate::Unsure, None),
        ] {
            let verdict = judge(&open(Some(own)), &fate, &[], Sight::Ours);
            assert_eq!(code_and_start(&verdict), expected, "{fate:?}");
        }
        let unsure = judge(&open(Some(own)), &Fate::Unsure, &[], Sight::Ours);
        assert_eq!(unsure, Verdict::Leave);
    }

    #[test]
    fn a_record_of_another_is_closed_with_an_end_that_was_seen_and_left_otherwise() {
        let [own, other] = [1, 2].map(|byte| Generation::from_bytes([byte; 16]));
        let lost = match over(own, 200) {
            Fate::Ended {
                generation,
                mut ended,
            } => {
                ended.outcome = ExitOutcome::Lost {
                    reason: LostReason::HolderDied,
                };
                Fate::Ended { generation, ended }
            }
            fate => fate,
        };
        let seen = judge(&open(Some(own)), &over(own, 200), &[], Sight::Anothers);
        assert_eq!(code_and_start(&seen), Some((4, false)));
        let fates = [
            over(other, 200),
            running(other),
            lost,
            Fate::Gone,
            Fate::Unsure,
        ];
        for fate in fates {
            for open in [open(Some(own)), open(None)] {
                let verdict = judge(&open, &fate, &[], Sight::Anothers);
                assert_eq!(verdict, Verdict::NotOurs, "{fate:?}");
            }
        }
        let unnoted = judge(&open(None), &over(own, 200), &[], Sight::Anothers);
        assert_eq!(unnoted, Verdict::NotOurs);
    }

    #[test]
    fn a_start_that_nobody_noted_is_that_of_the_record_that_was_opened_for_it() {
        let [start, other] = [1, 2].map(|byte| Generation::from_bytes([byte; 16]));
        let noted = judge(&open(None), &over(start, 200), &[other], Sight::Ours);
        assert_eq!(code_and_start(&noted), Some((4, true)));
        for (fate, recorded) in [
            // Another record's, one from before, none at all.
            (over(start, 200), vec![start]),
            (over(start, 50), Vec::new()),
            (Fate::Gone, Vec::new()),
        ] {
            let verdict = judge(&open(None), &fate, &recorded, Sight::Ours);
            assert_eq!(verdict, Verdict::Abandon);
        }
    }
}
