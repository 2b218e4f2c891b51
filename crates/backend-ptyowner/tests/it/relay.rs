//! Terminals that are not an owner's own: relays to them come and go, the sessions stay.
//!
//! The terminals here are held by processes of a helper program (`helper`), one for each.

mod ends;
mod joining;
mod launching;
mod suite;
mod unsure;

use std::{io::Write as _, os::unix::net::UnixStream};

use abide_core::backend::{Running, SessionState, TerminalBackend as _};
use rustix::process::Signal;

use crate::place::{DEADLINE, Place, session};

/// Sends a signal to a process.
fn signal(pid: u32, signal: Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(DEADLINE, wait).await;
    assert!(waited.is_ok(), "{what} did not come about");
}

/// Tells whether a process has ended, whether or not anybody has taken note of that.
fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').map(|(_, fields)| fields.trim_start());
    state.is_none_or(|state| state.starts_with(['Z', 'X']))
}

impl Place {
    /// Kills the relay of a session, and waits until it is gone.
    async fn kill_relay(&self, id: &str) -> u32 {
        let relay = self.owner_pid(id);
        self.env.tolerate_stale_sockets();
        signal(relay, Signal::KILL);
        until("the relay's end", || is_gone(relay)).await;
        relay
    }

    async fn running(&self, id: &str) -> Running {
        match self.backend.status(&session(id)).await.unwrap().state {
            SessionState::Running(running) => running,
            other => panic!("`{id}` does not run: {other:?}"),
        }
    }

    /// Has the holder of a session's terminal do something.
    fn command_holder(&self, id: &str, command: &str) {
        let socket = self.session_dir(id).join("holder.sock");
        let mut stream = UnixStream::connect(socket).unwrap();
        stream
            .write_all(format!("c\"{command}\"").as_bytes())
            .unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        std::io::Read::read_to_end(&mut stream, &mut Vec::new()).unwrap();
    }

    /// Returns the process that holds the terminal of a child.
    fn holder_of(&self, child: u32) -> u32 {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap();
        let fields = stat.rsplit_once(')').unwrap().1;
        fields.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Waits until so many terminals are held here. What is a second one for long does not go away.
    ///
    /// A child looks like its holder for a moment, before it is itself.
    async fn until_held(&self, count: usize) {
        let what = format!("that {count} terminals are held");
        until(&what, || self.holders() == count).await;
    }

    /// Returns how many terminals are held here.
    fn holders(&self) -> usize {
        let root = self.env.owners_dir();
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter(|process| {
                let words = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
                let words = String::from_utf8_lossy(&words).into_owned();
                let mut words = words.split('\0').skip(1);
                words.next() == Some("hold")
                    && words
                        .next()
                        .is_some_and(|socket| root.join(socket).starts_with(&root))
            })
            .count()
    }
}
