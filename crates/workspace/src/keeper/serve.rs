//! What a keeper does: claims, then takes one event after the other until its last record is complete.
//!
//! ```text
//!  pipe, endpoint ─ asked, hung ─┐
//!  list ─ listed, patience ──────┼─► keeper ─► desk (on a thread: each call waits for its lock)
//!  watch ─ ended, looked ────────┤      └────► replies
//!  close ─ closed ───────────────┘   heartbeat, woken
//! ```
//!
//! Trees are walked, sessions watched and records completed beside the loop, so the heartbeat goes on.

mod asked;
mod baseline;
mod ending;
mod line;
mod looking;
mod opening;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, fs::File, io::BufReader, path::PathBuf, sync::Arc};

use abide_core::{
    id::{Generation, RecordId, SessionId},
    lease::{LeaseDenied, RENEWAL},
    manifest::Manifest,
};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Interval, MissedTickBehavior},
};
use tracing::{error, info, warn};

pub(super) use self::line::LineId;
use self::line::Lines;
use super::{
    address::{Endpoint, Place},
    kept::{Kept, Phase},
    protocol::{Keep, KnownSession, Reply, Request},
    survey::{Fate, Seen},
};
use crate::{
    backends::Backends,
    desk::{ClaimError, Closed, Desk, Held, HeldError, Released, Tools, Wanted},
    sys,
};

/// Events that wait to be handled; whoever has one more waits.
const EVENTS: usize = 64;

/// What a keeper begins with.
pub(super) struct Beginning {
    pub(super) keep: Keep,
    pub(super) input: BufReader<File>,
    pub(super) output: File,
    pub(super) tools: Tools,
    pub(super) backends: Backends,
}

/// How a keeper's life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Its last record is complete, and the lease given back.
    Left,
    /// It was granted nothing, or could not begin.
    NotGranted,
    /// Somebody else was granted the lease.
    Superseded,
    /// A record could not be completed for long; the lease is left for the next to find.
    GaveUp,
}

/// One thing that happened.
#[derive(Debug)]
enum Event {
    Asked(LineId, Request),
    Hung(LineId),
    /// Nobody waits any longer for the files to be listed.
    Patience(RecordId),
    Listed(RecordId, Result<Manifest, String>),
    Ended(RecordId, Closed),
    Closed(RecordId, Result<(), HeldError>),
    Looked(RecordId, Fate),
    /// What is known now of sessions of which nothing could be told.
    Told(HashMap<SessionId, Seen>),
}

/// A keeper that has the lease.
struct Keeper {
    held: Arc<Held>,
    endpoint: Endpoint,
    heartbeat: Interval,
    backends: Backends,
    state_dir: PathBuf,
    /// The session that the lease names.
    named: SessionId,
    named_start: Option<Generation>,
    known: HashMap<SessionId, KnownSession>,
    records: Vec<Kept>,
    /// Sessions with open records of which nothing can be told at present.
    unsure: Vec<SessionId>,
    /// Whether that is being asked again.
    is_asking: bool,
    /// Who waits until records are complete, and of which sessions.
    settling: Vec<(LineId, Vec<SessionId>)>,
    lines: Lines,
    events: mpsc::Sender<Event>,
    tasks: JoinSet<()>,
}

/// Lives until there is nothing left to keep.
pub(super) async fn serve(beginning: Beginning) -> Outcome {
    let Beginning {
        keep,
        input,
        output,
        tools,
        backends,
    } = beginning;
    let (events, mut received) = mpsc::channel(EVENTS);
    let mut lines = Lines::new(events.clone());
    let first = lines.add_pipe(input, output);
    info!(label = keep.label, why = ?keep.why, session = %keep.session, "asked to keep");
    let held = match claim(&keep, tools).await {
        Ok(held) => held,
        Err(reply) => {
            info!(?reply, "not granted");
            lines.tell(first, reply);
            return Outcome::NotGranted;
        }
    };
    let place = Place::new(keep.state_dir.as_path(), keep.dir.as_path());
    // Without an endpoint it keeps what it was started for. Sessions that come later have it look
    // after that.
    let endpoint = Endpoint::bind(place, keep.runtime_dir.as_path(), held.epoch());
    info!(epoch = %held.epoch(), "granted");
    let mut keeper = Keeper {
        held: Arc::new(held),
        endpoint,
        heartbeat: heartbeat(),
        backends,
        state_dir: keep.state_dir.as_path().to_owned(),
        named: keep.session.clone(),
        named_start: None,
        known: HashMap::new(),
        records: Vec::new(),
        unsure: Vec::new(),
        is_asking: false,
        settling: Vec::new(),
        lines,
        events,
        tasks: JoinSet::new(),
    };
    let outcome = match keeper.begin(first, keep).await {
        Ok(()) => keeper.run(&mut received).await,
        Err(outcome) => outcome,
    };
    info!(?outcome, "ends");
    outcome
}

