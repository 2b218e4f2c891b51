//! People who are attached with tmux's own client, beside the clients of relays.
//!
//! One client controls a session, whichever kind it is of. tmux lets any number of people in; who
//! comes through here is told of the others first.

use abide_core::{
    backend::{
        AttachMode, AttachRequest, BackendError, ClientProgram, Holder, Running, Scrollback,
        SessionState, TerminalBackend as _,
    },
    id::{ClientId, SessionId},
};

use super::{TmuxBackend, failed};
use crate::{
    command::{self, Showing},
    listing::{Client, Listing},
    target::SessionName,
};

/// What this program calls itself when it takes control for somebody who comes with tmux's client.
const TAKING_OVER: &str = "a client of tmux";

impl TmuxBackend {
    /// Counts the people attached among those who control and watch.
    pub(super) async fn count_people(&self, session: &SessionId, running: &mut Running) {
        match self.listed().await {
            Ok(listing) => count_in(&listing, session, running),
            Err(err) => {
                running
                    .problem
                    .get_or_insert(format!("tmux cannot be asked who is attached: {err}"));
            }
        }
    }

    /// Sees to it that no person controls the session, or says who does.
    pub(super) async fn make_way(
        &self,
        session: &SessionId,
        mode: AttachMode,
    ) -> Result<(), BackendError> {
        let listing = self.listing("attach to", session).await?;
        for client in typists(&listing, session) {
            if mode == AttachMode::Control {
                return Err(BackendError::Busy {
                    session: session.clone(),
                    holder: holder(client),
                });
            }
            let detached = self.tmux.run(&command::detach(&client.name)).await;
            detached.map_err(|err| failed("attach to", session, err.into()))?;
        }
        Ok(())
    }

    /// Returns the program that a person attaches with, once there is a place for them.
    pub(super) async fn person(
        &self,
        session: &SessionId,
        mode: AttachMode,
        notice: Option<&str>,
    ) -> Result<Option<ClientProgram>, BackendError> {
        self.adopt("attach to", session).await?;
        let running = match self.relays.status(session).await?.state {
            SessionState::Running(running) => running,
            // Its last screen is shown without tmux.
            SessionState::Ended(_) => return Ok(None),
            SessionState::Starting => {
                return Err(failed("attach to", session, "it is being started".into()));
            }
            SessionState::Unresponsive { holder_pid, reason } => {
                return Err(BackendError::Unresponsive {
                    session: session.clone(),
                    holder_pid,
                    source: reason.into(),
                });
            }
        };
        if mode != AttachMode::View {
            match (running.controller, mode) {
                (Some(holder), AttachMode::Control) => {
                    return Err(BackendError::Busy {
                        session: session.clone(),
                        holder,
                    });
                }
                (Some(_), _) => self.take_control(session).await?,
                (None, _) => {}
            }
            self.make_way(session, mode).await?;
        }
        let mut verb = command::attach(&SessionName::of(session), mode == AttachMode::View);
        if let Some(notice) = notice {
            verb.extend(command::and_show(notice, self.showing().await));
        }
        Ok(Some(ClientProgram {
            program: self.tmux.program().to_owned(),
            args: self.tmux.arguments(&verb),
            env_remove: ["TMUX", "TMUX_PANE", "TMUX_TMPDIR"]
                .map(Into::into)
                .to_vec(),
        }))
    }

    /// Returns for how long the tmux at hand shows a message.
    async fn showing(&self) -> Showing {
        match self.known_version().await {
            Ok(version) if version.shows_as_long_as_told() => Showing::AsLongAsTold,
            // Attaching is what matters.
            Ok(_) | Err(_) => Showing::AsConfigured,
        }
    }

    /// Takes control from whoever has it through the relay, and gives it up again.
    async fn take_control(&self, session: &SessionId) -> Result<(), BackendError> {
        let steal = AttachRequest {
            mode: AttachMode::Steal,
            size: None,
            from: None,
            scrollback: Scrollback::Keep,
            label: TAKING_OVER.into(),
            terminal: None,
        };
        self.relays.attach(session, steal).await.map(drop)
    }
}

/// Counts the people that a listing shows among those who control and watch.
fn count_in(listing: &Listing, session: &SessionId, running: &mut Running) {
    let Some(listed) = listing.session(session) else {
        return;
    };
    for client in listing.people(listed.id) {
        if running.controller.is_none() && !client.is_read_only {
            running.controller = Some(holder(client));
        } else {
            running.viewers += 1;
        }
    }
}

fn typists<'a>(listing: &'a Listing, session: &SessionId) -> impl Iterator<Item = &'a Client> {
    let listed = listing.session(session);
    let people = listed
        .into_iter()
        .flat_map(|listed| listing.people(listed.id));
    people.filter(|client| !client.is_read_only)
}

fn holder(client: &Client) -> Holder {
    Holder {
        client: ClientId::new(client.pid.into()),
        label: format!("tmux on {} (pid {})", client.name, client.pid),
        since: client.since,
    }
}
