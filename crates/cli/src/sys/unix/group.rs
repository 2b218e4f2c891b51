//! A program that leads a process group of its own, so that what it starts can be ended with it.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;

/// Has a program lead a group of its own.
pub(crate) fn lead_group(command: &mut Command) {
    command.process_group(0);
}

/// Ends a program that leads a group, with the rest of the group. It must not have been waited for:
/// its number is its own until then.
pub(crate) fn kill_group(leader: u32) {
    let leader = i32::try_from(leader).ok().and_then(Pid::from_raw);
    if let Some(leader) = leader {
        // If this fails nobody is left.
        let _ = kill_process_group(leader, Signal::KILL);
    }
}
