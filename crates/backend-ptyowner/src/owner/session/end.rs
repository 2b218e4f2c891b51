//! The session's end: the last byte, then the outcome, recorded and told.

use std::time::Duration;

use abide_core::{backend::EndCause, clock::Timestamp, id::ClientId, replay::Offset};
use futures_util::FutureExt as _;
use tokio::time::Instant;
use tracing::{error, info};

use super::Session;
use crate::{
    owner::{
        terminal::{ChildEnd, Read, Terminal},
        timer,
    },
    state::{ExitFile, SCHEMA, ScreenMark},
    wire::{
        event::{Ended, Outcome, Over},
        request::Scrollback,
    },
};

/// Reads at the very end; more than any terminal holds, and an end to one that is flooded.
const MAX_DRAIN_READS: usize = 64;

/// Time for a client to begin a loan after the session's end.
const LOAN_WAIT: Duration = Duration::from_secs(1);

/// How far a session's life has come.
pub(super) struct Life {
    stage: Stage,
    terminal_ended: bool,
    /// What brought the end about, or will, if it does not come by itself.
    cause: Option<EndCause>,
}

enum Stage {
    Running,
    Draining {
        seen: SeenEnd,
        until: Instant,
    },
    Over {
        over: Over,
        recorded: bool,
    },
    /// This process can do nothing more for the session, which goes on.
    Left,
}

/// The child's end.
#[derive(Clone, Copy)]
struct SeenEnd {
    outcome: Outcome,
    at: Option<Timestamp>,
}

impl Life {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Running,
            terminal_ended: false,
            cause: None,
        }
    }

    pub(super) fn is_reading(&self) -> bool {
        !self.terminal_ended && !self.is_over() && !self.is_left()
    }

    /// Tells whether this process leaves a session that goes on.
    pub(super) fn is_left(&self) -> bool {
        matches!(self.stage, Stage::Left)
    }

    pub(super) fn is_over(&self) -> bool {
        self.over().is_some()
    }

    pub(super) fn child_is_running(&self) -> bool {
        matches!(self.stage, Stage::Running)
    }

    pub(super) fn over(&self) -> Option<&Over> {
        match &self.stage {
            Stage::Over { over, .. } => Some(over),
            Stage::Running | Stage::Draining { .. } | Stage::Left => None,
        }
    }

    /// Tells whether there is nothing left to do: the end is recorded, or is not worth waiting for.
    pub(super) fn is_settled(&self) -> bool {
        match self.stage {
            Stage::Over { recorded, .. } => recorded || self.cause == Some(EndCause::Shutdown),
            Stage::Left => true,
            Stage::Running | Stage::Draining { .. } => false,
        }
    }

    /// Notes that the system wants this process to end.
    pub(super) fn note_shutdown(&mut self) {
        self.cause = Some(EndCause::Shutdown);
    }

    /// Notes that the child is asked to end; at a shutdown, that is why.
    pub(super) fn note_stop(&mut self) {
        self.cause.get_or_insert(EndCause::Stopped);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Draining { until, .. } => Some(until),
            Stage::Running | Stage::Over { .. } | Stage::Left => None,
        }
    }
}

impl<T: Terminal> Session<T> {
    pub(super) fn is_done(&self) -> bool {
        self.life.is_settled() && self.stopping.is_none() && self.loan_deadline().is_none()
    }

    /// Returns until when a client is waited for that came just before the end and has yet to say
    /// that its terminal is ready for it.
    pub(super) fn loan_deadline(&self) -> Option<Instant> {
        let until = self.ended_since? + LOAN_WAIT;
        let is_waited_for = self.clients.is_one_about_to_lend() && timer::now() < until;
        is_waited_for.then_some(until)
    }

    pub(super) fn on_child_changed(&mut self) {
        match self.terminal.ended() {
            Some(ChildEnd::Ended { outcome, at }) => self.on_child_ended(SeenEnd {
                outcome: (&outcome).into(),
                at,
            }),
            Some(ChildEnd::OutOfReach) => {
                return self.leave("its terminal is out of its owner's reach");
            }
            None => {}
        }
        self.go_on_stopping();
    }

