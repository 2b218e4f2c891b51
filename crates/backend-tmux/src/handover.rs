//! What the relay leaves for the pane's first process, and what that leaves for relays to come.
//!
//! ```text
//! <session>/handover   0600, written by the relay, read and removed by the pane's process:
//!                      program, arguments, directory and the whole environment of the child
//! <session>/pane       0600, written by the pane's process: which start this is, its secret,
//!                      and the last that is known of the child
//! ```
//!
//! An environment is in no argument and in no server: this file is its only way, and it is gone before
//! the child runs.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use abide_core::{env_policy::Environment, id::Generation};
use zeroize::Zeroizing;

use crate::{
    note::{Nonce, Note},
    sys,
};

/// Begins a handover; another release's begins with another number.
const HEADER: &str = "abide-handover-1";

/// Longest handover that is read, in bytes: more than any system starts a program with.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The name of the file in the session's directory that says what is known of the child.
const PANE_FILE: &str = "pane";

/// Everything that the pane's process must know.
#[derive(Clone)]
pub(crate) struct Handover {
    pub(crate) generation: Generation,
    pub(crate) nonce: Nonce,
    /// The session's directory.
    pub(crate) dir: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) cwd: PathBuf,
    pub(crate) argv: Vec<OsString>,
    pub(crate) env: Environment,
}

impl Handover {
    /// Returns where the handover of a start is.
    pub(crate) fn path(dir: &Path) -> PathBuf {
        dir.join("handover")
    }

    /// Writes the handover, for this user alone.
    pub(crate) fn write(&self) -> io::Result<PathBuf> {
        let path = Self::path(&self.dir);
        match fs::remove_file(&path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
            _ => {}
        }
        sys::write_private(&path, &self.encode()?)?;
        Ok(path)
    }

    /// Reads a handover and removes it.
    pub(crate) fn take(path: &Path) -> io::Result<Self> {
        let bytes = Zeroizing::new(sys::read_private(path, MAX_BYTES)?);
        fs::remove_file(path)?;
        Self::decode(&bytes).ok_or_else(|| io::Error::other("it is not a handover of this release"))
    }

    /// Fields end with a zero, which none of them can hold.
    fn encode(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        let (generation, count) = (self.generation.to_string(), self.argv.len().to_string());
        let fixed: [&OsStr; 7] = [
            HEADER.as_ref(),
            generation.as_ref(),
            self.nonce.as_str().as_ref(),
            self.dir.as_os_str(),
            self.program.as_os_str(),
            self.cwd.as_os_str(),
            count.as_ref(),
        ];
        let argv = self.argv.iter().map(OsString::as_os_str);
        let variables = self.env.iter().flat_map(|(name, value)| [name, value]);
        let mut bytes = Zeroizing::new(Vec::new());
        for field in fixed.into_iter().chain(argv).chain(variables) {
            let field = field.as_encoded_bytes();
            if field.contains(&0) {
                return Err(io::Error::other(
                    "a word, path or variable holds a zero byte",
                ));
            }
            bytes.extend_from_slice(field);
            bytes.push(0);
        }
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = bytes.strip_suffix(&[0])?.split(|byte| *byte == 0);
        let mut text = || std::str::from_utf8(fields.next()?).ok();
        (text()? == HEADER).then_some(())?;
        let generation = text()?.parse().ok()?;
        let nonce = Nonce::parse(text()?)?;
        let mut os = || fields.next().map(sys::os_string);
        let (dir, program, cwd) = (os()?, os()?, os()?);
        let count: usize = os()?.to_str()?.parse().ok()?;
        let argv: Vec<OsString> = (0..count).map_while(|_| os()).collect();
        let mut env = Environment::new();
        while let Some(name) = os() {
            env.set(name, os()?);
        }
        (argv.len() == count).then(|| Self {
            generation,
            nonce,
            dir: dir.into(),
            program: program.into(),
            cwd: cwd.into(),
            argv,
            env,
        })
    }
}

