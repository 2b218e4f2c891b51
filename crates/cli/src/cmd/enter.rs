//! Shows a session on this terminal: what `new`, `attach`, `resume` and `last` have in common.

mod handover;

use std::io::{self, IsTerminal};

use abide_core::{
    backend::{AttachMode, AttachRequest, Ended, Scrollback, TerminalOffer},
    id::SessionId,
};
use abide_workspace::{Workspaces, service::Found};

use crate::{
    error::CliError,
    exit::Exit,
    host, report, sys,
    viewer::{self, DetachKeys, ParseKeysError, ViewerError},
};

/// How a session is to be shown.
#[derive(Debug, Clone)]
pub(super) struct How {
    /// What the client may do.
    pub(super) mode: AttachMode,
    /// The keys that detach.
    pub(super) keys: DetachKeys,
    /// Which code to end with.
    pub(super) exit: ExitWith,
    /// Whether this terminal may be lent to whoever holds the session.
    pub(super) lend: bool,
    /// Which program shows it.
    pub(super) client: Client,
}

/// Which program shows a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    /// That of its backend, with its own keys, if it has one.
    OfBackend,
    /// This one: it has the keys that were asked for.
    Ours,
}

/// Which code to end with when the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExitWith {
    /// Success: it was shown to its end.
    Success,
    /// That of its program.
    Program,
}

/// Reads the keys that detach from the command line.
pub(super) fn parse_keys(text: &str) -> Result<DetachKeys, String> {
    text.parse()
        .map_err(|error: ParseKeysError| format!("{error}; {}", error.hint()))
}

/// Where a command runs, seen from a session that it is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// In no session.
    None,
    /// In that very session.
    Itself,
    /// In another one.
    Another,
}

/// Refuses to go on without a terminal to show a session on. Asked before anything is started.
pub(super) fn need_terminal() -> Result<(), CliError> {
    let streams = [
        ("input", io::stdin().is_terminal()),
        ("output", io::stdout().is_terminal()),
    ];
    match streams.into_iter().find(|(_, is_terminal)| !is_terminal) {
        Some((stream, _)) => Err(ViewerError::NoTerminal { stream }.into()),
        None => Ok(()),
    }
}

/// Shows the session until the user detaches or it ends.
pub(super) async fn enter(
    workspaces: &Workspaces,
    found: &Found,
    how: How,
) -> Result<Exit, CliError> {
    let target = found.target();
    match inside(
        std::env::var("ABIDE_SESSION").ok().as_deref(),
        &found.session.id,
    ) {
        Inside::None => {}
        Inside::Itself => return Err(CliError::NestedInItself { target }),
        Inside::Another => report::say(
            "warning: this is inside another session, which takes the keys that detach first",
        ),
    }
    if how.client == Client::OfBackend
        && let Some(program) = handover::client_of(workspaces, found, how.mode).await?
    {
        workspaces.touch(&found.workspace).await?;
        return handover::hand_over(workspaces, found, &program, how.exit).await;
    }
    let request = AttachRequest {
        mode: how.mode,
        size: sys::terminal_size(),
        from: None,
        scrollback: Scrollback::Keep,
        label: label(),
        terminal: how.lend.then(|| offer(&how.keys)).flatten(),
    };
    let attachment = workspaces.attach(found, request).await?;
    let options = viewer::Options {
        name: target.to_string(),
        keys: how.keys,
        mode: how.mode,
    };
    // A person waits for the session, and not for what is remembered of it.
    let (shown, remembered) = tokio::join!(
        viewer::run(attachment, options),
        workspaces.touch(&found.workspace),
    );
    let shown = shown?;
    remembered?;
    match shown {
        viewer::End::Detached | viewer::End::Hangup => Ok(Exit::SUCCESS),
        viewer::End::Ended(ended) => Ok(code(how.exit, &ended)),
    }
}

/// Returns the code to end with when the session has ended so.
fn code(exit: ExitWith, ended: &Ended) -> Exit {
    match exit {
        ExitWith::Success => Exit::SUCCESS,
        ExitWith::Program => Exit::of_program(ended.outcome.shell_code()),
    }
}

fn inside(session_here: Option<&str>, wanted: &SessionId) -> Inside {
    match session_here {
        None | Some("") => Inside::None,
        Some(here) if here == wanted.as_str() => Inside::Itself,
        Some(_) => Inside::Another,
    }
}

/// Offers this terminal, so that what a session prints and what is typed need not go through us.
fn offer(keys: &DetachKeys) -> Option<TerminalOffer> {
    let terminal = sys::terminal_device()?;
    Some(TerminalOffer {
        path: terminal.path,
        device: terminal.device,
        file_system: terminal.file_system,
        inode: terminal.inode,
        own_keys: keys.first_bytes(),
    })
}

/// Says who this client is, to others that look at the session.
fn label() -> String {
    let pid = std::process::id();
    match host::terminal_name() {
        Some(terminal) => format!("abide attach (pid {pid} on {terminal})"),
        None => format!("abide attach (pid {pid})"),
    }
}

#[cfg(test)]
mod tests {
    use abide_core::{backend::ExitOutcome, clock::Timestamp, replay::Offset};

    use super::*;

    /// proves C4
    #[test]
    fn a_session_knows_whether_it_would_be_shown_on_itself() {
        let session: SessionId = "abc".parse().unwrap();
        assert_eq!(inside(None, &session), Inside::None);
        assert_eq!(inside(Some(""), &session), Inside::None);
        assert_eq!(inside(Some("abc"), &session), Inside::Itself);
        assert_eq!(inside(Some("abcd"), &session), Inside::Another);
    }

    #[test]
    fn the_programs_code_is_taken_only_if_asked_for() {
        let ended = Ended {
            outcome: ExitOutcome::Signaled { signal: 9 },
            cause: None,
            started_at: Timestamp::from_millis(0),
            ended_at: None,
            offset: Offset::START,
        };
        assert_eq!(code(ExitWith::Success, &ended), Exit::SUCCESS);
        assert_eq!(code(ExitWith::Program, &ended), Exit::of_program(137));
    }
}
