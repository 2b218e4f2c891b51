//! Signals and process groups.

use std::{io, os::unix::process::CommandExt as _, process::Command};

use rustix::process::{Pid, Signal};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use crate::child::LIFETIME;

/// The largest number of a signal that is not a real-time one.
const LAST_SIGNAL: i32 = 31;

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a child program has a runtime")
}

/// Lets no signal that a process can catch end this one.
///
/// The signals are caught and not acted upon, for the rest of the process's life.
pub fn ignore_signals() {
    let runtime = runtime();
    let _inside = runtime.enter();
    for number in 1..=LAST_SIGNAL {
        let fatal_by_itself = [libc::SIGILL, libc::SIGFPE, libc::SIGSEGV, libc::SIGBUS];
        let cannot_be_caught = [libc::SIGKILL, libc::SIGSTOP];
        if !fatal_by_itself.contains(&number) && !cannot_be_caught.contains(&number) {
            // A signal that this system does not have cannot be sent either.
            let _ = signal(SignalKind::from_raw(number));
        }
    }
}

/// Calls `resized` after each change of the terminal's size, until the process has lived for
/// [`LIFETIME`]. The first call comes at once.
pub fn on_resize(mut resized: impl FnMut()) {
    let watch = async {
        let mut changes = signal(SignalKind::window_change()).expect("every Unix has SIGWINCH");
        resized();
        while changes.recv().await.is_some() {
            resized();
        }
    };
    // The end of its lifetime is how it ends if nothing else does it.
    let _ = runtime().block_on(async { timeout(LIFETIME, watch).await });
}

/// Ends this process by a signal, if the system has one of that number.
pub fn end_by_signal(number: i32) {
    if let Some(signal) = Signal::from_named_raw(number) {
        // Whether it worked shows in that the caller is still there.
        let _ = rustix::process::kill_process(rustix::process::getpid(), signal);
    }
}

/// Makes this process the leader of its own session, without a terminal.
pub fn own_session() {
    rustix::process::setsid().expect("a child that was just started leads no group");
}

/// Makes `command` start in its own process group.
pub fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// Tells whether a process of this id is there and has not ended.
#[must_use]
pub fn process_is_alive(pid: u32) -> bool {
    let Some(pid) = to_pid(pid) else {
        return false;
    };
    rustix::process::test_kill_process(pid).is_ok()
        && !super::describe_process(pid_number(pid)).is_zombie
}

/// Ends a process by force; one that is gone is no error.
///
/// # Errors
///
/// When it is somebody else's.
pub fn kill(pid: u32) -> io::Result<()> {
    match to_pid(pid).map(|pid| rustix::process::kill_process(pid, Signal::KILL)) {
        None | Some(Ok(()) | Err(rustix::io::Errno::SRCH)) => Ok(()),
        Some(Err(err)) => Err(err.into()),
    }
}

pub(super) fn to_pid(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

fn pid_number(pid: Pid) -> u32 {
    pid.as_raw_pid().unsigned_abs()
}

/// Returns what the system knows of this process, a fact a line: ids, whose turn the terminal
/// is, open descriptors, signal mask and dispositions.
#[must_use]
pub fn process_facts() -> Vec<String> {
    let id = |name: &str, id: rustix::io::Result<Pid>| match id {
        Ok(id) => format!("{name} {id}"),
        Err(err) => format!("{name} unknown: {err}"),
    };
    let stdin = rustix::stdio::stdin();
    let mut facts = vec![
        format!("pid {}", std::process::id()),
        id("pgid", Ok(rustix::process::getpgrp())),
        id("foreground", rustix::termios::tcgetpgrp(stdin)),
    ];
    if super::session_is_led_from_outside() {
        // Its number is 0 then, which `rustix` takes for impossible.
        facts.extend(["sid", "terminal-sid"].map(|name| format!("{name} unknown: outside")));
    } else {
        facts.push(id("sid", rustix::process::getsid(None)));
        facts.push(id("terminal-sid", rustix::termios::tcgetsid(stdin)));
    }
    facts.extend(super::open_descriptors());
    facts.extend(super::signal_facts());
    facts
}
