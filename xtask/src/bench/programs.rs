//! The programs of this repository that the bench runs, built when they are needed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process;

/// Returns a copy of the program that is measured inside `dir`; a build may go on meanwhile.
///
/// It is built unless one is named.
pub(crate) fn abide(named: Option<&Path>, dir: &Path) -> Result<PathBuf> {
    let program = if let Some(named) = named {
        named.to_owned()
    } else {
        build(&["--release", "--package", "abide-cli"])?;
        process::target_dir()?.join("release/abide")
    };
    let copy = dir.join("abide");
    fs::copy(&program, &copy).with_context(|| format!("cannot copy {}", program.display()))?;
    Ok(copy)
}

/// Returns where [`copy_own`] puts this program.
pub(crate) fn own_copy(dir: &Path) -> PathBuf {
    dir.join("children")
}

/// Copies this program into `dir`: children are started from there, and a build may go on.
pub(crate) fn copy_own(dir: &Path) -> Result<()> {
    let own = env::current_exe().context("cannot find this program's own file")?;
    fs::copy(own, own_copy(dir)).context("cannot copy this program")?;
    Ok(())
}

/// Returns the child that only tells when it started.
pub(crate) fn stamp() -> Result<String> {
    built("stamp", &["--package", "xtask", "--bin", "stamp"])
}

/// Returns the program that compares what two terminals show.
pub(crate) fn judge() -> Result<String> {
    built(
        "examples/judge",
        &["--package", "abide-screen", "--example", "judge"],
    )
}

/// Builds a small program as this one was built, and returns its file.
fn built(file: &str, args: &[&str]) -> Result<String> {
    build(args)?;
    let path = process::target_dir()?.join("debug").join(file);
    Ok(path.to_string_lossy().into_owned())
}

fn build(args: &[&str]) -> Result<()> {
    process::read(process::command("cargo", &["build", "--quiet"]).args(args))?;
    Ok(())
}
