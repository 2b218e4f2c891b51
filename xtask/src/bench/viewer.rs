//! A terminal as a person would have it: a program runs on it, the bench reads and types.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use memchr::memmem;

use super::sys::{self, Controller, Output};
use super::{child, stage};

/// Rows of every terminal of the bench.
pub(crate) const ROWS: u16 = 24;
/// Columns of every terminal of the bench.
pub(crate) const COLS: u16 = 80;

/// Largest piece read at once, in bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// A program on a terminal that the bench holds.
#[derive(Debug)]
pub(crate) struct Viewer {
    controller: Controller,
    process: Child,
    piece: Vec<u8>,
    tail: Vec<u8>,
    /// Bytes shown so far.
    pub(crate) shown: u64,
}

impl Viewer {
    /// Starts `command` on a terminal of its own, by way of this program's `own_program`.
    ///
    /// The program calls the stage under `token` just before it becomes the command, if there is
    /// one to call.
    pub(crate) fn start(
        own_program: &Path,
        command: &Command,
        call: Option<(u16, &str)>,
    ) -> Result<Self> {
        let (controller, terminal) =
            Controller::open(ROWS, COLS).context("cannot open a terminal")?;
        let mut launch = Command::new(own_program);
        // Nobody listens on port 0: it stands for no call.
        let (port, token) = call.unwrap_or((0, "-"));
        launch.args([child::NAME, "on-terminal", &port.to_string(), token]);
        launch.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => launch.env(name, value),
                None => launch.env_remove(name),
            };
        }
        launch.current_dir(command.get_current_dir().unwrap_or(Path::new("/")));
        terminal
            .give_to(&mut launch)
            .context("cannot give the terminal away")?;
        let process = launch.spawn().context("cannot start a viewer")?;
        Ok(Self {
            controller,
            process,
            piece: vec![0; PIECE_BYTES],
            tail: Vec::new(),
            shown: 0,
        })
    }

    /// Types.
    pub(crate) fn type_in(&mut self, keys: &[u8]) -> Result<()> {
        self.controller.write(keys).context("cannot type")
    }

    /// Reads what comes next, up to `limit` bytes; nothing if nothing comes in time.
    pub(crate) fn read(&mut self, limit: usize, patience: Duration) -> Result<&[u8]> {
        let limit = limit.min(self.piece.len());
        let read = self.controller.read(&mut self.piece[..limit], patience);
        match read.context("cannot read the terminal")? {
            Output::Bytes(count) => {
                self.shown += count as u64;
                Ok(&self.piece[..count])
            }
            Output::Quiet => Ok(&[]),
            Output::Ended => bail!("the program on the terminal has ended{}", self.last_words()),
        }
    }

    /// Reads at full speed until `mark` was shown; returns when it was.
    ///
    /// What came before this call does not count.
    pub(crate) fn until(&mut self, mark: &[u8]) -> Result<Duration> {
        let begun = sys::now();
        self.look_afresh();
        loop {
            let count = self.read(PIECE_BYTES, Duration::from_secs(1))?.len();
            let at = sys::now();
            if self.holds(count, mark) {
                return Ok(at);
            }
            if stage::PATIENCE < at - begun {
                let seconds = stage::PATIENCE.as_secs();
                bail!("the mark was not shown in {seconds} s{}", self.last_words());
            }
        }
    }

    /// Forgets the beginning of a mark that may have been shown.
    pub(crate) fn look_afresh(&mut self) {
        self.tail.clear();
    }

    /// Looks for `mark` in the last piece, also across its beginning; keeps what may begin one.
    pub(crate) fn holds(&mut self, count: usize, mark: &[u8]) -> bool {
        let piece = &self.piece[..count];
        let kept = self.tail.len();
        self.tail.extend_from_slice(&piece[..count.min(mark.len())]);
        if memmem::find(&self.tail, mark).is_some() || memmem::find(piece, mark).is_some() {
            return true;
        }
        let longest = mark.len() - 1;
        if longest <= count {
            self.tail.clear();
            self.tail.extend_from_slice(&piece[count - longest..]);
        } else {
            let excess = (kept + count).saturating_sub(longest);
            self.tail.drain(..excess);
        }
        false
    }

    /// Reads until nothing was shown for `quiet`.
    pub(crate) fn settle(&mut self, quiet: Duration) -> Result<()> {
        let begun = sys::now();
        while !self.read(PIECE_BYTES, quiet)?.is_empty() {
            if stage::PATIENCE < sys::now() - begun {
                bail!("the terminal does not fall silent{}", self.last_words());
            }
        }
        Ok(())
    }

    /// Reads until nothing was shown for `quiet`; returns all that was.
    pub(crate) fn gather(&mut self, quiet: Duration) -> Result<Vec<u8>> {
        let mut shown = Vec::new();
        loop {
            let piece = self.read(PIECE_BYTES, quiet)?;
            if piece.is_empty() {
                return Ok(shown);
            }
            shown.extend_from_slice(piece);
        }
    }

    /// Reads until the program has ended; returns when the terminal was closed.
    pub(crate) fn until_end(&mut self) -> Result<Duration> {
        let begun = sys::now();
        loop {
            let piece = &mut self.piece;
            let read = self.controller.read(piece, Duration::from_secs(1));
            match read.context("cannot read the terminal")? {
                Output::Ended => return Ok(sys::now()),
                _ if stage::PATIENCE < sys::now() - begun => {
                    bail!("the program on the terminal does not end");
                }
                _ => {}
            }
        }
    }

    fn last_words(&self) -> String {
        let end = self
            .piece
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        let text = String::from_utf8_lossy(&self.piece[end.saturating_sub(200)..end]);
        format!(", having shown {} bytes and lastly {text:?}", self.shown)
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(err) = ended {
            eprintln!("cannot end the viewer {}: {err}", self.process.id());
        }
    }
}
