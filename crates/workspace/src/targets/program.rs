//! Finds a program as a session would: an absolute path, or a name on the PATH of its environment.
//!
//! Only looks. The backend that starts the program looks once more, by rules of its own that are no
//! wider than these.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
};

use abide_core::{
    backend::{BackendError, Command},
    env_policy::Environment,
};

use crate::{git::words, sys};

/// Why a program cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It has no name.
    #[error("the program's name is empty")]
    Nameless,
    /// Its path depends on the directory.
    #[error("a relative path is not run; give an absolute path, or a name on PATH")]
    Relative,
    /// It is a name, and there is no PATH to look for it.
    #[error("the session's environment has no PATH to look for it")]
    NoPath,
    /// It is nowhere on the PATH.
    #[error("it is not on the session's PATH: {}", path.display())]
    NotOnPath {
        /// The PATH.
        path: OsString,
    },
    /// The file is not there, or this user may not run it.
    #[error("`{}` cannot be run: {reason}", path.display())]
    NotRunnable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
        /// Whether it is a file that lacks nothing but the right to be run.
        is_forbidden: bool,
    },
}

impl Unavailable {
    /// Says how to make the file one that can be run, where that is all it takes.
    #[must_use]
    pub fn mended(&self) -> Option<String> {
        match self {
            Self::NotRunnable {
                path,
                is_forbidden: true,
                ..
            } => {
                let path = words::quoted(&path.to_string_lossy());
                Some(format!("`chmod +x {path}` lets it be run"))
            }
            Self::NotRunnable { .. }
            | Self::Nameless
            | Self::Relative
            | Self::NoPath
            | Self::NotOnPath { .. } => None,
        }
    }

    /// Says it without the PATH, which may be long.
    #[must_use]
    pub fn brief(&self) -> String {
        match self {
            Self::NotOnPath { .. } => "it is not on PATH".into(),
            other => other.to_string(),
        }
    }
}

/// Returns the file that a session with this environment would run.
///
/// # Errors
///
/// When there is none that this user may run.
pub fn find(program: &OsStr, env: &Environment) -> Result<PathBuf, Unavailable> {
    let as_path = Path::new(program);
    if program.is_empty() {
        return Err(Unavailable::Nameless);
    }
    if as_path.is_absolute() {
        return runnable(as_path.to_owned());
    }
    // Only a plain name is its own last component: not `.`, not `a/b`, not `a/`.
    if as_path.file_name() != Some(program) {
        return Err(Unavailable::Relative);
    }
    let path = env.get("PATH").ok_or(Unavailable::NoPath)?;
    on_path(program, path, env.get("PATHEXT"))
}

fn runnable(path: PathBuf) -> Result<PathBuf, Unavailable> {
    match sys::check_executable(&path) {
        Ok(()) => Ok(path),
        Err(error) => Err(Unavailable::NotRunnable {
            is_forbidden: error.kind() == io::ErrorKind::PermissionDenied && path.is_file(),
            reason: error.to_string(),
            path,
        }),
    }
}

fn on_path(
    program: &OsStr,
    path: &OsStr,
    extensions: Option<&OsStr>,
) -> Result<PathBuf, Unavailable> {
    let mut refused = None;
    for dir in std::env::split_paths(path).filter(|dir| dir.is_absolute()) {
        for name in sys::program_names(program, extensions) {
            let candidate = dir.join(name);
            // What is there and cannot be run says more than a list of directories.
            let is_file = candidate.is_file();
            match runnable(candidate) {
                Ok(found) => return Ok(found),
                Err(error) if is_file => drop(refused.get_or_insert(error)),
                Err(_) => {}
            }
        }
    }
    Err(refused.unwrap_or_else(|| Unavailable::NotOnPath {
        path: path.to_owned(),
    }))
}

/// Refuses a command whose program no backend could find, before anything is made for it. What
/// cannot be told without a PATH is left to the backend.
pub(crate) fn refuse_missing(command: &Command, env: &Environment) -> Result<(), BackendError> {
    if env.get("PATH").is_none() {
        return Ok(());
    }
    match find(&command.program, env) {
        Ok(_) => Ok(()),
        Err(unavailable) => Err(BackendError::ProgramNotFound {
            program: command.program.clone(),
            reason: match unavailable.mended() {
                Some(mended) => format!("{unavailable}; {mended}"),
                None => unavailable.to_string(),
            },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(path: &Path) -> Environment {
        let mut env = Environment::new();
        env.set("PATH", path);
        env
    }

    /// proves A2
    #[test]
    fn a_program_that_cannot_be_run_is_told_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let env = env(dir.path());
        let reason = |program: &str| find(OsStr::new(program), &env).unwrap_err().to_string();
        let path = dir.path().display().to_string();
        assert!(reason("no-such-program").contains(&path));
        std::fs::write(dir.path().join("data"), "").unwrap();
        assert!(
            reason("data").contains("cannot be run"),
            "{}",
            reason("data")
        );
        let mended = find(OsStr::new("data"), &env).unwrap_err().mended();
        // Elsewhere than on Unix a name decides.
        assert_eq!(mended.is_some_and(|say| say.contains("chmod")), cfg!(unix));
        assert_eq!(Unavailable::Relative.mended(), None);
        for program in ["./a", "a/b", ".", ".."] {
            assert!(reason(program).contains("relative"), "{program}");
        }
        assert!(reason("").contains("empty"));
        let none = find(OsStr::new("x"), &Environment::new()).unwrap_err();
        assert_eq!(none, Unavailable::NoPath);
    }

    #[test]
    fn what_cannot_be_told_without_a_path_is_left_to_the_backend() {
        let command = Command::new("no-such-program", Vec::<String>::new());
        assert!(refuse_missing(&command, &Environment::new()).is_ok());
        let dir = tempfile::tempdir().unwrap();
        assert!(refuse_missing(&command, &env(dir.path())).is_err());
    }
}
