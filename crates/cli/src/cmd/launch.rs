//! `abide launch`: starts a further session in a workspace and shows it.

use std::{ffi::OsString, path::Path};

use abide_core::size::TermSize;
use abide_workspace::{
    Preference, SessionName, Target, WorkspaceError, Workspaces,
    entry::Way,
    record::Workspace,
    service::{Found, Launched, NewSession, SessionNaming},
    targets::SHELL,
};

use super::{
    enter::Notes,
    new,
    resume::{self, Options},
};
use crate::{
    agent::{self, Run},
    compose::Context,
    error::CliError,
    exit::Exit,
    sys,
};

/// Start a further session in a workspace, and show it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  abide launch api                        # the workspace's agent, once more
  abide launch api/review --agent codex   # under a name: `api/review`
  abide launch api/tests -- cargo watch   # any program
  abide launch api/tests --no-attach      # only see to it that it runs

What is run is said by an option, else by ABIDE_AGENT, else by the workspace, else by the \
configuration; else it is your shell. `abide agents` lists what has a name.

A session that is named is launched once: if it runs already it is shown, and if it has ended it is \
started again. One that runs something else than is asked for is left alone, and that is an error. \
Without a name a new session is made every time, and named after what it runs.")]
pub(crate) struct Launch {
    /// Workspace, or workspace/session; any part of the workspace's name, all of the session's
    #[arg(value_name = "NAME")]
    target: Target,

    /// Agent to run, by name
    #[arg(long, value_name = "AGENT", conflicts_with_all = ["shell", "command"])]
    agent: Option<String>,

    /// Run your shell
    #[arg(long, conflicts_with = "command")]
    shell: bool,

    /// What keeps the session; without it, what ABIDE_BACKEND or the configuration says, else auto
    #[arg(long, value_name = "BACKEND", value_parser = new::backend())]
    backend: Option<Preference>,

    /// Size of the terminal to start with; without it, that of this one, else 80x24
    #[arg(long, value_name = "COLSxROWS")]
    size: Option<TermSize>,

    /// Set a variable of the session, or pass one on by its name; may be repeated
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,

    #[command(flatten)]
    options: Options,

    /// Program to run, with its arguments
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Launch {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        self.options.check()?;
        let workspaces = context.workspaces_to_start(self.backend, None).await?;
        let workspace = Target {
            session: None,
            ..self.target.clone()
        };
        let workspace = workspaces.resolve(&workspace).await?.workspace;
        let flag = match self.shell {
            true => Some(SHELL),
            false => self.agent.as_deref(),
        };
        let is_said = flag.is_some() || !self.command.is_empty();
        let name = self.target.session.as_deref().map(new::session_name);
        let name = name.transpose()?;
        let there = match &name {
            Some(name) => exactly(&workspaces, &workspace, name).await?,
            None => None,
        };
        // Variables are for a start, and resuming takes none.
        let may_resume = self.env.is_empty();
        if let Some(found) = there.clone().filter(|_| !is_said && may_resume) {
            return resume::resume(context, &workspaces, found, Way::Resume, self.options).await;
        }
        let run = match &there {
            Some(found) if !is_said => agent::of_session(context, &found.session),
            Some(_) | None => agent::run(context, self.command, flag, Some(&workspace))?,
        };
        let is_it = |found: &Found| run.is_run_by(&found.session);
        if let Some(found) = there.filter(|found| may_resume && is_it(found)) {
            return resume::resume(context, &workspaces, found, Way::Resume, self.options).await;
        }
        let wanted = Wanted {
            naming: naming(name, &run),
            backend: self.backend,
            size: self.size,
            env: &self.env,
        };
        let mut notes = Notes::default();
        let new = new_session(context, &run, wanted, &mut notes)?;
        let Launched { found, .. } = launch(&workspaces, &workspace, new, &mut notes).await?;
        resume::show(context, &workspaces, found, self.options, notes).await
    }
}

/// Launches a session; says so if that has somebody become responsible where nobody was.
pub(super) async fn launch(
    workspaces: &Workspaces,
    workspace: &Workspace,
    new: NewSession,
    notes: &mut Notes,
) -> Result<Launched, CliError> {
    let orphaned = match workspace.record {
        true => workspaces.orphaned(&workspace.dir).await,
        false => None,
    };
    let launched = workspaces.launch(workspace, new).await?;
    if let Some(why) = orphaned {
        notes.adopting(&workspace.name, &why);
    }
    Ok(launched)
}

/// Finds a session by its whole name.
pub(super) async fn exactly(
    workspaces: &Workspaces,
    workspace: &Workspace,
    name: &SessionName,
) -> Result<Option<Found>, CliError> {
    let target = Target {
        session: Some(name.to_string()),
        ..(&workspace.name).into()
    };
    match workspaces.resolve(&target).await {
        Ok(found) => Ok(Some(found).filter(|found| found.session.name == *name)),
        Err(WorkspaceError::NotFound { .. } | WorkspaceError::Ambiguous { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What options say of a session that is to be launched.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// How it gets its name.
    pub(super) naming: SessionNaming,
    /// What keeps it.
    pub(super) backend: Option<Preference>,
    /// Its size.
    pub(super) size: Option<TermSize>,
    /// Variables of it.
    pub(super) env: &'a [String],
}

/// Returns the session to launch, and says which credentials it is not given.
pub(super) fn new_session(
    context: &Context,
    run: &Run,
    wanted: Wanted<'_>,
    notes: &mut Notes,
) -> Result<NewSession, CliError> {
    let cleaned = run.environment(context, wanted.env)?;
    new::say_left_out(&cleaned.left_out, notes);
    Ok(NewSession {
        naming: wanted.naming,
        command: run.command.clone(),
        agent: run.agent_name(),
        mode: run.mode(),
        backend: wanted.backend,
        env: cleaned.env,
        size: wanted.size.or_else(sys::terminal_size).unwrap_or_default(),
        history_bytes: context.config.history_bytes,
        journal: context.config.journal,
    })
}

/// Returns the name that was asked for, else that of what is run.
fn naming(name: Option<SessionName>, run: &Run) -> SessionNaming {
    match (name, run.agent_name()) {
        (Some(name), _) => SessionNaming::Exactly(name),
        (None, Some(agent)) => SessionNaming::Like((&agent).into()),
        (None, None) => {
            let program = Path::new(&run.command.program);
            SessionNaming::Like(SessionName::of_program(program.file_stem()))
        }
    }
}
