//! What becomes of `abide exec-child`: the child itself, where a program of ours stands on the terminal
//! before it. An owner starts its own child without one.
//!
//! A program that cannot be run must say so on its terminal and leave the code that a shell would,
//! and nothing of the owner's may reach it: not an ignored signal, not a blocked one.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    path::Path,
    process::Command,
};

/// The word that makes this program the child.
const EXEC_CHILD: &str = "exec-child";

/// Code for a helper that was started by hand.
const USAGE: u8 = 2;

/// Codes of POSIX shells for a program that could not be run.
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Returns the words that make this program the child.
pub(crate) fn words(cwd: &Path, path: &Path, argv: &[OsString]) -> Vec<OsString> {
    let mut words = vec![EXEC_CHILD.into(), cwd.into(), path.into()];
    words.extend_from_slice(argv);
    words
}

/// Becomes the child if that is what the words say; returns only if it does not, with the code to
/// exit with if it should have.
pub(crate) fn become_child(words: &[OsString]) -> Option<u8> {
    match words.split_first() {
        Some((first, [cwd, path, name, args @ ..])) if first == EXEC_CHILD => {
            Some(exec(Path::new(cwd), Path::new(path), name, args))
        }
        Some((first, _)) if first == EXEC_CHILD => {
            eprintln!("error: `{EXEC_CHILD}` is not run by hand");
            Some(USAGE)
        }
        _ => None,
    }
}

/// Becomes the program at `path`, in the directory `cwd`; returns only if it cannot, with the code
/// to exit with.
fn exec(cwd: &Path, path: &Path, name: &OsString, args: &[OsString]) -> u8 {
    reset_signals();
    expect_utf8();
    if let Err(err) = std::env::set_current_dir(cwd) {
        say(&format!("cannot enter `{}`: {err}", cwd.display()));
        return NOT_EXECUTABLE;
    }
    // SAFETY: this process is alone and about to be replaced; nothing else reads the variable.
    unsafe { std::env::set_var("PWD", cwd) };
    let err = Command::new(path).arg0(name).args(args).exec();
    say(&format!("cannot run `{}`: {err}", path.display()));
    if err.kind() == io::ErrorKind::NotFound {
        NOT_FOUND
    } else {
        NOT_EXECUTABLE
    }
}

fn say(message: &str) {
    // The terminal is the only place to complain; if it is gone, so is everybody who could read.
    let _ = writeln!(io::stderr(), "abide: {message}");
}

/// Gives every signal its default disposition and blocks none.
fn reset_signals() {
    for signal in 1..=LAST_SIGNAL {
        reset_signal(signal);
    }
    let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `none` is writable memory of the right type, which the call initialises.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: `none` was initialised by the call above; no old set is asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut()) };
}

/// Tells the terminal that input is UTF-8, so that erasing a character erases all of its bytes.
fn expect_utf8() {
    use rustix::termios::{InputModes, OptionalActions, tcgetattr, tcsetattr};
    if let Ok(mut modes) = tcgetattr(io::stdin()) {
        modes.input_modes |= InputModes::IUTF8;
        // A terminal without the mode erases byte by byte, as it always did.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
    }
}

/// The highest signal number.
#[cfg(target_os = "linux")]
const LAST_SIGNAL: i32 = 64;
/// The highest signal number; there are no real-time signals.
#[cfg(not(target_os = "linux"))]
const LAST_SIGNAL: i32 = libc::SIGUSR2;

/// Gives a signal its default disposition; one that cannot be changed is left alone.
///
/// Asks the kernel itself: the C library keeps two signals to itself and refuses to change them,
/// but its `posix_spawn` leaves them ignored in what it starts.
#[cfg(target_os = "linux")]
fn reset_signal(signal: i32) {
    // The kernel's structure is zero throughout for the default: handler, flags, restorer, mask.
    let default = [0_u64; 4];
    let (none, mask_bytes) = (std::ptr::null_mut::<u64>(), size_of::<u64>());
    // SAFETY: `default` is as large as the kernel's structure and outlives the call; no old
    // disposition is asked for; no handler is installed.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigaction,
            signal,
            default.as_ptr(),
            none,
            mask_bytes,
        )
    };
}

/// Gives a signal its default disposition; one that cannot be changed is left alone.
#[cfg(not(target_os = "linux"))]
fn reset_signal(signal: i32) {
    // SAFETY: setting a default disposition is always sound.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}
