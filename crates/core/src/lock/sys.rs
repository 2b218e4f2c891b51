//! Whether a path leads to a file that is open: `leads_to`, with the same signature on both sides.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use self::unix::leads_to;
#[cfg(windows)]
pub(super) use self::windows::leads_to;
