//! The probe and the clock of an owner: those that its session's environment names a directory for.

use std::sync::Arc;

use abide_core::{clock::Clock, env_policy::Environment, probe::Probe};
use abide_local::probe::{self, PROBE_DIR};

/// Returns the probe of an owner whose session has this environment.
pub(crate) fn for_session(env: &Environment) -> Arc<dyn Probe> {
    probe::in_dir(env.get(PROBE_DIR))
}

/// Returns the wall clock of an owner whose session has this environment.
pub(crate) fn clock_for_session(env: &Environment) -> Arc<dyn Clock> {
    probe::clock_in_dir(env.get(PROBE_DIR))
}
