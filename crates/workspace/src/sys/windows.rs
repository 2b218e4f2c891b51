//! Windows: a profile's directories are private already; text of the system is 16-bit units; of
//! other processes the system tells nothing without their help.

mod git;
pub(crate) mod place;
mod program;
pub(crate) mod tree;
pub(crate) mod wake;

use std::{
    ffi::{OsStr, OsString},
    fs::{DirBuilder, File, Metadata, OpenOptions},
    io,
    os::windows::ffi::{OsStrExt, OsStringExt},
    path::Path,
};

pub(crate) use self::git::{ask_to_end, git_mode, make_removable, real_path, text_of_bytes};
pub(crate) use self::program::{check_executable, program_names};
use super::ProcessFacts;

/// Makes a directory, and those above it that are missing; access is inherited from above.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

/// Makes a directory, unless there is one, in a directory that has to be there; access is inherited
/// from above.
pub(crate) fn create_private_subdir(path: &Path) -> io::Result<()> {
    match DirBuilder::new().create(path) {
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Does not tell: what is in a profile's directories is its user's, and the system keeps others out.
pub(crate) fn is_own(_metadata: &Metadata) -> bool {
    true
}

/// Does nothing: access is inherited from above.
pub(crate) fn close_to_others(_path: &Path, _metadata: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Makes a new file, to be written to; there must be none.
pub(crate) fn create_new_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Makes an empty file, unless there is one; access is inherited from its directory.
pub(crate) fn create_private_file(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map(drop)
}

/// Does nothing: a directory cannot be synced here.
pub(crate) fn sync_dir(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes text of the system as numbers, losing nothing.
pub(crate) fn to_units(text: &OsStr) -> Vec<u16> {
    text.encode_wide().collect()
}

/// Reads what [`to_units`] wrote; never `None` here, where every unit is allowed.
pub(crate) fn from_units(units: &[u16]) -> Option<OsString> {
    Some(OsString::from_wide(units))
}

/// Returns what the system tells of a process: nothing, here.
pub(crate) fn process_facts(_pid: u32, _variables: &[&'static str]) -> ProcessFacts {
    ProcessFacts::default()
}
