//! Files in a directory that others can write to: read up to a limit, replaced whole.
//!
//! What is in the place of a file may be a link, a pipe or a directory, or be without end. None of
//! them is followed, waited for or read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use abide_core::id::{random_bytes, to_hex};

use crate::sys;

/// Ends the names of files that are being written.
pub(crate) const NEW_SUFFIX: &str = ".new";

/// Reads a plain file of at most so many bytes; `None` if there is none.
pub(crate) fn read(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    match sys::tree::open_plain(path) {
        Ok(file) => read_plain(&file, max_bytes).map(Some),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(err),
    }
}

/// Reads an open file from where it stands, if it is a plain one of at most so many bytes.
pub(crate) fn read_plain(file: &File, max_bytes: u64) -> io::Result<Vec<u8>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a plain file",
        ));
    }
    let mut bytes = Vec::new();
    let mut limited = file.take(max_bytes.saturating_add(1));
    limited.read_to_end(&mut bytes)?;
    match bytes.len() as u64 <= max_bytes {
        true => Ok(bytes),
        false => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {max_bytes} bytes"),
        )),
    }
}

/// When what was written has to be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durable {
    /// Before it takes its place, and its place before this returns.
    Now,
    /// Whenever the system sees fit.
    Sometime,
}

/// Puts a file for this user alone in a place, whole or not at all.
pub(crate) fn replace(
    path: &Path,
    durable: Durable,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let new = new_path(path);
    let written = write_new(&new, durable, write).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // What stays behind is known by its name, and removed by the next one to claim the lease.
        let _ = fs::remove_file(&new);
    }
    written?;
    match (durable, path.parent()) {
        (Durable::Now, Some(dir)) => sys::sync_dir(dir),
        (Durable::Now, None) | (Durable::Sometime, _) => Ok(()),
    }
}

/// Sees to it that a plain file is on disk as it is now.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    sys::tree::plain(OpenOptions::new().write(true))
        .open(path)?
        .sync_all()
}

fn write_new(
    path: &Path,
    durable: Durable,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = io::BufWriter::new(sys::create_new_private_file(path)?);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    match durable {
        Durable::Now => file.sync_all(),
        Durable::Sometime => Ok(()),
    }
}

fn new_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}{NEW_SUFFIX}", to_hex(&random_bytes::<8>())));
    PathBuf::from(name)
}

/// Removes a file; one that is not there is no error.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_a_failed_write_leaves_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let put = |text: &'static [u8]| {
            replace(&path, Durable::Now, |file| file.write_all(text)).unwrap();
        };
        put(b"one");
        put(b"two");
        let refused = replace(&path, Durable::Now, |file| {
            file.write_all(b"three")?;
            Err(io::Error::other("the test refuses"))
        });
        assert_eq!(refused.unwrap_err().to_string(), "the test refuses");
        assert_eq!(read(&path, 3).unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_plain_file_or_too_long_is_an_error_and_nothing_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        assert_eq!(read(&path, 3).unwrap(), None);
        fs::write(&path, "four").unwrap();
        let kind = |path: &Path| read(path, 3).unwrap_err().kind();
        assert_eq!(kind(&path), io::ErrorKind::FileTooLarge);
        assert!(read(dir.path(), 3).is_err());
        remove(&path).unwrap();
        remove(&path).unwrap();
    }
}
