//! Windows: `%COMSPEC%`, a profile's own directories, no lingering.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use abide_core::env_policy::NameCase;

/// Returns the shell to run when nothing else is named.
pub(crate) fn default_shell(variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    variable("COMSPEC").unwrap_or_else(|| "cmd.exe".into())
}

/// Tells whether there can be a tmux on this system. One of another world, such as MSYS's, cannot
/// hold what this program starts.
pub(crate) fn may_have_tmux() -> bool {
    false
}

/// Returns how names of variables are compared.
pub(crate) fn name_case() -> NameCase {
    NameCase::Insensitive
}

/// Returns where files go that live no longer than a session; endpoints are not files here.
pub(crate) fn private_runtime_dir(state: &Path) -> PathBuf {
    state.join("run")
}

/// Returns the name of the terminal on standard input; consoles have none.
pub(crate) fn terminal_name() -> Option<String> {
    None
}

/// Says who may use a file or directory.
pub(crate) fn permissions(path: &Path) -> io::Result<String> {
    fs::symlink_metadata(path)?;
    Ok("access as in your profile".to_owned())
}

/// Tells whether this user's processes certainly outlive a logout; `None` if it cannot be told.
pub(crate) fn lingers(_variable: impl Fn(&str) -> Option<OsString>) -> Option<bool> {
    None
}

/// Tells whether a logout ends this user's processes; `None` if it cannot be told.
pub(crate) fn logout_ends_processes() -> Option<bool> {
    None
}

/// Returns the path of a directory from the root, in the form that programs accept.
pub(crate) fn absolute_dir(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    match fs::metadata(&path)?.is_dir() {
        true => Ok(path),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}
