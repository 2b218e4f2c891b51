//! Runs other programs from the root of the repository and measures how long that takes.
//!
//! A program never reads from our standard input: chores run unattended. A bad exit is an error
//! that names the command line.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Time since a moment.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    #[expect(
        clippy::disallowed_methods,
        reason = "chores measure real time and depend on no crate that has a clock"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns the time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate sits in a directory of the repository")
        .to_owned()
}

/// Returns the directory that holds what cargo builds, as seen from this program's own file.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let own = env::current_exe().context("cannot find this program's own file")?;
    let dir = own.ancestors().nth(2).map(Path::to_owned);
    dir.context("this program does not lie in a directory of cargo's")
}

/// Returns a command that runs from the root of the repository and has nothing to read.
pub(crate) fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// Prints the command line, runs it with our own output, and fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    println!("$ {line}");
    let status = command.status().with_context(|| cannot_run(&line))?;
    expect_success(&line, status)
}

/// Runs a command and returns what it printed and how it ended, whatever that was.
pub(crate) fn observe(command: &mut Command) -> Result<Output> {
    let line = command_line(command);
    command.output().with_context(|| cannot_run(&line))
}

/// Runs a command and returns its standard output; fails unless it succeeds.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_run(&line))?;
    expect_success(&line, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not print UTF-8"))
}

/// Returns the command as a person would type it, without its environment.
fn command_line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&quoted(&arg.to_string_lossy()));
    }
    line
}

fn quoted(arg: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@+*".contains(c);
    if !arg.is_empty() && arg.chars().all(plain) {
        arg.to_owned()
    } else {
        format!("'{}'", arg.replace('\'', r"'\''"))
    }
}

fn cannot_run(line: &str) -> String {
    format!("cannot run `{line}`")
}

fn expect_success(line: &str, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_quotes_what_a_shell_would_split() {
        let command = command("cargo", &["test", "-E", "test(a b)", "it's"]);
        assert_eq!(
            command_line(&command),
            r"cargo test -E 'test(a b)' 'it'\''s'"
        );
    }

    #[test]
    fn bad_exit_is_an_error_that_names_the_command() {
        let err = run(&mut command("cargo", &["no-such-subcommand-here"])).unwrap_err();
        assert!(
            format!("{err:#}").contains("no-such-subcommand-here"),
            "{err:#}"
        );
    }
}
