//! Where the programs are that tests run.
//!
//! Cargo builds the programs of another package only when it is asked for the whole workspace,
//! so a test of one package alone may find them missing, or older than their sources.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Returns the path of the real `abide`.
///
/// # Panics
///
/// When it was not built.
#[must_use]
pub fn abide() -> PathBuf {
    path("abide")
}

/// Returns the path of a child program of the test kit, such as `testkit-echo`.
///
/// # Panics
///
/// When it was not built.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    let path = dir().join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "`{}` is missing: run `cargo build --workspace` first, or test with `cargo nextest run \
         --workspace`",
        path.display()
    );
    path
}

/// Returns the directory that programs are built into: the one above the test's own.
///
/// # Panics
///
/// When the running program has no path.
#[must_use]
pub fn dir() -> PathBuf {
    let test = env::current_exe().expect("a test knows its own path");
    let dir = test.parent().expect("a file is in a directory");
    let is_deps = dir.file_name().is_some_and(|name| name == "deps");
    let above = dir.parent().filter(|_| is_deps).map(Path::to_owned);
    above.unwrap_or_else(|| dir.to_owned())
}
