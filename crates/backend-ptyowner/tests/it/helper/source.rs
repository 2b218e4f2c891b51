//! Where the tests' terminals come from: each has a holder, which listens in the session's directory.
//!
//! A file `unsure` there makes the source unable to say whether there is one.

use std::{
    cell::RefCell,
    ffi::OsString,
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    rc::Rc,
};

use abide_backend_ptyowner::host::{
    Existing, Found, Joined, Made, Place, Screen, Source, SourceError, Tree, Wanted,
};
use abide_core::{clock::Timestamp, size::TermSize};
use tokio::{net::UnixStream, sync::Notify};

use crate::{
    greeting::{self, Greeting, socket},
    terminal::{HeldTerminal, Inbox, greet, outcome},
};

pub(crate) struct HeldTerminals;

impl Source for HeldTerminals {
    type Terminal = HeldTerminal;

    fn from_settings(settings: &[u8]) -> Result<Self, SourceError> {
        match settings {
            b"settings of a test" => Ok(Self),
            other => Err(format!("these are no settings: {other:?}").into()),
        }
    }

    async fn existing(&mut self, at: &Place<'_>) -> Result<Existing<HeldTerminal>, SourceError> {
        if at.dir.join("unsure").exists() {
            return Err("the holder cannot be asked".into());
        }
        let stream = match UnixStream::connect(socket(at.dir)).await {
            Err(err) if is_gone(&err) => return Ok(Existing::Nothing),
            other => other?,
        };
        let (terminal, greeting) = meet(at.dir, stream).await?;
        let screen = Screen {
            size: TermSize::clamped(greeting.rows, greeting.cols),
            content: greeting.printed,
        };
        let generation = greeting.generation.parse()?;
        let started_at = Timestamp::from_millis(greeting.started_ms);
        Ok(match greeting.exit {
            None => Existing::Lives(Box::new(Joined {
                terminal,
                child_pid: greeting.child_pid,
                generation,
                started_at,
                screen,
            })),
            Some(exit) => Existing::Ended(Box::new(Found {
                generation,
                outcome: outcome(exit),
                started_at,
                ended_at: None,
                screen: Some(screen),
            })),
        })
    }

    async fn forget(&mut self, at: &Place<'_>) {
        // It may be gone already.
        let _ = greeting::command(&socket(at.dir), greeting::Command::Forget);
    }

    async fn start(
        &mut self,
        at: &Place<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Made<HeldTerminal>, SourceError> {
        // Of a holder that is gone.
        let _ = std::fs::remove_file(socket(at.dir));
        let mut holder = Command::new(std::env::current_exe()?)
            .args(words(at, wanted))
            .env_clear()
            .envs(wanted.env.iter())
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .env("TERM_PROGRAM", "abide")
            .env("TERM_PROGRAM_VERSION", env!("CARGO_PKG_VERSION"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line)?;
        let child_pid = line.trim().parse()?;
        let stream = UnixStream::connect(socket(at.dir)).await?;
        let (terminal, greeting) = meet(at.dir, stream).await?;
        // What was printed meanwhile is not on the screen of a new start: it is read first.
        let printed = greeting::frame(greeting::OUTPUT, &greeting.printed);
        {
            let mut inbox = terminal.inbox.borrow_mut();
            let later = inbox.bytes.split();
            if !greeting.printed.is_empty() {
                inbox.bytes.extend_from_slice(&printed);
            }
            if let Some(exit) = greeting.exit {
                let exit = serde_json::to_vec(&exit)?;
                inbox
                    .bytes
                    .extend_from_slice(&greeting::frame(greeting::EXIT, &exit));
            }
            inbox.bytes.unsplit(later);
        }
        Ok(Made {
            terminal,
            child_pid,
        })
    }
}

fn words(at: &Place<'_>, wanted: &Wanted<'_>) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["hold".into(), socket(at.dir).into()];
    words.push(wanted.generation.to_string().into());
    words.push(wanted.started_at.as_millis().to_string().into());
    words.push(wanted.size.rows().to_string().into());
    words.push(wanted.size.cols().to_string().into());
    words.push(wanted.cwd.into());
    words.push(wanted.program.into());
    words.extend_from_slice(&wanted.argv[1..]);
    words
}

/// Returns the terminal of a holder that was reached, and what the holder said of it.
async fn meet(dir: &Path, mut stream: UnixStream) -> Result<(HeldTerminal, Greeting), SourceError> {
    let (bytes, greeting) = greet(&mut stream).await?;
    let terminal = HeldTerminal {
        socket: socket(dir),
        stream: RefCell::new(Rc::new(stream)),
        inbox: RefCell::new(Inbox { bytes, exit: None }),
        changed: Notify::new(),
        tree: Tree::of(greeting.child_pid),
        has_ended: false,
    };
    Ok((terminal, greeting))
}

fn is_gone(err: &io::Error) -> bool {
    matches!(
        err.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
    )
}
