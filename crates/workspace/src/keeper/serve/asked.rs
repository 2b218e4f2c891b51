//! What is asked of a keeper that has the lease.

use abide_core::{
    id::{RecordId, SessionId},
    record::{Detected, Started},
};
use tracing::{info, warn};

use super::{Event, Keeper, Kept, LineId, Outcome, Phase, blocking, failed, opening::cannot_tell};
use crate::{
    desk::Closed,
    keeper::{
        protocol::{Keep, Note, Reply, Request, Why},
        survey::{self, Fate},
        watch,
    },
    state_id,
};

impl Keeper {
    pub(super) async fn asked(&mut self, line: LineId, request: Request) -> Result<(), Outcome> {
        match request {
            Request::Keep(keep) => self.keep(line, *keep).await,
            Request::Started(note) => self.note(line, note).await,
            Request::Abandon { session } => {
                // A start that was given up may have come about all the same: it took too long, or
                // another creator made it.
                let of_session = |kept: &Kept| kept.session == session && kept.is_unstarted();
                self.leave_creators(line, of_session);
                self.lines.tell(line, Reply::Noted);
                Ok(())
            }
            Request::Settle { sessions } => {
                self.settling.push((line, sessions));
                self.settle();
                Ok(())
            }
        }
    }

    /// Somebody ended the conversation. If it was to start a session, nobody knows whether it did.
    pub(super) fn hung(&mut self, line: LineId) {
        self.lines.remove(line);
        self.settling.retain(|(waiting, _)| *waiting != line);
        self.leave_creators(line, |_| true);
    }

    /// Looks whether those sessions run that nobody is left to start.
    fn leave_creators(&mut self, line: LineId, concerns: impl Fn(&Kept) -> bool) {
        let records = self.records.iter_mut().filter(|kept| concerns(kept));
        let left = records.filter_map(|kept| {
            kept.forget(line).then(|| {
                kept.phase = Phase::Looking;
                kept.record.clone()
            })
        });
        let left: Vec<RecordId> = left.collect();
        for record in left {
            info!(%record, "whoever was to start the session is gone");
            self.look_for_start(&record);
        }
    }

    pub(super) fn look_for_start(&mut self, record: &RecordId) {
        let Some(kept) = self.find(record) else {
            return;
        };
        let (session, record) = (kept.session.clone(), kept.record.clone());
        let known = self.known.get(&session);
        let kind = known.and_then(|known| known.backend);
        let before = known.and_then(|known| known.generation);
        let (events, backends) = (self.events.clone(), self.backends.clone());
        self.tasks.spawn(async move {
            let fate = watch::look_for_start(&backends, &session, kind, before).await;
            let _ = events.send(Event::Looked(record, fate)).await;
        });
    }

    /// What became of a session whose creator is gone.
    pub(super) async fn looked(&mut self, record: &RecordId, fate: Fate) -> Result<(), Outcome> {
        let Some(kept) = self
            .find(record)
            .filter(|kept| kept.phase == Phase::Looking)
        else {
            return Ok(());
        };
        match fate {
            // The next heartbeat looks again.
            Fate::Unsure => Ok(()),
            Fate::Gone => {
                let record = kept.record.clone();
                self.abandon(record).await
            }
            Fate::Running(started) => self.note_start(record, started).await.map(drop),
            Fate::Ended { generation, ended } => {
                let started = generation.map(|generation| Started {
                    generation,
                    started_at: ended.started_at,
                });
                kept.start.clone_from(&started);
                let ended = survey::of(&ended, Detected::Looked);
                self.ended(record, Closed { ended, started });
                Ok(())
            }
        }
    }

    /// Tells whether somebody asks for the state directory whose sessions this keeper reaches,
    /// whatever way leads there.
    async fn is_own_state_dir(&self, keep: &Keep) -> bool {
        if keep.state_dir.as_path() == self.state_dir {
            return true;
        }
        let asked = keep.state_dir.as_path().to_owned();
        let found = blocking(move || state_id::find(&asked)).await;
        matches!(found, Ok(Some(id)) if Some(&id) == self.held.tools().state.as_ref())
    }

    /// Is to be responsible for a session more.
    async fn keep(&mut self, line: LineId, keep: Keep) -> Result<(), Outcome> {
        if !self.is_own_state_dir(&keep).await {
            let message = format!(
                "sessions in this directory are kept for the state directory `{}`",
                self.state_dir.display()
            );
            let hint = "end them there first, or work without a record (`abide new --no-record`)";
            let hint = Some(hint.into());
            self.lines.tell(line, Reply::Failed { message, hint });
            return Ok(());
        }
        info!(label = keep.label, why = ?keep.why, session = %keep.session, "asked to keep one more");
        let (why, session) = (keep.why, keep.session);
        self.learn(keep.sessions);
        match why {
            Why::Create => self.keep_new(line, &session).await,
            Why::Adopt => {
                match self.keep_running(&session).await? {
                    Ok(()) => self.answer_adopter(line, &session),
                    Err(reply) => self.lines.tell(line, reply),
                }
                Ok(())
            }
        }
    }

