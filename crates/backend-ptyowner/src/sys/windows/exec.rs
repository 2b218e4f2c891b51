//! What becomes of `abide exec-child`: the child's first process.
//!
//! Windows cannot replace a process by another program, so this one stays, idle, between the owner
//! and the program: it starts it on the same console, sends it the break when the owner asks, and
//! ends with its code. A program that cannot be run must say so on its terminal and leave the code
//! that a shell would.

use std::{
    convert::Infallible,
    ffi::OsString,
    io::{self, Write as _},
    path::Path,
    process::Command,
    time::Duration,
};

use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, GenerateConsoleCtrlEvent, SetConsoleCtrlHandler,
};

use super::{
    gate::{self, Event, Waiting},
    handle::check,
};

/// Codes of POSIX shells for a program that could not be run.
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Time for the owner to open the gate; it has nothing else to do at that moment.
const GATE_DEADLINE: Duration = Duration::from_secs(10);

/// The word that makes this program the first process of a child.
const EXEC_CHILD: &str = "exec-child";

/// Code for a helper that was started by hand.
const USAGE: u8 = 2;

/// Returns the words that make this program the first process of a child.
pub(crate) fn words(cwd: &Path, path: &Path, argv: &[OsString]) -> Vec<OsString> {
    let mut words = vec![EXEC_CHILD.into(), cwd.into(), path.into()];
    words.extend_from_slice(argv);
    words
}

/// Becomes the first process of a child if that is what the words say; returns the code to end with.
pub(crate) fn become_child(words: &[OsString]) -> Option<u8> {
    let (first, rest) = words.split_first()?;
    if first != EXEC_CHILD {
        return None;
    }
    Some(match rest {
        [cwd, path, name, args @ ..] => exec(Path::new(cwd), Path::new(path), name, args),
        _ => {
            eprintln!("error: `{EXEC_CHILD}` is run by an owner, not by hand");
            USAGE
        }
    })
}

/// Runs the program at `path`, in the directory `cwd`, and ends with its code; returns only if it
/// cannot, with the code to exit with.
///
/// A program learns its name from its path here, so `name` is not used.
fn exec(cwd: &Path, path: &Path, _name: &OsString, args: &[OsString]) -> u8 {
    match run(cwd, path, args) {
        Ok(never) => match never {},
        Err((code, message)) => {
            // The terminal is the only place to complain; if it is gone, so is everybody who could
            // read.
            let _ = writeln!(io::stderr(), "abide: {message}");
            code
        }
    }
}

fn run(cwd: &Path, path: &Path, args: &[OsString]) -> Result<Infallible, (u8, String)> {
    let failed = |message: String| (NOT_EXECUTABLE, message);
    pass_gate().map_err(|err| failed(format!("cannot hear from the owner: {err}")))?;
    outlive_signals().map_err(|err| failed(format!("cannot set up the console: {err}")))?;
    check_enterable(cwd)
        .map_err(|err| failed(format!("cannot enter `{}`: {err}", cwd.display())))?;
    let mut command = Command::new(path);
    command
        .args(args)
        .current_dir(cwd)
        .env_remove(gate::VARIABLE);
    let ended = command.spawn().and_then(|mut program| program.wait());
    match ended {
        Ok(status) => std::process::exit(status.code().unwrap_or(i32::from(NOT_EXECUTABLE))),
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            Err((NOT_FOUND, format!("cannot run `{}`: {err}", path.display())))
        }
        Err(err) => Err(failed(format!("cannot run `{}`: {err}", path.display()))),
    }
}

/// Checks the directory, since starting a program in one that is not there fails like a program that
/// is not there. This process stays out of it.
fn check_enterable(cwd: &Path) -> io::Result<()> {
    match std::fs::metadata(cwd)?.is_dir() {
        true => Ok(()),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}

/// Waits until the owner put this process where it belongs, and listens to it from then on.
///
/// Started by hand, there is no gate to wait at.
fn pass_gate() -> io::Result<()> {
    let Some(name) = std::env::var_os(gate::VARIABLE) else {
        return Ok(());
    };
    let Waiting { opened, asked } = Waiting::at(&name)?;
    if !opened.wait(Some(GATE_DEADLINE))? {
        let waited = format!("it let this process wait for {} s", GATE_DEADLINE.as_secs());
        return Err(io::Error::new(io::ErrorKind::TimedOut, waited));
    }
    // The thread ends with the process.
    std::thread::Builder::new().spawn(move || send_breaks(&asked))?;
    Ok(())
}

fn send_breaks(asked: &Event) {
    while asked.wait(None).unwrap_or(false) {
        // SAFETY: plain numbers; group 0 is everything on this process's console.
        let _ = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0) };
    }
}

/// Lets the program hear Ctrl-C and the break, which are not meant for this process.
fn outlive_signals() -> io::Result<()> {
    // The owner leads a process group of its own, which turns Ctrl-C off in all that it starts.
    // SAFETY: without a handler this only gives Ctrl-C its default back.
    check(unsafe { SetConsoleCtrlHandler(None, 0) })?;
    // SAFETY: the handler is a function of this program that touches nothing.
    check(unsafe { SetConsoleCtrlHandler(Some(outlive), 1) })
}

/// Says that an interrupt or break is taken care of, and nothing else: when the console closes, this
/// process ends like every other.
unsafe extern "system" fn outlive(kind: u32) -> windows_sys::core::BOOL {
    i32::from(kind == CTRL_C_EVENT || kind == CTRL_BREAK_EVENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_and_one_that_is_none_have_the_codes_of_a_shell() {
        let dir = tempfile::tempdir().unwrap();
        let exec = |cwd: &Path, path: &Path| exec(cwd, path, &OsString::new(), &[]);
        let missing = dir.path().join("missing.exe");
        assert_eq!(exec(dir.path(), &missing), NOT_FOUND);
        let no_program = dir.path().join("text.exe");
        std::fs::write(&no_program, "text").unwrap();
        assert_eq!(exec(dir.path(), &no_program), NOT_EXECUTABLE);
        assert_eq!(exec(&dir.path().join("nowhere"), &missing), NOT_EXECUTABLE);
        assert_eq!(exec(&no_program, &missing), NOT_EXECUTABLE);
    }

    #[test]
    fn only_interrupt_and_break_are_outlived() {
        // SAFETY: the handler touches nothing.
        let outlived = |kind| unsafe { outlive(kind) } != 0;
        assert!(outlived(CTRL_C_EVENT) && outlived(CTRL_BREAK_EVENT));
        assert!(!outlived(
            windows_sys::Win32::System::Console::CTRL_CLOSE_EVENT
        ));
    }
}
