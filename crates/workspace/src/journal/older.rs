//! Older parts of a journal: a journal that became long is put aside whole, and goes on with what is
//! still needed.
//!
//! ```text
//! journal.jsonl ── copied ──► journal.<n>.jsonl     whole, on disk, never written to again
//!       └── replaced by the records that are open, and by the one that was written to last
//! ```
//!
//! Both steps are a file that takes its place whole. Whoever was killed between them left the same
//! twice, and the next one goes on with the second step. What is in both parts is the same, so that
//! reading one part after the other shows each record once. The record that was written to last
//! carries the greatest token on.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use abide_core::record::{Entry, Replay, summaries};

use super::{JOURNAL_FILE, MAX_JOURNAL_BYTES};
use crate::files::{self, Durable};

/// Length from which a journal is put aside, in bytes. It is read before each write.
pub const ROTATE_BYTES: u64 = 8 * 1024 * 1024;

/// Entries from which it is, too: those of some two hundred sessions, which take about a millisecond
/// to read.
pub const ROTATE_ENTRIES: usize = 1000;

/// Most that a journal goes on with, in bytes; else putting it aside would gain too little.
const MAX_CARRIED_BYTES: usize = 4 * 1024 * 1024;

/// The same, in entries.
const MAX_CARRIED_ENTRIES: usize = ROTATE_ENTRIES / 2;

/// Most parts that are put aside.
const MAX_PARTS: u32 = 999;

/// Tells whether this is the name of a part that was put aside.
pub(crate) fn is_older(name: &str) -> bool {
    number_of(name).is_some()
}

fn name_of(number: u32) -> String {
    JOURNAL_FILE.replace(".jsonl", &format!(".{number}.jsonl"))
}

fn number_of(name: &str) -> Option<u32> {
    let (stem, end) = JOURNAL_FILE.split_once('.')?;
    let rest = name.strip_prefix(stem)?.strip_prefix('.')?;
    let number: u32 = rest.strip_suffix(end)?.strip_suffix('.')?.parse().ok()?;
    let is_its = (1..=MAX_PARTS).contains(&number) && name_of(number) == name;
    is_its.then_some(number)
}

/// Returns the parts of a journal that were put aside, the oldest first.
pub(crate) fn parts(journal: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(dir) = journal.parent() else {
        return Ok(Vec::new());
    };
    let numbers = numbers(dir)?.into_iter();
    Ok(numbers.map(|number| dir.join(name_of(number))).collect())
}

fn numbers(dir: &Path) -> io::Result<Vec<u32>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(err) => return Err(err),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        numbers.extend(entry?.file_name().to_str().and_then(number_of));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Returns what a long journal goes on with; `None` if putting it aside would gain too little.
pub(super) fn carried(found: &Replay) -> Option<Vec<u8>> {
    let all = summaries(found.entries());
    let open = all.iter().filter(|one| !one.is_complete());
    let mut needed: HashSet<_> = open.map(|one| &one.record).collect();
    needed.extend(found.entries().last().map(|entry| &entry.record));
    let entries = found.entries().iter();
    let entries: Vec<_> = entries
        .filter(|entry| needed.contains(&entry.record))
        .collect();
    if MAX_CARRIED_ENTRIES < entries.len() {
        return None;
    }
    let mut lines = Vec::new();
    for (entry, seq) in entries.into_iter().cloned().zip(1..) {
        lines.extend(Entry { seq, ..entry }.to_line());
    }
    (lines.len() <= MAX_CARRIED_BYTES).then_some(lines)
}

/// Puts a journal aside whole, and lets it go on with what is still needed.
pub(super) fn put_aside(journal: &Path, carried: &[u8]) -> io::Result<()> {
    let Some(dir) = journal.parent() else {
        return Ok(());
    };
    let bytes = files::read(journal, MAX_JOURNAL_BYTES)?.unwrap_or_default();
    let last = numbers(dir)?.last().copied().unwrap_or(0);
    if MAX_PARTS <= last {
        return Err(io::Error::other(format!(
            "there are {MAX_PARTS} parts of it"
        )));
    }
    // The journal was written to since, if the second step failed.
    let begun = match last {
        0 => None,
        _ => files::read(&dir.join(name_of(last)), MAX_JOURNAL_BYTES)?,
    };
    let begun = begun.filter(|part| !part.is_empty() && bytes.starts_with(part));
    let (number, is_whole) = match &begun {
        Some(part) => (last, part.len() == bytes.len()),
        None => (last + 1, false),
    };
    if !is_whole {
        let part = dir.join(name_of(number));
        files::replace(&part, Durable::Now, |file| file.write_all(&bytes))?;
    }
    files::replace(journal, Durable::Now, |file| file.write_all(carried))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_is_written_so_is_that_of_a_part() {
        assert_eq!(name_of(12), "journal.12.jsonl");
        for number in [1, 12, MAX_PARTS] {
            assert_eq!(number_of(&name_of(number)), Some(number));
        }
        for name in [
            "journal.jsonl",
            "journal..jsonl",
            "journal.0.jsonl",
            "journal.01.jsonl",
            "journal.1000.jsonl",
            "journal.1.jsonl.new",
            "journal.1",
        ] {
            assert_eq!(number_of(name), None, "{name}");
        }
    }
}
