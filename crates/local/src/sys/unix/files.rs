//! Private directories and files.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

/// Permission bits that nobody but the user may have.
const OTHERS: u32 = 0o077;

/// Makes the directory and those above it, private to this user, unless they exist; then checks it.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)?;
    check_private_dir(path)
}

/// Checks that the path is a directory, not a link to one, of this user, closed to all others.
pub fn check_private_dir(path: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    let refuse = |reason: String| Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    if meta.file_type().is_symlink() {
        return refuse("it is a symbolic link".into());
    }
    if !meta.is_dir() {
        return refuse("it is not a directory".into());
    }
    let user = rustix::process::geteuid().as_raw();
    if meta.uid() != user {
        return refuse(format!(
            "it belongs to user {}, not to you (user {user})",
            meta.uid()
        ));
    }
    if meta.mode() & OTHERS != 0 {
        let mode = meta.mode() & 0o7777;
        return refuse(format!(
            "others have access to it (mode {mode:04o}, wanted 0700)"
        ));
    }
    Ok(())
}

/// Gives a directory that is to be deleted another name.
pub fn retire_dir(path: &Path, retired: &Path) -> io::Result<()> {
    fs::rename(path, retired)
}

/// Opens a private file that is written at its end.
pub fn open_private_log(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

/// Makes a private file that is not there yet.
pub fn create_private_file(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
}

/// Opens a private file that is written over from its start; makes it if it is missing.
pub fn open_private_file(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Writes over the beginning of a file.
pub fn write_at_start(file: &fs::File, bytes: &[u8]) -> io::Result<()> {
    file.write_all_at(bytes, 0)
}

/// Waits until what was written to the file is on the disk.
pub fn sync_file(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_data()
}

/// Waits until the names in the directory are on the disk.
pub fn sync_dir(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Tells whether this user may run the file at the path.
pub fn check_executable(path: &Path) -> io::Result<()> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok(rustix::fs::access(path, rustix::fs::Access::EXEC_OK)?)
}

/// Tells whether this user may go into the directory.
pub fn check_enterable(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, rustix::fs::Access::EXEC_OK)?)
}

/// Names under which a program of this name may be found in a directory.
pub fn program_names(name: &std::ffi::OsStr) -> Vec<std::ffi::OsString> {
    vec![name.to_owned()]
}
