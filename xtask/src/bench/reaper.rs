//! Ends what the bench started, however the bench itself ends.
//!
//! Every process of a bench carries its directory in a variable of its environment, or runs a
//! program in it. The reaper is a process of its own that waits for its standard input to end,
//! which comes with the end of the bench at the latest (also by a panic, Ctrl-C or a kill), ends
//! everything that belongs to the directory, and removes it.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{child, procfs, sys};

/// The variable that every process of a bench carries; its value is a directory.
pub(crate) const VARIABLE: &str = "ABIDE_BENCH_DIR";

/// How long killed processes may take to go.
const PATIENCE: Duration = Duration::from_secs(10);

/// A directory with all that was started for it; both go when this is dropped.
#[derive(Debug)]
pub(crate) struct Reaper {
    dir: PathBuf,
    process: Child,
}

impl Reaper {
    /// Makes the directory and the process that will remove it.
    pub(crate) fn start() -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("abide-bench-")
            .tempdir()
            .context("cannot make a directory for the bench")?
            .keep();
        sys::make_private(&dir).context("cannot make a directory private")?;
        let program = env::current_exe().context("cannot find this program's own file")?;
        let mut command = Command::new(program);
        command.args([child::NAME, "reap"]).arg(&dir);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let process = command.spawn().context("cannot start the reaper")?;
        Ok(Self { dir, process })
    }

    /// Returns the directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        // Waiting closes the reaper's input first.
        match self.process.wait() {
            Ok(status) if status.success() => {}
            Ok(status) => eprintln!("the reaper of {} failed: {status}", self.dir.display()),
            Err(err) => eprintln!("cannot wait for the reaper: {err}"),
        }
    }
}

/// Waits for the end of standard input, then ends and removes what belongs to `dir`.
pub(crate) fn reap(dir: &str) -> Result<()> {
    // Ctrl-C on the terminal of the bench is not meant for the one that cleans up after it.
    sys::leave_session().context("cannot leave the session of the bench")?;
    io::copy(&mut io::stdin(), &mut io::sink()).context("cannot read standard input")?;
    let dir = Path::new(dir);
    end_all(|pid| carries(pid, dir) || runs_from(pid, dir)).context("cannot end the bench")?;
    match fs::remove_dir_all(dir) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            Err(err).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

/// Tells whether a process was started for something inside `dir`.
pub(crate) fn carries(pid: u32, dir: &Path) -> bool {
    procfs::carries(pid, VARIABLE, dir)
}

/// Tells whether a process runs a program inside `dir`; one that keeps no environment is known by
/// that.
pub(crate) fn runs_from(pid: u32, dir: &Path) -> bool {
    procfs::program(pid).is_some_and(|program| program.starts_with(dir))
}

/// Kills every process for which `wanted` holds, until none is left.
pub(crate) fn end_all(wanted: impl Fn(u32) -> bool) -> Result<()> {
    let begun = sys::now();
    loop {
        let left = procfs::processes(|pid| wanted(pid) && procfs::is_alive(pid))?;
        if left.is_empty() {
            return Ok(());
        }
        if PATIENCE < sys::now() - begun {
            bail!("processes {left:?} do not end");
        }
        for pid in left {
            sys::kill(pid).with_context(|| format!("cannot kill process {pid}"))?;
        }
        // Nothing tells of the end of processes that are not our children.
        thread::park_timeout(Duration::from_millis(2));
    }
}
