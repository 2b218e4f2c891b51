//! The service on a real database, with a backend in memory.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod create;
mod delete;
mod entry;
mod fixture;
mod journal;
mod list;
#[cfg(target_os = "linux")]
mod namespaces;
mod restart;
mod store;
mod walk;