/// Claims the lease, or returns what to answer.
async fn claim(keep: &Keep, tools: Tools) -> Result<Held, Reply> {
    let known = keep.sessions.iter();
    let known = known.clone().find(|known| known.session == keep.session);
    let Some(known) = known else {
        return Err(Reply::Failed {
            message: "the session that is to be kept is not among those that are known".into(),
            hint: None,
        });
    };
    let wanted = Wanted {
        session: keep.session.clone(),
        generation: match keep.why {
            super::protocol::Why::Create => None,
            super::protocol::Why::Adopt => known.generation,
        },
        agent: known.agent.clone(),
        mode: known.mode,
        consent: keep.agreed.into(),
    };
    let desk = Desk::new(keep.dir.as_path(), tools);
    let claimed = blocking(move || desk.claim(wanted)).await;
    claimed.map_err(|err| match &err {
        // Nobody was quicker, and nobody ever will be.
        ClaimError::Denied(LeaseDenied::Exhausted)
        | ClaimError::Dir(_)
        | ClaimError::Lock(_)
        | ClaimError::Look(_)
        | ClaimError::Journal(_)
        | ClaimError::Alive(_)
        | ClaimError::TakenAlready { .. }
        | ClaimError::Write { .. } => failed("cannot record the session", &err, err.hint()),
        ClaimError::Denied(denied) => Reply::Denied {
            reason: denied.to_string(),
        },
    })
}

impl Keeper {
    async fn run(&mut self, received: &mut mpsc::Receiver<Event>) -> Outcome {
        let mut woken = sys::wake::Woken::new();
        loop {
            match self.leave().await {
                Ok(false) => {}
                Ok(true) => return Outcome::Left,
                Err(outcome) => return outcome,
            }
            let done = tokio::select! {
                Some(event) = received.recv() => self.event(event).await,
                _ = self.heartbeat.tick() => match self.count_failures() {
                    Ok(()) => self.beat().await,
                    Err(outcome) => Err(outcome),
                },
                () = woken.next() => self.beat().await,
                accepted = self.endpoint.accept() => {
                    self.lines.add_stream(accepted, &mut self.tasks);
                    Ok(())
                }
                Some(ended) = self.tasks.join_next() => {
                    if let Err(err) = ended {
                        error!(error = %err, "a task failed");
                    }
                    Ok(())
                }
            };
            if let Err(outcome) = done {
                return outcome;
            }
        }
    }

    async fn event(&mut self, event: Event) -> Result<(), Outcome> {
        match event {
            Event::Asked(line, request) => self.asked(line, request).await,
            Event::Hung(line) => {
                self.hung(line);
                Ok(())
            }
            Event::Patience(record) => {
                self.ready(&record);
                Ok(())
            }
            Event::Listed(record, listed) => self.listed(record, listed).await,
            Event::Ended(record, closed) => {
                self.ended(&record, closed);
                Ok(())
            }
            Event::Closed(record, closed) => self.closed(&record, closed),
            Event::Looked(record, fate) => self.looked(&record, fate).await,
            Event::Told(seen) => self.told(seen).await,
        }
    }

    /// Renews the lease, sees to it that it can be reached, and tries again what could not be done
    /// before.
    async fn beat(&mut self) -> Result<(), Outcome> {
        self.renew().await?;
        self.endpoint.look_after();
        self.try_again().await
    }

    async fn renew(&mut self) -> Result<(), Outcome> {
        let start = self.named_start;
        if let Err(err) = self.at_desk(move |held| held.renew(start)).await? {
            warn!(
                error = &err as &dyn std::error::Error,
                "cannot renew the lease"
            );
        }
        Ok(())
    }

    /// Gives the lease back if nothing is left to do; tells whether it did.
    async fn leave(&mut self) -> Result<bool, Outcome> {
        let is_idle = self.records.is_empty()
            && self.unsure.is_empty()
            && self.settling.is_empty()
            && self.lines.is_empty();
        if !is_idle {
            return Ok(false);
        }
        // Whoever is just connecting is cut off, and asks again who is responsible.
        match self.at_desk(|held| held.release(|| false)).await? {
            Ok(Released::Done) => Ok(true),
            Ok(Released::Pending) => Ok(false),
            Err(err) => {
                warn!(
                    error = &err as &dyn std::error::Error,
                    "cannot give the lease back"
                );
                // The kernel lock goes with this process, which says as much.
                Ok(true)
            }
        }
    }

    /// Does something at the desk; the end of this keeper if the lease is another's.
    async fn at_desk<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Held) -> Result<T, HeldError> + Send + 'static,
    ) -> Result<Result<T, HeldError>, Outcome> {
        let held = Arc::clone(&self.held);
        match blocking(move || act(&held)).await {
            Err(err) if err.is_over() => {
                info!(error = &err as &dyn std::error::Error, "superseded");
                Err(Outcome::Superseded)
            }
            done => Ok(done),
        }
    }

    fn probe(&self, point: &'static str) {
        self.held.tools().probe.reached(point);
    }

    fn find(&mut self, record: &RecordId) -> Option<&mut Kept> {
        self.records.iter_mut().find(|kept| kept.record == *record)
    }
}

/// Returns what ticks each time that the lease is to be renewed, which it just was.
fn heartbeat() -> Interval {
    let mut heartbeat = tokio::time::interval(RENEWAL);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.reset();
    heartbeat
}

/// Does something that blocks, on a thread for that.
async fn blocking<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(act).await {
        Ok(done) => done,
        Err(err) => std::panic::resume_unwind(err.into_panic()),
    }
}

/// Returns the answer that something failed.
fn failed(what: &str, err: &dyn std::error::Error, hint: Option<String>) -> Reply {
    let mut message = format!("{what}: {err}");
    let mut cause = err.source();
    while let Some(err) = cause {
        message = format!("{message}: {err}");
        cause = err.source();
    }
    Reply::Failed { message, hint }
}
