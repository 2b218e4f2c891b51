//! Unix: `$SHELL`, modes and owners, systemd's lingering.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
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

/// Returns the path of a directory from the root, without links.
pub(crate) fn absolute_dir(path: &Path) -> io::Result<PathBuf> {
    let path = fs::canonicalize(path)?;
    match path.is_dir() {
        true => Ok(path),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}
