//! Shows a session on this terminal: what `new`, `attach`, `resume` and `last` have in common.

mod handover;
mod notes;
mod question;

use std::io::{self, IsTerminal};

use abide_core::{
    backend::{AttachMode, AttachRequest, Ended, ExitOutcome, Scrollback, TerminalOffer},
    env_policy::Environment,
    id::SessionId,
};
use abide_workspace::{
    Workspaces,
    entry::{Takeover, Way},
    service::{Entered, Entry, Found, check_dir},
};

pub(super) use self::notes::Notes;

use crate::{
    agent,
    compose::Context,
    error::CliError,
    exit::Exit,
    host, report, sys,
    viewer::{self, DetachKeys, ParseKeysError, ViewerError},
};

/// What is odd about showing a session inside another one.
const INSIDE_ANOTHER: &str =
    "this is inside another session, which takes the keys that detach first";

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
    /// What was said already.
    pub(super) notes: Notes,
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
    /// That of its program; one of its own if that is not known.
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

/// Refuses to show a session on itself. Asked before anything is started or adopted.
pub(super) fn refuse_itself(found: &Found) -> Result<(), CliError> {
    match here(found) {
        Inside::Itself => Err(CliError::NestedInItself {
            target: found.target(),
        }),
        Inside::None | Inside::Another => Ok(()),
    }
}

/// Sees to it that a session can be shown: has somebody be responsible for it, and starts it if the
/// way is one that may. Returns the session, with its start if there was one.
pub(super) async fn prepare(
    context: &Context,
    workspaces: &Workspaces,
    found: Found,
    (way, force): (Way, bool),
    notes: &mut Notes,
) -> Result<Found, CliError> {
    let env = match way {
        Way::Attach | Way::View => Environment::new(),
        Way::Resume | Way::Open | Way::Last => {
            agent::of_session(context, &found.session)
                .environment(context, &[])?
                .env
        }
    };
    let mut entry = Entry {
        way,
        takeover: Takeover::new(force, question::can_ask()),
        agreed: None,
        env,
    };
    let target = found.target();
    loop {
        let say = |why: &_| notes.adopting(&target, why);
        match workspaces.enter(&found, &entry, say).await? {
            Entered::Passively | Entered::Adopted { .. } => {
                if let Err(gone) = check_dir(&found.workspace) {
                    notes.say(format!("warning: {gone}"));
                }
                return Ok(found);
            }
            Entered::Started { found, ensured } => {
                if ensured.started {
                    report::say(&format!("started `{target}` again"));
                }
                return Ok(*found);
            }
            Entered::Confirm { host, age, epoch } => {
                if !question::take_over(&target, &host, age)? {
                    return Err(CliError::NotTakenOver { target, host });
                }
                entry.agreed = Some(epoch);
            }
        }
    }
}

/// Shows the session until the user detaches or it ends.
pub(super) async fn enter(
    workspaces: &Workspaces,
    found: &Found,
    how: How,
) -> Result<Exit, CliError> {
    let target = found.target();
    refuse_itself(found)?;
    let notice = (here(found) == Inside::Another).then_some(INSIDE_ANOTHER);
    if how.client == Client::OfBackend
        && let Some(program) = handover::client_of(workspaces, found, how.mode, notice).await?
    {
        return handover::hand_over(workspaces, found, &program, how.exit).await;
    }
    if let Some(notice) = notice {
        report::say(&format!("warning: {notice}"));
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
        notes: how.notes.into_lines(),
    };
    let shown = viewer::run(attachment, options).await?;
    match shown {
        viewer::End::Detached | viewer::End::Hangup => Ok(Exit::SUCCESS),
        viewer::End::Ended(ended) => Ok(code(how.exit, &ended)),
    }
}

/// Returns the code to end with when the session has ended so.
fn code(exit: ExitWith, ended: &Ended) -> Exit {
    match exit {
        ExitWith::Success => Exit::SUCCESS,
        ExitWith::Program => match ended.outcome {
            ExitOutcome::Lost { .. } => Exit::LOST,
            ExitOutcome::Exited { .. } | ExitOutcome::Signaled { .. } => {
                Exit::of_program(ended.outcome.shell_code())
            }
        },
    }
}

fn here(found: &Found) -> Inside {
    let session = std::env::var("ABIDE_SESSION").ok();
    inside(session.as_deref(), &found.session.id)
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
    use abide_core::{backend::LostReason, clock::Timestamp, replay::Offset};

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
        let mut ended = Ended {
            outcome: ExitOutcome::Signaled { signal: 9 },
            cause: None,
            started_at: Timestamp::from_millis(0),
            ended_at: None,
            offset: Offset::START,
        };
        assert_eq!(code(ExitWith::Success, &ended), Exit::SUCCESS);
        assert_eq!(code(ExitWith::Program, &ended), Exit::of_program(137));
        let reason = LostReason::HolderDied;
        ended.outcome = ExitOutcome::Lost { reason };
        assert_eq!(code(ExitWith::Program, &ended), Exit::LOST);
    }
}
