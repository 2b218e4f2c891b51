//! An `.abide` that somebody else filled.

use std::{fs, path::Path, time::Duration};

use abide_core::lease::LeaseState;
use abide_workspace::{
    desk::{ClaimError, OwnDirError, read_baseline, read_summaries},
    journal::MAX_JOURNAL_BYTES,
};

use super::fixture::{Site, new_record, wanted};

/// Makes a file of any length that holds nothing.
fn sparse(path: &Path, bytes: u64) {
    fs::File::create(path).unwrap().set_len(bytes).unwrap();
}

#[test]
fn what_is_no_directory_is_refused_and_left_alone() {
    let site = Site::new();
    fs::write(site.own(""), "a file").unwrap_err();
    fs::write(site.path().join(".abide"), "a file").unwrap();
    let refused = site.desk(1).claim(wanted()).unwrap_err();
    assert!(
        matches!(refused, ClaimError::Dir(OwnDirError::NoDirectory { .. })),
        "{refused}"
    );
    assert!(site.desk(1).look(Duration::ZERO).is_err());
    assert!(refused.hint().unwrap().contains("move"));
    let text = fs::read_to_string(site.path().join(".abide")).unwrap();
    assert_eq!(text, "a file");
}

/// proves L2
#[test]
fn whatever_is_in_the_place_of_a_lease_is_malformed() {
    for content in [0, 70_000, 1 << 40] {
        let site = Site::new();
        drop(site.claim(1));
        sparse(&site.own("lease.json"), content);
        let found = site.desk(2).look(Duration::ZERO).unwrap();
        assert!(matches!(found, LeaseState::Malformed { .. }), "{found:?}");
        site.claim(2);
    }
    let site = Site::new();
    drop(site.claim(1));
    fs::remove_file(site.own("lease.json")).unwrap();
    fs::create_dir(site.own("lease.json")).unwrap();
    let found = site.desk(2).look(Duration::ZERO).unwrap();
    assert!(matches!(found, LeaseState::Malformed { .. }), "{found:?}");
    let refused = site.desk(2).claim(wanted()).unwrap_err();
    assert!(matches!(refused, ClaimError::Write { .. }), "{refused}");
    assert!(
        !site.own("keepers/1.lock").exists() && !site.own("keepers/2.lock").exists(),
        "nobody was granted anything"
    );
}

#[test]
fn a_journal_without_end_is_an_error_and_not_read() {
    let site = Site::new();
    drop(site.claim(1));
    sparse(&site.own("journal.jsonl"), MAX_JOURNAL_BYTES + 1);
    let refused = site.desk(2).claim(wanted()).unwrap_err();
    assert!(matches!(refused, ClaimError::Journal(_)), "{refused}");
    assert!(read_summaries(&site.dir()).is_err());
    fs::remove_file(site.own("journal.jsonl")).unwrap();
    fs::create_dir(site.own("journal.jsonl")).unwrap();
    assert!(site.desk(2).claim(wanted()).is_err());
}

#[test]
fn a_baseline_that_is_garbage_huge_or_a_directory_is_an_error() {
    let site = Site::new();
    let held = site.claim(1);
    let record = held.open_record(&new_record("s-1")).unwrap();
    let path = site.own("baselines").join(record.as_str());
    fs::create_dir(site.own("baselines")).unwrap();
    for bytes in [0, 12, 1 << 42] {
        sparse(&path, bytes);
        assert!(read_baseline(&site.dir(), &record).is_err());
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(read_baseline(&site.dir(), &record).is_err());
}

#[test]
fn a_journal_of_nothing_but_beginnings_is_read_in_time() {
    use abide_core::{
        clock::Timestamp,
        id::RecordId,
        lease::FencingToken,
        record::{Entry, Event},
    };
    let site = Site::new();
    let held = site.claim(1);
    let lines = (1..=20_000).flat_map(|seq| {
        let entry = Entry {
            seq,
            at: Timestamp::from_millis(0),
            epoch: FencingToken::NONE,
            record: format!("r-{seq}").parse::<RecordId>().unwrap(),
            event: Event::Finalized,
        };
        entry.to_line()
    });
    fs::write(site.own("journal.jsonl"), lines.collect::<Vec<u8>>()).unwrap();
    held.open_record(&new_record("s-1")).unwrap();
    let records = read_summaries(&site.dir()).unwrap();
    assert_eq!(records.summaries.len(), 20_001);
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// Apple's systems have the program, and not the call.
    fn make_pipe(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success(), "{}", path.display());
    }

    #[test]
    fn a_link_in_the_place_of_the_directory_is_not_followed() {
        let site = Site::new();
        let elsewhere = tempfile::tempdir().unwrap();
        for target in [elsewhere.path(), Path::new("nowhere")] {
            symlink(target, site.path().join(".abide")).unwrap();
            let refused = site.desk(1).claim(wanted()).unwrap_err();
            assert!(
                matches!(refused, ClaimError::Dir(OwnDirError::NoDirectory { .. })),
                "{refused}"
            );
            assert!(site.desk(1).look(Duration::ZERO).is_err());
            fs::remove_file(site.path().join(".abide")).unwrap();
        }
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_is_open_to_others_is_closed() {
        let site = Site::new();
        fs::create_dir(site.own("")).unwrap();
        fs::set_permissions(site.own(""), fs::Permissions::from_mode(0o777)).unwrap();
        let held = site.claim(1);
        let record = held.open_record(&new_record("s-1")).unwrap();
        let mode = |name: &str| {
            let metadata = fs::symlink_metadata(site.own(name)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode(""), 0o700);
        assert_eq!(mode("lease.json"), 0o600);
        assert_eq!(mode("journal.jsonl"), 0o600);
        let why = String::new();
        held.put_baseline(&record, &abide_workspace::desk::Measured::Unknown { why })
            .unwrap();
    }

    #[test]
    fn another_users_directory_is_refused() {
        let site = Site::new();
        fs::create_dir(site.own("")).unwrap();
        if std::os::unix::fs::chown(site.own(""), Some(12_345), None).is_err() {
            eprintln!("skipped: this user may not give a directory away");
            return;
        }
        let refused = site.desk(1).claim(wanted()).unwrap_err();
        assert!(
            matches!(refused, ClaimError::Dir(OwnDirError::AnothersUser { .. })),
            "{refused}"
        );
        assert_eq!(fs::read_dir(site.own("")).unwrap().count(), 0);
    }

    #[test]
    fn links_and_pipes_in_the_place_of_files_are_neither_followed_nor_waited_for() {
        let names = ["lease.json", "journal.jsonl", "lock", "keepers/1.lock"];
        for name in names {
            for with_pipe in [false, true] {
                let site = Site::new();
                let held = site.claim(1);
                let record = held.open_record(&new_record("s-1")).unwrap();
                drop(held);
                let target = site.path().join("target");
                fs::write(&target, "kept").unwrap();
                fs::remove_file(site.own(name)).unwrap();
                match with_pipe {
                    true => make_pipe(&site.own(name)),
                    false => symlink(&target, site.own(name)).unwrap(),
                }
                // Each answers, one way or the other.
                let _ = site.desk(2).look(Duration::ZERO);
                let _ = read_summaries(&site.dir());
                let _ = read_baseline(&site.dir(), &record);
                if let Ok(held) = site.desk(2).claim(wanted()) {
                    let _ = held.open_record(&new_record("s-2"));
                    let _ = held.release(|| false);
                }
                assert_eq!(fs::read_to_string(&target).unwrap(), "kept", "{name}");
            }
        }
    }
}
