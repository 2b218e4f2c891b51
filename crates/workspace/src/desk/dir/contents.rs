//! Which files of a workspace's own directory abide put there.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use abide_core::id::RecordId;

use crate::{
    desk::{
        lock::{HOLDER_FILE, LOCK_FILE},
        names::{BASELINES_DIR, KEEPERS_DIR, LEASE_FILE, SUMMARY_FILE, epoch_of},
    },
    files::NEW_SUFFIX,
    journal::{JOURNAL_FILE, is_older},
};

/// Has git leave the directory out where its list of what to leave out cannot be written.
pub(super) const IGNORE_FILE: &str = ".gitignore";

/// What abide keeps right in the directory.
const FILES: [&str; 6] = [
    LOCK_FILE,
    HOLDER_FILE,
    LEASE_FILE,
    JOURNAL_FILE,
    SUMMARY_FILE,
    IGNORE_FILE,
];

/// What is in a workspace's own directory, relative to it and by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// What abide put there: files alone.
    pub own: Vec<PathBuf>,
    /// What somebody else did.
    pub others: Vec<PathBuf>,
}

impl Contents {
    pub(super) fn of(dir: &Path) -> io::Result<Self> {
        let mut contents = Self::default();
        contents.take(dir, Path::new(""), is_own)?;
        contents.take(dir, Path::new(KEEPERS_DIR), |name| epoch_of(name).is_some())?;
        contents.take(dir, Path::new(BASELINES_DIR), |name| {
            let written = new_of(name).unwrap_or(name);
            written.parse::<RecordId>().is_ok()
        })?;
        contents.own.sort();
        contents.others.sort();
        Ok(contents)
    }

    fn take(&mut self, dir: &Path, below: &Path, is_own: impl Fn(&str) -> bool) -> io::Result<()> {
        let path = dir.join(below);
        let is_dir = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir());
        if !is_dir {
            return Ok(());
        }
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_top = below.as_os_str().is_empty();
            if is_top && is_inner(&name) && entry.file_type()?.is_dir() {
                continue;
            }
            let list = match name.to_str().is_some_and(&is_own) && !entry.file_type()?.is_dir() {
                true => &mut self.own,
                false => &mut self.others,
            };
            list.push(below.join(name));
        }
        Ok(())
    }
}

fn is_inner(name: &OsStr) -> bool {
    name == KEEPERS_DIR || name == BASELINES_DIR
}

fn is_own(name: &str) -> bool {
    let written = new_of(name).unwrap_or(name);
    FILES.contains(&written) || is_older(written)
}

/// Returns the name of the file that one was to become: it ends in chance and a suffix.
fn new_of(name: &str) -> Option<&str> {
    let (written, _) = name.strip_suffix(NEW_SUFFIX)?.rsplit_once('.')?;
    Some(written)
}
