//! Who runs: this boot, a process's start time.

use std::fs;

/// Returns what tells this boot of the machine from others, if the system says.
pub(crate) fn boot_id() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

/// Returns when a process started, in the system's own units, if it can be told.
///
/// With the process id it names a process for as long as this boot lasts.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    // proc(5): field 22 of /proc/<pid>/stat. The second field is in parentheses and may hold any
    // character, so fields are counted from the last closing one.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    after_name.split_whitespace().nth(19)?.parse().ok()
}

/// Returns a process's name as the system shows it; empty if it is gone.
pub(crate) fn name(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}
