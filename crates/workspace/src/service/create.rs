//! Makes a workspace: its row, then its worktree if it has one, then its session, then the row is
//! ready.
//!
//! A failure takes away what was made, and nothing else. A crash leaves the row in the
//! state of creating, with its lock free, which the next [`Workspaces::open`] shows as an error.

use std::path::PathBuf;

use abide_core::{
    backend::{
        BackendError, BackendKind, Command, Ensured, ErrorKind, SessionSpec, TerminalBackend,
    },
    env_policy::Environment,
    lease::Mode,
    size::TermSize,
};

use super::{Found, Workspaces, setup::Planned};
use crate::{
    backends::Preference,
    claim::Claim,
    entry::Takeover,
    error::WorkspaceError,
    keeper::Conversation,
    name::{AgentName, SessionName, WorkspaceName},
    record::{Session, Stage, Workspace, WorkspaceState},
    store::Naming,
    targets::program,
};

/// A workspace that somebody wants.
#[derive(Debug, Clone)]
pub struct NewWorkspace {
    /// Its name; without one, that of its directory, made unique by a number.
    pub name: Option<WorkspaceName>,
    /// Its directory, absolute, and there already; with a worktree, the directory of the repository
    /// that is made of.
    pub dir: PathBuf,
    /// The worktree to make for it, if its directory is to be one.
    pub worktree: Option<NewWorktree>,
    /// Which backend its main session gets; without one, what the set of backends prefers.
    pub backend: Option<Preference>,
    /// What its main session runs.
    pub command: Command,
    /// The name of that, if it is known by one; further sessions then run it too, unless they are
    /// told otherwise.
    pub agent: Option<AgentName>,
    /// What kind of thing that is.
    pub mode: Mode,
    /// The environment of the main session, less what is set here. ABIDE_NAME and ABIDE_DIR stay
    /// as they are in it, ABIDE_WORKSPACE and ABIDE_SESSION do not.
    pub env: Environment,
    /// The size of the main session's terminal.
    pub size: TermSize,
    /// Output kept for clients that come back, in bytes.
    pub history_bytes: u64,
    /// Whether screen and history are kept where they outlive the process that holds the session.
    pub journal: bool,
    /// Whether what its sessions change is recorded; without that nothing is written to its directory.
    pub record: bool,
}

/// A worktree that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWorktree {
    /// The directory that it is made in, absolute; made if it is missing.
    pub below: PathBuf,
    /// Its branch: checked out if it is there, else made, or taken from the one remote that has
    /// it. Without one, a new branch `abide/<name of the workspace>`.
    pub branch: Option<String>,
    /// What a new branch begins at; without it, where the repository is.
    pub from: Option<String>,
}

/// A workspace that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The workspace.
    pub workspace: Workspace,
    /// Its main session.
    pub session: Session,
    /// What the backend answered.
    pub ensured: Ensured,
}

impl Workspaces {
    /// Makes a workspace and starts its main session.
    ///
    /// If the future is dropped, the workspace may stay behind in error.
    ///
    /// # Errors
    ///
    /// When the name is taken, or the session cannot be started. Then nothing is left behind,
    /// except if it cannot be told whether the session runs ([`WorkspaceError::HalfMade`]), and if the
    /// session runs and that could not be recorded ([`WorkspaceError::NotKept`]).
    /// [`WorkspaceError::NotMade`] names the stage that failed where there is a worktree.
    /// [`WorkspaceError::NoBackend`] when the backend it is to have cannot be used.
    pub async fn create(&self, new: NewWorkspace) -> Result<Created, WorkspaceError> {
        if !new.dir.is_absolute() {
            return Err(WorkspaceError::RelativeDirectory { path: new.dir });
        }
        // Known before anything is made.
        program::refuse_missing(&new.command, &new.env)?;
        let plan = match &new.worktree {
            Some(wanted) => Some(self.plan(&new.dir, wanted).await?),
            None => None,
        };
        let naming = naming(&new, plan.as_ref());
        let preference = new.backend.unwrap_or(self.backends.preference());
        let (choice, usable) = self.backends.choose(preference).await?;
        let backend = &*usable.backend;
        let (mut workspace, session) = self.rows_of(&new, &naming, choice.kind);
        if let Some(plan) = &plan {
            plan.put_into(&mut workspace);
        }
        let claim = self.claim_alone(&workspace)?;
        let added = self.store.add(workspace, naming, session.clone()).await;
        let mut found = match added {
            Ok(workspace) => Found { workspace, session },
            Err(error) => {
                claim.forget();
                return Err(error.into());
            }
        };
        self.probe.reached("create.added");
        if let Some(plan) = &plan
            && let Err(error) = self.set_up(&mut found.workspace, plan, &claim).await
        {
            return Err(self.give_up(found, Stage::MakeWorktree, error, claim).await);
        }
        self.start_main(found, new.env, backend, claim).await
    }

