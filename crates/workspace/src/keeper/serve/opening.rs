//! The beginning of records: what is there is gone on with or completed, and new ones are opened.

use std::collections::{HashMap, HashSet};

use abide_core::{
    clock::Timestamp,
    id::{Generation, RecordId, SessionId},
    record::{Started, Summary},
};
use tracing::{info, warn};

use super::{Keeper, Kept, LineId, Outcome, Phase, failed};
use crate::{
    desk::{Adoption, Closed, GoingOn, HeldError, Live, NewRecord},
    keeper::{
        protocol::{Keep, KnownSession, Reply, Why},
        survey::{self, Fate, Seen, Sight, Verdict},
    },
};

/// What is to be completed before a new record begins.
pub(super) type Before = Vec<(RecordId, Closed)>;

impl Keeper {
    /// Takes over what there is, then does what was asked for.
    pub(super) async fn begin(&mut self, line: LineId, keep: Keep) -> Result<(), Outcome> {
        let (why, session) = (keep.why, keep.session);
        self.learn(keep.sessions);
        match self.take_over(why).await? {
            Ok(before) => match why {
                Why::Create => self.open(line, &session, before).await,
                Why::Adopt => {
                    for (record, _) in before {
                        self.close_if_over(&record);
                    }
                    self.answer_adopter(line, &session);
                    Ok(())
                }
            },
            Err(err) => {
                self.lines
                    .tell(line, failed("cannot read the records", &err, err.hint()));
                Err(self.resign().await)
            }
        }
    }

    pub(super) fn learn(&mut self, sessions: Vec<KnownSession>) {
        for known in sessions {
            self.known.insert(known.session.clone(), known);
        }
    }

    /// Gives back what was granted, after nothing could be done with it.
    async fn resign(&mut self) -> Outcome {
        match self.at_desk(|held| held.release(|| false)).await {
            Ok(Ok(_) | Err(_)) => Outcome::NotGranted,
            Err(outcome) => outcome,
        }
    }

    /// Goes on with the records of sessions that run, and returns those that can be completed.
    async fn take_over(&mut self, why: Why) -> Result<Result<Before, HeldError>, Outcome> {
        let read = self.at_desk(|held| held.current());
        let recorded = match read.await? {
            Ok(recorded) => recorded,
            Err(err) => return Ok(Err(err)),
        };
        let seen = self.look_at(self.concerned(&recorded)).await?;
        self.learn_strays(&recorded, &seen);
        let live = self.known.values();
        let live = live.filter_map(|known| live_of(known, seen.get(&known.session)?));
        let live: Vec<Live> = live.collect();
        // Without an open record only the session that is meant is worth staying for.
        let is_unsure = |seen: &Seen| seen.fate == Fate::Unsure;
        if why == Why::Adopt && seen.get(&self.named).is_some_and(is_unsure) {
            self.ask_later(self.named.clone());
        }
        let adopted = self.at_desk(move |held| held.adopt_records(&live)).await?;
        let Adoption { going_on, over } = match adopted {
            Ok(adopted) => adopted,
            Err(err) => return Ok(Err(err)),
        };
        for record in going_on {
            let started = match seen.get(&record.session).map(|seen| &seen.fate) {
                Some(Fate::Running(started)) => Some(started.clone()),
                Some(Fate::Ended { .. } | Fate::Gone | Fate::Unsure) | None => None,
            };
            self.go_on(record, started);
        }
        self.judge_all(over, &recorded, &seen).await.map(Ok)
    }

    /// Returns the sessions of which has to be known what became of them, the most important first:
    /// backends answer in that order.
    fn concerned(&self, recorded: &[Summary]) -> Vec<SessionId> {
        let open = recorded.iter().filter(|one| !one.is_complete());
        let open = open.filter_map(|one| Some(&one.opened.as_ref()?.session));
        let all = [&self.named]
            .into_iter()
            .chain(open)
            .chain(self.known.keys());
        let mut before = HashSet::new();
        all.filter(|session| before.insert(*session))
            .cloned()
            .collect()
    }

    /// Goes on with, or begins, the record of one session that runs; if that fails, it is tried again
    /// at each heartbeat.
    pub(super) async fn adopt_one(
        &mut self,
        known: &KnownSession,
        started: Started,
    ) -> Result<Result<(), HeldError>, Outcome> {
        let live = [live(known, &started)];
        match self.at_desk(move |held| held.adopt_records(&live)).await? {
            Ok(adoption) => {
                for record in adoption.going_on {
                    self.go_on(record, Some(started.clone()));
                }
                Ok(Ok(()))
            }
            Err(err) => {
                warn!(
                    error = &err as &dyn std::error::Error,
                    "cannot go on with a record"
                );
                self.ask_later(known.session.clone());
                Ok(Err(err))
            }
        }
    }

