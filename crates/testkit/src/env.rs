//! A place of its own for a real `abide`, which is seen to be clean afterwards.
//!
//! ```text
//! /tmp/at-XXXXXX/   s  ABIDE_STATE_DIR      r  ABIDE_RUNTIME_DIR (sockets: hence short)
//!                   c  ABIDE_CONFIG is in it w  where commands run
//!                   h  HOME                  t  TMPDIR            p  ABIDE_PROBE_DIR
//! ```
//!
//! When a [`TestEnv`] ends, the sessions of its workspaces are stopped. Then no process may be
//! left that mentions the place, and no socket in it: what is left is ended, by its process id,
//! and the test fails with its name.

mod leftovers;
mod run;

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use abide_core::env_policy::Environment;
use tempfile::TempDir;

use crate::{output::Normaliser, programs, sys};

pub use self::run::COMMAND_DEADLINE;

/// Directories and an environment for one test.
#[derive(Debug)]
pub struct TestEnv {
    root: TempDir,
    path: PathBuf,
    variables: Vec<(OsString, OsString)>,
    stale_sockets: AtomicBool,
    finished: AtomicBool,
}

impl Default for TestEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl TestEnv {
    /// Makes a place with every directory in it.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let root = tempfile::Builder::new()
            .prefix("at-")
            .tempdir_in(sys::temporary_root())
            .expect("the temporary directory can be written to");
        // Programs print the real path, which on some systems is not the one asked for.
        let path = fs::canonicalize(root.path()).expect("it was just made");
        for name in ["s", "r", "c", "w", "h", "t", "p"] {
            sys::make_private_dir(&path.join(name)).expect("a new directory can be written to");
        }
        fs::write(path.join("c").join("config.toml"), "")
            .expect("a new directory can be written to");
        assert!(
            path.as_os_str().len() < sys::ROOT_BYTES,
            "{} is too long for sockets",
            path.display()
        );
        Self {
            root,
            path,
            variables: Vec::new(),
            stale_sockets: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        }
    }

    /// Sets a variable for every program that is run here.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.variables.push((name.into(), value.into()));
    }

    /// Says that a socket of an owner that was killed may be left.
    pub fn tolerate_stale_sockets(&self) {
        self.stale_sockets.store(true, Ordering::Relaxed);
    }

    /// Returns the directory that holds all the others.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.path
    }

    /// Returns `ABIDE_STATE_DIR`.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.path.join("s")
    }

    /// Returns the directory that owners keep their state in.
    #[must_use]
    pub fn owners_dir(&self) -> PathBuf {
        self.state_dir().join("owners")
    }

    /// Returns `ABIDE_RUNTIME_DIR`.
    #[must_use]
    pub fn runtime_dir(&self) -> PathBuf {
        self.path.join("r")
    }

    /// Returns `ABIDE_CONFIG`: an empty file until a test writes it.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.path.join("c").join("config.toml")
    }

    /// Returns the directory that commands run in.
    #[must_use]
    pub fn work_dir(&self) -> PathBuf {
        self.path.join("w")
    }

    /// Returns `HOME`.
    #[must_use]
    pub fn home_dir(&self) -> PathBuf {
        self.path.join("h")
    }

    /// Returns `ABIDE_PROBE_DIR`, for gates.
    #[must_use]
    pub fn probe_dir(&self) -> PathBuf {
        self.path.join("p")
    }

    /// Returns a command that runs the real `abide` here.
    ///
    /// # Panics
    ///
    /// When `abide` was not built.
    #[must_use]
    pub fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = self.program(programs::abide());
        command.args(args);
        command
    }

    /// Returns a command that runs a program here, in the environment that `abide` gets.
    #[must_use]
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.work_dir()).env_clear();
        command.envs(self.environment());
        command
    }

    /// Returns the environment that programs get here: the least that they run with. New sessions
    /// get the owner unless a test says otherwise.
    #[must_use]
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        // Without SystemRoot nothing starts on Windows.
        let inherited = ["PATH", "SystemRoot", "LLVM_PROFILE_FILE"];
        let inherited = inherited
            .iter()
            .filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)));
        let here = [
            ("HOME", self.home_dir()),
            ("USERPROFILE", self.home_dir()),
            ("TMPDIR", self.path.join("t")),
            ("ABIDE_STATE_DIR", self.state_dir()),
            ("ABIDE_RUNTIME_DIR", self.runtime_dir()),
            ("ABIDE_CONFIG", self.config_file()),
            ("ABIDE_PROBE_DIR", self.probe_dir()),
        ];
        let here = here.map(|(name, path)| (name.into(), path.into()));
        let plain = [
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("SHELL", "/bin/sh"),
            ("ABIDE_BACKEND", "owner"),
        ];
        let plain = plain.map(|(name, value)| (name.into(), value.into()));
        inherited
            .chain(here)
            .chain(plain)
            .chain(self.variables.iter().cloned())
            .collect()
    }

    /// Returns the same as what a session may have as its environment.
    #[must_use]
    pub fn session_environment(&self) -> Environment {
        self.environment().into_iter().collect()
    }

    /// Returns what puts names in the place of this place's paths.
    #[must_use]
    pub fn normaliser(&self) -> Normaliser {
        Normaliser::new()
            .path("STATE", &self.state_dir())
            .path("RUNTIME", &self.runtime_dir())
            .path("CONFIG", &self.config_file())
            .path("WORK", &self.work_dir())
            .path("HOME", &self.home_dir())
            .path("ROOT", &self.path)
            .path("BIN", &programs::dir())
    }

    /// Ends what runs here, and checks that nothing is left. Dropping does the same.
    ///
    /// # Panics
    ///
    /// When something is left.
    pub fn finish(self) {
        self.check();
    }

    fn check(&self) {
        if self.finished.swap(true, Ordering::Relaxed) {
            return;
        }
        run::stop_every_session(self);
        let may_be_stale = self.stale_sockets.load(Ordering::Relaxed);
        let left = leftovers::clear(&self.path, &self.runtime_dir(), may_be_stale);
        if !left.is_empty() {
            let text = format!(
                "left behind in {}:\n{}",
                self.path.display(),
                left.join("\n")
            );
            assert!(thread::panicking(), "{text}");
            eprintln!("{text}");
        }
    }
}

impl Drop for TestEnv {
    fn drop(&mut self) {
        self.check();
        if thread::panicking() && std::env::var_os("ABIDE_TEST_KEEP").is_some() {
            eprintln!("kept: {}", self.path.display());
            self.root.disable_cleanup(true);
        }
    }
}
