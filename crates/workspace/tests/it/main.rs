//! The service on a real database, with a backend in memory.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod adopt;
mod backends;
mod create;
mod delete;
mod desk;
mod entry;
mod fixture;
mod journal;
mod launch;
mod list;
mod machine;
mod orphans;
mod restart;
mod store;
#[cfg(unix)]
mod trees;
mod walk;
