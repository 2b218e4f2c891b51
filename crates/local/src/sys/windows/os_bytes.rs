//! Paths and variables as bytes: their 16-bit units, low byte first.
//!
//! The system's text is any sequence of 16-bit units, also one that is no Unicode. Two bytes for
//! each unit lose nothing and need no escapes. Rust's own encoding of such text is not for storage.

use std::{
    ffi::{OsStr, OsString},
    os::windows::ffi::{OsStrExt as _, OsStringExt as _},
};

/// Stands for half a unit at the end, which only a damaged message has.
const REPLACEMENT: u16 = 0xfffd;

/// Writes text of the system as bytes, losing nothing.
#[must_use]
pub fn to_bytes(text: &OsStr) -> Vec<u8> {
    text.encode_wide().flat_map(u16::to_le_bytes).collect()
}

/// Reads what [`to_bytes`] wrote.
#[must_use]
pub fn from_bytes(bytes: Vec<u8>) -> OsString {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    units.extend(rest.iter().map(|_| REPLACEMENT));
    OsString::from_wide(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_of_the_system_comes_back_as_it_was() {
        let lone_surrogate = OsString::from_wide(&[0x61, 0xd800, 0x62, 0xdc00]);
        for text in ["".into(), r"C:\Users\Zoë\🦀".into(), lone_surrogate] {
            assert_eq!(from_bytes(to_bytes(&text)), text);
        }
    }

    #[test]
    fn the_bytes_are_the_same_in_every_release() {
        assert_eq!(to_bytes(OsStr::new("aé🦀")), b"a\0\xe9\0\x3e\xd8\x80\xdd");
    }

    #[test]
    fn half_a_unit_is_shown_and_not_lost_in_silence() {
        assert_eq!(from_bytes(b"a\0b".to_vec()), "a\u{fffd}");
    }
}
