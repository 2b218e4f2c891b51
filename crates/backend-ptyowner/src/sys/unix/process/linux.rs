//! Processes as Linux shows them in `/proc` (proc(5)).

use std::{collections::BTreeSet, fs, io::Read as _, sync::OnceLock};

use crate::entry::FROM_LAUNCHER;

/// Returns what tells this boot of the machine from others, if the system says.
pub(crate) fn boot_id() -> Option<String> {
    // A process never sees another one.
    static BOOT: OnceLock<String> = OnceLock::new();
    if let Some(boot) = BOOT.get() {
        return Some(boot.clone());
    }
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(BOOT.get_or_init(|| text.trim().to_owned()).clone())
}

/// Returns when a live process started, in the system's own units, if it can be told. One that is
/// dead and only waits for its parent is not live.
///
/// With the process id it names a process for as long as this boot lasts.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    if is_dead(pid) {
        return None;
    }
    // Field 22; the state is field 3.
    fields_after_name(pid)?
        .split_whitespace()
        .nth(19)?
        .parse()
        .ok()
}

/// Returns a process's name as the system shows it; empty if it is gone.
pub(crate) fn name(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// Returns the live processes below one, without owners and what is below those.
///
/// The caller is a subreaper, so what lost its parent on the way is found too.
pub(crate) fn below(root: u32) -> Vec<u32> {
    let mut found = BTreeSet::new();
    let mut open = children_of(root);
    while let Some(pid) = open.pop() {
        if !is_owner(pid) && found.insert(pid) {
            open.extend(children_of(pid));
        }
    }
    found.into_iter().filter(|pid| !is_dead(*pid)).collect()
}

/// Returns the live processes of a session, without owners.
pub(crate) fn in_session(leader: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    // Field 6.
    let is_in = |pid: &u32| field(*pid, 3) == Some(leader.into());
    pids.filter(is_in)
        .filter(|pid| !is_dead(*pid) && !is_owner(*pid))
        .collect()
}

/// Returns the process group in the foreground of a process's terminal, if there is one.
pub(crate) fn foreground_group(pid: u32) -> Option<u32> {
    // Field 8; -1 without a terminal.
    field(pid, 5).and_then(|group| u32::try_from(group).ok())
}

/// Returns a number of `/proc/<pid>/stat`, counted from the third field.
fn field(pid: u32, index: usize) -> Option<i64> {
    let fields = fields_after_name(pid)?;
    fields.split_whitespace().nth(index)?.parse().ok()
}

/// Tells whether a process was started as an owner, of whatever terminals, or in order to have one
/// started: a server that holds others' terminals was begun by the words that began the first. A
/// program that pretends to be one is left alone, as it would be had it started one.
fn is_owner(pid: u32) -> bool {
    let argv = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut words = argv.split(|byte| *byte == 0).skip(1);
    words.any(|word| word == FROM_LAUNCHER.as_bytes())
}

/// Returns the children of a process: of all of its threads.
fn children_of(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    threads
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok())
        .flat_map(|text| {
            let pids = text.split_whitespace().filter_map(|pid| pid.parse().ok());
            pids.collect::<Vec<_>>()
        })
        .collect()
}

/// Tells whether a process was stopped by a signal and has not gone on. Asked for each key that is
/// typed on a lent terminal.
pub(crate) fn is_stopped(pid: u32) -> bool {
    matches!(state(pid), Some(b'T' | b't'))
}

/// Tells whether a process is gone, or is only what is left of a dead one.
fn is_dead(pid: u32) -> bool {
    matches!(state(pid), Some(b'Z' | b'X' | b'x') | None)
}

/// Returns the letter for what a process does; none if it is gone.
fn state(pid: u32) -> Option<u8> {
    // The name before it is no longer than 64 bytes.
    let mut start = [0; 128];
    let mut stat = fs::File::open(format!("/proc/{pid}/stat")).ok()?;
    let count = stat.read(&mut start).ok()?;
    let start = &start[..count];
    let name_end = start.iter().rposition(|&byte| byte == b')')?;
    start.get(name_end + 2).copied()
}

/// Returns the fields of `/proc/<pid>/stat` from the third on. The second is in parentheses and
/// may hold any character, so they are counted from the last closing one.
fn fields_after_name(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.to_owned())
}
