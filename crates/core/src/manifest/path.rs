//! Names of files below a workspace's directory.

use std::{fmt, str};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::{to_hex, vec_from_hex};

/// Longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 64 * 1024;

/// A relative path with forward slashes, as bytes: UTF-8 where the name is text.
///
/// On Unix any other bytes are the name's own; on Windows an unpaired surrogate is written as UTF-8
/// would write it (WTF-8). So no name is lost or changed. Ordered by bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(Box<[u8]>);

/// Bytes that are no path below a directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no path below a directory", .0.escape_ascii())]
pub struct ParsePathError(Vec<u8>);

impl TreePath {
    /// Takes a path as it is.
    ///
    /// # Errors
    ///
    /// When it is empty, absolute or too long, has a part that is empty, `.` or `..`, or a zero.
    pub fn new(bytes: Vec<u8>) -> Result<Self, ParsePathError> {
        let is_part = |part: &[u8]| !matches!(part, b"" | b"." | b"..") && !part.contains(&0);
        let is_path = bytes.len() <= MAX_PATH_BYTES && bytes.split(|c| *c == b'/').all(is_part);
        match is_path {
            true => Ok(Self(bytes.into_boxed_slice())),
            false => Err(ParsePathError(bytes)),
        }
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the paths of the directories above it, from the top.
    pub fn parents(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.0.iter().enumerate().filter(|(_, c)| **c == b'/');
        ends.map(|(at, _)| &self.0[..at])
    }
}

/// Shows the path on one line: text as it is, control characters and other bytes escaped.
impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c.is_control() {
                    true => write!(f, "{}", c.escape_default())?,
                    false => write!(f, "{c}")?,
                }
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        Ok(())
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreePath({self})")
    }
}

/// As JSON: a text, or for a name that is no text `{"hex": "66ff"}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Other { hex: String },
}

impl Serialize for TreePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Written::Other {
                hex: to_hex(&self.0),
            }
            .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for TreePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = match Written::deserialize(deserializer)? {
            Written::Text(text) => Some(text.into_bytes()),
            Written::Other { hex } => vec_from_hex(&hex),
        };
        let bytes = bytes.ok_or_else(|| de::Error::custom("a path's bytes in hexadecimal"))?;
        Self::new(bytes).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(bytes: &[u8]) -> TreePath {
        TreePath::new(bytes.to_vec()).unwrap()
    }

    #[test]
    fn paths_stay_below_their_directory() {
        let long = vec![b'a'; MAX_PATH_BYTES + 1];
        let refused: [&[u8]; 8] = [b"", b"/a", b"a/", b"a//b", b"./a", b"a/..", b"a\0", &long];
        for bytes in refused {
            assert!(TreePath::new(bytes.to_vec()).is_err(), "{bytes:?}");
        }
        let parents: Vec<_> = path(b"a/..b/c").parents().map(<[u8]>::to_vec).collect();
        assert_eq!(parents, [b"a".to_vec(), b"a/..b".to_vec()]);
    }

    /// proves M1
    #[test]
    fn every_name_survives_json_and_none_reaches_the_terminal_raw() {
        for bytes in [
            &b"a b/\"\n"[..],
            "\u{e9}\u{1b}[2J".as_bytes(),
            b"f\xff/\xed\xa0\x80",
        ] {
            let json = serde_json::to_string(&path(bytes)).unwrap();
            let back: TreePath = serde_json::from_str(&json).unwrap();
            assert_eq!(back.as_bytes(), bytes, "{json}");
        }
        assert_eq!(
            path("\u{e9}\u{1b}\n".as_bytes()).to_string(),
            "\u{e9}\\u{1b}\\n"
        );
        assert_eq!(path(b"f\xff").to_string(), "f\\xff");
    }
}