    /// Starts the session of a workspace that is being made.
    async fn start_main(
        &self,
        mut found: Found,
        env: Environment,
        backend: &dyn TerminalBackend,
        claim: Claim,
    ) -> Result<Created, WorkspaceError> {
        let id = found.workspace.id.clone();
        self.begin_stage(&id, Stage::StartSession).await?;
        let kept = match self.keep_start(&found, None, Takeover::CannotAsk).await {
            Ok(kept) => kept,
            Err(error) => {
                return Err(self.give_up(found, Stage::StartSession, error, claim).await);
            }
        };
        let ensured = match backend.ensure(&spec(&found, env)).await {
            Ok(ensured) => ensured,
            Err(error) => {
                if let Some(kept) = kept {
                    kept.abandon().await;
                }
                let error = self.undo(backend, &found, error).await?.into();
                return Err(self.give_up(found, Stage::StartSession, error, claim).await);
            }
        };
        self.probe.reached("create.started");
        self.end_stage(&id, Stage::StartSession, Ok(())).await?;
        self.note_start(&mut found, &ensured, kept).await?;
        tracing::info!(workspace = %found.workspace.id, session = %found.session.id, "made");
        let Found { workspace, session } = found;
        Ok(Created {
            workspace,
            session,
            ensured,
        })
    }

    fn rows_of(
        &self,
        new: &NewWorkspace,
        naming: &Naming,
        backend: BackendKind,
    ) -> (Workspace, Session) {
        let now = self.clock.now();
        let (Naming::Exactly(name) | Naming::Like(name)) = naming;
        let agent = new.agent.as_ref().map(AgentName::to_string);
        let workspace = Workspace {
            agent: agent.clone(),
            record: new.record,
            ..Workspace::new(name.clone(), new.dir.clone(), now)
        };
        let id = workspace.id.clone();
        let session = Session {
            backend: Some(backend.into()),
            size: new.size,
            history_bytes: new.history_bytes,
            journal: new.journal,
            agent,
            mode: new.mode,
            ..Session::new(id, SessionName::main(), new.command.clone(), now)
        };
        (workspace, session)
    }

    /// Stores a start and has its keeper note it, at once.
    pub(super) async fn note_start(
        &self,
        found: &mut Found,
        ensured: &Ensured,
        kept: Option<Conversation>,
    ) -> Result<(), WorkspaceError> {
        let told = self.tell_started(found.target(), ensured, kept);
        let (stored, told) = tokio::join!(self.store_start(found, ensured), told);
        stored?;
        told
    }

    /// Stores a start, and brings what was found up to date with it.
    pub(super) async fn store_start(
        &self,
        found: &mut Found,
        ensured: &Ensured,
    ) -> Result<(), WorkspaceError> {
        let now = self.clock.now();
        let ids = (found.session.id.clone(), found.workspace.id.clone());
        self.store
            .set_started(ids.0, ids.1, ensured.generation, now)
            .await?;
        found.session.generation = Some(ensured.generation);
        found.workspace.state = WorkspaceState::Ready;
        found.workspace.problem = None;
        found.workspace.stage = None;
        found.workspace.updated_at = now;
        found.workspace.last_used_at = now;
        Ok(())
    }