/// What the pane's process wrote down last.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PaneFile {
    pub(crate) generation: Generation,
    pub(crate) nonce: Nonce,
    pub(crate) note: Note,
    /// Whether the terminal was gone when the child had ended: then it was hung up on, perhaps.
    pub(crate) is_hung_up: bool,
}

impl PaneFile {
    /// Writes it in the place of what was there.
    pub(crate) fn write(&self, dir: &Path) -> io::Result<()> {
        let text = format!(
            "{} {} {}{}\n",
            self.generation,
            self.nonce.as_str(),
            self.note.text(),
            if self.is_hung_up { " hung-up" } else { "" }
        );
        let new = dir.join(format!("{PANE_FILE}.new"));
        match fs::remove_file(&new) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
            _ => {}
        }
        sys::write_private(&new, text.as_bytes())?;
        fs::rename(new, dir.join(PANE_FILE))
    }

    /// Reads it, if it is there and of this start.
    pub(crate) fn read(dir: &Path, generation: Generation) -> Option<Self> {
        let bytes = sys::read_private(&dir.join(PANE_FILE), MAX_BYTES).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        Self::parse(text.trim_end()).filter(|file| file.generation == generation)
    }

    fn parse(text: &str) -> Option<Self> {
        let (generation, rest) = text.split_once(' ')?;
        let (nonce, rest) = rest.split_once(' ')?;
        let (note, is_hung_up) = match rest.strip_suffix(" hung-up") {
            Some(note) => (note, true),
            None => (rest, false),
        };
        Some(Self {
            generation: generation.parse().ok()?,
            nonce: Nonce::parse(nonce)?,
            note: Note::parse(note)?,
            is_hung_up,
        })
    }
}

#[cfg(test)]
mod tests {
    use abide_core::backend::ExitOutcome;
    use proptest::prelude::*;

    use super::*;

    fn handover(dir: &Path) -> Handover {
        Handover {
            generation: Generation::random(),
            nonce: Nonce::random(),
            dir: dir.to_owned(),
            program: "/bin/sh".into(),
            cwd: "/w".into(),
            argv: vec!["sh".into(), "".into(), "-c".into()],
            env: [("A".into(), "a value".into()), ("B".into(), "".into())]
                .into_iter()
                .collect(),
        }
    }

    /// proves T5
    #[test]
    fn a_handover_is_private_and_gone_once_it_was_taken() {
        let dir = tempfile::tempdir().unwrap();
        let given = handover(dir.path());
        let path = given.write().unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        let taken = Handover::take(&path).unwrap();
        assert!(!path.exists());
        assert_eq!((taken.argv, taken.cwd), (given.argv, given.cwd));
        assert!(taken.env == given.env && taken.nonce == given.nonce);
        assert!(Handover::take(&path).is_err());
    }

    /// proves T7
    #[test]
    fn what_was_written_of_a_pane_is_read_for_its_own_start_alone() {
        let dir = tempfile::tempdir().unwrap();
        let generation = Generation::random();
        assert!(PaneFile::read(dir.path(), generation).is_none());
        let mut file = PaneFile {
            generation,
            nonce: Nonce::random(),
            note: Note::Started { pid: 7 },
            is_hung_up: false,
        };
        file.write(dir.path()).unwrap();
        assert!(PaneFile::read(dir.path(), generation).as_ref() == Some(&file));
        file.note = Note::Ended(ExitOutcome::Signaled { signal: 1 });
        file.is_hung_up = true;
        file.write(dir.path()).unwrap();
        assert!(PaneFile::read(dir.path(), generation).as_ref() == Some(&file));
        assert!(PaneFile::read(dir.path(), Generation::random()).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = Handover::decode(&bytes);
            let _ = PaneFile::parse(&String::from_utf8_lossy(&bytes));
        }
    }
}
