//! A file is known by device and inode, which no other file gets as long as the file is open.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

/// Tells whether `path` leads to the file; an error of the kind `NotFound` if it leads nowhere.
pub(in crate::lock) fn leads_to(path: &Path, file: &File) -> io::Result<bool> {
    let (held, there) = (file.metadata()?, fs::metadata(path)?);
    Ok((held.dev(), held.ino()) == (there.dev(), there.ino()))
}

/// Says that a file which is made is for this user alone.
pub(in crate::lock) fn make_private(options: &mut OpenOptions) {
    options.mode(0o600);
}
