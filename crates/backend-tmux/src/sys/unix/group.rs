//! A run of tmux in a process group of its own, so that a wrapper and whatever it started are ended
//! together.

use std::os::unix::process::CommandExt as _;

use rustix::process::{Pid, Signal};

/// Starts the command as the leader of a new group.
pub(crate) fn in_own_group(command: &mut std::process::Command) {
    command.process_group(0);
}

/// Has the command killed when the thread that starts it ends, where the system can do that.
pub(crate) fn end_with_parent(command: &mut std::process::Command) {
    #[cfg(target_os = "linux")]
    {
        let end = || {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            Ok(())
        };
        // SAFETY: between fork and exec this makes one system call.
        unsafe { command.pre_exec(end) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// The group of a run; kills what is left of it when dropped before its leader was waited for.
#[derive(Debug)]
pub(crate) struct Group(Option<Pid>);

impl Group {
    /// Returns the group led by a process that has not been waited for.
    pub(crate) fn of(leader: Option<u32>) -> Self {
        let pid = leader.and_then(|pid| i32::try_from(pid).ok());
        Self(pid.and_then(Pid::from_raw))
    }

    /// Lets go of the group, whose leader has been waited for: its number may be another's soon.
    pub(crate) fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // A group that is gone needs no signal.
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}
