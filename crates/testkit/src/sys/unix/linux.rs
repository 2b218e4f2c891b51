//! Linux: processes as `/proc` shows them.

use std::{
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::retry_on_intr,
    process::{PidfdFlags, pidfd_open},
};

use super::process::to_pid;
use crate::sys::{Holding, ProcessFacts};

/// Returns what is known of a process.
#[must_use]
pub fn describe_process(pid: u32) -> ProcessFacts {
    let dir = PathBuf::from(format!("/proc/{pid}"));
    let stat = fs::read_to_string(dir.join("stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let command_line = fs::read(dir.join("cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&command_line).replace('\0', " ");
    let name = match words.trim() {
        "" => fs::read_to_string(dir.join("comm")).unwrap_or_default(),
        words => words.to_owned(),
    };
    ProcessFacts {
        name: name.trim().to_owned(),
        is_zombie: after_name.starts_with('Z'),
    }
}

/// Returns the processes, other than this one, whose environment, command line, directory,
/// program or open files mention `dir`.
#[must_use]
pub fn find_holders(dir: &Path) -> Vec<Holding> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found: Vec<Holding> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter_map(|pid| {
            let how = how_held(pid, dir)?;
            let name = describe_process(pid).name;
            Some(Holding { pid, name, how })
        })
        .collect();
    found.sort_by_key(|holding| holding.pid);
    found
}

/// Says how a process has to do with `dir`. What may not be read of others is not ours.
fn how_held(pid: u32, dir: &Path) -> Option<String> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    for link in ["cwd", "exe"] {
        let target = fs::read_link(process.join(link));
        if target.is_ok_and(|target| target.starts_with(dir)) {
            return Some(link.into());
        }
    }
    for open in fs::read_dir(process.join("fd"))
        .into_iter()
        .flatten()
        .flatten()
    {
        if let Ok(target) = fs::read_link(open.path())
            && target.starts_with(dir)
        {
            return Some(format!("open: {}", target.display()));
        }
    }
    let needle = dir.as_os_str().as_bytes();
    ["environ", "cmdline"].into_iter().find_map(|file| {
        let text = fs::read(process.join(file)).ok()?;
        let mentions = text.windows(needle.len()).any(|window| window == needle);
        mentions.then(|| file.into())
    })
}

/// Waits until a process has ended; `false` if it had not by the deadline.
#[must_use]
pub fn wait_until_gone(pid: u32, deadline: Duration) -> bool {
    let Some(pid) = to_pid(pid) else {
        return true;
    };
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else {
        return true;
    };
    let time = Timespec::try_from(deadline).expect("a deadline of a test is short");
    let mut ends = [PollFd::new(&process, PollFlags::IN)];
    // A signal, such as that of a child's end, begins the wait anew.
    retry_on_intr(|| poll(&mut ends, Some(&time))).is_ok_and(|ready| ready != 0)
}

/// Returns `fd NUMBER TARGET` for each descriptor that this process has.
pub(super) fn open_descriptors() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    let mut open: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, fs::read_link(entry.path()).ok()?))
        })
        // The directory that is being read is open only for that.
        .filter(|(_, target)| !target.starts_with("/proc"))
        .collect();
    open.sort();
    open.iter()
        .map(|(number, target)| format!("fd {number} {}", target.display()))
        .collect()
}

/// Returns the lines of signals in this process's status, such as `SigIgn 0000000000001000`.
pub(super) fn signal_facts() -> Vec<String> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let signals = status.lines().filter(|line| line.starts_with("Sig"));
    signals.map(|line| line.replace(":\t", " ")).collect()
}

/// Tells whether the leader of this process's session is in an outer pid namespace: sessions of
/// such leaders have the number 0 here (pid_namespaces(7)).
pub(super) fn session_is_led_from_outside() -> bool {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, the second field, may hold anything; the session is the sixth.
    let after_name = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    after_name.split_whitespace().nth(3) == Some("0")
}
