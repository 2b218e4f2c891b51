//! Files that are there whole or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use abide_core::id;
use serde::Serialize;

use super::StateError;
use crate::sys;

pub(super) fn is_absent(err: &io::Error) -> bool {
    matches!(
        err.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

pub(super) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StateError> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("state holds text and numbers only");
    bytes.push(b'\n');
    write_whole(path, &bytes)
}

/// Writes a private file whole: under another name, then renamed.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    // A file of this name that a killed process left goes with the directory.
    let new = path.with_extension(format!("{}.new", id::to_hex(&id::random_bytes::<4>())));
    let written = sys::files::create_private_file(&new)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|source| {
        let _ = fs::remove_file(&new);
        failed("write", path, source)
    })
}

/// Waits until files and their names are on the disk.
pub(super) fn sync(dir: &Path, files: &[PathBuf]) -> Result<(), StateError> {
    for path in files {
        let synced = sys::files::sync_file(path);
        synced.map_err(|source| failed("sync", path, source))?;
    }
    sys::files::sync_dir(dir).map_err(|source| failed("sync", dir, source))
}

fn failed(verb: &'static str, path: &Path, source: io::Error) -> StateError {
    StateError::Io {
        verb,
        path: path.to_owned(),
        source,
    }
}

pub(super) fn remove_if_there(path: &Path) -> Result<(), StateError> {
    match fs::remove_file(path) {
        Err(err) if !is_absent(&err) => Err(StateError::Io {
            verb: "remove",
            path: path.to_owned(),
            source: err,
        }),
        _ => Ok(()),
    }
}
