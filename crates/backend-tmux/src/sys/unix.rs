//! Unix.

mod files;
mod group;
mod pane;

pub(crate) use self::{
    files::{os_string, read_private, write_private},
    group::{Group, end_with_parent, in_own_group},
    pane::{end_like, print, reap_all, reap_until, spawn_leader, step_back},
};

/// Tells whether tmux can be had on this system.
pub(crate) fn is_supported() -> bool {
    true
}
