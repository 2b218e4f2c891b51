//! Sessions of which it has to be found out what became of them. A backend may take its time to say,
//! or not say it at all: the lease is renewed meanwhile, and what was not told is asked again later.

use std::collections::HashMap;

use abide_core::{
    backend::BackendKind,
    id::{RecordId, SessionId},
    record::Summary,
};
use tracing::warn;

use super::{Event, Keeper, Outcome};
use crate::keeper::{
    protocol::KnownSession,
    survey::{self, Fate, Seen},
};

impl Keeper {
    /// Asks what became of sessions, of all at once.
    pub(super) async fn look_at(
        &mut self,
        sessions: impl IntoIterator<Item = SessionId>,
    ) -> Result<HashMap<SessionId, Seen>, Outcome> {
        let looks = survey::look_at_all(self.backends.clone(), self.with_backends(sessions));
        tokio::pin!(looks);
        loop {
            tokio::select! {
                seen = &mut looks => return Ok(seen),
                _ = self.heartbeat.tick() => self.renew().await?,
            }
        }
    }

    /// Asks what became of one session.
    pub(super) async fn look_at_one(&mut self, session: &SessionId) -> Result<Fate, Outcome> {
        let seen = self.look_at([session.clone()]).await?.remove(session);
        Ok(seen.map_or(Fate::Unsure, |seen| seen.fate))
    }

    fn with_backends(
        &self,
        sessions: impl IntoIterator<Item = SessionId>,
    ) -> Vec<(SessionId, Option<BackendKind>)> {
        let backend = |session: &SessionId| self.known.get(session)?.backend;
        let sessions = sessions.into_iter();
        sessions
            .map(|session| (session.clone(), backend(&session)))
            .collect()
    }

    /// Learns of sessions that run, have open records, and that nobody told of: those of a database
    /// that was lost, for example.
    pub(super) fn learn_strays(&mut self, recorded: &[Summary], seen: &HashMap<SessionId, Seen>) {
        for record in recorded.iter().filter(|record| !record.is_complete()) {
            let Some(opened) = &record.opened else {
                continue;
            };
            let Some(Seen {
                fate: Fate::Running(started),
                backend,
            }) = seen.get(&opened.session)
            else {
                continue;
            };
            let stray = || KnownSession {
                session: opened.session.clone(),
                backend: *backend,
                generation: Some(started.generation),
                agent: opened.agent.clone(),
                mode: opened.mode,
            };
            let session = opened.session.clone();
            self.known.entry(session).or_insert_with(stray);
        }
    }

    /// Remembers a session of which nothing can be told or recorded at present.
    pub(super) fn ask_later(&mut self, session: SessionId) {
        if !self.unsure.contains(&session) {
            self.unsure.push(session);
        }
    }

    /// Looks again at the sessions of which nothing could be told, beside everything else.
    pub(super) fn ask_again(&mut self) {
        if self.unsure.is_empty() || self.is_asking {
            return;
        }
        self.is_asking = true;
        let asked = self.with_backends(self.unsure.clone());
        let (events, backends) = (self.events.clone(), self.backends.clone());
        self.tasks.spawn(async move {
            let seen = survey::look_at_all(backends, asked).await;
            let _ = events.send(Event::Told(seen)).await;
        });
    }

    /// Goes on with what can be told now, or completes it.
    pub(super) async fn told(&mut self, seen: HashMap<SessionId, Seen>) -> Result<(), Outcome> {
        self.is_asking = false;
        let is_told = |session: &SessionId| {
            let seen = seen.get(session);
            seen.is_some_and(|seen| seen.fate != Fate::Unsure)
        };
        let told: Vec<SessionId> = self.unsure.extract_if(.., |one| is_told(one)).collect();
        for session in told {
            self.take_over_again(session, &seen).await?;
        }
        self.settle();
        Ok(())
    }

    /// Goes on with the open records of a session, or completes them.
    async fn take_over_again(
        &mut self,
        session: SessionId,
        seen: &HashMap<SessionId, Seen>,
    ) -> Result<(), Outcome> {
        let read = self.at_desk(|held| held.current());
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
        self.learn_strays(&recorded, seen);
        if let Some(Fate::Running(started)) = seen.get(&session).map(|seen| &seen.fate)
            && let Some(known) = self.known.get(&session).cloned()
        {
            // What fails is tried again.
            let _ = self.adopt_one(&known, started.clone()).await?;
        }
        let is_kept = |record: &RecordId| self.records.iter().any(|kept| kept.record == *record);
        let is_its = |open: &&Summary| {
            let opened = open.opened.as_ref();
            opened.is_some_and(|opened| opened.session == session)
                && !open.is_complete()
                && !is_kept(&open.record)
        };
        let over: Vec<Summary> = recorded.iter().filter(is_its).cloned().collect();
        for (record, _) in self.judge_all(over, &recorded, seen).await? {
            self.close_if_over(&record);
        }
        Ok(())
    }
}
