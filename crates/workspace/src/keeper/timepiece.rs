//! The times that a process with a probe's directory sees: those of the system, and in builds for
//! tests ahead of them by as much as a test says.

use std::{ffi::OsString, sync::Arc};

use abide_core::{
    clock::Clock,
    lease::{Moment, Uptime},
};
use abide_local::probe::{self, PROBE_DIR};

use crate::{
    desk::{Here, LOCK_PATIENCE, Timepiece, Tools},
    sys,
};

/// Returns what this process works with at a desk.
pub(crate) fn tools() -> Tools {
    let dir = std::env::var_os(PROBE_DIR).filter(|dir| !dir.is_empty());
    Tools {
        here: Arc::new(Here::find()),
        state: None,
        timepiece: Arc::new(ProbedTime {
            clock: probe::clock_in_dir(dir.as_deref()),
            dir: dir.clone(),
        }),
        probe: probe::in_dir(dir.as_deref()),
        patience: LOCK_PATIENCE,
    }
}

#[derive(Debug)]
struct ProbedTime {
    clock: Arc<dyn Clock>,
    dir: Option<OsString>,
}

impl Timepiece for ProbedTime {
    fn moment(&self) -> Moment {
        let ahead = self.dir.as_deref().map_or(0, probe::millis_ahead);
        let uptime = sys::place::uptime_millis();
        Moment {
            now: self.clock.now(),
            uptime: uptime.map(|millis| Uptime::from_millis(millis.saturating_add_signed(ahead))),
        }
    }
}
