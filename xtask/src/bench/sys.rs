//! The platform surface of the bench: terminals, the monotonic clock, signals.
//!
//! Both sides have the same names and signatures. The bench runs on Unix (what it reads about
//! processes is Linux's `/proc`); elsewhere opening a terminal says that it cannot.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// What came of waiting for output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// This many bytes were read.
    Bytes(usize),
    /// Nothing came in time.
    Quiet,
    /// Nobody has the terminal open any more.
    Ended,
}
