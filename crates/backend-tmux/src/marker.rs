//! The mark by which a session in tmux is known to be ours.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use abide_core::id::{from_hex, to_hex};

/// Bytes of the hash that are kept: enough that no two places share them by chance.
const MARK_BYTES: usize = 16;

/// Names the place that keeps our state, without telling where that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnerMark(String);

impl OwnerMark {
    /// Returns the mark of a state directory.
    pub(crate) fn of(state_root: &Path) -> Self {
        let path = real(state_root);
        let mut hasher = blake3::Hasher::new_derive_key("abide 2026-11 tmux session owner");
        hasher.update(path.as_os_str().as_encoded_bytes());
        Self(to_hex(&hasher.finalize().as_bytes()[..MARK_BYTES]))
    }

    /// Reads a mark that was written down.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        from_hex::<MARK_BYTES>(text).map(|_| Self(text.to_owned()))
    }

    /// Tells whether this is what a session is marked with.
    pub(crate) fn is(&self, found: &str) -> bool {
        self.0 == found
    }
}

/// Returns the same path for the same place by any way, whether or not it is there yet.
fn real(path: &Path) -> PathBuf {
    match (std::fs::canonicalize(path), path.parent(), path.file_name()) {
        (Ok(real), _, _) => real,
        (Err(_), Some(parent), Some(name)) => real(parent).join(name),
        (Err(_), _, _) => path.to_owned(),
    }
}

impl fmt::Display for OwnerMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves T3
    #[test]
    fn places_have_marks_of_their_own() {
        let mark = OwnerMark::of(Path::new("/nowhere/a"));
        assert_eq!(mark.to_string().len(), 2 * MARK_BYTES);
        assert_eq!(mark, OwnerMark::of(Path::new("/nowhere/a")));
        assert!(!mark.is(&OwnerMark::of(Path::new("/nowhere/b")).to_string()));
        assert!(!mark.is(""));
    }
}
