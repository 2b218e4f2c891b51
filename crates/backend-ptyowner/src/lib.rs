//! abide's own backend: one small detached process, the *owner*, for each session.
//!
//! The crate has two halves that share the protocol of [`wire`].
//!
//! - **Client** ([`backend`], `client`): what a program calls. It starts owners, finds them by
//!   their locks, and talks to them. It keeps nothing in memory that matters.
//! - **Owner** (`owner`, [`entry`]): what `abide owner` becomes. It holds the controller of one
//!   terminal, a model of its screen, its history, and the connections of those who look.
//!
//! A program that embeds this crate calls [`become_helper`] first thing in `main` and is then its
//! own helper, or names another program in [`OwnerSettings::helper`].
//!
//! Another crate whose terminals are somebody else's, such as tmux's, uses both halves: [`host`]
//! says how.
//!
//! `state` says which files there are and which locks decide; `journal` is what survives an owner
//! that was killed; `sys` holds everything that differs
//! between platforms.

#![deny(unsafe_code)]

pub mod backend;
mod causes;
mod client;
mod convert;
pub mod entry;
pub mod host;
mod journal;
mod owner;
mod probe;
mod state;
#[expect(
    unsafe_code,
    reason = "the platform's calls; one operation per block, each with its rule"
)]
mod sys;
pub mod token;
pub mod wire;

pub use self::{
    backend::{Helper, OwnerBackend, OwnerSettings, Relay, Surveyed, Unheld},
    entry::{FROM_LAUNCHER, Role, become_helper, become_helper_or},
};
