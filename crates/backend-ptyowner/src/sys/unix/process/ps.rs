//! Processes as `ps` shows them, on systems without `/proc`: slower, and only by parentage, so
//! what lost its parent is no longer found.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
};

use crate::entry::FROM_LAUNCHER;

/// Returns what tells this boot of the machine from others, if the system says.
pub(crate) fn boot_id() -> Option<String> {
    answer("sysctl", &["-n", "kern.bootsessionuuid"])
}

/// Returns a number that tells a process from others of the same id, if the system says.
///
/// It is made of the second in which the process started.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    let line = answer("ps", &["-o", "stat=,lstart=", "-p", &pid.to_string()])?;
    let (state, second) = line.trim_start().split_once(' ')?;
    if state.starts_with('Z') {
        return None;
    }
    let second = second.trim();
    let hash = blake3::hash(second.as_bytes());
    let first = hash.as_bytes().first_chunk().expect("a hash has 32 bytes");
    Some(u64::from_le_bytes(*first))
}

/// Returns that it is not: asked only of a client whose terminal is lent, and none is here.
pub(crate) fn is_stopped(_pid: u32) -> bool {
    false
}

/// Returns a process's name as the system shows it; empty if it is gone.
pub(crate) fn name(pid: u32) -> String {
    answer("ps", &["-o", "comm=", "-p", &pid.to_string()]).unwrap_or_default()
}

/// Returns the live processes below one, without owners and what is below those.
pub(crate) fn below(root: u32) -> Vec<u32> {
    let table = answer("ps", &["-A", "-o", "pid=,ppid=,stat=,args="]).unwrap_or_default();
    below_in(&table, root)
}

/// Returns nothing: sessions are not shown here, as a rule.
pub(crate) fn in_session(_leader: u32) -> Vec<u32> {
    Vec::new()
}

/// Returns the process group in the foreground of a process's terminal, if there is one.
pub(crate) fn foreground_group(pid: u32) -> Option<u32> {
    answer("ps", &["-o", "tpgid=", "-p", &pid.to_string()])?
        .parse()
        .ok()
}

fn below_in(table: &str, root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<(u32, bool)>> = BTreeMap::new();
    let owner = format!(" {FROM_LAUNCHER}");
    for line in table
        .lines()
        .map(str::trim)
        .filter(|line| !line.contains(&owner))
    {
        let mut fields = line.split_whitespace();
        let mut number = || fields.next()?.parse::<u32>().ok();
        if let (Some(pid), Some(parent)) = (number(), number()) {
            let is_dead = fields.next().is_none_or(|state| state.starts_with('Z'));
            children.entry(parent).or_default().push((pid, is_dead));
        }
    }
    let mut open = vec![root];
    let mut live = Vec::new();
    while let Some(parent) = open.pop() {
        for (pid, is_dead) in children.remove(&parent).unwrap_or_default() {
            open.push(pid);
            if !is_dead {
                live.push(pid);
            }
        }
    }
    live.sort_unstable();
    live
}

/// Returns what a program of the system prints, without white space around it.
fn answer(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves O16
    #[test]
    fn the_tree_is_found_by_parentage_without_the_dead_and_without_owners() {
        let table = " 10 1 Ss sh\n 11 10 S+ vim\n 12 11 Z (gone)\n 13 12 S x\n 20 1 S other\n \
                     14 10 Ss abide owner --from-launcher\n 15 14 Ss inner\n";
        assert_eq!(below_in(table, 10), [11, 13]);
    }
}
