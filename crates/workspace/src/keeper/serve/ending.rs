//! The end of sessions, and the completion of their records.

use std::sync::Arc;

use abide_core::{
    id::{Generation, RecordId, SessionId},
    record::Summary,
};
use tracing::{error, info, warn};

use super::{Event, Keeper, Kept, Outcome, Phase, blocking};
use crate::{
    desk::{self, Closed, HeldError},
    keeper::{
        protocol::Reply,
        survey::{self, Fate},
        watch,
    },
};

/// Heartbeats for which a record is tried to be completed, whoever rings between them: ten minutes.
const CLOSE_ATTEMPTS: u32 = 20;

impl Keeper {
    /// Watches a session that was started, until that start is over.
    pub(super) fn watch(&mut self, record: RecordId, session: SessionId, generation: Generation) {
        let kind = self.known.get(&session).and_then(|known| known.backend);
        let (events, backends) = (self.events.clone(), self.backends.clone());
        self.tasks.spawn(async move {
            let ended = watch::wait_for_end(&backends, &session, kind, generation).await;
            let started = None;
            let _ = events
                .send(Event::Ended(record, Closed { ended, started }))
                .await;
        });
    }

    /// A session is over.
    pub(super) fn ended(&mut self, record: &RecordId, mut closed: Closed) {
        let Some(kept) = self.find(record) else {
            return;
        };
        if kept.end.is_some() {
            return;
        }
        info!(%record, session = %kept.session, outcome = %closed.ended.outcome, "ended");
        if !kept.is_noted && closed.started.is_none() {
            closed.started.clone_from(&kept.start);
        }
        kept.end = Some(closed);
        kept.phase = Phase::Closing;
        self.probe("keeper.ended");
        self.close_if_over(record);
    }

    /// Completes a record whose session is over, unless its files are still being listed.
    pub(super) fn close_if_over(&mut self, record: &RecordId) {
        let Some(kept) = self.find(record).filter(|kept| !kept.is_listing) else {
            return;
        };
        let Some(closed) = kept.end.clone() else {
            return;
        };
        kept.phase = Phase::Closing;
        let (record, held, events) = (record.clone(), Arc::clone(&self.held), self.events.clone());
        self.tasks.spawn(async move {
            let id = record.clone();
            let done = blocking(move || held.close_record(&id, &closed).map(drop)).await;
            let _ = events.send(Event::Closed(record, done)).await;
        });
    }

    /// A record is complete, or could not be completed.
    pub(super) fn closed(
        &mut self,
        record: &RecordId,
        closed: Result<(), HeldError>,
    ) -> Result<(), Outcome> {
        match closed {
            Ok(()) => {
                info!(%record, "complete");
                self.records.retain(|kept| kept.record != *record);
                self.settle();
                Ok(())
            }
            Err(err) if err.is_over() => {
                info!(error = &err as &dyn std::error::Error, "superseded");
                Err(Outcome::Superseded)
            }
            Err(err) => {
                warn!(%record, error = &err as &dyn std::error::Error, "cannot complete a record");
                if let Some(kept) = self.find(record) {
                    kept.phase = Phase::Unclosed;
                }
                Ok(())
            }
        }
    }

    /// Counts a heartbeat against each record that could not be completed by then.
    pub(super) fn count_failures(&mut self) -> Result<(), Outcome> {
        for kept in &mut self.records {
            kept.failures += u32::from(kept.phase == Phase::Unclosed);
        }
        let mut records = self.records.iter();
        match records.find(|kept| CLOSE_ATTEMPTS <= kept.failures) {
            None => Ok(()),
            Some(kept) => {
                error!(record = %kept.record, "gives up; the next entry completes the record");
                Err(Outcome::GaveUp)
            }
        }
    }

    /// Tells those who wait for it that their sessions' records are complete.
    pub(super) fn settle(&mut self) {
        let (records, unsure) = (&self.records, &self.unsure);
        let is_open = |session: &_| {
            unsure.contains(session) || records.iter().any(|kept| kept.session == *session)
        };
        let settled = self
            .settling
            .extract_if(.., |(_, sessions)| !sessions.iter().any(is_open));
        let settled: Vec<_> = settled.collect();
        for (line, _) in settled {
            self.lines.tell(line, Reply::Settled);
        }
    }

    /// Tries again what could not be done when it was due.
    pub(super) async fn try_again(&mut self) -> Result<(), Outcome> {
        let in_phase = |phase| move |kept: &&Kept| kept.phase == phase;
        let of = |records: &[Kept], phase| -> Vec<RecordId> {
            let found = records.iter().filter(in_phase(phase));
            found.map(|kept| kept.record.clone()).collect()
        };
        for record in of(&self.records, Phase::Unclosed) {
            self.close_if_over(&record);
        }
        for record in of(&self.records, Phase::Looking) {
            self.look_for_start(&record);
        }
        for record in of(&self.records, Phase::Running) {
            self.note_again(&record).await?;
        }
        for session in std::mem::take(&mut self.unsure) {
            self.ask_again(session).await?;
        }
        Ok(())
    }

    async fn note_again(&mut self, record: &RecordId) -> Result<(), Outcome> {
        let Some(kept) = self.find(record).filter(|kept| !kept.is_noted) else {
            return Ok(());
        };
        let Some(start) = kept.start.clone() else {
            return Ok(());
        };
        let id = record.clone();
        let noted = self
            .at_desk(move |held| held.note_started(&id, start))
            .await?;
        if let (Ok(()), Some(kept)) = (noted, self.find(record)) {
            kept.is_noted = true;
        }
        Ok(())
    }

    /// Looks at a session again of which nothing could be told.
    async fn ask_again(&mut self, session: SessionId) -> Result<(), Outcome> {
        let known = self.known.get(&session).cloned();
        let kind = known.as_ref().and_then(|known| known.backend);
        let fate = survey::look(&self.backends, &session, kind).await;
        match (fate, known) {
            (Fate::Unsure, _) => {
                self.ask_later(session);
                Ok(())
            }
            (Fate::Running(started), Some(known)) => {
                self.adopt_one(&known, started).await.map(drop)
            }
            (Fate::Running(_) | Fate::Ended { .. } | Fate::Gone, _) => {
                self.take_over_again(session).await
            }
        }
    }

    /// Goes on with the open records of a session, or completes them.
    async fn take_over_again(&mut self, session: SessionId) -> Result<(), Outcome> {
        let read = self.at_desk(|held| Ok(desk::read_summaries(held.dir())?.summaries));
        let recorded = match read.await? {
            Ok(recorded) => recorded,
            Err(err) => {
                warn!(
                    error = &err as &dyn std::error::Error,
                    "cannot read the records"
                );
                self.ask_later(session);
                return Ok(());
            }
        };
        let is_kept = |record: &RecordId| self.records.iter().any(|kept| kept.record == *record);
        let is_its = |open: &&Summary| {
            let opened = open.opened.as_ref();
            opened.is_some_and(|opened| opened.session == session)
                && !open.is_complete()
                && !is_kept(&open.record)
        };
        let open: Vec<Summary> = recorded.iter().filter(is_its).cloned().collect();
        let over = self.take_strays(open).await?;
        for (record, _) in self.judge_all(over, &recorded).await? {
            self.close_if_over(&record);
        }
        Ok(())
    }
}
