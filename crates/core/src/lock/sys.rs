//! Whether a path leads to a file that is open, and files for this user alone: `leads_to` and
//! `make_private`, with the same signatures on both sides.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use self::unix::{leads_to, make_private};
#[cfg(windows)]
pub(super) use self::windows::{leads_to, make_private};
