//! Files for this user alone.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{self, Read as _, Write as _},
    os::unix::{
        ffi::OsStringExt as _,
        fs::{MetadataExt as _, OpenOptionsExt as _},
    },
    path::Path,
};

use rustix::fs::OFlags;

/// Makes a file that is not there yet, with this content.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)
}

/// Reads a file that is this user's, closed to all others, and no link.
pub(crate) fn read_private(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).expect("flags of open are an int");
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    let meta = file.metadata()?;
    let is_mine = meta.uid() == rustix::process::geteuid().as_raw();
    if !meta.is_file() || !is_mine || meta.mode() & 0o077 != 0 {
        return Err(io::Error::other("it is not a private file of this user"));
    }
    if max_bytes < meta.len() {
        return Err(io::Error::other("it is too long"));
    }
    let mut content = Vec::new();
    file.take(max_bytes).read_to_end(&mut content)?;
    Ok(content)
}

/// Returns text of the system's own.
pub(crate) fn os_string(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}
