//! The bytes: pinned, whole or refused.

use abide_core::{
    id::to_hex,
    manifest::{Manifest, ReadManifestError},
};
use proptest::prelude::*;

use super::fixture::{file, holding, manifest, manifests, path, taken};

fn written(manifest: &Manifest) -> Vec<u8> {
    let mut bytes = Vec::new();
    manifest.write_to(&mut bytes).unwrap();
    bytes
}

/// What schema 1 looks like. It was released, so that it never changes.
const SCHEMA_1: &str = "
    61626964656d6674 01000000
    1c000000 d9a0c52265ac3275d48c5ce2db0f4359
        00505c18a3010000 00d2496b00000000 05000000 0200000000000000
    3f000000 c5479e41062223db833e44def9bb3d28
        00 05 612f622063 04 0a a403 c801 05 07 00 05
        04 01 64 0c 05 a403 c801 05 ac02 00 05
            073acf80c9f552574db02fad710110d3b1cb06724ee70e3bfb8bb33a5d803ea1
    00000000 ea21c7b3c885cf2fb547bb51016c8bbb
";

/// proves M1
#[test]
fn schema_1_is_pinned_and_reads_back() {
    let example = manifest([("a/b c", file(7)), ("a/b d", holding(300, b"words"))]);
    let bytes = written(&example);
    assert_eq!(to_hex(&bytes), SCHEMA_1.replace([' ', '\n'], ""));
    assert_eq!(Manifest::read_from(&bytes[..]).unwrap(), example);
}

/// proves M1
#[test]
fn a_newer_schema_is_refused_by_name() {
    let mut bytes = written(&manifest([]));
    bytes[8] = 2;
    let refused = Manifest::read_from(&bytes[..]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the manifest was written by a newer release (schema 2; this one reads up to 1)"
    );
}

/// proves M5
#[test]
fn no_byte_can_be_lost_or_changed_unnoticed() {
    let whole = written(&manifest([("a", file(7)), ("b", holding(8, b"words"))]));
    for length in 0..whole.len() {
        assert!(Manifest::read_from(&whole[..length]).is_err(), "{length}");
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let read = Manifest::read_from(&bytes[..]);
            assert!(read.is_err(), "bit {bit} of byte {at}: {read:?}");
        }
    }
}

#[test]
fn many_files_take_many_blocks_and_little_room_each() {
    let name = |number: usize| format!("crates/one/src/module/file number {number:06}.rs");
    let files = (0..10_000_u64).map(|number| {
        let at = usize::try_from(number).unwrap();
        (path(&name(at)), file(1_000_000 + number))
    });
    let many = Manifest::new(taken(), files.collect());
    let bytes = written(&many);
    assert_eq!(Manifest::read_from(&bytes[..]).unwrap(), many);
    assert!(bytes.len() < 10_000 * 32, "{} bytes", bytes.len());
    let (path, entry) = &many.entries()[4_321];
    assert_eq!(many.get(path), Some(entry));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let read = Manifest::read_from(&bytes[..]);
        prop_assert!(matches!(read, Err(ReadManifestError::NoManifest)));
    }

    /// proves M1
    #[test]
    fn what_is_written_reads_back(one in manifests()) {
        prop_assert_eq!(Manifest::read_from(&written(&one)[..]).unwrap(), one);
    }
}
