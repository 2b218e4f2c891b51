//! Points of a launch and of an end where a test may hold the whole process.
//!
//! In builds with debug assertions, and only if the session's environment has `ABIDE_PROBE_DIR`: at
//! point `p`, if `$ABIDE_PROBE_DIR/p` is a named pipe, the process writes its id and a line end
//! into it, which waits for the test to read, and then reads `$ABIDE_PROBE_DIR/p.go` to its end,
//! which waits for the test to let go. Release builds hold nothing anywhere.
//!
//! In the same builds `$ABIDE_PROBE_DIR/clock` holds milliseconds that the owner's wall clock is
//! ahead of the system's, or behind it: so a test makes it jump.

#[cfg(debug_assertions)]
use std::io::Write as _;
use std::sync::Arc;

#[cfg(debug_assertions)]
use abide_core::clock::Timestamp;
use abide_core::{
    clock::{Clock, SystemClock},
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

/// Returns the wall clock of an owner whose session has this environment.
#[cfg(debug_assertions)]
pub(crate) fn clock_for_session(env: &Environment) -> Arc<dyn Clock> {
    match env.get(PROBE_DIR) {
        Some(dir) => Arc::new(JumpingClock {
            ahead: std::path::Path::new(dir).join("clock"),
        }),
        None => Arc::new(SystemClock),
    }
}

/// Returns the system's wall clock.
#[cfg(not(debug_assertions))]
pub(crate) fn clock_for_session(_env: &Environment) -> Arc<dyn Clock> {
    Arc::new(SystemClock)
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

#[cfg(debug_assertions)]
#[derive(Debug)]
struct JumpingClock {
    ahead: std::path::PathBuf,
}

#[cfg(debug_assertions)]
impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        let ahead = std::fs::read_to_string(&self.ahead).ok();
        let ahead: Option<i64> = ahead.and_then(|text| text.trim().parse().ok());
        match ahead {
            Some(ahead) => Timestamp::from_millis(now.as_millis().saturating_add_signed(ahead)),
            None => now,
        }
    }
}
