//! The child's end, and how to bring it about.
//!
//! The owner is a subreaper where the system has them (Linux): whatever its child leaves behind
//! becomes the owner's own child, so the whole tree can be found below the owner, whatever its
//! process groups and sessions are. Elsewhere what lost its parent is out of reach.

use std::{
    collections::BTreeSet,
    io,
    task::{Context, Poll},
};

use rustix::process::{Pid, Signal, WaitOptions};
use tokio::signal::unix::{SignalKind, signal};

use super::process;
use crate::wire::event::{Outcome, Survivor};

/// Looks in a row that must find nothing.
const LOOKS: usize = 4;

/// Learns of ended children.
pub(crate) struct Reaper {
    signals: tokio::signal::unix::Signal,
}

impl Reaper {
    /// Starts to listen; must be made before the first child.
    pub(crate) fn new() -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        Ok(Self {
            signals: signal(SignalKind::child())?,
        })
    }

    /// Waits until some child may have ended. What is not waited for, the next call learns of.
    pub(crate) fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.signals.poll_recv(context).map(drop)
    }

    /// Takes every ended child's status; returns the outcome of `leader` if it was among them.
    pub(crate) fn reap(&mut self, leader: u32) -> Option<Outcome> {
        let mut outcome = None;
        // An error means that there are no children at all.
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            let ended = match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => Outcome::Exited(code),
                (None, Some(signal)) => Outcome::Signaled(signal),
                (None, None) => continue,
            };
            if u32::try_from(pid.as_raw_nonzero().get()) == Ok(leader) {
                outcome = Some(ended);
            }
        }
        outcome
    }
}

/// Asks the child and the foreground group to end, as a terminal that hangs up does.
pub(crate) fn ask_to_end(leader: u32, foreground: Option<u32>) {
    for signal in [Signal::HUP, Signal::TERM, Signal::CONT] {
        for group in BTreeSet::from([Some(leader), foreground])
            .into_iter()
            .flatten()
        {
            signal_group(group, signal);
        }
    }
}

/// Kills what is live below this process, once; returns what was.
///
/// A process may fork between the look and the signal, and a killed one takes a moment to end, so
/// the caller repeats this until nothing is returned, within a deadline.
pub(crate) fn kill_round() -> Vec<u32> {
    let live = descendants();
    kill_each(&live);
    live
}

/// Kills processes, once.
pub(crate) fn kill_each(pids: &[u32]) {
    for pid in pids {
        signal_process(*pid, Signal::KILL);
    }
}

/// Returns a process that is live and not this one's own, and the live ones that belong to it: below
/// it, and in the session that it leads.
pub(crate) fn of(root: u32) -> Vec<u32> {
    let below = process::below(root);
    let all = BTreeSet::from_iter([vec![root], below, in_session(root)].concat());
    all.into_iter().collect()
}

/// Returns the live processes of the session that a process leads, or led.
pub(crate) fn in_session(leader: u32) -> Vec<u32> {
    process::in_session(leader)
}

/// Returns the live processes below this one, by id and name.
pub(crate) fn survivors() -> Vec<Survivor> {
    let named = |pid| Survivor {
        pid,
        name: process::name(pid),
    };
    descendants().into_iter().map(named).collect()
}

/// Tells whether nothing below this process is live.
///
/// A process whose parent ends between two steps of a look is missed by it, and found by the next
/// as a child of this one; so one look that finds nothing proves nothing.
pub(crate) fn is_empty() -> bool {
    (0..LOOKS).all(|_| descendants().is_empty())
}

/// Returns the live processes below this one that belong to this session.
///
/// A session started inside this one has an owner of its own, which became this process's child
/// when it left its launcher. It and what is below it is somebody else's.
fn descendants() -> Vec<u32> {
    process::below(std::process::id())
}

fn to_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

fn signal_group(group: u32, signal: Signal) {
    if let Some(group) = to_pid(group) {
        // A group that is gone needs no signal.
        let _ = rustix::process::kill_process_group(group, signal);
    }
}

fn signal_process(pid: u32, signal: Signal) {
    if let Some(pid) = to_pid(pid) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}
