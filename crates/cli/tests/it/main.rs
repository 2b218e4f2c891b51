//! The real `abide`, end to end: real owners, real terminals, real programs.

#![cfg_attr(
    unix,
    expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")
)]

#[cfg(unix)]
mod activity;
#[cfg(unix)]
mod agents;
#[cfg(unix)]
mod attaching;
#[cfg(unix)]
mod backends;
#[cfg(target_os = "linux")]
mod blocked;
#[cfg(unix)]
mod config;
#[cfg(unix)]
mod editor;
#[cfg(unix)]
mod journal;
#[cfg(target_os = "linux")]
mod keeping;
#[cfg(unix)]
mod kills;
#[cfg(unix)]
mod launchers;
#[cfg(unix)]
mod launching;
#[cfg(unix)]
mod many;
#[cfg(unix)]
mod orphans;
#[cfg(unix)]
mod private;
#[cfg(unix)]
mod races;
#[cfg(unix)]
mod scripts;
#[cfg(target_os = "linux")]
mod stopped;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod tmux;
#[cfg(unix)]
mod worktrees;
