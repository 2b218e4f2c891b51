//! Linux tells in files.

use std::fs;

/// Returns what names this machine, if its files say.
pub(super) fn machine_id() -> Option<String> {
    let read = |path| one_line(&fs::read_to_string(path).ok()?);
    read("/etc/machine-id").or_else(|| read("/var/lib/dbus/machine-id"))
}

/// Returns what tells this boot of the machine from others.
pub(crate) fn boot() -> Option<String> {
    one_line(&fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?)
}

/// Returns when a process was started, in ticks since the boot.
pub(crate) fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

fn one_line(text: &str) -> Option<String> {
    let line = text.trim();
    (!line.is_empty() && line != "uninitialized").then(|| line.to_owned())
}
