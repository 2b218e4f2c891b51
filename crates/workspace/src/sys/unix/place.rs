//! Which machine this is, who runs the process, and since when.

#[cfg(target_os = "linux")]
#[path = "place/linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "place/ask.rs"]
mod system;

use std::{env, fs};

use rustix::time::{ClockId, clock_gettime};

pub(crate) use self::system::{boot, started};

/// Salts the machine's id, which is not to be shown as it is to whoever reads a workspace's files.
const MACHINE_SALT: &[u8] = b"abide machine\0";

/// Returns what names this machine for ever, if the system says.
pub(crate) fn machine() -> Option<String> {
    let id = system::machine_id()?;
    let hash = blake3::hash(&[MACHINE_SALT, id.as_bytes()].concat());
    Some(abide_core::id::to_hex(&hash.as_bytes()[..16]))
}

/// Returns what people call this machine.
pub(crate) fn host() -> String {
    let host = rustix::system::uname();
    host.nodename().to_string_lossy().into_owned()
}

/// Returns the name of the user that this process runs as, or its number.
pub(crate) fn user() -> String {
    let uid = rustix::process::geteuid().as_raw();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let known = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    let told = || env::var("LOGNAME").or_else(|_| env::var("USER")).ok();
    known.or_else(told).unwrap_or_else(|| format!("user {uid}"))
}

/// Returns the time since this machine was started, in milliseconds.
///
/// Linux leaves out the time that it slept. macOS counts it here, so that a lease looks older after
/// a sleep than it is, until its keeper renews it.
pub(crate) fn uptime_millis() -> Option<u64> {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let millis = u64::try_from(time.tv_nsec).ok()? / 1_000_000;
    seconds.checked_mul(1000)?.checked_add(millis)
}
