//! Files and manifests, by hand and at random.

use abide_core::{
    clock::Timestamp,
    manifest::{ContentHash, Entry, FileTime, Identity, Kind, Manifest, Taken, TreePath},
};
use proptest::{collection::btree_map, option, prelude::*, sample::select};

pub(crate) fn path(text: &str) -> TreePath {
    TreePath::new(text.as_bytes().to_vec()).unwrap()
}

pub(crate) fn time(seconds: i64) -> FileTime {
    FileTime { seconds, nanos: 5 }
}

/// A file of 10 bytes, last changed at second 100.
pub(crate) fn file(inode: u64) -> Entry {
    Entry {
        kind: Kind::File,
        size: 10,
        mode: 0o644,
        modified: time(100),
        identity: Some(Identity {
            inode,
            changed: time(100),
        }),
        content: None,
    }
}

pub(crate) fn holding(inode: u64, content: &[u8]) -> Entry {
    Entry {
        size: content.len() as u64,
        content: Some(ContentHash::of(content)),
        ..file(inode)
    }
}

pub(crate) fn manifest<const N: usize>(files: [(&str, Entry); N]) -> Manifest {
    let files = files.map(|(name, entry)| (path(name), entry));
    Manifest::new(taken(), files.into())
}

pub(crate) fn taken() -> Taken {
    Taken {
        at: Timestamp::from_millis(1_800_000_000_000),
        settled_before: time(1_800_000_000),
    }
}

fn times() -> impl Strategy<Value = FileTime> {
    let few = (0..3_i64).prop_map(time);
    let any = (any::<i64>(), 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| FileTime { seconds, nanos });
    prop_oneof![9 => few, 1 => any]
}

/// Files that often have the same number, time or content, so that they are mistaken if anything is.
fn entries() -> impl Strategy<Value = Entry> {
    let identity = (0..4_u64, times()).prop_map(|(inode, changed)| Identity { inode, changed });
    let content = select(vec![&b""[..], b"one", b"two"]).prop_map(ContentHash::of);
    (
        select(vec![Kind::File, Kind::Symlink, Kind::Other]),
        prop_oneof![9 => 0..3_u64, 1 => any::<u64>()],
        select(vec![0, 0o644, 0o755]),
        times(),
        option::of(identity),
        option::of(content),
    )
        .prop_map(|(kind, size, mode, modified, identity, content)| Entry {
            kind,
            size,
            mode,
            modified,
            identity,
            content,
        })
}

fn paths() -> impl Strategy<Value = TreePath> {
    let part = prop_oneof![
        select(vec!["a", "b", "c d", "\u{e9}", "z"]).prop_map(|text| text.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 1..4),
    ];
    let parts = proptest::collection::vec(part, 1..4);
    parts.prop_filter_map("no path", |parts| TreePath::new(parts.join(&b'/')).ok())
}

pub(crate) fn manifests() -> impl Strategy<Value = Manifest> {
    let taken = (any::<u64>(), times()).prop_map(|(at, settled_before)| Taken {
        at: Timestamp::from_millis(at),
        settled_before,
    });
    let files = btree_map(paths(), entries(), 0..20);
    (taken, files).prop_map(|(taken, files)| Manifest::new(taken, files.into_iter().collect()))
}
