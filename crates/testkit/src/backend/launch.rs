//! What a fake start looks at before it starts: the program and the directory.

use std::{
    env,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use abide_core::backend::{BackendError, SessionSpec};

/// Refuses a spec whose program or directory is not there.
///
/// Programs of the test kit are imitated and need no file.
pub(super) fn check(spec: &SessionSpec) -> Result<(), BackendError> {
    check_directory(&spec.cwd)?;
    check_program(spec).map_err(|reason| BackendError::ProgramNotFound {
        program: spec.command.program.clone(),
        reason,
    })
}

fn check_directory(cwd: &Path) -> Result<(), BackendError> {
    let refused = |source| BackendError::BadDirectory {
        path: cwd.to_owned(),
        source,
    };
    if !cwd.is_absolute() {
        return Err(refused(io::ErrorKind::InvalidInput.into()));
    }
    match cwd.metadata() {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(refused(io::ErrorKind::NotADirectory.into())),
        Err(err) => Err(refused(err)),
    }
}

fn check_program(spec: &SessionSpec) -> Result<(), String> {
    let program = Path::new(&spec.command.program);
    let imitated = |name: &OsStr| name.to_string_lossy().starts_with("testkit-");
    if program.is_absolute() {
        let known = program.file_name().is_some_and(imitated) || program.is_file();
        return known
            .then_some(())
            .ok_or_else(|| "there is no such file".into());
    }
    if program.components().count() != 1 {
        return Err("a path must be absolute".into());
    }
    let path = spec.env.get("PATH").unwrap_or_default();
    let found = |dir: PathBuf| dir.is_absolute() && dir.join(program).is_file();
    let known = imitated(program.as_os_str()) || env::split_paths(path).any(found);
    known
        .then_some(())
        .ok_or_else(|| format!("PATH was searched: {}", path.display()))
}
