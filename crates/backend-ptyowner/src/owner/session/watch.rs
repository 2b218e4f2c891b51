//! Those who watch without output: told of what the session is doing, and of its end.

use abide_core::{activity::Activity, clock::Timestamp, id::ClientId};
use tracing::info;

use super::{Session, attach::too_many};
use crate::{
    owner::terminal::Terminal,
    wire::{
        WATCH_VERSION,
        event::{Answer, Event, Failure, Reply},
    },
};

impl<T: Terminal> Session<T> {
    /// Tells the client of the present activity, and from now on of every other, and of the end.
    pub(super) fn observe(&mut self, client: ClientId, id: u32) {
        let result = self.may_observe(client).map(|()| Answer::Watching);
        let is_let_in = result.is_ok();
        self.clients.reply(client, &Reply { id, result });
        if is_let_in {
            // Whoever reads what is noted must not know less than one who was told.
            if self.activity.take_pending() && !self.life.is_over() {
                self.pass_activity_on();
            }
            self.clients.observe(client);
            let event = Event::Activity((&self.present_activity()).into());
            self.clients.send_event(client, &event);
            self.tell_end(client);
            info!(%client, "watches");
        }
    }

    fn may_observe(&self, client: ClientId) -> Result<(), Failure> {
        if self.clients.version(client) < WATCH_VERSION {
            let reason = "there is no such request in the version of this conversation";
            return Err(Failure::System(reason.into()));
        }
        if self.clients.is_attached(client) || self.clients.is_observing(client) {
            return Err(Failure::AlreadyAttached);
        }
        match self.clients.may_observe() {
            true => Ok(()),
            false => Err(Failure::System(too_many())),
        }
    }

    fn present_activity(&self) -> Activity {
        match self.life.over() {
            Some(over) => {
                let at = Timestamp::from_millis(over.ended.ended_ms);
                self.activity.exited(at)
            }
            None => self.activity.at(self.identity.clock.now()),
        }
    }

    /// Passes on what the session is doing, if it is time to.
    pub(super) fn publish_activity(&mut self) {
        if self.activity.take_due() && !self.life.is_over() {
            self.pass_activity_on();
        }
    }

    fn pass_activity_on(&mut self) {
        let activity = self.activity.publish(self.identity.clock.now());
        self.clients
            .tell_activity(&Event::Activity((&activity).into()));
    }

    /// Passes on that the session is over.
    pub(super) fn publish_end(&mut self) {
        let Some(over) = self.life.over() else {
            return;
        };
        let at = Timestamp::from_millis(over.ended.ended_ms);
        let activity = self.activity.publish_end(at);
        self.clients
            .tell_activity(&Event::Activity((&activity).into()));
    }
}
