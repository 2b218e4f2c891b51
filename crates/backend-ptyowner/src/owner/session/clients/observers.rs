//! Those who watch without output, and which version each client speaks.

use abide_core::id::ClientId;

use super::Clients;
use crate::wire::{PROTOCOL_VERSION, codec, event::Event, frame::Kind, limits::MAX_VIEWERS};

impl Clients {
    /// Returns the version that the client speaks.
    pub(in crate::owner::session) fn version(&self, client: ClientId) -> u16 {
        let client = self.all.get(&client);
        client.map_or(PROTOCOL_VERSION, |client| client.version)
    }

    /// Tells whether the client is told of activity.
    pub(in crate::owner::session) fn is_observing(&self, client: ClientId) -> bool {
        self.all.get(&client).is_some_and(|client| client.observes)
    }

    /// Returns how many count against the bound for those who only look on. The first of those who
    /// take no output does not: whoever is responsible for the session must hear of its end.
    pub(in crate::owner::session) fn onlookers(&self) -> usize {
        let observers = self.all.values().filter(|client| client.observes).count();
        self.viewers() as usize + observers.saturating_sub(1)
    }

    /// Tells whether one more may be told of activity.
    pub(in crate::owner::session) fn may_observe(&self) -> bool {
        let is_first = !self.all.values().any(|client| client.observes);
        is_first || self.onlookers() < MAX_VIEWERS
    }

    /// Tells the client of activity from now on.
    pub(in crate::owner::session) fn observe(&mut self, client: ClientId) {
        if let Some(client) = self.all.get_mut(&client) {
            client.observes = true;
        }
    }

    /// Tells those who want to know of an activity; of several that one does not take in time it
    /// gets the last.
    pub(in crate::owner::session) fn tell_activity(&self, event: &Event) {
        let mut frame = None;
        for client in self.all.values().filter(|client| client.observes) {
            let frame = frame.get_or_insert_with(|| codec::encode(Kind::Event, event));
            client.outbox.push_latest(frame.clone());
        }
    }
}
