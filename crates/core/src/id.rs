//! Names of things: validated once, trusted afterwards.
//!
//! A [`SessionId`] names a session and the directory its state is in; a [`Generation`] names one
//! start of it. Whatever destroys something compares generations first, because an id, a name and
//! a process id all come back.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longest id, in bytes: it is a directory name and part of nothing longer.
const MAX_ID_BYTES: usize = 40;

/// Bytes of randomness in a new workspace or session id.
const ID_RANDOM_BYTES: usize = 10;

/// A text that is no id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}: expected {expected}")]
pub struct ParseIdError {
    text: String,
    kind: &'static str,
    expected: &'static str,
}

/// Fills an array from the system's random generator.
///
/// # Panics
///
/// When the system has no source of randomness, without which nothing here can be named safely.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("every supported system has a source of randomness");
    bytes
}

/// Writes bytes as lower-case hexadecimal digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads exactly `N` bytes written by [`to_hex`]; `None` for anything else.
#[must_use]
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    match text.len() == 2 * N {
        true => vec_from_hex(text)?.try_into().ok(),
        false => None,
    }
}

/// Reads any number of bytes written by [`to_hex`]; `None` for anything else.
#[must_use]
pub fn vec_from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks() else {
        return None;
    };
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    pairs.iter().map(byte).collect()
}

fn is_id(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= MAX_ID_BYTES
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|c| plain(c) || c == b'-')
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns a new random id.
            #[must_use]
            pub fn random() -> Self {
                Self(to_hex(&random_bytes::<ID_RANDOM_BYTES>()))
            }

            /// Returns the id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                if is_id(&text) {
                    return Ok(Self(text));
                }
                Err(ParseIdError {
                    text,
                    kind: $kind,
                    expected: "1 to 40 of a-z, 0-9 and -, not beginning with -",
                })
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

text_id!(
    /// Names a workspace for ever; people use its name, which may change.
    WorkspaceId,
    "workspace id"
);
text_id!(
    /// Names a session for ever, across its starts; also the directory its state is in.
    SessionId,
    "session id"
);
text_id!(
    /// Names the record of one start of a session.
    RecordId,
    "record id"
);

text_id!(
    /// Names a state directory for ever, wherever it is mounted and whatever it is called.
    StateId,
    "state id"
);

/// Names one start of a session: 128 random bits, never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Generation([u8; 16]);

impl Generation {
    /// Returns the name of a new start.
    #[must_use]
    pub fn random() -> Self {
        Self(random_bytes())
    }

    /// Returns the generation with these bits.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bits of the generation.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Generation({self})")
    }
}

impl FromStr for Generation {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        from_hex(text).map(Self).ok_or_else(|| ParseIdError {
            text: text.to_owned(),
            kind: "generation",
            expected: "32 hexadecimal digits",
        })
    }
}

impl TryFrom<String> for Generation {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Generation> for String {
    fn from(generation: Generation) -> Self {
        generation.to_string()
    }
}

/// Names one connection of a client to one owner, for that owner's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientId(u64);

impl ClientId {
    /// Returns the id with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_refuse_what_could_leave_their_directory() {
        for text in ["", "-a", "..", "a/b", "A", "a b", "é", &"a".repeat(41)] {
            assert!(text.parse::<SessionId>().is_err(), "{text:?}");
        }
        assert_eq!("a-1".parse::<SessionId>().unwrap().as_str(), "a-1");
        let random = WorkspaceId::random();
        assert_eq!(random.as_str().parse::<WorkspaceId>().unwrap(), random);
    }

    #[test]
    fn generations_survive_text_and_refuse_other_text() {
        let generation = Generation::random();
        assert_eq!(
            generation.to_string().parse::<Generation>().unwrap(),
            generation
        );
        for text in ["", "0", &"g".repeat(32), &"A".repeat(32), &"0".repeat(33)] {
            assert!(text.parse::<Generation>().is_err(), "{text:?}");
        }
    }
}
