//! Which agent a session is to run, and with what.
//!
//! An option says it, else a variable, else the workspace, else the configuration; else it is the
//! shell.

use std::ffi::OsString;

use abide_core::{
    backend::Command,
    env_policy::{Cleaned, Environment},
    lease::Mode,
};
use abide_workspace::{
    AgentName, WorkspaceName,
    record::{Session, Workspace},
    service,
    targets::{
        self, Agent, Agents, SaidBy, UnknownAgent, Wanted,
        program::{self, Unavailable},
    },
};

use crate::{compose::Context, config::Config, environment, error::CliError, host, output, report};

/// The variable that names an agent.
pub(crate) const VARIABLE: &str = "ABIDE_AGENT";

/// Why a session cannot run an agent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgentError {
    /// Somebody names one that there is not.
    #[error("{}", said(*.said_by, .workspace.as_ref()))]
    Unknown {
        /// Who.
        said_by: SaidBy,
        /// The workspace, if it says so.
        workspace: Option<WorkspaceName>,
        /// The name.
        source: UnknownAgent,
    },
    /// One was named as what is to be looked at.
    #[error(transparent)]
    NotThere(#[from] UnknownAgent),
    /// Its program cannot be run.
    #[error("the agent `{name}` cannot be run")]
    Unavailable {
        /// The agent.
        name: String,
        /// Why not.
        source: Unavailable,
    },
}

impl AgentError {
    /// Says what to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unknown {
                said_by: SaidBy::Workspace,
                ..
            } => "name another with `--agent`, or say in the configuration what it is".into(),
            Self::Unknown { .. } | Self::NotThere(_) => {
                "`abide agents` lists them; nothing was done".into()
            }
            Self::Unavailable { name, source } => source.mended().unwrap_or_else(|| {
                format!(
                    "install it, or name its program with `agents.{name}.command` in the \
                     configuration; `abide agents` lists what can be run"
                )
            }),
        }
    }
}

/// Says who named an agent that there is not.
fn said(said_by: SaidBy, workspace: Option<&WorkspaceName>) -> String {
    match (said_by, workspace) {
        (SaidBy::Environment, _) => format!("cannot use {VARIABLE}"),
        (SaidBy::Workspace, Some(name)) => format!("cannot run the agent of `{name}`"),
        (SaidBy::Configuration, _) => "cannot run the configured agent".into(),
        (SaidBy::Flag | SaidBy::BuiltIn | SaidBy::Workspace, _) => "cannot run that agent".into(),
    }
}

/// What a session is to run.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// The program.
    pub(crate) command: Command,
    /// The agent that it is, if it is one.
    pub(crate) agent: Option<Agent>,
}

impl Run {
    /// Returns the name of the agent.
    pub(crate) fn agent_name(&self) -> Option<AgentName> {
        self.agent.as_ref().map(|agent| agent.name.clone())
    }

    /// Tells whether that is what a session runs.
    pub(crate) fn is_run_by(&self, session: &Session) -> bool {
        let agent = self.agent.as_ref().map(|agent| agent.name.as_str());
        service::runs(session, agent, &self.command)
    }

    /// Returns what kind of thing it is.
    pub(crate) fn mode(&self) -> Mode {
        self.agent.as_ref().map_or(Mode::Command, Agent::mode)
    }

    /// Returns the environment for it.
    ///
    /// Refuses an agent whose program a session with that environment could not run.
    pub(crate) fn environment(
        &self,
        context: &Context,
        options: &[String],
    ) -> Result<Cleaned, CliError> {
        let cleaned = environment::of_session(
            &context.config,
            self.agent.as_ref(),
            options,
            std::env::vars_os(),
        )?;
        if let Some(agent) = &self.agent {
            available(agent, &cleaned.env)?;
        }
        Ok(cleaned)
    }
}

/// Refuses an agent whose program cannot be run, before anything is made for it.
fn available(agent: &Agent, env: &Environment) -> Result<(), AgentError> {
    let found = program::find(&agent.command.program, env);
    found.map(drop).map_err(|error| AgentError::Unavailable {
        name: agent.name.to_string(),
        source: error,
    })
}

/// Returns every agent that is known with this configuration, and the user's shell.
pub(crate) fn known(config: &Config) -> Agents {
    let shell = match &config.shell {
        Some(shell) => shell.into(),
        None => host::default_shell(|name| std::env::var_os(name)),
    };
    Agents::new(shell, config.agents.clone()).expect("the configuration was refused otherwise")
}

/// Returns what to run: these words, else the agent that is wanted.
pub(crate) fn run(
    context: &Context,
    words: Vec<OsString>,
    flag: Option<&str>,
    workspace: Option<&Workspace>,
) -> Result<Run, AgentError> {
    let mut words = words.into_iter();
    if let Some(program) = words.next() {
        return Ok(Run {
            command: Command::new(program, words),
            agent: None,
        });
    }
    let (agent, _) = choose(context, flag, workspace)?;
    Ok(Run {
        command: agent.command.clone(),
        agent: Some(agent.clone()),
    })
}

/// Returns the agent that is wanted, and who says so.
pub(crate) fn choose<'a>(
    context: &'a Context,
    flag: Option<&str>,
    workspace: Option<&Workspace>,
) -> Result<(&'a Agent, SaidBy), AgentError> {
    let variable = std::env::var_os(VARIABLE).filter(|name| !name.is_empty());
    let variable = variable.map(|name| name.to_string_lossy().into_owned());
    let wanted = Wanted {
        flag,
        environment: variable.as_deref(),
        workspace: workspace.and_then(|workspace| workspace.agent.as_deref()),
        configuration: context.config.agent.as_ref().map(|name| name.as_str()),
    };
    let (name, said_by) = wanted.choose();
    match context.agents.get(name) {
        Ok(agent) => Ok((agent, said_by)),
        Err(source) => Err(AgentError::Unknown {
            said_by,
            workspace: workspace.map(|workspace| workspace.name.clone()),
            source,
        }),
    }
}

/// Returns what a session that there is runs, with its agent as it is configured now.
pub(crate) fn of_session(context: &Context, session: &Session) -> Run {
    let agent = session.agent.as_deref().and_then(|name| {
        let found = context.agents.get(name);
        found
            .inspect_err(|_| {
                report::say(&format!(
                    "note: nothing is configured for the agent `{}` any more; it gets no \
                     variables of its own",
                    output::plain(name)
                ));
            })
            .ok()
    });
    // What is run is what was stored with the session; the rest is what is configured now.
    let agent = agent.map(|agent| Agent {
        command: session.command.clone(),
        ..agent.clone()
    });
    Run {
        command: session.command.clone(),
        agent,
    }
}

/// Returns the user's shell.
pub(crate) fn shell(context: &Context) -> Run {
    let agent = context.agents.get(targets::SHELL);
    let agent = agent.expect("the shell is built in").clone();
    Run {
        command: agent.command.clone(),
        agent: Some(agent),
    }
}
