//! The platform surface: what both sides provide, under the same names and signatures.
//!
//! | function | what it does |
//! |---|---|
//! | `in_own_group`, `Group` | a run of tmux, with what a wrapper started, ended as one |
//! | `end_with_parent` | a control-mode client that does not outlive its relay |
//! | `write_private`, `read_private` | files for this user alone |
//! | `step_back`, `spawn_leader`, `print`, `reap_…`, `end_like` | what the pane's process does |
//! | `is_supported` | whether there can be a tmux at all |

#![cfg_attr(
    unix,
    expect(
        unsafe_code,
        reason = "the platform's calls; one operation per block, each with its rule"
    )
)]

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;
