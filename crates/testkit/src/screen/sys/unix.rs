//! Programs on Unix: found by PATH, collected only under the lock that killing takes.

use std::{
    env,
    ffi::OsStr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use portable_pty::Child;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// Variables without which programs do not find what they need.
pub(in crate::screen) const NEEDED_ENV: &[&str] = &["PATH"];

/// Finds a program by its path, or by its name on PATH.
pub(in crate::screen) fn find_program(program: &OsStr) -> Option<PathBuf> {
    let runs = |path: &Path| {
        path.metadata()
            .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    };
    let named = Path::new(program);
    if 1 < named.components().count() {
        return runs(named).then(|| named.to_owned());
    }
    env::split_paths(&env::var_os("PATH")?)
        .map(|dir| dir.join(named))
        .find(|path| runs(path))
}

/// Splits a child into what kills it and what waits for it.
pub(in crate::screen) fn watch(child: Box<dyn Child + Send + Sync>) -> (Killer, Waiter) {
    let pid = child
        .process_id()
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw);
    let collected = Arc::new(Mutex::new(false));
    let killer = Killer {
        pid,
        collected: Arc::clone(&collected),
    };
    let waiter = Waiter {
        pid,
        child,
        collected,
    };
    (killer, waiter)
}

/// Kills the program and its process group, and never one that got its number later.
pub(in crate::screen) struct Killer {
    pid: Option<Pid>,
    collected: Arc<Mutex<bool>>,
}

impl Killer {
    pub(in crate::screen) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Tells the program that its terminal is gone, as the system does.
    pub(in crate::screen) fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    fn signal(&self, signal: Signal) {
        let collected = self.collected.lock();
        let collected = collected.unwrap_or_else(PoisonError::into_inner);
        if let (Some(pid), false) = (self.pid, *collected) {
            // The program leads its own session, hence its own group. If it is gone, so be it.
            let _ = kill_process_group(pid, signal);
        }
    }
}

/// Waits for the program's end, and collects it.
pub(in crate::screen) struct Waiter {
    pid: Option<Pid>,
    child: Box<dyn Child + Send + Sync>,
    collected: Arc<Mutex<bool>>,
}

impl Waiter {
    /// Returns the program's exit code, or 128 and the number of the signal that ended it.
    pub(in crate::screen) fn wait(mut self) -> i32 {
        let code = self.pid.map_or(-1, wait_without_collecting);
        // Until it is collected its number belongs to nobody else.
        let collected = self.collected.lock();
        let mut collected = collected.unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = self.pid {
            // The kernel tells the foreground group too, but a member that was just being started
            // was seen to miss it, and to hold the terminal ever after.
            let _ = kill_process_group(pid, Signal::HUP);
        }
        let _ = self.child.wait();
        *collected = true;
        code
    }
}

fn wait_without_collecting(pid: Pid) -> i32 {
    loop {
        match waitid(
            WaitId::Pid(pid),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        ) {
            Ok(Some(status)) => {
                let signal = status.terminating_signal().map(|signal| 128 + signal);
                return status.exit_status().or(signal).unwrap_or(-1);
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return -1,
        }
    }
}

#[cfg(test)]
mod tests;
