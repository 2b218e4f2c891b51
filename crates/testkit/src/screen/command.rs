//! What a [`Screen`](super::Screen) runs: a program, its arguments, and nothing it was not given.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use portable_pty::CommandBuilder;

use super::sys;

/// A program to run on a terminal.
///
/// Its environment is what it is given here, PATH, TERM, and SHELL (the terminal library insists),
/// and what a program needs on this system to start at all.
#[derive(Debug, Clone)]
pub struct ScreenCommand {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    cwd: PathBuf,
}

impl ScreenCommand {
    /// Names the program, by its path or as found on PATH; it starts in the temporary directory.
    ///
    /// # Panics
    ///
    /// When it is not there. A terminal library would report a start that never was.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref();
        let found = sys::find_program(program)
            .unwrap_or_else(|| panic!("there is no program `{}`", program.display()));
        let mut command = Self {
            program: found,
            args: Vec::new(),
            env: Vec::new(),
            cwd: env::temp_dir(),
        };
        for name in sys::NEEDED_ENV {
            if let Some(value) = env::var_os(name) {
                command = command.env(name, value);
            }
        }
        command.env("TERM", "xterm-256color")
    }

    /// Says whether a program is there at all, for tests of programs that may not be installed.
    #[must_use]
    pub fn exists(program: impl AsRef<OsStr>) -> bool {
        sys::find_program(program.as_ref()).is_some()
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets several variables of its environment.
    #[must_use]
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        self,
        vars: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        vars.into_iter()
            .fold(self, |command, (name, value)| command.env(name, value))
    }

    /// Sets the directory that it starts in.
    ///
    /// # Panics
    ///
    /// When there is no such directory. A terminal library would take the home directory instead.
    #[must_use]
    pub fn cwd(mut self, dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref();
        assert!(dir.is_dir(), "there is no directory `{}`", dir.display());
        self.cwd = dir.to_owned();
        self
    }

    /// Returns the command line, for messages.
    pub(super) fn display(&self) -> String {
        let mut words = vec![format!("`{}", self.program.display())];
        words.extend(self.args.iter().map(|arg| arg.display().to_string()));
        words.join(" ") + "`"
    }

    /// Says the same to the terminal library, whose own defaults are all replaced.
    pub(super) fn to_builder(&self) -> CommandBuilder {
        let mut builder = CommandBuilder::new(&self.program);
        builder.args(&self.args);
        builder.env_clear();
        for (name, value) in &self.env {
            builder.env(name, value);
        }
        builder.cwd(&self.cwd);
        builder
    }
}
