//! How a program becomes a helper of its own: `abide owner` and `abide exec-child`.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
    process::ExitCode,
};

use crate::{owner, sys};

/// The words after the program's name that make it an owner.
pub(crate) const OWNER_WORDS: [&str; 2] = ["owner", "--from-launcher"];

/// The word that makes it the child of an owner.
const EXEC_CHILD: &str = "exec-child";

/// Code for a helper that was started by hand.
const USAGE: u8 = 2;

/// Becomes a helper if that is what the command line says; `None` for every other command line.
///
/// Call it first thing in `main`, before any thread is started or descriptor opened: an owner
/// closes what it inherited and leaves its launcher by a fork.
#[must_use]
pub fn become_helper() -> Option<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if words
        .iter()
        .map(OsString::as_os_str)
        .eq(OWNER_WORDS.map(OsStr::new))
    {
        return Some(owner::run());
    }
    match words.split_first() {
        Some((first, rest)) if first == EXEC_CHILD => Some(ExitCode::from(exec_child(rest))),
        _ => None,
    }
}

/// Returns the words that make this program the child of an owner.
pub(crate) fn exec_child_words(
    cwd: &std::path::Path,
    path: &std::path::Path,
    argv: &[OsString],
) -> Vec<OsString> {
    let mut words = vec![EXEC_CHILD.into(), cwd.into(), path.into()];
    words.extend_from_slice(argv);
    words
}

fn exec_child(words: &[OsString]) -> u8 {
    match words {
        [cwd, path, name, args @ ..] => {
            sys::exec::exec(&PathBuf::from(cwd), &PathBuf::from(path), name, args)
        }
        _ => {
            eprintln!("error: `{EXEC_CHILD}` is run by an owner, not by hand");
            USAGE
        }
    }
}
