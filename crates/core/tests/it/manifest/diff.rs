//! What happened to files, as people would say it.

use abide_core::manifest::{Change, Entry, Identity, Kind, Manifest, What};
use proptest::prelude::*;

use super::fixture::{file, holding, manifest, manifests, time};

fn said(before: &Manifest, after: &Manifest) -> Vec<String> {
    let changes = before.diff(after).changes;
    changes.iter().map(say).collect()
}

fn say(change: &Change) -> String {
    let path = &change.path;
    match &change.what {
        What::Added(_) => format!("added {path}"),
        What::Removed(_) => format!("removed {path}"),
        What::Modified { evidence, .. } => format!("modified {path} by {evidence:?}"),
        What::Renamed { from, same, .. } => format!("renamed {from} to {path} by {same:?}"),
        What::TypeChanged { .. } => format!("type of {path}"),
        What::Touched { .. } => format!("touched {path}"),
    }
}

/// A file whose status the system changed at this second, with the times that it says as they were.
fn restored(entry: Entry, seconds: i64) -> Entry {
    let identity = entry.identity.map(|known| Identity {
        changed: time(seconds),
        ..known
    });
    Entry { identity, ..entry }
}

/// proves M2
#[test]
fn files_come_go_and_change_kind() {
    let link = Entry {
        kind: Kind::Symlink,
        ..holding(2, b"target")
    };
    let before = manifest([("a", file(1)), ("b", file(2)), ("d/x", file(3))]);
    let after = manifest([("b", link), ("c", file(4)), ("d", file(5))]);
    assert_eq!(
        said(&before, &after),
        [
            "removed a",
            "type of b",
            "added c",
            "added d",
            "removed d/x"
        ]
    );
    assert_eq!(said(&before, &before), [""; 0]);
}

/// proves M2
#[test]
fn a_file_is_modified_unless_something_shows_that_it_was_not() {
    let later = |entry: Entry| Entry {
        modified: time(200),
        ..restored(entry, 200)
    };
    let known = holding(1, b"old words!");
    let mode = |entry: Entry| Entry {
        mode: 0o755,
        ..restored(entry, 200)
    };
    let cases = [
        (
            file(1),
            Entry {
                size: 11,
                ..later(file(1))
            },
            "modified f by Content",
        ),
        (file(1), later(file(1)), "modified f by Times"),
        // Written to and set back; nobody knows what it held.
        (file(1), restored(file(1), 200), "modified f by Status"),
        (file(1), mode(file(1)), "modified f by Mode"),
        (file(1), mode(later(file(1))), "modified f by Times"),
        (
            known.clone(),
            restored(holding(1, b"new words!"), 200),
            "modified f by Content",
        ),
        (known.clone(), later(known.clone()), "touched f"),
        (known.clone(), restored(known.clone(), 200), "touched f"),
        // A file system that numbers its files anew at every mount.
        (file(1), file(9), "touched f"),
    ];
    for (before, after, expected) in cases {
        let what = said(&manifest([("f", before)]), &manifest([("f", after)]));
        assert_eq!(what, [expected]);
    }
}

/// proves M2
#[test]
fn what_was_only_touched_is_not_shown() {
    let later = Entry {
        modified: time(200),
        ..holding(1, b"same")
    };
    let before = manifest([("f", holding(1, b"same")), ("g", file(2))]);
    let diff = before.diff(&manifest([("f", later)]));
    let shown: Vec<_> = diff.shown().map(say).collect();
    assert_eq!(shown, ["removed g"]);
}

/// proves M2
#[test]
fn a_file_under_another_name_is_renamed_by_number_or_by_content() {
    let unknown = |entry: Entry| Entry {
        identity: None,
        ..entry
    };
    let before = manifest([
        ("by content", unknown(holding(0, b"words"))),
        ("by number", file(1)),
        ("edited", file(2)),
        ("empty", unknown(holding(0, b""))),
        ("reused", holding(3, b"old words!")),
    ]);
    let after = manifest([
        (
            "x/content",
            Entry {
                modified: time(900),
                ..unknown(holding(0, b"words"))
            },
        ),
        (
            "x/edited",
            Entry {
                modified: time(900),
                ..file(2)
            },
        ),
        ("x/empty", unknown(holding(0, b""))),
        ("x/number", restored(file(1), 900)),
        ("x/reused", holding(3, b"new words!")),
    ]);
    assert_eq!(
        said(&before, &after),
        [
            "removed edited",
            "removed empty",
            "removed reused",
            "renamed by content to x/content by Content",
            "added x/edited",
            "added x/empty",
            "renamed by number to x/number by File",
            "added x/reused",
        ]
    );
}

/// proves M2
#[test]
fn of_several_that_fit_the_first_by_path_is_the_one_renamed() {
    let one = || holding(1, b"copy");
    let before = manifest([("a", one()), ("b", one()), ("c", one())]);
    let after = manifest([("x", one()), ("y", one())]);
    for _ in 0..8 {
        assert_eq!(
            said(&before, &after),
            [
                "removed c",
                "renamed a to x by Content",
                "renamed b to y by Content"
            ]
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// proves M2
    #[test]
    fn a_diff_applied_to_the_earlier_gives_the_later(before in manifests(), after in manifests()) {
        let diff = before.diff(&after);
        prop_assert_eq!(before.apply(&diff), after);
        let is_sorted = diff.changes.windows(2).all(|pair| pair[0].path < pair[1].path);
        prop_assert!(is_sorted, "{:?}", diff);
    }

    /// proves M2
    #[test]
    fn equal_manifests_have_no_difference(one in manifests()) {
        prop_assert!(one.diff(&one.clone()).changes.is_empty());
    }
}
