//! The end of sessions, and the completion of their records.

use std::sync::Arc;

use abide_core::id::{Generation, RecordId, SessionId};
use tracing::{error, info, warn};

use super::{Event, Keeper, Kept, Outcome, Phase, blocking};
use crate::{
    desk::{Closed, HeldError},
    keeper::{protocol::Reply, watch},
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
        self.ask_again();
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
}
