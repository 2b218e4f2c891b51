//! Manifests: what changed between two, and their form on disk.

mod diff;
mod fixture;
mod format;
