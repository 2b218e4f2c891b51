//! Unix: a file has a mode, an inode and a ctime; its name is bytes.

use std::{
    ffi::OsStr,
    fs::{File, Metadata, OpenOptions},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use abide_core::manifest::{Entry, FileTime, Identity, Kind, ParsePathError, TreePath};
use rustix::fs::OFlags;

/// Returns what the system says of a file, without what it holds.
pub(crate) fn entry(metadata: &Metadata, kind: Kind) -> Entry {
    let nanos = |nanos: i64| u32::try_from(nanos).unwrap_or(0).min(999_999_999);
    let changed = FileTime {
        seconds: metadata.ctime(),
        nanos: nanos(metadata.ctime_nsec()),
    };
    Entry {
        kind,
        size: metadata.size(),
        mode: metadata.mode() & 0o7777,
        modified: FileTime {
            seconds: metadata.mtime(),
            nanos: nanos(metadata.mtime_nsec()),
        },
        identity: Some(Identity {
            inode: metadata.ino(),
            changed,
        }),
        content: None,
    }
}

/// Opens a plain file to read it. Follows no link, and does not wait for the other end if a pipe
/// took the file's place.
pub(crate) fn open_plain(path: &Path) -> io::Result<File> {
    plain(OpenOptions::new().read(true)).open(path)
}

/// Has a file opened so that no link is followed and nothing is waited for.
pub(crate) fn plain(options: &mut OpenOptions) -> &mut OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).expect("the system takes them as this type");
    options.custom_flags(flags)
}

/// Returns a path relative to a tree's root as manifests write it.
pub(crate) fn tree_path(relative: &Path) -> Result<TreePath, ParsePathError> {
    TreePath::new(relative.as_os_str().as_bytes().to_vec())
}

/// Returns the path relative to a tree's root that [`tree_path`] was given, from its bytes.
pub(crate) fn relative_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// Returns the bytes of a link's target.
pub(crate) fn target_bytes(target: &Path) -> Vec<u8> {
    target.as_os_str().as_bytes().to_vec()
}
