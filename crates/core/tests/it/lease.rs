//! Leases: what they mean, what may become of them, how they are written.

mod file;
mod fixture;
mod model;
mod state;
