//! Unix: modes keep other users out; text of the system is bytes.

mod git;
pub(crate) mod place;
mod process;
mod program;
pub(crate) mod tree;
pub(crate) mod wake;

use std::{
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::Path,
};

pub(crate) use self::{
    git::{ask_to_end, git_mode, make_removable, real_path, text_of_bytes},
    process::process_facts,
    program::{check_executable, program_names},
};

/// Makes a directory, and those above it that are missing, for this user alone.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a directory for this user alone, unless there is one, in a directory that has to be there.
pub(crate) fn create_private_subdir(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Tells whether this user owns a file.
pub(crate) fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Closes a directory of this user's to all others.
pub(crate) fn close_to_others(path: &Path, metadata: &Metadata) -> io::Result<()> {
    match metadata.permissions().mode() & 0o777 {
        0o700 => Ok(()),
        _ => fs::set_permissions(path, Permissions::from_mode(0o700)),
    }
}

/// Makes a new file for this user alone, to be written to; there must be none.
pub(crate) fn create_new_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Makes an empty file for this user alone, unless there is one.
pub(crate) fn create_private_file(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(drop)
}

/// Sees to it that what was made, renamed or removed in a directory outlives a loss of power.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Writes text of the system as numbers, losing nothing.
pub(crate) fn to_units(text: &OsStr) -> Vec<u16> {
    text.as_bytes().iter().copied().map(u16::from).collect()
}

/// Reads what [`to_units`] wrote; `None` for numbers that are no text of this system.
pub(crate) fn from_units(units: &[u16]) -> Option<OsString> {
    let bytes: Result<Vec<u8>, _> = units.iter().copied().map(u8::try_from).collect();
    bytes.ok().map(OsString::from_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_in_one_that_is_gone_is_not_made() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a").join("b");
        let gone = create_private_subdir(&dir).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        assert!(!root.path().join("a").exists());
        fs::create_dir(root.path().join("a")).unwrap();
        create_private_subdir(&dir).unwrap();
        create_private_subdir(&dir).unwrap();
        let mode = fs::metadata(&dir).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700);
        let file = dir.join("file");
        create_private_file(&file).unwrap();
        let taken = create_private_subdir(&file).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn what_is_made_is_for_this_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a").join("b");
        create_private_dir(&dir).unwrap();
        create_private_dir(&dir).unwrap();
        let file = dir.join("file");
        create_private_file(&file).unwrap();
        fs::write(&file, "kept").unwrap();
        create_private_file(&file).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&dir), mode(&file)), (0o700, 0o600));
        assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
    }
}
