//! Where a keeper that runs is found: a file in the state directory that says its endpoint.
//!
//! ```text
//! <state directory>/keepers/<directory>-<epoch>.at    the endpoint of the keeper of that grant
//!                           <directory>.log           what keepers of the directory had to say
//! ```
//!
//! `own` is the side of the keeper itself.
//!
//! The directory is in these names as a hash. Whoever has another state directory finds no keeper
//! here, and must not: its sessions cannot be reached from there.

mod own;

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use abide_core::{id::to_hex, lease::FencingToken};
use abide_local::{endpoint, files, os_bytes};
use interprocess::local_socket::tokio::Stream;

pub(crate) use self::own::Endpoint;

/// Where these files are, below the state directory.
const KEEPERS_DIR: &str = "keepers";

/// Length of the part of a name that stands for the directory, in bytes.
const NAME_BYTES: usize = 8;

/// Longest file that is read, in bytes.
const MAX_ADDRESS_BYTES: u64 = 4096;

/// Length from which a log is not continued, in bytes.
const MAX_LOG_BYTES: u64 = 1024 * 1024;

/// The files of the keepers of one directory.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    dir: PathBuf,
    name: String,
}

impl Place {
    /// Names the place for the keepers of a directory; makes nothing.
    pub(crate) fn new(state_dir: &Path, root: &Path) -> Self {
        // Two ways to one directory lead to one keeper.
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let hash = blake3::hash(&os_bytes::to_bytes(root.as_os_str()));
        Self {
            dir: state_dir.join(KEEPERS_DIR),
            name: to_hex(&hash.as_bytes()[..NAME_BYTES]),
        }
    }

    /// Opens the log, and makes the directory for it. One that earlier keepers made long begins anew.
    pub(crate) fn open_log(&self) -> io::Result<fs::File> {
        files::create_private_dir(&self.dir)?;
        if fs::metadata(self.log()).is_ok_and(|log| MAX_LOG_BYTES < log.len()) {
            fs::remove_file(self.log())?;
        }
        files::open_private_log(&self.log())
    }

    /// Returns where the log is.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join(format!("{}.log", self.name))
    }

    /// Removes the log, once nobody needs what it says.
    pub(crate) fn remove_log(&self) {
        // One that stays says something of nothing.
        let _ = fs::remove_file(self.log());
    }

    /// Connects to the keeper of a grant.
    pub(crate) async fn connect(&self, epoch: FencingToken) -> io::Result<Stream> {
        let stream = endpoint::connect(&self.read(epoch)?).await?;
        match endpoint::is_same_user(&stream)? {
            true => Ok(stream),
            false => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "another user answers in the keeper's place",
            )),
        }
    }

    fn file(&self, epoch: FencingToken) -> PathBuf {
        self.dir.join(format!("{}-{epoch}.at", self.name))
    }

    /// Returns what the names of a grant's sockets begin with.
    fn stem(&self, epoch: FencingToken) -> String {
        format!("k-{}-{epoch}-", self.name)
    }

    fn read(&self, epoch: FencingToken) -> io::Result<String> {
        let file = fs::File::open(self.file(epoch))?;
        io::read_to_string(io::Read::take(file, MAX_ADDRESS_BYTES))
    }

    /// Returns what is said of where the keeper of a grant is, if anything is.
    fn said(&self, epoch: FencingToken) -> Option<String> {
        self.read(epoch).ok()
    }

    /// Says where the keeper of a grant is.
    fn say(&self, epoch: FencingToken, endpoint: &str) -> io::Result<()> {
        // A state directory that was deleted as a whole is not made again.
        if self.dir.parent().is_some_and(Path::is_dir) {
            files::create_private_dir(&self.dir)?;
        }
        let file = self.file(epoch);
        let unfinished = file.with_extension("new");
        // What a keeper left that was killed while it wrote is nobody's.
        let _ = fs::remove_file(&unfinished);
        files::create_private_file(&unfinished)?.write_all(endpoint.as_bytes())?;
        fs::rename(&unfinished, &file)
    }

    /// Removes what keepers of earlier grants left that were killed.
    fn clear_before(&self, epoch: FencingToken) {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let earlier = name.to_str().and_then(|name| self.epoch_of(name));
            if earlier.is_none_or(|earlier| epoch.get() <= earlier) {
                continue;
            }
            if let Ok(endpoint) = fs::read_to_string(entry.path()) {
                let stem = format!("k-{}-", self.name);
                endpoint::remove(&endpoint, &stem);
            }
            // One that stays leads nowhere, and is looked at again by the next keeper.
            let _ = fs::remove_file(entry.path());
        }
    }

    fn epoch_of(&self, file: &str) -> Option<u64> {
        let rest = file.strip_prefix(&self.name)?.strip_prefix('-')?;
        rest.strip_suffix(".at")?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_to_a_directory_lead_to_one_place_and_two_directories_to_two() {
        let root = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| root.path().join(name));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&other).unwrap();
        let name = |dir: &Path| Place::new(root.path(), dir).name;
        assert_eq!(name(&one), name(&other.join("..").join("one")));
        assert_ne!(name(&one), name(&other));
    }

    #[test]
    fn a_log_that_became_long_begins_anew() {
        let root = tempfile::tempdir().unwrap();
        let place = Place::new(root.path(), root.path());
        place.open_log().unwrap().write_all(b"short\n").unwrap();
        place.open_log().unwrap().write_all(b"more\n").unwrap();
        assert_eq!(fs::read(place.log()).unwrap(), b"short\nmore\n");
        let long = usize::try_from(MAX_LOG_BYTES).unwrap();
        place
            .open_log()
            .unwrap()
            .write_all(&vec![b'x'; long])
            .unwrap();
        drop(place.open_log().unwrap());
        assert_eq!(fs::metadata(place.log()).unwrap().len(), 0);
    }
}
