//! What changes are measured against: the files as they were before the session, or why not.

use std::{error::Error, sync::Arc, time::Duration};

use abide_core::{id::RecordId, manifest::Manifest};
use tracing::warn;

use super::{Event, Keeper, LineId, Outcome, Phase, blocking, failed, opening::Before};
use crate::{
    desk::{self, HeldError, Measured},
    keeper::protocol::Reply,
};

/// Time that whoever starts a session waits for the files to be listed.
const BASELINE_PATIENCE: Duration = Duration::from_millis(800);

/// Why a baseline is late whose walk took longer than that.
const STILL_LISTING: &str = "the files were still being listed when the session began";

impl Keeper {
    /// Completes what is to be completed first, then lists the files.
    pub(super) fn list(&mut self, record: RecordId, before: Before) {
        let (events, patient) = (self.events.clone(), record.clone());
        self.tasks.spawn(async move {
            let waited = tokio::time::timeout(BASELINE_PATIENCE, events.closed()).await;
            if waited.is_err() {
                let _ = events.send(Event::Patience(patient)).await;
            }
        });
        let (events, held) = (self.events.clone(), Arc::clone(&self.held));
        self.tasks.spawn(async move {
            for (record, closed) in before {
                let (held, id) = (Arc::clone(&held), record.clone());
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
        warn!(error = err as &dyn Error, "cannot keep a baseline");
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

    pub(super) fn tell_ready(&mut self, line: LineId, record: Option<RecordId>) {
        self.probe("keeper.ready");
        let epoch = self.held.epoch();
        self.lines.tell(line, Reply::Ready { epoch, record });
    }
}

fn with_causes(err: &dyn Error) -> String {
    match err.source() {
        Some(source) => format!("{err}: {}", with_causes(source)),
        None => err.to_string(),
    }
}
