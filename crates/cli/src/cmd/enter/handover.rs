//! Hands the terminal over to the program that a backend has for this, such as tmux's client.
//!
//! As a rule this process becomes that program: nothing of ours stays between a person and their
//! terminal. Whoever asks for the code of the session's program gets it from us, so then it runs
//! beneath us, and we say at the end what `abide attach` says of every session.

use std::ffi::OsStr;

use abide_core::backend::{AttachMode, BackendError, ClientProgram, Ended, SessionState};
use abide_workspace::{
    WorkspaceError, Workspaces,
    service::{Found, Observed},
};

use super::{ExitWith, code};
use crate::{error::CliError, exit::Exit, report, sys};

/// Set by tmux for all that runs in it.
const IN_TMUX: &str = "TMUX";

/// Returns the program that shows the session, if its backend has one for it now; without one, as
/// for a session that has ended, it is shown here.
///
/// The program shows the person `notice`, or what is odd about a tmux inside a tmux.
pub(super) async fn client_of(
    workspaces: &Workspaces,
    found: &Found,
    mode: AttachMode,
    notice: Option<&str>,
) -> Result<Option<ClientProgram>, CliError> {
    let notice = nested(std::env::var_os(IN_TMUX).as_deref()).or(notice);
    match workspaces.client_program(found, mode, notice).await {
        Err(WorkspaceError::Backend(BackendError::Ended { .. })) => Ok(None),
        asked => Ok(asked?),
    }
}

/// Lets the program show the session, in our place if nobody needs us afterwards.
pub(super) async fn hand_over(
    workspaces: &Workspaces,
    found: &Found,
    program: &ClientProgram,
    exit: ExitWith,
) -> Result<Exit, CliError> {
    let no_client = |source| CliError::NoClient {
        target: found.target(),
        program: program.program.clone(),
        source,
    };
    match exit {
        ExitWith::Success => {
            let code = sys::become_program(program).map_err(no_client)?;
            Ok(Exit::of_program(code))
        }
        ExitWith::Program => {
            let client = sys::run_program(program).map_err(no_client)?;
            let ended = end_of(workspaces, found).await?;
            if let Some(ended) = &ended {
                report::say(&format!("[{}: {}]", found.target(), ended.outcome));
            }
            Ok(code_after(exit, client, ended.as_ref()))
        }
    }
}

/// Returns how the session ended, if it has.
async fn end_of(workspaces: &Workspaces, found: &Found) -> Result<Option<Ended>, CliError> {
    match workspaces.observe(found).await? {
        Observed::Status(status) => match status.state {
            SessionState::Ended(ended) => Ok(Some(ended)),
            SessionState::Starting
            | SessionState::Running(_)
            | SessionState::Unresponsive { .. } => Ok(None),
        },
        Observed::Nothing | Observed::Unavailable { .. } => Ok(None),
    }
}

/// Returns the code to end with: that of the session's program if it has ended, else that of the
/// client, which was left or failed.
fn code_after(exit: ExitWith, client: i32, ended: Option<&Ended>) -> Exit {
    match ended {
        Some(ended) => code(exit, ended),
        None => Exit::of_program(client),
    }
}

/// Says what is odd about a client in tmux that shows another tmux, if this is so: in words that fit
/// a line of a terminal.
fn nested(in_tmux: Option<&OsStr>) -> Option<&'static str> {
    in_tmux
        .is_some_and(|value| !value.is_empty())
        .then_some("this is inside tmux, which takes its prefix key first; press it twice")
}

#[cfg(test)]
mod tests {
    use abide_core::{backend::ExitOutcome, clock::Timestamp, replay::Offset};

    use super::*;

    #[test]
    fn the_programs_code_is_taken_if_it_ended_else_that_of_the_client() {
        let ended = Ended {
            outcome: ExitOutcome::Exited { code: 9 },
            cause: None,
            started_at: Timestamp::from_millis(0),
            ended_at: None,
            offset: Offset::START,
        };
        let code = |client, ended| code_after(ExitWith::Program, client, ended);
        assert_eq!(code(0, Some(&ended)), Exit::of_program(9));
        assert_eq!(code(0, None), Exit::SUCCESS);
        assert_eq!(code(1, None), Exit::FAILURE);
    }

    /// proves C4
    #[test]
    fn a_tmux_in_a_tmux_is_told() {
        let told = nested(Some(OsStr::new("/tmp/tmux-0/default,1,0")));
        assert!(told.is_some_and(|warning| warning.contains("prefix")));
        assert_eq!(nested(Some(OsStr::new(""))), None);
        assert_eq!(nested(None), None);
    }
}
