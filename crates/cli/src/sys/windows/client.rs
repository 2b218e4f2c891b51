//! Another program on this console: beneath us, because no process can become another one here.

use std::{io, process::Command};

use abide_core::backend::ClientProgram;

/// Runs the program to its end in our place, and returns its code.
pub(crate) fn become_program(program: &ClientProgram) -> io::Result<i32> {
    run_program(program)
}

/// Runs the program to its end, and returns its code.
pub(crate) fn run_program(program: &ClientProgram) -> io::Result<i32> {
    let mut command = Command::new(&program.program);
    command.args(&program.args);
    for name in &program.env_remove {
        command.env_remove(name);
    }
    let status = command.status()?;
    Ok(status.code().unwrap_or(1))
}
