//! The beginning of records: what is there is gone on with or completed, new ones are opened, and the
//! files are listed.

use std::time::Duration;

use abide_core::{
    clock::Timestamp,
    id::{Generation, RecordId},
    manifest::Manifest,
    record::{Started, Summary},
};
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::{Event, Keeper, Kept, Outcome, Phase, blocking, failed};
use crate::{
    desk::{self, Adoption, Closed, GoingOn, HeldError, Live, Measured, NewRecord},
    keeper::{
        protocol::{Keep, KnownSession, Reply, Why},
        survey::{self, Fate, Verdict},
    },
};

/// Time that whoever starts a session waits for the files to be listed.
const BASELINE_PATIENCE: Duration = Duration::from_millis(800);

/// Why a baseline is late whose walk took longer than that.
const STILL_LISTING: &str = "the files were still being listed when the session began";

/// What is to be completed before a new record begins.
type Before = Vec<(RecordId, Closed)>;

impl Keeper {
    /// Takes over what there is, then does what was asked for.
    pub(super) async fn begin(&mut self, line: super::LineId, keep: Keep) -> Result<(), Outcome> {
        let (why, session) = (keep.why, keep.session);
        self.learn(keep.sessions);
        match self.take_over().await? {
            Ok(before) => match why {
                Why::Create => self.open(line, &session, before).await,
                Why::Adopt => {
                    for (record, closed) in before {
                        self.ended(&record, closed);
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
    async fn take_over(&mut self) -> Result<Result<Before, HeldError>, Outcome> {
        let fates = self.survey().await;
        let live = fates.iter().filter_map(|(known, fate)| match fate {
            Fate::Running(started) => Some(live(known, started)),
            Fate::Ended { .. } | Fate::Gone | Fate::Unsure => None,
        });
        let live: Vec<Live> = live.collect();
        for (known, fate) in &fates {
            if *fate == Fate::Unsure {
                self.unsure.push(known.session.clone());
            }
        }
        let adopted = self
            .at_desk(move |held| {
                let adoption = held.adopt_records(&live)?;
                let recorded = match adoption.over.is_empty() {
                    true => Vec::new(),
                    false => desk::read_summaries(held.dir())?.summaries,
                };
                Ok((adoption, recorded))
            })
            .await?;
        let (Adoption { going_on, over }, recorded) = match adopted {
            Ok(adopted) => adopted,
            Err(err) => return Ok(Err(err)),
        };
        for record in going_on {
            let started = fates.iter().find_map(|(known, fate)| match fate {
                Fate::Running(started) if known.session == record.session => Some(started.clone()),
                Fate::Running(_) | Fate::Ended { .. } | Fate::Gone | Fate::Unsure => None,
            });
            self.go_on(record, started);
        }
        self.judge_all(over, &recorded).await.map(Ok)
    }

    /// Asks what became of every session that is known, all at once.
    async fn survey(&self) -> Vec<(KnownSession, Fate)> {
        let mut looks = JoinSet::new();
        for known in self.known.values().cloned() {
            let backends = self.backends.clone();
            looks.spawn(async move {
                let fate = survey::look(&backends, &known.session, known.backend).await;
                (known, fate)
            });
        }
        looks.join_all().await
    }

    /// Watches a session that runs, and takes a baseline if its record has none.
    pub(super) fn go_on(&mut self, record: GoingOn, started: Option<Started>) {
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

    /// Decides about open records whose sessions do not run.
    async fn judge_all(
        &mut self,
        over: Vec<Summary>,
        recorded: &[Summary],
    ) -> Result<Before, Outcome> {
        let mut before = Vec::new();
        for open in over {
            let Some(opened) = &open.opened else {
                continue;
            };
            let session = opened.session.clone();
            let kind = self.known.get(&session).and_then(|known| known.backend);
            let fate = survey::look(&self.backends, &session, kind).await;
            let others: Vec<Generation> = recorded
                .iter()
                .filter(|summary| summary.record != open.record)
                .filter_map(|summary| summary.generation)
                .collect();
            match survey::judge(&open, &fate, &others) {
                Verdict::Close(closed) => {
                    let kept = Kept::new(open.record.clone(), session, Phase::Closing);
                    self.records.push(kept);
                    before.push((open.record, closed));
                }
                Verdict::Abandon => self.abandon(open.record).await?,
                Verdict::Leave if self.unsure.contains(&session) => {}
                Verdict::Leave => self.unsure.push(session),
            }
        }
        Ok(before)
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
        line: super::LineId,
        session: &abide_core::id::SessionId,
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
                for (record, closed) in before {
                    self.ended(&record, closed);
                }
                Ok(())
            }
        }
    }

    /// Tells an adopter that this keeper is responsible, once the baseline of its session is settled.
    pub(super) fn answer_adopter(
        &mut self,
        line: super::LineId,
        session: &abide_core::id::SessionId,
    ) {
        let mut records = self.records.iter_mut();
        let kept = records.find(|kept| kept.session == *session && kept.phase == Phase::Running);
        match kept {
            Some(kept) if kept.is_listing => kept.waiting.push(line),
            Some(kept) => {
                let record = Some(kept.record.clone());
                self.tell_ready(line, record);
            }
            None => self.tell_ready(line, None),
        }
    }

    /// Completes what is to be completed first, then lists the files.
    fn list(&mut self, record: RecordId, before: Before) {
        let (events, patient) = (self.events.clone(), record.clone());
        self.tasks.spawn(async move {
            let waited = tokio::time::timeout(BASELINE_PATIENCE, events.closed()).await;
            if waited.is_err() {
                let _ = events.send(Event::Patience(patient)).await;
            }
        });
        let (events, held) = (self.events.clone(), std::sync::Arc::clone(&self.held));
        self.tasks.spawn(async move {
            for (record, closed) in before {
                let (held, id) = (std::sync::Arc::clone(&held), record.clone());
                let done = blocking(move || held.close_record(&id, &closed).map(drop)).await;
                let _ = events.send(Event::Closed(record, done)).await;
            }
            let listed = blocking(move || {
                let now = held.tools().timepiece.moment().now;
                desk::list_files(held.dir().root(), now).map_err(|err| with_causes(&err))
            });
            let _ = events.send(Event::Listed(record, listed.await)).await;
        });
    }

    /// Settles the baseline of a record whose files were listed.
    pub(super) async fn listed(
        &mut self,
        record: RecordId,
        listed: Result<Manifest, String>,
    ) -> Result<(), Outcome> {
        let Some(kept) = self.find(&record) else {
            return Ok(());
        };
        kept.is_listing = false;
        let is_late = kept.phase != Phase::Opening;
        let late = kept.late.take();
        let late = late.or_else(|| is_late.then(|| STILL_LISTING.to_owned()));
        let id = record.clone();
        let put = self
            .at_desk(move |held| {
                let measured = match (&listed, late) {
                    (Ok(manifest), None) => Measured::Taken(manifest),
                    (Ok(manifest), Some(why)) => Measured::Late { manifest, why },
                    (Err(why), _) => Measured::Unknown { why: why.clone() },
                };
                held.put_baseline(&id, &measured)
            })
            .await?;
        match put {
            Ok(_) => self.ready(&record),
            Err(err) => self.without_baseline(&record, &err).await?,
        }
        self.close_if_over(&record);
        Ok(())
    }

    /// Notes that a baseline could not be written, if at least that can be.
    async fn without_baseline(
        &mut self,
        record: &RecordId,
        err: &HeldError,
    ) -> Result<(), Outcome> {
        warn!(
            error = err as &dyn std::error::Error,
            "cannot keep a baseline"
        );
        let (id, why) = (record.clone(), format!("it could not be kept: {err}"));
        let noted = self
            .at_desk(move |held| held.put_baseline(&id, &Measured::Unknown { why }))
            .await?;
        let Err(err) = noted else {
            self.ready(record);
            return Ok(());
        };
        let reply = failed("cannot record the session", &err, err.hint());
        let Some(kept) = self.find(record) else {
            return Ok(());
        };
        let waiting = std::mem::take(&mut kept.waiting);
        let is_opening = kept.phase == Phase::Opening;
        for line in waiting {
            self.lines.tell(line, reply.clone());
        }
        match is_opening {
            true => self.abandon(record.clone()).await,
            false => Ok(()),
        }
    }

    /// Tells those who wait that this keeper is ready for their session.
    pub(super) fn ready(&mut self, record: &RecordId) {
        let Some(kept) = self.find(record) else {
            return;
        };
        if kept.phase == Phase::Opening {
            kept.phase = Phase::Awaited;
        }
        for line in std::mem::take(&mut kept.waiting) {
            self.tell_ready(line, Some(record.clone()));
        }
    }

    pub(super) fn tell_ready(&mut self, line: super::LineId, record: Option<RecordId>) {
        self.probe("keeper.ready");
        let epoch = self.held.epoch();
        self.lines.tell(line, Reply::Ready { epoch, record });
    }
}

fn with_causes(err: &dyn std::error::Error) -> String {
    match err.source() {
        Some(source) => format!("{err}: {}", with_causes(source)),
        None => err.to_string(),
    }
}

pub(super) fn new_record(known: &KnownSession) -> NewRecord {
    NewRecord {
        session: known.session.clone(),
        agent: known.agent.clone(),
        mode: known.mode,
    }
}

pub(super) fn live(known: &KnownSession, started: &Started) -> Live {
    Live {
        new: new_record(known),
        started: started.clone(),
    }
}
