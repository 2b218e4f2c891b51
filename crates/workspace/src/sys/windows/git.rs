//! Windows: what git prints is UTF-8; nothing tells whether a file may be run; a process is not
//! asked to end.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

/// Returns what git printed as text of the system.
pub(crate) fn text_of_bytes(bytes: &[u8]) -> Option<OsString> {
    std::str::from_utf8(bytes).ok().map(OsString::from)
}

/// Returns the path of a file or directory that is there, as git writes it: from the root, and not in
/// the form that git does not take.
pub(crate) fn real_path(path: &Path) -> io::Result<PathBuf> {
    fs::metadata(path)?;
    std::path::absolute(path)
}

/// Returns the mode under which git keeps a file.
pub(crate) fn git_mode(path: &Path) -> io::Result<&'static str> {
    fs::symlink_metadata(path).map(|_| "100644")
}

/// Lets the files of a tree be removed, as far as that can be done.
pub(crate) fn make_removable(dir: &Path) {
    let Ok(metadata) = fs::symlink_metadata(dir) else {
        return;
    };
    let mut permissions = metadata.permissions();
    #[expect(
        clippy::permissions_set_readonly_false,
        reason = "this is Windows, where it opens the file to nobody else"
    )]
    permissions.set_readonly(false);
    // The removal that follows says what could not be done.
    let _ = fs::set_permissions(dir, permissions);
    if metadata.is_dir() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            make_removable(&entry.path());
        }
    }
}

/// Does nothing: the child is killed when it is dropped.
pub(crate) fn ask_to_end(_child: &tokio::process::Child) {}
