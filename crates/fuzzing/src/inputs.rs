//! Bytes that get far: valid input of every kind, and valid input that was damaged.
//!
//! Damage is of the kinds that find mistakes: a bit, a byte, a length that lies, a piece that is
//! missing, doubled or moved. Everything shrinks.

mod damage;
mod files;
mod messages;
mod screen;

pub(crate) use self::{
    files::{journal, lease, manifest},
    messages::{frames, greeting, launch, messages},
    screen::screen,
};
