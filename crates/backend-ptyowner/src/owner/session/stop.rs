//! Ending the session: ask, wait for the grace, kill the tree, say what is left.

use std::time::Duration;

use abide_core::{id::ClientId, limits::STOP_GRACE};
use tokio::time::Instant;
use tracing::{info, warn};

use super::{Session, versions};
use crate::{
    owner::{terminal::Terminal, timer},
    wire::{
        event::{Brought, Failure, Reply},
        request::Stop,
    },
};

/// Time for killed processes to be gone. One that waits for a device can take longer.
const KILL_DEADLINE: Duration = Duration::from_secs(2);

/// Time between two looks at a tree that is being killed; its processes' ends cut it short.
const KILL_INTERVAL: Duration = Duration::from_millis(10);

/// Longest grace that is accepted.
const MAX_GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// Most survivors that are named.
const MAX_SURVIVORS: usize = 100;

/// A stop that is under way.
pub(super) struct Stopping {
    stage: Stage,
    waiting: Vec<(ClientId, u32)>,
}

enum Stage {
    /// The child was asked; it has until then. Between two looks nothing tells that the last of its
    /// tree ended, if the tree is not this process's own.
    Asked {
        until: Instant,
        next: Option<Instant>,
    },
    /// The tree is being killed.
    Killing { until: Instant, next: Instant },
}

impl Stopping {
    pub(super) fn deadline(&self) -> Instant {
        match self.stage {
            Stage::Asked { until, next } => next.map_or(until, |next| until.min(next)),
            Stage::Killing { until, next } => until.min(next),
        }
    }
}

impl<T: Terminal> Session<T> {
    pub(super) fn stop(&mut self, client: ClientId, id: u32, stop: Stop) {
        if stop.generation != *self.identity.generation.as_bytes() {
            let found = *self.identity.generation.as_bytes();
            let result = Err(Failure::WrongGeneration(found));
            return self.clients.reply(client, &Reply { id, result });
        }
        let grace = Duration::from_millis(stop.grace_ms).min(MAX_GRACE);
        info!(%client, grace_ms = stop.grace_ms, "stopping");
        self.begin_stopping(grace, Some((client, id)));
    }

    /// The system wants this process to end, as at a logout or a shutdown, and will kill it if it
    /// does not: the session is stopped, its end recorded, and nobody waits for anything else.
    ///
    /// A terminal that outlives its owner is the business of whoever it belongs to: then the owner
    /// alone goes.
    pub(super) fn on_shutdown(&mut self) {
        info!("told to end by the system");
        if T::OUTLIVES_OWNER {
            return self.leave("its owner was told to end by the system");
        }
        self.life.note_shutdown();
        self.begin_stopping(STOP_GRACE, None);
    }

    fn begin_stopping(&mut self, grace: Duration, waiter: Option<(ClientId, u32)>) {
        let until = timer::after(grace);
        match &mut self.stopping {
            None => {
                if self.life.child_is_running() {
                    self.life.note_stop();
                    self.terminal.ask_to_end();
                }
                self.stopping = Some(Stopping {
                    stage: Stage::Asked { until, next: None },
                    waiting: waiter.into_iter().collect(),
                });
            }
            Some(stopping) => {
                stopping.waiting.extend(waiter);
                if let Stage::Asked { until: earlier, .. } = &mut stopping.stage {
                    *earlier = until.min(*earlier);
                }
            }
        }
        self.go_on_stopping();
    }

    /// A client that left is not waited for; the stop goes on.
    pub(super) fn forget_stopper(&mut self, client: ClientId) {
        if let Some(stopping) = &mut self.stopping {
            stopping.waiting.retain(|(waiting, _)| *waiting != client);
        }
    }

    /// Takes the next step of a stop, if there is one.
    pub(super) fn go_on_stopping(&mut self) {
        let Some(stopping) = &mut self.stopping else {
            return;
        };
        let now = timer::after(Duration::ZERO);
        let is_gone = self.life.is_over() && self.terminal.is_empty();
        match stopping.stage {
            _ if is_gone => self.finish_stopping(),
            Stage::Asked { until, .. } if now < until => {
                let looks_again = T::OUTLIVES_OWNER && self.life.is_over();
                let next = looks_again.then_some(now + KILL_INTERVAL);
                stopping.stage = Stage::Asked { until, next };
            }
            Stage::Asked { .. } => {
                stopping.stage = Stage::Killing {
                    until: now + KILL_DEADLINE,
                    next: now + KILL_INTERVAL,
                };
                self.terminal.kill();
            }
            Stage::Killing { until, .. } if until <= now => self.finish_stopping(),
            Stage::Killing { until, next } if next <= now => {
                stopping.stage = Stage::Killing {
                    until,
                    next: now + KILL_INTERVAL,
                };
                self.terminal.kill();
            }
            Stage::Killing { .. } => {}
        }
    }

    fn finish_stopping(&mut self) {
        let Some(stopping) = self.stopping.take() else {
            return;
        };
        let survivors = self.terminal.survivors().into_iter();
        let survivors: Vec<_> = survivors.take(MAX_SURVIVORS).map(Into::into).collect();
        if !survivors.is_empty() {
            warn!(count = survivors.len(), "some processes could not be ended");
        }
        let brought = match self.life.over() {
            Some(over) => Ok(Brought {
                over: over.clone(),
                survivors,
            }),
            None => Err(Failure::System(format!(
                "its child, process {}, cannot be killed",
                self.identity.child_pid
            ))),
        };
        for (client, id) in stopping.waiting {
            let version = self.clients.version(client);
            let brought = brought.clone();
            let result = brought.map(|brought| versions::stopped(version, brought));
            self.clients.reply(client, &Reply { id, result });
        }
    }

    /// Gives up a stop that this process cannot bring to its end.
    pub(super) fn give_up_stopping(&mut self, reason: &str) {
        let waiting = self.stopping.take().map(|stopping| stopping.waiting);
        for (client, id) in waiting.into_iter().flatten() {
            let result = Err(Failure::System(reason.to_owned()));
            self.clients.reply(client, &Reply { id, result });
        }
    }
}
