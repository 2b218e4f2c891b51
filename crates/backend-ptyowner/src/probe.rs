//! Points of a launch and of an end where a test may hold the whole process.
//!
//! In builds with debug assertions, and only if the session's environment has `ABIDE_PROBE_DIR`: at
//! point `p`, if `$ABIDE_PROBE_DIR/p` is a named pipe, the process writes its id and a line end
//! into it, which waits for the test to read, and then reads `$ABIDE_PROBE_DIR/p.go` to its end,
//! which waits for the test to let go. Release builds hold nothing anywhere.

#[cfg(debug_assertions)]
use std::io::Write as _;
use std::sync::Arc;

use abide_core::{
    env_policy::Environment,
    probe::{NoProbe, Probe},
};

/// Names the directory of the pipes.
#[cfg(debug_assertions)]
const PROBE_DIR: &str = "ABIDE_PROBE_DIR";

/// Returns the probe of an owner whose session has this environment.
#[cfg(debug_assertions)]
pub(crate) fn for_session(env: &Environment) -> Arc<dyn Probe> {
    match env.get(PROBE_DIR) {
        Some(dir) => Arc::new(PipeProbe { dir: dir.into() }),
        None => Arc::new(NoProbe),
    }
}

/// Returns the probe that holds nothing.
#[cfg(not(debug_assertions))]
pub(crate) fn for_session(_env: &Environment) -> Arc<dyn Probe> {
    Arc::new(NoProbe)
}

#[cfg(debug_assertions)]
#[derive(Debug)]
struct PipeProbe {
    dir: std::path::PathBuf,
}

#[cfg(debug_assertions)]
impl Probe for PipeProbe {
    fn reached(&self, point: &'static str) {
        let reached = self.dir.join(point);
        if !reached.exists() {
            return;
        }
        // A test that is gone holds nobody.
        if let Ok(mut pipe) = std::fs::OpenOptions::new().write(true).open(&reached) {
            let _ = writeln!(pipe, "{}", std::process::id());
        }
        let _ = std::fs::read(self.dir.join(format!("{point}.go")));
    }
}
