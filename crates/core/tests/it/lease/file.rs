//! The file: pinned, read for ever, and refused by name if a newer release wrote it.

use abide_core::{
    id::Generation,
    lease::{FencingToken, Lease, Mode, NewerLease, StoredLease},
};
use proptest::prelude::*;

use super::fixture::{held, keeper, token};

/// What schema 1 looks like. It was released, so that it never changes.
const SCHEMA_1: &str = r#"{
  "agent": "claude",
  "claimed_at": 1800000000000,
  "epoch": 1,
  "generation": "000102030405060708090a0b0c0d0e0f",
  "keeper": {
    "boot": "first of here",
    "host": "here",
    "machine": "machine of here",
    "pid": 42,
    "started": 77,
    "user": "anna"
  },
  "mode": "agent",
  "renewed_at": 1800000000000,
  "renewed_uptime": 5000,
  "schema": 1,
  "session": "s-1"
}
"#;

fn example() -> Lease {
    let bytes = std::array::from_fn(|at| u8::try_from(at).unwrap());
    Lease {
        generation: Some(Generation::from_bytes(bytes)),
        ..held(&keeper("here", 42))
    }
}

/// proves L2
#[test]
fn schema_1_is_pinned_and_reads_back() {
    assert_eq!(example().to_json(), SCHEMA_1);
    let read = StoredLease::parse(Some(SCHEMA_1.as_bytes()));
    assert_eq!(read, Ok(StoredLease::Held(Box::new(example()))));
    assert_eq!(StoredLease::parse(None), Ok(StoredLease::Absent));
}

/// proves L2
#[test]
fn a_newer_schema_is_refused_by_name_and_never_taken_for_malformed() {
    let newer = SCHEMA_1.replace(r#""schema": 1"#, r#""schema": 2, "new": []"#);
    let refused = StoredLease::parse(Some(newer.as_bytes())).unwrap_err();
    assert_eq!(refused, NewerLease { found: 2 });
    assert_eq!(
        refused.to_string(),
        "the lease was written by a newer release (schema 2; this one reads up to 1)"
    );
    assert!(refused.hint().contains("nothing was changed"));
}

/// proves L2
#[test]
fn what_is_no_lease_is_malformed_and_never_absent() {
    let whole = SCHEMA_1.to_owned();
    let cases = [
        String::new(),
        "\0".repeat(300),
        "null".to_owned(),
        "{}".to_owned(),
        whole[..whole.len() - 3].to_owned(),
        whole.replace(r#""schema": 1,"#, ""),
        whole.replace(r#""schema": 1"#, r#""schema": 0"#),
        whole.replace(r#""epoch": 1"#, r#""epoch": 0"#),
        whole.replace(r#""epoch": 1"#, r#""epoch": 9007199254740992"#),
        whole.replace(r#""pid": 42"#, r#""pid": -1"#),
        whole.replace("anna", "an\\u001b[2Jna"),
        whole.replace("anna", &"a".repeat(64 * 1024)),
    ];
    for text in cases {
        let read = StoredLease::parse(Some(text.as_bytes()));
        let shown = &text[..text.len().min(60)];
        assert!(
            matches!(read, Ok(StoredLease::Malformed { .. })),
            "{shown:?}: {read:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = StoredLease::parse(Some(&bytes));
    }

    /// proves L2
    #[test]
    fn what_is_written_reads_back(
        epoch in 1..=FencingToken::LAST.get(),
        host in "[^\\p{Cc}]{0,12}",
        agent in prop::option::of("[^\\p{Cc}]{0,12}"),
        started in prop::option::of(any::<u64>()),
        mode in prop::sample::select(vec![Mode::Agent, Mode::Shell, Mode::Command]),
    ) {
        let mut lease = Lease { epoch: token(epoch), agent, mode, ..example() };
        lease.keeper.place.host = host;
        lease.keeper.place.boot = None;
        lease.keeper.started = started;
        let read = StoredLease::parse(Some(lease.to_json().as_bytes()));
        prop_assert_eq!(read, Ok(StoredLease::Held(Box::new(lease))));
    }
}
