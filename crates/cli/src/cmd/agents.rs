//! `abide agents`: what sessions can run by name, and whether it is there.

mod check;

use std::path::PathBuf;

use abide_workspace::targets::{
    Agent,
    program::{self, Unavailable},
};
use serde::Serialize;

use super::describe;
use crate::{agent, compose::Context, environment, error::CliError, exit::Exit, output};

const HEADER: [&str; 4] = ["NAME", "FROM", "COMMAND", "PROGRAM"];

/// List what sessions can run by name, and whether it is there
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  abide agents
  abide agents check claude   # also its version
  abide new --agent claude

An agent is looked for as a session would: on PATH, or under its whole path. The configuration \
changes those that are built in (`[agents.claude]`) and adds others; `abide config explain agents` \
shows all that is set."
)]
pub(crate) struct Agents {
    #[command(subcommand)]
    verb: Option<Verb>,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// What is to be done with agents.
#[derive(Debug, clap::Subcommand)]
enum Verb {
    Check(check::Check),
}

/// An agent, and where its program is.
struct Looked<'a> {
    agent: &'a Agent,
    is_default: bool,
    program: Result<PathBuf, Unavailable>,
}

#[derive(Debug, Serialize)]
struct JsonAgents<'a> {
    agents: Vec<JsonAgent<'a>>,
}

/// An agent as JSON. Of variables it has the names alone.
#[derive(Debug, Serialize)]
struct JsonAgent<'a> {
    name: &'a str,
    label: Option<&'a str>,
    source: &'a str,
    default: bool,
    available: bool,
    reason: Option<String>,
    program: Option<String>,
    command: Vec<String>,
    env: Vec<&'a str>,
    pass: &'a [String],
}

impl Agents {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        if let Some(Verb::Check(check)) = self.verb {
            return check.run(context).await;
        }
        let agents: Result<Vec<_>, _> = context
            .agents
            .iter()
            .map(|agent| look(context, agent))
            .collect();
        let agents = agents?;
        if self.json {
            let agents = agents.iter().map(JsonAgent::from).collect();
            output::json(&JsonAgents { agents })?;
        } else {
            output::table(&HEADER, agents.iter().map(row).collect())?;
        }
        Ok(Exit::SUCCESS)
    }
}

/// Looks for an agent as a session of it would.
fn look<'a>(context: &Context, agent: &'a Agent) -> Result<Looked<'a>, CliError> {
    let variables = std::env::vars_os();
    let cleaned = environment::of_session(&context.config, Some(agent), &[], variables)?;
    // Which one is the default may not be known; then none is.
    let chosen = agent::choose(context, None, None);
    Ok(Looked {
        agent,
        is_default: chosen.is_ok_and(|(chosen, _)| chosen.name == agent.name),
        program: program::find(&agent.command.program, &cleaned.env),
    })
}

fn row(looked: &Looked<'_>) -> Vec<String> {
    let default = if looked.is_default { " (default)" } else { "" };
    let found = match &looked.program {
        Ok(program) => program.to_string_lossy().into_owned(),
        Err(unavailable) => format!("unavailable: {}", unavailable.brief()),
    };
    vec![
        format!("{}{default}", looked.agent.name),
        looked.agent.source.as_str().to_owned(),
        describe::command(&looked.agent.command),
        output::plain(&found).into_owned(),
    ]
}

impl<'a> From<&'a Looked<'a>> for JsonAgent<'a> {
    fn from(looked: &'a Looked<'a>) -> Self {
        let Looked { agent, program, .. } = looked;
        let found = program.as_ref().ok();
        Self {
            name: agent.name.as_str(),
            label: agent.label.as_deref(),
            source: agent.source.as_str(),
            default: looked.is_default,
            available: found.is_some(),
            reason: program.as_ref().err().map(Unavailable::to_string),
            program: found.map(|path| path.to_string_lossy().into_owned()),
            command: describe::words(&agent.command),
            env: agent.env.keys().map(String::as_str).collect(),
            pass: &agent.pass,
        }
    }
}
