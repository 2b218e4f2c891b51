//! The owner backend, with real owners, real terminals and real child programs.
//!
//! What looks into the kernel's view of processes and sockets is for Unix.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

#[cfg(target_os = "linux")]
mod chaos;
#[cfg(unix)]
mod child;
#[cfg(unix)]
mod files;
#[cfg(unix)]
mod handshake;
#[cfg(unix)]
mod hostile;
#[cfg(target_os = "linux")]
mod idle;
#[cfg(unix)]
mod journal;
#[cfg(unix)]
mod launching;
#[cfg(target_os = "linux")]
mod loan;
#[cfg(unix)]
mod lost;
#[cfg(target_os = "linux")]
mod misfortune;
mod place;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod queries;
#[cfg(unix)]
mod races;
#[cfg(unix)]
mod raw;
#[cfg(target_os = "linux")]
mod relay;
mod suite;
#[cfg(target_os = "linux")]
mod trees;
#[cfg(unix)]
mod watching;
mod wire;
