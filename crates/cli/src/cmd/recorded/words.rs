//! Records in words. What they hold was written to a file that others may be able to write to, so
//! that none of it reaches a terminal as it is.

use std::path::Path;

use abide_core::{
    backend::{ExitOutcome, LostReason},
    manifest::{Evidence, Sameness},
    record::{Changes, Counts, EndReason, FileChange, HowChanged, Summary},
};
use abide_workspace::desk::Records;

use super::Standing;
use crate::{duration::Age, output, report};

/// Most flaws of a journal that are told one by one.
const MAX_TOLD: usize = 5;

/// Says how long a record's session ran.
pub(in super::super) fn lasted(record: &Summary) -> String {
    record
        .duration()
        .map_or_else(|| "-".into(), |took| Age(took).to_string())
}

/// Says in a few words how a record's session ended, and why if that is not plain.
pub(in super::super) fn end(record: &Summary, standing: Standing) -> String {
    let Some(ended) = &record.ended else {
        return self::standing(record, standing);
    };
    let outcome = match &ended.outcome {
        ExitOutcome::Exited { code } => format!("exited {code}"),
        ExitOutcome::Signaled { signal } => format!("signal {signal}"),
        ExitOutcome::Lost { reason } => match reason {
            LostReason::HolderDied | LostReason::HostLost => "lost".into(),
            LostReason::Rebooted => "lost (rebooted)".into(),
        },
    };
    let because = match ended.reason {
        EndReason::Stopped => " (stopped)",
        EndReason::Exited | EndReason::HostLost | EndReason::Rebooted => "",
    };
    let open = match standing {
        Standing::Complete => "",
        Standing::Running | Standing::Unfinished | Standing::Elsewhere => ", unfinished",
    };
    format!("{outcome}{because}{open}")
}

/// Says how far a record is, and of one that was kept elsewhere on which machine.
pub(in super::super) fn standing(record: &Summary, standing: Standing) -> String {
    match (standing, record.origin()) {
        (Standing::Elsewhere, Some(origin)) => {
            format!("elsewhere ({})", output::plain(&origin.place.host))
        }
        (standing, _) => standing.as_str().into(),
    }
}

/// Says in a few words how many files a record's session changed.
pub(in super::super) fn changed(changes: Option<&Changes>) -> String {
    match changes {
        None => "-".into(),
        Some(Changes::Unknown { .. }) => "unknown".into(),
        Some(Changes::Known(files)) => short_counts(&files.counts),
    }
}

fn by_letter(counts: &Counts) -> [(char, &'static str, u64); 5] {
    let Counts {
        added,
        modified,
        removed,
        renamed,
        type_changed,
    } = *counts;
    [
        ('A', "added", added),
        ('M', "modified", modified),
        ('D', "removed", removed),
        ('R', "renamed", renamed),
        ('T', "of another type", type_changed),
    ]
}

fn short_counts(counts: &Counts) -> String {
    let parts = by_letter(counts).into_iter();
    let parts = parts.filter(|(_, _, count)| *count != 0);
    let parts: Vec<_> = parts.map(|(c, _, count)| format!("{count}{c}")).collect();
    match parts.is_empty() {
        true => "none".into(),
        false => parts.join(" "),
    }
}

/// Says how many files were changed in which way.
pub(in super::super) fn counts(counts: &Counts) -> String {
    let parts = by_letter(counts).into_iter();
    let parts = parts.filter(|(_, _, count)| *count != 0);
    let parts: Vec<_> = parts
        .map(|(_, word, count)| format!("{count} {word}"))
        .collect();
    match counts.all() {
        0 => "no file".into(),
        1 => format!("1 file: {}", parts.join(", ")),
        all => format!("{all} files: {}", parts.join(", ")),
    }
}

/// Returns the letter for a change.
fn letter(how: HowChanged) -> char {
    match how {
        HowChanged::Added => 'A',
        HowChanged::Modified { .. } => 'M',
        HowChanged::Removed => 'D',
        HowChanged::Renamed { .. } => 'R',
        HowChanged::TypeChanged => 'T',
    }
}

/// Returns a change as a line without its end: a letter, the path, and what is not plain from them.
pub(in super::super) fn change(change: &FileChange) -> String {
    let FileChange { path, how, from } = change;
    let from = from.as_ref().map(|from| format!("was {from}"));
    let notes = from.into_iter().chain(note(*how).map(str::to_owned));
    let notes: Vec<_> = notes.collect();
    match notes.is_empty() {
        true => format!("{}  {path}", letter(*how)),
        false => format!("{}  {path}  ({})", letter(*how), notes.join("; ")),
    }
}

fn note(how: HowChanged) -> Option<&'static str> {
    match how {
        HowChanged::Modified { evidence } => match evidence {
            Evidence::Content => None,
            Evidence::Mode => Some("permissions"),
            Evidence::Times => Some("by its time; its content was not recorded"),
            Evidence::Status => Some("by its status; its content was not recorded"),
        },
        HowChanged::Renamed { same } => match same {
            Sameness::Content => None,
            Sameness::File => Some("the same file; its content was not recorded"),
        },
        HowChanged::Added | HowChanged::Removed | HowChanged::TypeChanged => None,
    }
}

/// Tells on standard error what is wrong with a journal.
pub(in super::super) fn tell_damage(dir: &Path, records: &Records) {
    let dir = output::plain(&dir.to_string_lossy()).into_owned();
    for damage in records.damage.iter().take(MAX_TOLD) {
        report::say(&format!("warning: the journal of `{dir}`: {damage}"));
    }
    if MAX_TOLD < records.damage.len() {
        let more = records.damage.len() - MAX_TOLD;
        report::say(&format!("warning: the journal of `{dir}`: {more} more"));
    }
    if records.torn_bytes != 0 {
        report::say(&format!(
            "warning: the journal of `{dir}`: a crash cut its last line off; it is left out"
        ));
    }
}

#[cfg(test)]
mod tests {
    use abide_core::manifest::TreePath;

    use super::*;

    fn path(bytes: &[u8]) -> TreePath {
        TreePath::new(bytes.to_vec()).unwrap()
    }

    /// proves M2
    #[test]
    fn a_change_is_one_line_that_no_terminal_obeys() {
        let renamed = FileChange {
            path: path(b"to\n\xff"),
            how: HowChanged::Renamed {
                same: Sameness::File,
            },
            from: Some(path(b"from\x1b[2J")),
        };
        assert_eq!(
            change(&renamed),
            r"R  to\n\xff  (was from\u{1b}[2J; the same file; its content was not recorded)"
        );
        let evidence = Evidence::Mode;
        let modified = FileChange {
            path: path(b"run"),
            how: HowChanged::Modified { evidence },
            from: None,
        };
        assert_eq!(change(&modified), "M  run  (permissions)");
    }

    #[test]
    fn counts_are_told_short_and_long() {
        let none = Counts::default();
        assert_eq!(short_counts(&none), "none");
        assert_eq!(counts(&none), "no file");
        let some = Counts {
            added: 12,
            type_changed: 1,
            ..none
        };
        assert_eq!(short_counts(&some), "12A 1T");
        assert_eq!(counts(&some), "13 files: 12 added, 1 of another type");
    }
}
