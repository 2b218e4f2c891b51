//! Who runs: this boot, a process's start time and name, and what belongs to a process.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(not(target_os = "linux"), test))]
#[cfg_attr(
    target_os = "linux",
    expect(dead_code, reason = "here only its reading of a table is tested")
)]
mod ps;

#[cfg(target_os = "linux")]
pub(crate) use self::linux::{
    below, boot_id, foreground_group, in_session, is_stopped, name, start_time,
};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::ps::{
    below, boot_id, foreground_group, in_session, is_stopped, name, start_time,
};
