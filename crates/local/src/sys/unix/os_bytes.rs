//! Paths and variables as bytes: on Unix they are bytes.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
};

/// Writes text of the system as bytes, losing nothing.
#[must_use]
pub fn to_bytes(text: &OsStr) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// Reads what [`to_bytes`] wrote.
#[must_use]
pub fn from_bytes(bytes: Vec<u8>) -> OsString {
    OsString::from_vec(bytes)
}