    /// Sees to it that nothing of a session is there that could not be started, and returns why it
    /// could not; keeps its rows when the session may be there in spite of it.
    async fn undo(
        &self,
        backend: &dyn TerminalBackend,
        found: &Found,
        error: BackendError,
    ) -> Result<BackendError, WorkspaceError> {
        let is_unknown = error.kind() == ErrorKind::TimedOut;
        let removed = match is_unknown {
            true => false,
            // Refused for a session that runs.
            false => backend.remove(&found.session.id, None).await.is_ok(),
        };
        if removed {
            return Ok(error);
        }
        let id = found.workspace.id.clone();
        let problem = format!("it could not be started: {error}");
        self.end_stage(&id, Stage::StartSession, Err(&problem))
            .await?;
        let (state, now) = (WorkspaceState::Error, self.clock.now());
        self.store.set_state(id, state, Some(problem), now).await?;
        Err(WorkspaceError::HalfMade {
            name: found.workspace.name.clone(),
            source: Box::new(error),
        })
    }
}

/// Returns how the workspace gets its name, if it was given none: after its branch, its repository
/// or its directory.
fn naming(new: &NewWorkspace, plan: Option<&Planned>) -> Naming {
    match (&new.name, plan) {
        (Some(name), _) => Naming::Exactly(name.clone()),
        (None, Some(plan)) => Naming::Like(plan.name()),
        (None, None) => Naming::Like(WorkspaceName::of_directory(new.dir.file_name())),
    }
}

/// Returns what to run for a session, told who it is.
pub(super) fn spec(found: &Found, mut env: Environment) -> SessionSpec {
    let Found { workspace, session } = found;
    env.set_default("ABIDE_NAME", workspace.name.as_str());
    env.set_default("ABIDE_DIR", workspace.dir.as_os_str());
    // Whatever is laid over them, these say which session it is.
    env.set("ABIDE_WORKSPACE", workspace.id.as_str());
    env.set("ABIDE_SESSION", session.id.as_str());
    SessionSpec {
        size: session.size,
        history_bytes: session.history_bytes,
        journal: session.journal,
        ..SessionSpec::new(
            session.id.clone(),
            session.command.clone(),
            workspace.dir.clone(),
            env,
        )
    }
}

#[cfg(test)]
mod tests {
    use abide_core::clock::Timestamp;

    use super::*;

    fn found() -> Found {
        let time = Timestamp::from_millis(0);
        let workspace = Workspace::new("my api".parse().unwrap(), "/srv/api".into(), time);
        let command = Command::new("sh", Vec::<String>::new());
        let session = Session {
            size: TermSize::clamped(50, 132),
            history_bytes: 7,
            journal: false,
            ..Session::new(workspace.id.clone(), SessionName::main(), command, time)
        };
        Found { workspace, session }
    }

    /// proves A3
    #[test]
    fn a_session_is_told_who_it_is_and_cannot_be_told_otherwise() {
        let found = found();
        let mut env = Environment::new();
        env.set("ABIDE_SESSION", "a lie");
        env.set("HOME", "/nonexistent");
        let spec = spec(&found, env);
        for (name, expected) in [
            ("ABIDE_WORKSPACE", found.workspace.id.as_str()),
            ("ABIDE_NAME", "my api"),
            ("ABIDE_SESSION", found.session.id.as_str()),
            ("ABIDE_DIR", "/srv/api"),
            ("HOME", "/nonexistent"),
        ] {
            assert_eq!(spec.env.get(name).unwrap(), expected, "{name}");
        }
        assert_eq!(spec.cwd, found.workspace.dir);
        assert_eq!((spec.size, spec.history_bytes), (found.session.size, 7));
        assert!(!spec.journal);
        assert_eq!(spec.replaces, None);
    }

    /// proves A3
    #[test]
    fn an_agent_may_be_told_another_name_and_place() {
        let mut env = Environment::new();
        env.set("ABIDE_NAME", "another");
        env.set("ABIDE_DIR", "/else");
        env.set("ABIDE_WORKSPACE", "a lie");
        let found = found();
        let spec = spec(&found, env);
        assert_eq!(spec.env.get("ABIDE_NAME").unwrap(), "another");
        assert_eq!(spec.env.get("ABIDE_DIR").unwrap(), "/else");
        let workspace = found.workspace.id.as_str();
        assert_eq!(spec.env.get("ABIDE_WORKSPACE").unwrap(), workspace);
    }
}
