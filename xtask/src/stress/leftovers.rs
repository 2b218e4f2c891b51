//! Looks for processes that tests left behind: those whose program lies where cargo builds ours.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::Stopwatch;

/// How long what is ending already may take to be gone.
const GRACE: Duration = Duration::from_secs(5);
const PROCESSES: &str = "/proc";

/// The processes that ran before the tests did, by id.
pub(super) struct Leftovers {
    directory: PathBuf,
    before: BTreeMap<u32, PathBuf>,
}

impl Leftovers {
    /// Notes what runs already.
    pub(super) fn before() -> Result<Self> {
        let own = env::current_exe().context("cannot find this program's own file")?;
        let directory = own
            .parent()
            .context("this program lies nowhere")?
            .to_owned();
        let before = running_in(&directory);
        Ok(Self { directory, before })
    }

    /// Fails, and names them, if processes are there that were not there before.
    pub(super) fn expect_none(&self) -> Result<()> {
        if !Path::new(PROCESSES).is_dir() {
            println!("left behind: not looked for, this system has no {PROCESSES}");
            return Ok(());
        }
        let left = self.settled();
        for (id, program) in &left {
            println!("left behind: process {id}, {}", program.display());
        }
        if !left.is_empty() {
            bail!("{} processes were left behind", left.len());
        }
        println!("left behind: nothing");
        Ok(())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the end of a process that is not our child cannot be waited for"
    )]
    fn settled(&self) -> BTreeMap<u32, PathBuf> {
        let watch = Stopwatch::start();
        loop {
            let mut left = running_in(&self.directory);
            left.retain(|id, program| self.before.get(id) != Some(program));
            if left.is_empty() || GRACE <= watch.elapsed() {
                return left;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn running_in(directory: &Path) -> BTreeMap<u32, PathBuf> {
    let entries = fs::read_dir(PROCESSES).into_iter().flatten().flatten();
    let programs = entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let program = fs::read_link(entry.path().join("exe")).ok()?;
        Some((id, program))
    });
    programs
        .filter(|(_, program)| is_ours(program, directory))
        .collect()
}

/// Whether a program was built from this workspace and is neither one of these chores nor a
/// build script.
fn is_ours(program: &Path, directory: &Path) -> bool {
    let Ok(inside) = program.strip_prefix(directory) else {
        return false;
    };
    let chore = program
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("xtask"));
    !chore && !inside.starts_with("build")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_the_build_directory_are_ours() {
        let is_ours = |program| super::is_ours(Path::new(program), Path::new("/t/debug"));
        assert!(is_ours("/t/debug/abide"));
        assert!(is_ours("/t/debug/abide (deleted)"));
        assert!(is_ours("/t/debug/deps/it-0123456789abcdef"));
        assert!(!is_ours("/t/debug/xtask"));
        assert!(!is_ours("/t/debug/build/libc-1/build-script-build"));
        assert!(!is_ours("/usr/bin/abide"));
    }
}
