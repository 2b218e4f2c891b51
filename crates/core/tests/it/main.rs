//! The rules of core, seen from outside.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod activity;
mod lease;
mod manifest;
mod record;
