//! What becomes of a program that is called like the first process of a child: nothing here, where
//! an owner starts its child itself.

use std::ffi::OsString;

/// Becomes the first process of a child if that is what the words say; there is no such process
/// here.
pub(crate) fn become_child(_words: &[OsString]) -> Option<u8> {
    None
}
