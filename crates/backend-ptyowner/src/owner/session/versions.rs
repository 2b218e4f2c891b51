//! A session's end in the words of each version: the first one has none for what brought it about.

use crate::wire::{
    WATCH_VERSION,
    event::{Answer, Brought, Event, Over, Status, Stopped},
};

/// Returns what a client is told of the end.
pub(super) fn ended(version: u16, over: &Over) -> Event {
    match version < WATCH_VERSION {
        true => Event::Ended(over.ended.clone()),
        false => Event::Over(over.clone()),
    }
}

/// Returns the status after the end.
pub(super) fn status(version: u16, over: &Over) -> Status {
    match version < WATCH_VERSION {
        true => Status::Ended(over.ended.clone()),
        false => Status::Over(over.clone()),
    }
}

/// Returns the answer to a stop.
pub(super) fn stopped(version: u16, brought: Brought) -> Answer {
    match version < WATCH_VERSION {
        true => Answer::Stopped(Stopped {
            ended: brought.over.ended,
            survivors: brought.survivors,
        }),
        false => Answer::Brought(brought),
    }
}
