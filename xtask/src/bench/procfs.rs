//! What Linux tells about processes: who they are, their memory, their time, their waits.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

/// Ticks in which `/proc/<pid>/stat` counts, per second: fixed for programs since Linux 2.6.
const TICKS_PER_SECOND: u64 = 100;

/// Returns the processes for which `wanted` holds.
pub(crate) fn processes(wanted: impl Fn(u32) -> bool) -> Result<Vec<u32>> {
    let entries = fs::read_dir("/proc").context("cannot list /proc")?;
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    Ok(pids.filter(|pid| wanted(*pid)).collect())
}

/// Tells whether the environment of a process, as it was at its start, sets `name` to a path
/// inside `dir`.
pub(crate) fn carries(pid: u32, name: &str, dir: &Path) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let environment = String::from_utf8_lossy(&environment);
    let values = environment
        .split('\0')
        .filter_map(|variable| variable.strip_prefix(name)?.strip_prefix('='));
    values.map(Path::new).any(|value| value.starts_with(dir))
}

/// Returns the file that a process runs, if it still does.
pub(crate) fn program(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// Tells whether a process is there and not merely unreaped.
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = after_name(&stat).and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// Returns the share of memory that a process answers for, in bytes.
pub(crate) fn pss_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    field(&text, "Pss:")
        .map(|kib| kib * 1024)
        .with_context(|| format!("{path} has no `Pss:`"))
}

/// Returns the processor time of a process, in nanoseconds as the scheduler counts it.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let mut total = Duration::ZERO;
    let tasks = format!("/proc/{pid}/task");
    let tasks = fs::read_dir(&tasks).with_context(|| format!("cannot list {tasks}"))?;
    for task in tasks.flatten() {
        let path = task.path().join("schedstat");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let first = text.split(' ').next().and_then(|word| word.parse().ok());
        total += match first {
            Some(nanoseconds) => Duration::from_nanos(nanoseconds),
            None => ticks(&task.path())?,
        };
    }
    Ok(total)
}

/// Returns how often a process gave up the processor to wait for something.
pub(crate) fn waits(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    field(&text, "voluntary_ctxt_switches:")
        .with_context(|| format!("{path} has no `voluntary_ctxt_switches:`"))
}

/// Returns the number after a name at the start of a line.
pub(crate) fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn ticks(task: &Path) -> Result<Duration> {
    let path = task.join("stat");
    let text = fs::read_to_string(&path).context("cannot read a task's times")?;
    let fields: Vec<_> = after_name(&text).unwrap_or_default().split(' ').collect();
    let number = |at: usize| fields.get(at).and_then(|word| word.parse::<u64>().ok());
    let ticks = number(11)
        .zip(number(12))
        .map(|(user, system)| user + system);
    let ticks = ticks.context("a task's times are not where they should be")?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

/// Returns what follows the program's name, which may hold spaces and parentheses.
fn after_name(stat: &str) -> Option<&str> {
    Some(stat.rsplit_once(')')?.1.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_is_the_number_after_a_name_at_the_start_of_a_line() {
        let text = "Rss:    100 kB\nPss:     42 kB\nPss_Dirty:  7 kB\n";
        assert_eq!(field(text, "Pss:"), Some(42));
        assert_eq!(field(text, "Swap:"), None);
        let status = "nonvoluntary_ctxt_switches:\t9\nvoluntary_ctxt_switches:\t5\n";
        assert_eq!(field(status, "voluntary_ctxt_switches:"), Some(5));
    }

    #[test]
    fn name_of_a_program_may_hold_parentheses() {
        assert_eq!(after_name("12 (tmux: a) b) S 1 2"), Some("S 1 2"));
        assert_eq!(after_name(""), None);
    }
}
