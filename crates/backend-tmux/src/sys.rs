//! The platform surface: what both sides provide, under the same names and signatures.
//!
//! | function | what it does |
//! |---|---|
//! | `in_own_group`, `Group` | a run of tmux, with what a wrapper started, ended as one |
//! | `become_pane` | the life of `abide tmux-exec` |
//! | `is_supported` | whether there can be a tmux at all |

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;
