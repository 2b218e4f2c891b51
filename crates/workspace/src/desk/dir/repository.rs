//! The git repository that a directory is in, and its own list of what to leave out.
//!
//! That list is `info/exclude`, which is never committed. Linked worktrees share it; a pattern in it
//! is relative to the top of each.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{files, sys, walk::OWN_DIR};

/// Longest list that is read, in bytes, and longest pointer to a repository.
const MAX_LIST_BYTES: u64 = 1024 * 1024;

/// A repository that a directory is in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repository {
    /// The top of the tree.
    top: PathBuf,
    /// What all worktrees of it share.
    common: PathBuf,
}

impl Repository {
    /// Finds the repository whose tree a directory is in.
    pub(super) fn of(dir: &Path) -> Option<Self> {
        let dir = fs::canonicalize(dir).ok()?;
        dir.ancestors().find_map(|top| {
            let found = git_dir(top)?;
            let common = pointer(&found.join("commondir")).map(|common| found.join(common));
            Some(Self {
                top: top.to_owned(),
                common: common.unwrap_or(found),
            })
        })
    }

    /// Has git leave out the own directory of the workspace in `root`, unless it does already.
    pub(super) fn leave_out(&self, root: &Path) -> io::Result<()> {
        let line = self.pattern(root)?;
        let info = self.common.join("info");
        let path = info.join("exclude");
        let list = files::read(&path, MAX_LIST_BYTES)?.unwrap_or_default();
        if list.split(|byte| *byte == b'\n').any(|known| known == line) {
            return Ok(());
        }
        let mut addition = Vec::new();
        if !list.is_empty() && !list.ends_with(b"\n") {
            addition.push(b'\n');
        }
        addition.extend(line);
        addition.push(b'\n');
        fs::create_dir_all(&info)?;
        let mut options = OpenOptions::new();
        let mut file = sys::tree::plain(options.append(true).create(true)).open(&path)?;
        file.write_all(&addition)
    }

    fn pattern(&self, root: &Path) -> io::Result<Vec<u8>> {
        let root = fs::canonicalize(root)?;
        let below = root.strip_prefix(&self.top).map_err(io::Error::other)?;
        let mut pattern = b"/".to_vec();
        if !below.as_os_str().is_empty() {
            let below = sys::tree::tree_path(below).map_err(io::Error::other)?;
            pattern.extend(below.as_bytes().iter().flat_map(|byte| escaped(*byte)));
            pattern.push(b'/');
        }
        pattern.extend(OWN_DIR.as_bytes());
        pattern.push(b'/');
        Ok(pattern)
    }
}

/// A line's end cannot be written in a list of lines; any one character fits it.
fn escaped(byte: u8) -> Vec<u8> {
    match byte {
        b'\n' => vec![b'?'],
        b'*' | b'?' | b'[' | b']' | b'\\' => vec![b'\\', byte],
        other => vec![other],
    }
}

/// Returns the repository that begins at a directory: right there, or where a file there says.
fn git_dir(top: &Path) -> Option<PathBuf> {
    let path = top.join(".git");
    if path.join("HEAD").is_file() {
        return Some(path);
    }
    let found = top.join(pointer(&path)?);
    found.join("HEAD").is_file().then_some(found)
}

/// Reads a file that names another place.
fn pointer(path: &Path) -> Option<PathBuf> {
    let bytes = files::read(path, MAX_LIST_BYTES).ok()??;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let place = line.strip_prefix(b"gitdir: ").unwrap_or(line);
    Some(sys::tree::relative_path(place))
}
