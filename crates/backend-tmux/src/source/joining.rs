//! Watching a session that there is, and what its pane shows at that moment.

use std::{path::Path, time::Duration};

use abide_backend_ptyowner::host;
use abide_core::id::Generation;

use super::StartError;
use crate::{
    command::{self, SCREEN},
    control::{ControlClient, parse::ControlEvent},
    handover::PaneFile,
    listing::PaneState,
    marker::OwnerMark,
    note::Note,
    ready::Ready,
    run::{Said, Tmux},
    screen::{Screen, State},
    target::TmuxSession,
};

/// Parts of a screen that are captured one by one.
const PARTS: usize = 3;

/// How often the pane's process is looked at that has yet to write down its child.
const LOOKS: usize = 500;

/// Time between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How a session is joined.
pub(super) struct Joining<'a> {
    pub(super) tmux: &'a Tmux,
    pub(super) mark: &'a OwnerMark,
}

/// A session that is watched, and what it showed before the first event that is yet to be read.
pub(super) struct Seen {
    pub(super) client: ControlClient,
    pub(super) ready: Ready,
    pub(super) screen: Screen,
}

impl Joining<'_> {
    pub(super) async fn join(
        &self,
        session: TmuxSession,
        pane: &PaneState,
        generation: Generation,
    ) -> Result<Seen, StartError> {
        let mut client = ControlClient::start(self.tmux, &command::join(session, pane.pane))?;
        let (mut ready, mut state, mut parts) = (None, None, Vec::new());
        while parts.len() < PARTS {
            let answer = match client.next().await {
                Some(ControlEvent::Answer(answer)) if answer.is_done => answer,
                Some(ControlEvent::Answer(answer)) => {
                    let said = String::from_utf8_lossy(&answer.text).trim().to_owned();
                    return Err(StartError::NotMade { said });
                }
                Some(_) => continue,
                None => return Err(StartError::NoWord),
            };
            if state.is_some() {
                parts.push(answer.text);
                continue;
            }
            let text = String::from_utf8_lossy(&answer.text);
            if let Some(line) = state_line(&text) {
                state = Some(State::parse(line).ok_or(StartError::NoWord)?);
            } else if ready.is_none() {
                ready = Ready::parse(&text);
            }
        }
        let ready = ready.ok_or(StartError::NoWord)?;
        if !ready.is_marked(self.mark, generation) {
            return Err(StartError::NoWord);
        }
        let state = state.ok_or(StartError::NoWord)?;
        let screen = screen(state, parts).ok_or(StartError::NoWord)?;
        Ok(Seen {
            client,
            ready,
            screen,
        })
    }
}

/// Returns what the pane's process has written down, once it has started its child.
///
/// A relay may be killed between the making of a session and the start of its child; the pane's
/// process goes on by itself, and tells nobody but the file. A file that is gone with its directory
/// said nothing that tmux does not know too, as long as the child runs.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells of a file that somebody else writes"
)]
pub(super) async fn settled(dir: &Path, generation: Generation, ready: &Ready) -> Option<PaneFile> {
    for _ in 0..LOOKS {
        if let Some(file) = PaneFile::read(dir, generation) {
            return Some(file);
        }
        if let (Some(nonce), Some(pid)) = (&ready.nonce, ready.child) {
            return Some(PaneFile {
                generation,
                nonce: nonce.clone(),
                note: Note::Started { pid },
                is_hung_up: false,
            });
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    None
}

/// Returns what a dead pane shows, if tmux still says so.
pub(super) async fn last_screen(tmux: &Tmux, pane: &PaneState) -> Option<host::Screen> {
    let [describe, parts @ ..] = command::capture(pane.pane);
    let Ok(Said::Done(line)) = tmux.run(&describe).await else {
        return None;
    };
    let state = State::parse(state_line(&line)?)?;
    let mut captured = Vec::new();
    for part in parts {
        match tmux.run(&part).await {
            Ok(Said::Done(text)) => captured.push(text.into_bytes()),
            _ => return None,
        }
    }
    let mut screen = screen(state, captured)?;
    screen.forget_epitaph();
    Some(host::Screen {
        size: pane.size,
        content: screen.draw(pane.size.rows()),
    })
}

fn state_line(text: &str) -> Option<&str> {
    text.trim_end_matches('\n')
        .strip_prefix(SCREEN)?
        .strip_prefix(':')
}

fn screen(state: State, parts: Vec<Vec<u8>>) -> Option<Screen> {
    let [history, page, primary] = <[Vec<u8>; PARTS]>::try_from(parts).ok()?;
    Some(Screen {
        // Asked for the lines above a page without any, tmux gives the first of the page.
        history: if state.history_rows == 0 {
            Vec::new()
        } else {
            history
        },
        page,
        primary: state.is_alternate.then_some(primary),
        state,
    })
}
