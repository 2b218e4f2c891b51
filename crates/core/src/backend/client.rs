//! A backend's own client program: what a person who wants to attach runs in place of ours.

use std::ffi::OsString;

/// A program that attaches its own terminal to a session, such as tmux's client.
///
/// The caller becomes it, with its own terminal, environment and directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientProgram {
    /// An absolute path, or a name to be found on the caller's PATH.
    pub program: OsString,
    /// What follows the program's name.
    pub args: Vec<OsString>,
    /// Variables of the caller's environment that the program must not see.
    pub env_remove: Vec<OsString>,
}
