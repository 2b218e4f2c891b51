//! Where a relay's terminal comes from: a session in tmux, made or found.
//!
//! ```text
//! existing:  list ─► no server, no session ── was there one? ─► lost with its host, or as written
//!                 └► ours ─► watch it ─► has the child ended? ─► its end, or its terminal
//!                 └► somebody else's ─► an error: it is left alone
//! start:     handover ─► new-session, marks, settings, marks read back ─► "started"
//! ```

mod joining;

use std::{ffi::OsString, time::Duration};

use abide_backend_ptyowner::{
    FROM_LAUNCHER,
    host::{self, Existing, Found, Joined, Last, Made, Place, Source, SourceError, Tree, Wanted},
};
use abide_core::{
    backend::{ExitOutcome, LostReason},
    id::SessionId,
};
use tokio::time::timeout;

use self::joining::Joining;
use crate::{
    command::{self, NewSession},
    control::{ControlClient, parse::ControlEvent},
    error::TmuxError,
    handover::{Handover, PaneFile},
    listing::{Listed, Listing, Ours},
    marker::OwnerMark,
    note::{Nonce, Note},
    ready::Ready,
    run::{Said, Tmux},
    sys,
    target::{Pane, SessionName, TmuxSession},
    terminal::{Link, PaneTerminal},
};

/// The word that makes a program the pane's process.
pub(crate) const EXEC_WORD: &str = "tmux-exec";

/// Time for tmux to make a session, and for its first process to start the child.
const START_DEADLINE: Duration = Duration::from_secs(15);

