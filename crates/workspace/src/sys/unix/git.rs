//! Unix: what git prints are bytes; a file may be run if its owner may; a process can be asked to end.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::{
        ffi::OsStringExt,
        fs::{MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Signal};

/// Returns what git printed as text of the system.
pub(crate) fn text_of_bytes(bytes: &[u8]) -> Option<OsString> {
    Some(OsString::from_vec(bytes.to_owned()))
}

/// Returns the path of a file or directory that is there, as git writes it: without links.
pub(crate) fn real_path(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// Returns the mode under which git keeps a file.
pub(crate) fn git_mode(path: &Path) -> io::Result<&'static str> {
    let metadata = fs::symlink_metadata(path)?;
    Ok(match metadata.mode() & 0o100 {
        0 => "100644",
        _ => "100755",
    })
}

/// Gives the owner back the right to change the directories of a tree, as far as that can be done.
pub(crate) fn make_removable(dir: &Path) {
    let Ok(metadata) = fs::symlink_metadata(dir) else {
        return;
    };
    if !metadata.is_dir() {
        return;
    }
    let mode = metadata.mode() | 0o700;
    // The removal that follows says what could not be done.
    let _ = fs::set_permissions(dir, fs::Permissions::from_mode(mode));
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        make_removable(&entry.path());
    }
}

/// Asks a child to end.
pub(crate) fn ask_to_end(child: &tokio::process::Child) {
    // A child that has ended and was waited for has no id any more.
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid.and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
}
