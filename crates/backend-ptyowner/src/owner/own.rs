//! The owner's own terminal: a pseudo-terminal whose controller it holds, and its child.

use std::{cell::RefCell, future::poll_fn, io, time::Duration};

use abide_core::{backend::Survivor, env_policy::Environment, size::TermSize};
use bytes::BytesMut;

use super::{
    source::{Existing, Made, NotRunnable, Place, Source, SourceError, Wanted},
    terminal::{ChildEnd, Read, Terminal},
};
use crate::sys::{
    self,
    pty::{ChildCommand, Pty},
    tree::Reaper,
};

/// A pseudo-terminal and the tree below this process.
pub(crate) struct OwnTerminal {
    pty: Pty,
    reaper: RefCell<Reaper>,
    child_pid: u32,
}

impl Terminal for OwnTerminal {
    const DRAIN_WAIT: Duration = sys::pty::DRAIN_WAIT;
    const OUTLIVES_OWNER: bool = false;
    const ANSWERS_QUERIES: bool = false;

    async fn read(&self, buffer: &mut BytesMut) -> io::Result<Read> {
        self.pty.read(buffer).await
    }

    fn try_write(&self, input: &[u8]) -> io::Result<Option<usize>> {
        self.pty.try_write(input)
    }

    async fn write(&self, input: &[u8]) -> io::Result<usize> {
        self.pty.write(input).await
    }

    fn resize(&self, size: TermSize) -> io::Result<()> {
        self.pty.resize(size)
    }

    fn close(&mut self) {
        self.pty.close_terminal();
    }

    async fn changed(&self) {
        poll_fn(|context| self.reaper.borrow_mut().poll_changed(context)).await;
    }

    fn ended(&mut self) -> Option<ChildEnd> {
        let outcome = self.reaper.get_mut().reap(self.child_pid)?;
        Some(ChildEnd::Ended {
            outcome: outcome.into(),
            at: None,
        })
    }

    fn ask_to_end(&mut self) {
        sys::tree::ask_to_end(self.child_pid, self.pty.foreground_group());
    }

    fn kill(&mut self) {
        sys::tree::kill_round();
    }

    fn is_empty(&mut self) -> bool {
        sys::tree::is_empty()
    }

    fn survivors(&mut self) -> Vec<Survivor> {
        let survivors = sys::tree::survivors();
        survivors.into_iter().map(Into::into).collect()
    }
}

/// Makes terminals of this process, which end with it: so there never is one to be found.
pub(crate) struct OwnSource;

impl Source for OwnSource {
    type Terminal = OwnTerminal;

    fn from_settings(_settings: &[u8]) -> Result<Self, SourceError> {
        Ok(Self)
    }

    async fn existing(&mut self, _at: &Place<'_>) -> Result<Existing<OwnTerminal>, SourceError> {
        Ok(Existing::Nothing)
    }

    async fn start(
        &mut self,
        _at: &Place<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Made<OwnTerminal>, SourceError> {
        let reaper = Reaper::new().map_err(|err| format!("cannot watch a child: {err}"))?;
        let pty = Pty::open(wanted.size).map_err(|err| format!("cannot open a terminal: {err}"))?;
        let mut env = wanted.env.clone();
        describe_terminal(&mut env);
        let env = env.iter().map(|(name, value)| (name.into(), value.into()));
        let command = ChildCommand::new(wanted.cwd, wanted.program, wanted.argv, env.collect())
            .map_err(|err| format!("cannot find this program's own file: {err}"))?;
        let child = pty
            .spawn(&command)
            .map_err(|source| NotRunnable::new(wanted.program, source))?;
        Ok(Made {
            terminal: OwnTerminal {
                pty,
                reaper: RefCell::new(reaper),
                child_pid: child.pid,
            },
            child_pid: child.pid,
        })
    }
}

/// Tells the child which terminal it is on, unless the spec says otherwise.
fn describe_terminal(env: &mut Environment) {
    env.set_default("TERM", "xterm-256color");
    env.set_default("COLORTERM", "truecolor");
    env.set_default("TERM_PROGRAM", "abide");
    env.set_default("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION"));
}
