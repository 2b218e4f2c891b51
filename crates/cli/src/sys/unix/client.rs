//! Another program on this terminal: in our place, or beneath us.

use std::{io, os::unix::process::CommandExt as _, process::Command};

use abide_core::backend::ClientProgram;
use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid},
};

use super::stop_self;

/// Becomes the program; returns only if that fails.
pub(crate) fn become_program(program: &ClientProgram) -> io::Result<i32> {
    Err(command(program).exec())
}

/// Runs the program to its end, and returns the code that a shell would report.
///
/// When it is stopped, as ctrl-z does, so are we, or the shell would not have its terminal back.
pub(crate) fn run_program(program: &ClientProgram) -> io::Result<i32> {
    let child = command(program).spawn()?;
    let pid = Pid::from_child(&child);
    loop {
        let status = wait(pid)?;
        if status.stopped() {
            stop_self()?;
            kill_process(pid, Signal::CONT)?;
        } else if let Some(code) = code(status) {
            return Ok(code);
        }
    }
}

fn command(program: &ClientProgram) -> Command {
    let mut command = Command::new(&program.program);
    command.args(&program.args);
    for name in &program.env_remove {
        command.env_remove(name);
    }
    command
}

fn wait(pid: Pid) -> io::Result<WaitStatus> {
    loop {
        match waitpid(Some(pid), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) => return Ok(status),
            Ok(None) | Err(Errno::INTR) => {}
            Err(err) => return Err(err.into()),
        }
    }
}

fn code(status: WaitStatus) -> Option<i32> {
    let by_signal = || status.terminating_signal().map(|signal| 128 + signal);
    status.exit_status().or_else(by_signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str) -> io::Result<i32> {
        run_program(&ClientProgram {
            program: "sh".into(),
            args: vec!["-c".into(), script.into()],
            env_remove: Vec::new(),
        })
    }

    #[test]
    fn the_code_is_that_which_a_shell_would_report() {
        assert_eq!(run("exit 7").unwrap(), 7);
        assert_eq!(run("kill -KILL $$").unwrap(), 137);
    }

    #[test]
    fn a_variable_that_it_must_not_see_is_not_there() {
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let program = |env_remove: &[&str]| ClientProgram {
            program: "sh".into(),
            args: vec!["-c".into(), "exit ${CARGO_MANIFEST_DIR:+3}".into()],
            env_remove: env_remove.iter().map(Into::into).collect(),
        };
        assert_eq!(run_program(&program(&[])).unwrap(), 3);
        assert_eq!(run_program(&program(&["CARGO_MANIFEST_DIR"])).unwrap(), 0);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let missing = ClientProgram {
            program: "no-such-program".into(),
            args: Vec::new(),
            env_remove: Vec::new(),
        };
        let kind = io::ErrorKind::NotFound;
        assert_eq!(become_program(&missing).unwrap_err().kind(), kind);
        assert_eq!(run_program(&missing).unwrap_err().kind(), kind);
    }
}
