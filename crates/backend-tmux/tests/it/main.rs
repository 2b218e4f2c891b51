//! The tmux backend, with a real tmux, real relays and real child programs.
//!
//! `ABIDE_TEST_TMUX` names another tmux than the one on PATH.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod config;
mod ends;
mod lists;
mod people;
mod place;
mod refusals;
#[cfg(target_os = "linux")]
mod secrets;
mod suite;
mod targets;