    /// Watches a session that runs, and takes a baseline if its record has none.
    pub(super) fn go_on(&mut self, record: GoingOn, started: Option<Started>) {
        if self.find(&record.record).is_some() {
            return;
        }
        info!(record = %record.record, session = %record.session, "goes on");
        let mut kept = Kept::new(record.record.clone(), record.session, Phase::Running);
        let started = started.unwrap_or(Started {
            generation: record.generation,
            started_at: Timestamp::from_millis(0),
        });
        kept.start = Some(started);
        kept.is_noted = true;
        kept.late.clone_from(&record.needs_baseline);
        kept.is_listing = record.needs_baseline.is_some();
        let is_listing = kept.is_listing;
        self.watch(kept.record.clone(), kept.session.clone(), record.generation);
        self.records.push(kept);
        if is_listing {
            self.list(record.record, Vec::new());
        }
    }

    /// Decides about open records whose sessions do not run, by what was seen of them.
    pub(super) async fn judge_all(
        &mut self,
        over: Vec<Summary>,
        recorded: &[Summary],
        seen: &HashMap<SessionId, Seen>,
    ) -> Result<Before, Outcome> {
        let mut before = Vec::new();
        for open in over {
            let Some(opened) = &open.opened else {
                continue;
            };
            let session = opened.session.clone();
            let fate = seen.get(&session).map(|seen| seen.fate.clone());
            let fate = fate.unwrap_or(Fate::Unsure);
            let others: Vec<Generation> = recorded
                .iter()
                .filter(|summary| summary.record != open.record)
                .filter_map(|summary| summary.generation)
                .collect();
            match survey::judge(&open, &fate, &others, self.sight(&open, &session)) {
                Verdict::Close(closed) => {
                    let mut kept = Kept::new(open.record.clone(), session, Phase::Closing);
                    kept.end = Some(closed.clone());
                    self.records.push(kept);
                    before.push((open.record, closed));
                }
                Verdict::Abandon => self.abandon(open.record).await?,
                Verdict::Leave => self.ask_later(session),
                Verdict::NotOurs => info!(record = %open.record, "left open: it is another's"),
            }
        }
        Ok(before)
    }

    /// Tells whether what is not found of a record's session is no more.
    fn sight(&self, open: &Summary, session: &SessionId) -> Sight {
        let tools = self.held.tools();
        let is_known = self.known.contains_key(session);
        match open.is_anothers(&tools.here.place, tools.state.as_ref(), is_known) {
            true => Sight::Anothers,
            false => Sight::Ours,
        }
    }

    /// Closes a record whose session was never started.
    pub(super) async fn abandon(&mut self, record: RecordId) -> Result<(), Outcome> {
        info!(%record, "never started");
        let abandoned = record.clone();
        let done = self
            .at_desk(move |held| held.abandon_record(&abandoned))
            .await?;
        if let Err(err) = done {
            // It stays open without a start, and the next keeper comes to the same.
            warn!(
                error = &err as &dyn std::error::Error,
                "cannot abandon a record"
            );
        }
        self.records.retain(|kept| kept.record != record);
        self.settle();
        Ok(())
    }

    /// Opens the record of a session that is about to be started.
    pub(super) async fn open(
        &mut self,
        line: LineId,
        session: &SessionId,
        before: Before,
    ) -> Result<(), Outcome> {
        let Some(known) = self.known.get(session) else {
            return Ok(());
        };
        let new = new_record(known);
        match self.at_desk(move |held| held.open_record(&new)).await? {
            Ok(record) => {
                let mut kept = Kept::new(record.clone(), session.clone(), Phase::Opening);
                kept.waiting.push(line);
                kept.creators.push(line);
                kept.is_listing = true;
                self.records.push(kept);
                self.list(record, before);
                Ok(())
            }
            Err(err) => {
                self.lines
                    .tell(line, failed("cannot record the session", &err, err.hint()));
                // What was to be completed first is completed all the same.
                for (record, _) in before {
                    self.close_if_over(&record);
                }
                Ok(())
            }
        }
    }

    /// Tells an adopter that this keeper is responsible, once the baseline of its session is settled.
    pub(super) fn answer_adopter(&mut self, line: LineId, session: &SessionId) {
        let mut records = self.records.iter_mut();
        let kept = records.find(|kept| kept.session == *session && kept.phase == Phase::Running);
        match kept {
            Some(kept) if kept.is_listing => kept.waiting.push(line),
            Some(kept) => {
                let record = Some(kept.record.clone());
                self.tell_ready(line, record);
            }
            // Nothing was recorded of it, and it may run.
            None if self.unsure.contains(session) => self.lines.tell(line, cannot_tell()),
            None => self.tell_ready(line, None),
        }
    }
}

/// Answers for a session whose backend does not say what became of it.
pub(super) fn cannot_tell() -> Reply {
    Reply::Failed {
        message: "the backend of the session does not say whether it runs".into(),
        hint: Some("the keeper asks again; `abide info` asks now".into()),
    }
}

pub(super) fn new_record(known: &KnownSession) -> NewRecord {
    NewRecord {
        session: known.session.clone(),
        agent: known.agent.clone(),
        mode: known.mode,
    }
}

fn live_of(known: &KnownSession, seen: &Seen) -> Option<Live> {
    match &seen.fate {
        Fate::Running(started) => Some(live(known, started)),
        Fate::Ended { .. } | Fate::Gone | Fate::Unsure => None,
    }
}

fn live(known: &KnownSession, started: &Started) -> Live {
    Live {
        new: new_record(known),
        started: started.clone(),
    }
}
