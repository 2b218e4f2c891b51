//! Finds the program of a session: an absolute path, or a name on the session's own PATH.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::sys;

/// Returns the path of the program, or why there is none.
///
/// A relative path with a separator is refused: the working directory may hold anything, a program
/// named like the one that is meant included.
pub(crate) fn resolve(program: &OsStr, path_variable: Option<&OsStr>) -> Result<PathBuf, String> {
    let as_path = Path::new(program);
    if program.is_empty() {
        return Err("the program's name is empty".into());
    }
    if as_path.is_absolute() {
        return match sys::files::check_executable(as_path) {
            Ok(()) => Ok(as_path.to_owned()),
            Err(err) => Err(format!("`{}` cannot be run: {err}", as_path.display())),
        };
    }
    // Only a plain name is its own last component: not `.`, not `a/b`, not `a/`.
    if as_path.file_name() != Some(program) {
        return Err("a relative path is not run; give an absolute path, or a name on PATH".into());
    }
    let Some(variable) = path_variable else {
        return Err("the session's environment has no PATH to look for it".into());
    };
    std::env::split_paths(variable)
        .filter(|dir| dir.is_absolute())
        .flat_map(|dir| {
            sys::files::program_names(program)
                .into_iter()
                .map(move |name| dir.join(name))
        })
        .find(|candidate| sys::files::check_executable(candidate).is_ok())
        .ok_or_else(|| format!("it is not on the session's PATH: {}", variable.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves O3
    #[test]
    fn a_relative_path_with_a_separator_is_refused() {
        for program in ["./a", "a/b", "../a", "."] {
            let refused = resolve(OsStr::new(program), Some(OsStr::new("/bin"))).unwrap_err();
            assert!(refused.contains("relative"), "{program}: {refused}");
        }
    }

    /// proves O3
    #[test]
    fn a_name_is_looked_for_on_the_path_given_and_the_error_names_that_path() {
        let refused = resolve(
            OsStr::new("no-such-program"),
            Some(OsStr::new("/nowhere:/else")),
        );
        assert!(refused.unwrap_err().contains("/nowhere:/else"));
        assert!(
            resolve(OsStr::new("x"), None)
                .unwrap_err()
                .contains("no PATH")
        );
        assert!(resolve(OsStr::new(""), None).unwrap_err().contains("empty"));
    }
}
