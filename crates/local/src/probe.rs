//! Points where a test may hold the whole process, and a clock that a test moves.
//!
//! In builds with debug assertions, and only where somebody names a directory (`ABIDE_PROBE_DIR`): at
//! point `p`, if `$ABIDE_PROBE_DIR/p` is a named pipe, the process writes its id and a line end
//! into it, which waits for the test to read, and then reads `$ABIDE_PROBE_DIR/p.go` to its end,
//! which waits for the test to let go. Release builds hold nothing anywhere.
//!
//! In the same builds `$ABIDE_PROBE_DIR/clock` holds milliseconds that the process's clocks are
//! ahead of the system's, or behind them: so a test makes them jump.

#[cfg(debug_assertions)]
use std::io::Write as _;
use std::{ffi::OsStr, sync::Arc};

#[cfg(debug_assertions)]
use abide_core::clock::Timestamp;
use abide_core::{
    clock::{Clock, SystemClock},
    probe::{NoProbe, Probe},
};

/// Names the directory of the pipes and of the clock.
pub const PROBE_DIR: &str = "ABIDE_PROBE_DIR";

/// Returns the probe of a process that was given this directory.
#[cfg(debug_assertions)]
#[must_use]
pub fn in_dir(dir: Option<&OsStr>) -> Arc<dyn Probe> {
    match dir {
        Some(dir) => Arc::new(PipeProbe { dir: dir.into() }),
        None => Arc::new(NoProbe),
    }
}

/// Returns the wall clock of a process that was given this directory.
#[cfg(debug_assertions)]
#[must_use]
pub fn clock_in_dir(dir: Option<&OsStr>) -> Arc<dyn Clock> {
    match dir {
        Some(dir) => Arc::new(JumpingClock { dir: dir.into() }),
        None => Arc::new(SystemClock),
    }
}

/// Returns by how many milliseconds the clocks of a process are ahead that was given this directory.
#[cfg(debug_assertions)]
#[must_use]
pub fn millis_ahead(dir: &OsStr) -> i64 {
    let ahead = std::fs::read_to_string(std::path::Path::new(dir).join("clock")).ok();
    ahead
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or_default()
}

/// Returns the probe that holds nothing.
#[cfg(not(debug_assertions))]
#[must_use]
pub fn in_dir(_dir: Option<&OsStr>) -> Arc<dyn Probe> {
    Arc::new(NoProbe)
}

/// Returns the system's wall clock.
#[cfg(not(debug_assertions))]
#[must_use]
pub fn clock_in_dir(_dir: Option<&OsStr>) -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Returns that the clocks are right.
#[cfg(not(debug_assertions))]
#[must_use]
pub fn millis_ahead(_dir: &OsStr) -> i64 {
    0
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
    dir: std::ffi::OsString,
}

#[cfg(debug_assertions)]
impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now().as_millis();
        Timestamp::from_millis(now.saturating_add_signed(millis_ahead(&self.dir)))
    }
}
