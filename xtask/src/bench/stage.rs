//! Where children report: a loopback listener, and the line to each child.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::sys;

/// Connections that may wait to be looked at; each is a child that was started.
const WAITING: usize = 256;

/// How long a child may take to start or to say something.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Takes the calls of children.
#[derive(Debug)]
pub(crate) struct Stage {
    port: u16,
    calls: Receiver<TcpStream>,
    early: HashMap<String, Player>,
    tokens: u64,
}

impl Stage {
    /// Opens the listener, which takes calls until the bench ends.
    pub(crate) fn open() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen")?;
        let port = listener
            .local_addr()
            .context("cannot learn the port")?
            .port();
        let (sender, calls) = mpsc::sync_channel(WAITING);
        // It has no result: it ends with the bench, or when the bench no longer listens.
        thread::spawn(move || {
            for call in listener.incoming().flatten() {
                if sender.send(call).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            port,
            calls,
            early: HashMap::new(),
            tokens: 0,
        })
    }

    /// Returns the port that children call.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns a name that no other child has.
    pub(crate) fn token(&mut self) -> String {
        self.tokens += 1;
        format!("p{}", self.tokens)
    }

    /// Waits until the child of that name has called.
    pub(crate) fn player(&mut self, token: &str) -> Result<Player> {
        let begun = sys::now();
        loop {
            if let Some(player) = self.early.remove(token) {
                return Ok(player);
            }
            let left = PATIENCE.saturating_sub(sys::now() - begun);
            match self.calls.recv_timeout(left) {
                Ok(call) => {
                    let (name, player) = Player::greet(call)?;
                    self.early.insert(name, player);
                }
                Err(RecvTimeoutError::Timeout) => bail!("the child did not start in {PATIENCE:?}"),
                Err(RecvTimeoutError::Disconnected) => bail!("the listener has ended"),
            }
        }
    }
}

/// A child that runs.
#[derive(Debug)]
pub(crate) struct Player {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
    /// Its process.
    pub(crate) pid: u32,
    /// When its first instruction ran.
    pub(crate) started: Duration,
}

impl Player {
    fn greet(stream: TcpStream) -> Result<(String, Self)> {
        stream
            .set_nodelay(true)
            .context("cannot set the connection")?;
        stream
            .set_read_timeout(Some(PATIENCE))
            .context("cannot set the connection")?;
        let lines = BufReader::new(stream.try_clone().context("cannot share the connection")?);
        let mut player = Self {
            stream,
            lines,
            pid: 0,
            started: Duration::ZERO,
        };
        let line = player.line()?;
        let [token, pid, started] = line.split(' ').collect::<Vec<_>>()[..] else {
            bail!("a child said `{line}`");
        };
        player.pid = pid.parse().context("a child gave no process id")?;
        player.started = Duration::from_nanos(started.parse().context("a child gave no time")?);
        Ok((token.to_owned(), player))
    }

    /// Tells the child what to do.
    pub(crate) fn tell(&mut self, what: &str) -> Result<()> {
        let line = format!("{what}\n");
        self.stream
            .write_all(line.as_bytes())
            .context("cannot tell a child what to do")
    }

    /// Waits for the child's answer: the times of what it did.
    pub(crate) fn times<const N: usize>(&mut self) -> Result<[Duration; N]> {
        let line = self.line()?;
        let times = line.split(' ').map(|word| {
            let nanoseconds = word
                .parse()
                .with_context(|| format!("a child said `{line}`"))?;
            Ok(Duration::from_nanos(nanoseconds))
        });
        let times: Result<Vec<_>> = times.collect();
        let Ok(times) = times?.try_into() else {
            bail!("a child said `{line}`");
        };
        Ok(times)
    }

    /// Changes how long the child may take to answer.
    pub(crate) fn wait_up_to(&mut self, patience: Duration) -> Result<()> {
        self.stream
            .set_read_timeout(Some(patience))
            .context("cannot set the connection")
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let count = self
            .lines
            .read_line(&mut line)
            .context("a child says nothing")?;
        if count == 0 {
            bail!("a child has ended");
        }
        Ok(line.trim_end().to_owned())
    }
}
