//! Which machine this is and who runs the process. The system's own programs say the rest; without
//! its libraries neither the uptime nor the start of a process can be had.

use std::{
    env,
    process::{Command, Stdio},
};

/// Where the system keeps the machine's id.
const MACHINE: (&str, &str) = (r"HKLM\SOFTWARE\Microsoft\Cryptography", "MachineGuid");

/// Where the system counts its starts. A time of boot would not do: it moves with the clock.
const BOOT: (&str, &str) = (
    r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters",
    "BootId",
);

/// Salts the machine's id, which is not to be shown as it is to whoever reads a workspace's files.
const MACHINE_SALT: &[u8] = b"abide machine\0";

/// Returns what names this machine for ever, if the system says.
pub(crate) fn machine() -> Option<String> {
    let id = registry(MACHINE)?;
    let hash = blake3::hash(&[MACHINE_SALT, id.as_bytes()].concat());
    Some(abide_core::id::to_hex(&hash.as_bytes()[..16]))
}

/// Returns what tells this boot of the machine from others, if the system says.
pub(crate) fn boot() -> Option<String> {
    registry(BOOT)
}

/// Returns what people call this machine.
pub(crate) fn host() -> String {
    env::var("COMPUTERNAME").unwrap_or_else(|_| "localhost".to_owned())
}

/// Returns the name of the user that this process runs as.
pub(crate) fn user() -> String {
    env::var("USERNAME").unwrap_or_else(|_| "user".to_owned())
}

/// Returns nothing: the kernel lock alone says here who lives.
pub(crate) fn started(_pid: u32) -> Option<u64> {
    None
}

/// Returns nothing: leases are aged by the clock on the wall here.
pub(crate) fn uptime_millis() -> Option<u64> {
    None
}

fn registry((key, value): (&str, &str)) -> Option<String> {
    let output = Command::new("reg")
        .args(["query", key, "/v", value])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.contains(value))?;
    line.split_whitespace().last().map(str::to_owned)
}
