//! What abide's helper processes have in common, whatever they are for.
//!
//! A helper is this program once more, started to stay: an owner, a relay, a keeper. It belongs to
//! nobody ([`detach`]), has a [`log`] that cannot hurt it, keeps others out of its files ([`files`]) and of its socket ([`endpoint`]),
//! and in builds for tests it can be held at a named point ([`probe`]).
//!
//! Platforms differ in `sys` alone.

#![deny(unsafe_code)]

pub mod log;
pub mod probe;
#[expect(
    unsafe_code,
    reason = "the platform's calls; one operation per block, each with its rule"
)]
mod sys;

pub use self::sys::*;

/// What follows the word that makes a program a helper, and nothing follows that.
///
/// A process that was started so is never part of the tree of a session that it was started from.
pub const FROM_LAUNCHER: &str = "--from-launcher";