    fn on_child_ended(&mut self, seen: SeenEnd) {
        self.terminal.close();
        self.input.clear();
        self.life.stage = Stage::Draining {
            seen,
            until: timer::after(T::DRAIN_WAIT),
        };
        if self.life.terminal_ended {
            self.end(seen);
        }
    }

    /// Leaves a session that goes on without this process; its clients find out by themselves where
    /// to go on.
    pub(super) fn leave(&mut self, reason: &str) {
        match self.life.stage {
            Stage::Running => {
                info!(reason, "leaves the session, which goes on");
                self.life.stage = Stage::Left;
                self.give_up_stopping(reason);
            }
            // What is known of the end is worth more than the last of the output.
            Stage::Draining { seen, .. } => self.end(seen),
            Stage::Over { .. } | Stage::Left => {}
        }
    }

    /// The terminal has no more output: with the child's end behind it, this is the session's.
    pub(super) fn on_terminal_ended(&mut self) {
        self.life.terminal_ended = true;
        if let Stage::Draining { seen, .. } = self.life.stage {
            self.end(seen);
            self.go_on_stopping();
        }
    }

    /// Ends the session if the terminal had long enough to report its own end.
    pub(super) fn end_if_drained(&mut self) {
        if let Stage::Draining { seen, until } = self.life.stage
            && until <= timer::after(Duration::ZERO)
        {
            self.drain();
            self.end(seen);
        }
    }

    /// Reads what the terminal still holds, without waiting.
    fn drain(&mut self) {
        for _ in 0..MAX_DRAIN_READS {
            match self.terminal.read(self.history.room()).now_or_never() {
                Some(Ok(Read::Bytes(_))) => self.on_output(),
                Some(Ok(Read::Resized(size))) => self.on_resized(size, None),
                Some(Ok(Read::Lost(screen))) => self.on_lost(&screen),
                _ => return,
            }
        }
    }

    fn end(&mut self, seen: SeenEnd) {
        let outcome = seen.outcome;
        let started_at = self.identity.started_at;
        let ended_at = seen.at.unwrap_or_else(|| self.identity.clock.now());
        let ended = Ended {
            outcome,
            started_ms: started_at.as_millis(),
            // The clock may have been set back; nothing ends before it starts.
            ended_ms: ended_at.max(started_at).as_millis(),
            offset: self.history.end().get(),
        };
        info!(?outcome, "the child ended");
        let over = Over {
            ended,
            cause: self.life.cause.map(Into::into),
        };
        self.life.stage = Stage::Over {
            over: over.clone(),
            recorded: false,
        };
        self.ended_since = Some(timer::now());
        self.identity.probe.reached("owner.ending");
        self.record_again();
        for client in self.clients.lagging() {
            self.resync(client);
        }
        self.end_loans();
        self.publish_end();
        self.clients.tell_last(&over);
    }

    /// Tells one client of an end that came before it did.
    pub(super) fn tell_end(&self, client: ClientId) {
        if let Some(over) = self.life.over() {
            self.clients.send_last(client, over);
        }
    }

    /// Records the end, if there is one that is not recorded yet.
    pub(super) fn record_again(&mut self) {
        let Stage::Over {
            over,
            recorded: recorded @ false,
        } = &mut self.life.stage
        else {
            return;
        };
        let ended = &over.ended;
        let screen = self.screen.snapshot(Scrollback::Replace);
        let exit = ExitFile {
            schema: SCHEMA,
            generation: self.identity.generation,
            outcome: ended.outcome.into(),
            cause: over.cause.map(Into::into),
            started_at: self.identity.started_at,
            ended_at: Some(Timestamp::from_millis(ended.ended_ms)),
            offset: Offset::new(ended.offset),
            size: self.screen.size(),
            screen: Some(ScreenMark::of(&screen)),
        };
        match self.identity.dir.write_end(&exit, &screen) {
            Ok(()) => *recorded = true,
            Err(_) if !self.identity.dir.exists() => {
                // Somebody removed the session by hand: nobody can find this owner any more.
                error!("the session's directory is gone, and with it the place for its end");
                *recorded = true;
            }
            Err(err) => {
                let source = std::error::Error::source(&err).map(ToString::to_string);
                error!(error = %err, ?source, "the end is not recorded; the owner stays and tries again");
            }
        }
    }
}
