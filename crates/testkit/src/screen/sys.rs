//! The platform surface of the screen: how a program is found, waited for and killed.
//!
//! Both sides provide `find_program`, `NEEDED_ENV`, `watch`, `Killer` and `Waiter`.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use self::unix::{Killer, NEEDED_ENV, Waiter, find_program, watch};
#[cfg(windows)]
pub(super) use self::windows::{Killer, NEEDED_ENV, Waiter, find_program, watch};