/// Why there is no terminal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the settings for tmux are of another release")]
    Settings,
    #[error("tmux has a session `{name}` that is not ours; it is left as it is")]
    Foreign { name: String },
    #[error("tmux did not make the session: {said}")]
    NotMade { said: String },
    #[error("tmux did not keep the marks of the session that it made; that session was ended")]
    NotMarked,
    #[error(
        "tmux, or the program that it started in the session, ended before the child ran: {said}"
    )]
    NotStarted { said: String },
    #[error("tmux did not start the session within {} s", START_DEADLINE.as_secs())]
    TimedOut,
    #[error("cannot hand over what is to be run")]
    Handover(#[source] std::io::Error),
    #[error("cannot find this program's own file")]
    NoHelper(#[source] std::io::Error),
    #[error("the session in tmux does not say what became of its child")]
    NoWord,
    #[error(transparent)]
    Tmux(#[from] TmuxError),
}

/// Makes and finds sessions in one tmux server.
#[derive(Debug)]
pub(crate) struct TmuxSource {
    tmux: Tmux,
    mark: OwnerMark,
    /// A session whose end was reported, and that is kept until the end is recorded.
    ended: Option<Remains>,
}

/// What tmux keeps of a session whose child has ended.
#[derive(Debug, Clone, Copy)]
struct Remains {
    session: TmuxSession,
    pane: Option<Pane>,
}

impl TmuxSource {
    /// Returns the settings that make a relay's source.
    pub(crate) fn settings(tmux: &Tmux, mark: &OwnerMark) -> Vec<u8> {
        let mut bytes = mark.to_string().into_bytes();
        for word in tmux.words() {
            bytes.push(0);
            bytes.extend_from_slice(word.as_encoded_bytes());
        }
        bytes
    }
}

impl Source for TmuxSource {
    type Terminal = PaneTerminal;

    fn from_settings(settings: &[u8]) -> Result<Self, SourceError> {
        let mut fields = settings.split(|byte| *byte == 0);
        let mark = fields
            .next()
            .and_then(|mark| std::str::from_utf8(mark).ok());
        let mark = mark
            .and_then(OwnerMark::parse)
            .ok_or(StartError::Settings)?;
        let words: Vec<OsString> = fields.map(sys::os_string).collect();
        if words.is_empty() {
            return Err(StartError::Settings.into());
        }
        Ok(Self {
            tmux: Tmux::new(words),
            mark,
            ended: None,
        })
    }

    async fn existing(&mut self, at: &Place<'_>) -> Result<Existing<PaneTerminal>, SourceError> {
        let listing = match self.tmux.run(&command::list()).await? {
            Said::Done(text) => Some(Listing::parse(&text, &self.mark).map_err(TmuxError::from)?),
            Said::NoServer => None,
            // A server without a session.
            Said::NoTarget => Some(Listing::default()),
        };
        let listed = listing
            .as_ref()
            .and_then(|listing| listing.session(at.session));
        let Some(listed) = listed else {
            return Ok(gone(at, listing.is_some()));
        };
        let Some(ours) = &listed.ours else {
            return Err(foreign(at.session).into());
        };
        let is_recorded = at
            .last
            .is_some_and(|last| last.generation == ours.generation && last.is_recorded);
        if is_recorded {
            // A relay ended before it let go of what it had recorded.
            self.release(Remains::of(listed, ours)).await;
            return Ok(Existing::Nothing);
        }
        let found = self.found(at, listed, ours).await?;
        if let Existing::Ended(_) = found {
            self.ended = Some(Remains::of(listed, ours));
        }
        Ok(found)
    }

    async fn forget(&mut self, _at: &Place<'_>) {
        if let Some(remains) = self.ended.take() {
            self.release(remains).await;
        }
    }

    async fn start(
        &mut self,
        at: &Place<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Made<PaneTerminal>, SourceError> {
        let nonce = Nonce::random();
        let handover = Handover {
            generation: wanted.generation,
            nonce: nonce.clone(),
            dir: at.dir.to_owned(),
            program: wanted.program.to_owned(),
            cwd: wanted.cwd.to_owned(),
            argv: wanted.argv.to_vec(),
            env: wanted.env.clone(),
        };
        let path = handover.write().map_err(StartError::Handover)?;
        let made = timeout(START_DEADLINE, self.make(at, wanted, &nonce, &path)).await;
        let made = made.unwrap_or(Err(StartError::TimedOut));
        if made.is_err() {
            // It is read by nobody any more, and must not stay.
            let _ = std::fs::remove_file(&path);
        }
        Ok(made?)
    }
}

impl TmuxSource {
    async fn make(
        &self,
        at: &Place<'_>,
        wanted: &Wanted<'_>,
        nonce: &Nonce,
        handover: &std::path::Path,
    ) -> Result<Made<PaneTerminal>, StartError> {
        let helper = std::env::current_exe().map_err(StartError::NoHelper)?;
        let process = [
            helper.into_os_string(),
            EXEC_WORD.into(),
            handover.as_os_str().to_owned(),
            FROM_LAUNCHER.into(),
        ];
        let name = SessionName::of(at.session);
        let verb = command::create(&NewSession {
            name: &name,
            owner: &self.mark,
            generation: wanted.generation,
            started_at: wanted.started_at,
            size: wanted.size,
            cwd: wanted.cwd,
            process: &process,
        });
        let mut client = ControlClient::start(&self.tmux, &verb)?;
        let ready = self.made(&mut client, at.session).await?;
        let mut undo = Undo {
            source: self,
            ready: Some(&ready),
        };
        if !ready.is_marked(&self.mark, wanted.generation) {
            undo.now().await;
            return Err(StartError::NotMarked);
        }
        let mut link = Link::new(self.tmux.clone(), client, &ready, nonce);
        let Some(child_pid) = link.started(nonce).await else {
            undo.now().await;
            let said = link.said();
            return Err(StartError::NotStarted { said });
        };
        undo.ready = None;
        Ok(Made {
            terminal: PaneTerminal::new(link, Tree::kept_by(ready.pid, child_pid)),
            child_pid,
        })
    }

    /// Waits until the session is made and read back.
    async fn made(
        &self,
        client: &mut ControlClient,
        session: &SessionId,
    ) -> Result<Ready, StartError> {
        let mut said = String::new();
        while let Some(event) = client.next().await {
            let ControlEvent::Answer(answer) = event else {
                continue;
            };
            let text = String::from_utf8_lossy(&answer.text);
            if let Some(ready) = Ready::parse(&text) {
                return Ok(ready);
            }
            if let Some(made) = Ready::session_in(&text) {
                let _ = self.tmux.run(&command::kill(made)).await;
                return Err(StartError::NotMarked);
            }
            if !answer.is_done {
                if text.starts_with("duplicate session") {
                    return Err(foreign(session));
                }
                said = text.trim().to_owned();
            }
        }
        if said.is_empty() {
            said = "it ended without a word; its session's log may have more".into();
        }
        Err(StartError::NotMade { said })
    }

    /// Looks at a session of ours by watching it, so that nothing of it is missed from then on.
    async fn found(
        &self,
        at: &Place<'_>,
        listed: &Listed,
        ours: &Ours,
    ) -> Result<Existing<PaneTerminal>, SourceError> {
        let Some(pane) = ours.pane.as_ref().filter(|pane| !pane.is_dead) else {
            return Ok(Existing::Ended(Box::new(self.ended(at, ours).await)));
        };
        let joining = Joining {
            tmux: &self.tmux,
            mark: &self.mark,
        };
        let seen = timeout(
            START_DEADLINE,
            joining.join(listed.id, pane, ours.generation),
        )
        .await;
        let seen = seen.map_err(|_| StartError::TimedOut)??;
        let file = joining::settled(at.dir, ours.generation, &seen.ready).await;
        let file = file.ok_or(StartError::NoWord)?;
        let screen = host::Screen {
            size: seen.ready.size,
            content: seen.screen.draw(seen.ready.size.rows()),
        };
        match file.note {
            Note::Started { pid } => Ok(Existing::Lives(Box::new(Joined {
                terminal: PaneTerminal::new(
                    Link::new(self.tmux.clone(), seen.client, &seen.ready, &file.nonce),
                    Tree::kept_by(seen.ready.pid, pid),
                ),
                child_pid: pid,
                generation: ours.generation,
                started_at: ours.started_at,
                screen,
            }))),
            Note::Ended(outcome) => {
                drop(seen.client);
                Ok(Existing::Ended(Box::new(Found {
                    generation: ours.generation,
                    outcome,
                    started_at: ours.started_at,
                    ended_at: None,
                    screen: Some(screen),
                })))
            }
            Note::Empty => Err(StartError::NoWord.into()),
        }
    }

    /// Returns the end of a session of ours whose pane is dead, or gone.
    async fn ended(&self, at: &Place<'_>, ours: &Ours) -> Found {
        let written = PaneFile::read(at.dir, ours.generation);
        let outcome = match written.map(|file| file.note) {
            Some(Note::Ended(outcome)) => outcome,
            // The pane's own process was killed, and took its word with it.
            _ => lost(LostReason::HolderDied),
        };
        let screen = match &ours.pane {
            Some(pane) => joining::last_screen(&self.tmux, pane).await,
            None => None,
        };
        Found {
            generation: ours.generation,
            outcome,
            started_at: ours.started_at,
            ended_at: None,
            screen,
        }
    }

    /// Lets go of a session whose end is known. What cannot be done now, the next launch does.
    async fn release(&self, remains: Remains) {
        let Remains { session, pane } = remains;
        let _ = self.tmux.run(&command::release(session, pane)).await;
    }
}

impl Remains {
    fn of(listed: &Listed, ours: &Ours) -> Self {
        Self {
            session: listed.id,
            pane: ours.pane.as_ref().map(|pane| pane.pane),
        }
    }
}

/// Ends a session that was just made, and only that, if its start fails at any point.
struct Undo<'a> {
    source: &'a TmuxSource,
    ready: Option<&'a Ready>,
}

impl Undo<'_> {
    async fn now(&mut self) {
        if let Some(ready) = self.ready.take() {
            let _ = self
                .source
                .tmux
                .run(&command::kill(ready.ids.session))
                .await;
        }
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if let Some(ready) = self.ready.take() {
            // The last resort of a start that takes too long.
            let kill = command::kill(ready.ids.session);
            let _ = self.source.tmux.start_and_leave(&kill);
        }
    }
}

/// What became of a session that tmux does not have.
fn gone(at: &Place<'_>, has_server: bool) -> Existing<PaneTerminal> {
    let Some(last) = at.last.filter(|last| !last.is_recorded) else {
        return Existing::Nothing;
    };
    if last.is_rebooted {
        // Recorded as that.
        return Existing::Nothing;
    }
    let written = PaneFile::read(at.dir, last.generation);
    let outcome = match written {
        Some(PaneFile {
            note: Note::Ended(outcome),
            is_hung_up,
            ..
        }) if has_server || !is_hung_up => outcome,
        // It was hung up on when its server went, or is still about to be.
        _ if !has_server => lost(LostReason::HostLost),
        _ => lost(LostReason::HolderDied),
    };
    Existing::Ended(Box::new(end_of(last, outcome)))
}

fn end_of(last: &Last, outcome: ExitOutcome) -> Found {
    Found {
        generation: last.generation,
        outcome,
        started_at: last.started_at,
        ended_at: None,
        screen: None,
    }
}

fn lost(reason: LostReason) -> ExitOutcome {
    ExitOutcome::Lost { reason }
}

fn foreign(session: &SessionId) -> StartError {
    let name = SessionName::of(session).as_str().to_owned();
    StartError::Foreign { name }
}
