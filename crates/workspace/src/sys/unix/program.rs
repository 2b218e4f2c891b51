//! Which files can be run: those that the system lets this user execute.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::Path,
};

/// Tells whether this user may run the file.
pub(crate) fn check_executable(path: &Path) -> io::Result<()> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok(rustix::fs::access(path, rustix::fs::Access::EXEC_OK)?)
}

/// Returns the names under which a program of this name may be found in a directory.
pub(crate) fn program_names(name: &OsStr, _extensions: Option<&OsStr>) -> Vec<OsString> {
    vec![name.to_owned()]
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// proves A2
    #[test]
    fn a_file_without_the_right_to_run_it_cannot_be_run() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(check_executable(&file).is_err());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(check_executable(&file).is_ok());
        assert!(check_executable(dir.path()).is_err());
    }
}
