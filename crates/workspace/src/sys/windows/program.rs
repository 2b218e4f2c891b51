//! Which files can be run: those whose names end as programs do; `PATHEXT` completes a name.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::Path,
};

/// Extensions of what the system itself can start; the others of `PATHEXT` need an interpreter.
const STARTABLE: [&str; 4] = ["com", "exe", "bat", "cmd"];

/// What stands in `PATHEXT` where the variable is missing.
const DEFAULT_PATHEXT: &str = ".COM;.EXE;.BAT;.CMD";

/// Tells whether the file is one that the system can start.
pub(crate) fn check_executable(path: &Path) -> io::Result<()> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if !is_startable(path) {
        let known = STARTABLE.join(", .");
        return Err(io::Error::other(format!(
            "its name ends in none of .{known}"
        )));
    }
    Ok(())
}

/// Returns the names under which a program of this name may be found in a directory: the name
/// itself if it is whole, then the name with each extension, in their order.
pub(crate) fn program_names(name: &OsStr, extensions: Option<&OsStr>) -> Vec<OsString> {
    let whole = is_startable(Path::new(name)).then(|| name.to_owned());
    let extensions = extensions.unwrap_or(OsStr::new(DEFAULT_PATHEXT));
    let extensions = extensions.to_string_lossy();
    let completed = extensions
        .split(';')
        .filter(|extension| is_startable(Path::new(&format!("x{extension}"))))
        .map(|extension| {
            let mut name = name.to_owned();
            name.push(extension);
            name
        });
    whole.into_iter().chain(completed).collect()
}

fn is_startable(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        let mut known = STARTABLE.iter();
        known.any(|startable| extension.eq_ignore_ascii_case(startable))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves A2
    #[test]
    fn a_name_is_completed_by_the_extensions_that_can_be_started() {
        let names = program_names(OsStr::new("claude"), Some(OsStr::new(".EXE;.JS;.CMD")));
        assert_eq!(names, ["claude.EXE", "claude.CMD"]);
        let whole = program_names(OsStr::new("claude.exe"), None);
        assert_eq!(whole[0], "claude.exe");
    }
}