    async fn keep_new(&mut self, line: LineId, session: &SessionId) -> Result<(), Outcome> {
        let mut records = self.records.iter_mut();
        if let Some(kept) = records.find(|kept| kept.session == *session && kept.is_unstarted()) {
            // Several want to start it at once: one start is made, and it has one record.
            kept.creators.push(line);
            match kept.phase {
                Phase::Opening => kept.waiting.push(line),
                Phase::Awaited | Phase::Looking => {
                    kept.phase = Phase::Awaited;
                    let record = kept.record.clone();
                    self.tell_ready(line, Some(record));
                }
                Phase::Running | Phase::Closing | Phase::Unclosed => {}
            }
            return Ok(());
        }
        match self.still_running(session).await? {
            Some(record) => {
                self.tell_ready(line, Some(record));
                Ok(())
            }
            None => self.open(line, session, Vec::new()).await,
        }
    }

    /// Returns the record of a session that runs, as far as anybody can tell; one that has ended is
    /// about to be completed.
    async fn still_running(&mut self, session: &SessionId) -> Result<Option<RecordId>, Outcome> {
        let mut records = self.records.iter();
        let kept = records.find(|kept| kept.session == *session && kept.phase == Phase::Running);
        let Some((record, start)) =
            kept.and_then(|kept| Some((kept.record.clone(), kept.start.clone()?)))
        else {
            return Ok(None);
        };
        let ended = match self.look_at_one(session).await? {
            Fate::Unsure => return Ok(Some(record)),
            Fate::Running(found) if found.generation == start.generation => {
                return Ok(Some(record));
            }
            Fate::Ended { generation, ended } if generation == Some(start.generation) => {
                survey::of(&ended, Detected::Looked)
            }
            Fate::Running(_) | Fate::Ended { .. } | Fate::Gone => survey::unseen(Detected::Looked),
        };
        let started = None;
        self.ended(&record, Closed { ended, started });
        Ok(None)
    }

    /// Goes on with, or begins, the record of a session that runs and is not kept. What cannot be
    /// done now is answered as that, and tried again at each heartbeat.
    async fn keep_running(&mut self, session: &SessionId) -> Result<Result<(), Reply>, Outcome> {
        let Some(known) = self.known.get(session).cloned() else {
            let message = "nobody told the keeper of the session that it is to keep".into();
            return Ok(Err(Reply::Failed {
                message,
                hint: None,
            }));
        };
        let started = match self.look_at_one(session).await? {
            Fate::Running(started) => started,
            // There is nothing to keep.
            Fate::Ended { .. } | Fate::Gone => return Ok(Ok(())),
            Fate::Unsure => {
                self.ask_later(session.clone());
                return Ok(Err(cannot_tell()));
            }
        };
        let is_kept = |kept: &Kept| {
            kept.session == *session
                && kept.start.as_ref().map(|start| start.generation) == Some(started.generation)
        };
        if self.records.iter().any(is_kept) {
            return Ok(Ok(()));
        }
        let adopted = self.adopt_one(&known, started).await?;
        Ok(adopted.map_err(|err| failed("cannot record the session", &err, err.hint())))
    }

    /// A backend answered with a start.
    async fn note(&mut self, line: LineId, note: Note) -> Result<(), Outcome> {
        let started = Started {
            generation: note.generation,
            started_at: note.started_at,
        };
        let is_this = |kept: &&Kept| {
            let start = kept.start.as_ref().map(|start| start.generation);
            kept.session == note.session && start == Some(note.generation) && kept.is_noted
        };
        if self.records.iter().find(is_this).is_some() {
            self.lines.tell(line, Reply::Noted);
            return Ok(());
        }
        let mut records = self.records.iter();
        let unstarted = records.find(|kept| kept.session == note.session && kept.is_unstarted());
        let noted = match unstarted.map(|kept| kept.record.clone()) {
            Some(record) => self.note_start(&record, started).await?,
            None => self.keep_running(&note.session).await?,
        };
        self.probe("keeper.noted");
        let reply = match noted {
            Ok(()) => Reply::Noted,
            Err(reply) => reply,
        };
        self.lines.tell(line, reply);
        self.name_start().await
    }

    /// Notes the start of a session, and watches it.
    async fn note_start(
        &mut self,
        record: &RecordId,
        started: Started,
    ) -> Result<Result<(), Reply>, Outcome> {
        let (id, start) = (record.clone(), started.clone());
        let noted = self
            .at_desk(move |held| held.note_started(&id, start))
            .await?;
        if let Some(kept) = self.find(record) {
            kept.phase = Phase::Running;
            let (session, generation) = (kept.session.clone(), started.generation);
            kept.start = Some(started);
            kept.is_noted = noted.is_ok();
            kept.creators.clear();
            self.watch(record.clone(), session, generation);
        }
        Ok(noted.map_err(|err| {
            warn!(
                error = &err as &dyn std::error::Error,
                "cannot note a start"
            );
            failed(
                "the session runs, and its record cannot be written",
                &err,
                err.hint(),
            )
        }))
    }

    /// Writes the start of the lease's own session into it.
    async fn name_start(&mut self) -> Result<(), Outcome> {
        let named = self.records.iter().find(|kept| kept.session == self.named);
        let start = named.and_then(|kept| Some(kept.start.as_ref()?.generation));
        if start.is_none() || start == self.named_start {
            return Ok(());
        }
        self.named_start = start;
        if let Err(err) = self.at_desk(move |held| held.renew(start)).await? {
            warn!(
                error = &err as &dyn std::error::Error,
                "cannot write the lease"
            );
        }
        Ok(())
    }
}
