//! Systems without `/proc`: processes can be asked for, not searched.

use std::{path::Path, time::Duration};

use super::process_is_alive;
use crate::sys::{Holding, ProcessFacts};

/// Returns what is known of a process: nothing.
#[must_use]
pub fn describe_process(_pid: u32) -> ProcessFacts {
    ProcessFacts::default()
}

/// Returns no process: none can be found by what it holds.
#[must_use]
pub fn find_holders(_dir: &Path) -> Vec<Holding> {
    Vec::new()
}

/// Waits until a process has ended; `false` if it had not by the deadline.
#[must_use]
pub fn wait_until_gone(pid: u32, deadline: Duration) -> bool {
    let step = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    while process_is_alive(pid) {
        if deadline <= waited {
            return false;
        }
        crate::child::pause(step);
        waited += step;
    }
    true
}

/// Returns nothing: descriptors are not listed anywhere.
pub(super) fn open_descriptors() -> Vec<String> {
    Vec::new()
}

/// Returns nothing: dispositions are not listed anywhere.
pub(super) fn signal_facts() -> Vec<String> {
    Vec::new()
}

/// Returns that it is not: there are no pid namespaces.
pub(super) fn session_is_led_from_outside() -> bool {
    false
}
