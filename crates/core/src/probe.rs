//! Named points of a process where a test may hold it.
//!
//! A race that was fixed keeps a test that forces the losing order; a crash that must be survived
//! is caused at the exact instruction. Both need the code to say where it is.

use std::fmt;

/// Learns that a named point was reached; may hold the caller there.
pub trait Probe: fmt::Debug + Send + Sync {
    /// Called at `point`; the caller goes on when this returns.
    fn reached(&self, point: &'static str);
}

/// The probe of every real run: lets everything pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn reached(&self, _point: &'static str) {}
}
