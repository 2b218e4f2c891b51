//! Systems without `/proc` are asked through their own programs, each of which answers at once.

use std::process::{Command, Stdio};

/// Returns what names this machine, if its registry says.
pub(super) fn machine_id() -> Option<String> {
    let registry = answer("ioreg", &["-rd1", "-c", "IOPlatformExpertDevice"])?;
    let line = registry
        .lines()
        .find(|line| line.contains("IOPlatformUUID"))?;
    let (_, id) = line.rsplit_once("= \"")?;
    Some(id.trim_end().trim_end_matches('"').to_owned())
}

/// Returns what tells this boot of the machine from others, if the system says.
pub(crate) fn boot() -> Option<String> {
    answer("sysctl", &["-n", "kern.bootsessionuuid"])
}

/// Returns a number made of the second in which a process was started.
pub(crate) fn started(pid: u32) -> Option<u64> {
    let second = answer("ps", &["-o", "lstart=", "-p", &pid.to_string()])?;
    let hash = blake3::hash(second.as_bytes());
    let first = hash.as_bytes().first_chunk().expect("a hash has 32 bytes");
    Some(u64::from_le_bytes(*first))
}

fn answer(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
