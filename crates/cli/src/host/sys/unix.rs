//! Unix: `$SHELL`, modes and owners, systemd's lingering.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use abide_core::env_policy::NameCase;

/// Where systemd keeps one empty file for each user whose processes outlive a logout.
const LINGER_DIR: &str = "/var/lib/systemd/linger";

/// Exists where systemd runs the machine.
const SYSTEMD_DIR: &str = "/run/systemd/system";

/// Returns the shell to run when nothing else is named.
pub(crate) fn default_shell(variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    variable("SHELL")
        .filter(|shell| Path::new(shell).is_absolute())
        .unwrap_or_else(|| "/bin/sh".into())
}

/// Tells whether there can be a tmux on this system.
pub(crate) fn may_have_tmux() -> bool {
    true
}

/// Returns how names of variables are compared.
pub(crate) fn name_case() -> NameCase {
    NameCase::Sensitive
}

/// Returns where sockets go without a runtime directory of the system: a short path, because the
/// paths of sockets are limited to about 100 bytes.
pub(crate) fn private_runtime_dir(_state: &Path) -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    PathBuf::from(format!("/tmp/abide-{user}"))
}

/// Returns the name of the terminal on standard input, such as `pts/3`.
pub(crate) fn terminal_name() -> Option<String> {
    let name = rustix::termios::ttyname(io::stdin(), Vec::new()).ok()?;
    let name = name.to_str().ok()?;
    Some(name.strip_prefix("/dev/").unwrap_or(name).to_owned())
}

/// Says who may use a file or directory.
pub(crate) fn permissions(path: &Path) -> io::Result<String> {
    let found = fs::symlink_metadata(path)?;
    let mode = found.mode() & 0o7777;
    let user = rustix::process::getuid().as_raw();
    let owner = match found.uid() == user {
        true => "yours".to_owned(),
        false => format!("of user {}", found.uid()),
    };
    let link = if found.is_symlink() {
        ", a symbolic link"
    } else {
        ""
    };
    Ok(format!("mode {mode:04o}, {owner}{link}"))
}

/// Tells whether this user's processes certainly outlive a logout; `None` if it cannot be told.
pub(crate) fn lingers(variable: impl Fn(&str) -> Option<OsString>) -> Option<bool> {
    let user = variable("USER").filter(|_| Path::new(SYSTEMD_DIR).is_dir())?;
    Path::new(LINGER_DIR).join(user).try_exists().ok()
}

/// Tells whether a logout ends this user's processes, as logind says (logind.conf(5),
/// `KillUserProcesses=`); `None` if it does not say.
pub(crate) fn logout_ends_processes() -> Option<bool> {
    if !Path::new(SYSTEMD_DIR).is_dir() {
        return None;
    }
    let mut ask = Command::new("busctl");
    ask.args(["--timeout=2", "get-property", "org.freedesktop.login1"]);
    ask.args(["/org/freedesktop/login1", "org.freedesktop.login1.Manager"]);
    let answer = ask.arg("KillUserProcesses").stdin(Stdio::null()).output();
    property(&answer.ok()?.stdout)
}

/// Reads a property that is true or false as `busctl` prints it.
fn property(printed: &[u8]) -> Option<bool> {
    match printed.trim_ascii() {
        b"b true" => Some(true),
        b"b false" => Some(false),
        _ => None,
    }
}

/// Returns the path of a directory from the root, without links.
pub(crate) fn absolute_dir(path: &Path) -> io::Result<PathBuf> {
    let path = fs::canonicalize(path)?;
    match path.is_dir() {
        true => Ok(path),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_read_as_it_is_printed_and_nothing_else_is_taken_for_one() {
        assert_eq!(property(b"b true\n"), Some(true));
        assert_eq!(property(b"b false\n"), Some(false));
        assert_eq!(property(b""), None);
        assert_eq!(property(b"s \"true\"\n"), None);
    }
}
