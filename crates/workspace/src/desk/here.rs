//! Who this process is, and what time it is for it.

use std::sync::Arc;

use abide_core::{
    clock::Clock,
    lease::{Keeper, Moment, Place, Uptime},
};

use crate::sys;

/// This process, and the machine that it runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// The machine, and this run of it.
    pub place: Place,
    /// The name of the user.
    pub user: String,
    /// The process's id.
    pub pid: u32,
    /// When the process was started, as the system counts.
    pub started: Option<u64>,
}

impl Here {
    /// Asks the system. What it does not tell is `None`, and the rules of leases then say less.
    #[must_use]
    pub fn find() -> Self {
        let pid = std::process::id();
        Self {
            place: Place {
                machine: sys::place::machine(),
                boot: sys::place::boot(),
                host: shown(&sys::place::host()),
            },
            user: shown(&sys::place::user()),
            pid,
            started: sys::place::started(pid),
        }
    }

    /// Returns this process as a keeper.
    #[must_use]
    pub fn keeper(&self) -> Keeper {
        let Self {
            place,
            user,
            pid,
            started,
        } = self.clone();
        Keeper {
            place,
            user,
            pid,
            started,
        }
    }
}

/// Tells both times that a lease needs; injected, so that a test decides what time it is.
pub trait Timepiece: std::fmt::Debug + Send + Sync {
    /// Returns the time by the clock on the wall, and by one that nobody sets.
    fn moment(&self) -> Moment;
}

/// A clock together with the uptime of this machine.
#[derive(Debug, Clone)]
pub struct SystemTimepiece(pub Arc<dyn Clock>);

impl Timepiece for SystemTimepiece {
    fn moment(&self) -> Moment {
        Moment {
            now: self.0.now(),
            uptime: uptime(),
        }
    }
}

/// Returns how long this machine has been up, where the system tells.
#[must_use]
pub fn uptime() -> Option<Uptime> {
    sys::place::uptime_millis().map(Uptime::from_millis)
}

/// Names reach terminals, and a lease that has control characters in one is malformed.
fn shown(name: &str) -> String {
    name.chars().filter(|char| !char.is_control()).collect()
}
