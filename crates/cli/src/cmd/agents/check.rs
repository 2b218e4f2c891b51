//! `abide agents check`: looks at agents more closely, and asks them for their version.

use std::{io, path::Path, process::Stdio, time::Duration};

use abide_core::{env_policy::Environment, lease::Mode};
use serde::Serialize;
use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

use super::{JsonAgent, Looked, look};
use crate::{
    agent::AgentError, compose::Context, environment, error::CliError, exit::Exit, output, sys,
};

/// Time in which a program says its version.
const VERSION_DEADLINE: Duration = Duration::from_secs(5);

/// What is read of a program that says its version, in bytes.
const VERSION_BYTES: u64 = 4096;

/// See whether agents can be run, and ask them for their version
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An agent's program is run with `--version` alone, without credentials, and for at most five \
seconds; your shell is not run. Ends with 1 if an agent that was named cannot be run.

Examples:
  abide agents check
  abide agents check claude && abide new --agent claude")]
pub(super) struct Check {
    /// Agent; without it, all of them
    #[arg(value_name = "AGENT")]
    name: Option<String>,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct JsonChecks<'a> {
    agents: Vec<JsonCheck<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonCheck<'a> {
    #[serde(flatten)]
    agent: JsonAgent<'a>,
    version: Option<&'a str>,
    version_problem: Option<&'a str>,
    credentials: Vec<JsonCredential<'a>>,
}

/// A credential that the agent is given, if it is set.
#[derive(Debug, Serialize)]
struct JsonCredential<'a> {
    name: &'a str,
    set: bool,
}

/// What was found of one agent.
struct Checked<'a> {
    looked: Looked<'a>,
    /// None where nothing was asked.
    version: Option<Result<String, String>>,
}

impl Check {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let agents = match &self.name {
            None => context.agents.iter().collect(),
            Some(name) => vec![context.agents.get(name).map_err(AgentError::NotThere)?],
        };
        let mut checked = Vec::new();
        for agent in agents {
            let looked = look(context, agent)?;
            let version = version_of(context, &looked).await?;
            checked.push(Checked { looked, version });
        }
        if self.json {
            let agents = checked.iter().map(JsonCheck::from).collect();
            output::json(&JsonChecks { agents })?;
        } else {
            let pages: Vec<_> = checked.iter().map(page).collect();
            output::bytes(pages.join("\n").as_bytes())?;
        }
        let is_missing = checked.iter().any(|one| one.looked.program.is_err());
        Ok(match self.name.is_some() && is_missing {
            true => Exit::FAILURE,
            false => Exit::SUCCESS,
        })
    }
}

async fn version_of(
    context: &Context,
    looked: &Looked<'_>,
) -> Result<Option<Result<String, String>>, CliError> {
    let Ok(program) = &looked.program else {
        return Ok(None);
    };
    if looked.agent.mode() != Mode::Agent {
        return Ok(None);
    }
    let cleaned = environment::of_session(&context.config, None, &[], std::env::vars_os())?;
    Ok(Some(ask_version(program, &cleaned.env).await))
}

/// Runs a program for its version, under a deadline.
async fn ask_version(program: &Path, env: &Environment) -> Result<String, String> {
    let mut command = Command::new(program);
    command.arg("--version").env_clear().envs(env.iter());
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command.stdout(Stdio::piped()).kill_on_drop(true);
    sys::lead_group(&mut command);
    let cannot = |error: io::Error| format!("it cannot be run: {error}");
    let mut child = command.spawn().map_err(cannot)?;
    let pid = child.id();
    let answer = async {
        let mut said = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(VERSION_BYTES).read_to_end(&mut said).await?;
        }
        Ok::<_, io::Error>((child.wait().await?, said))
    };
    let (status, said) = match timeout(VERSION_DEADLINE, answer).await {
        Ok(answer) => answer.map_err(cannot)?,
        Err(_) => {
            // What it started goes with it.
            if let Some(pid) = pid.filter(|_| child.id().is_some()) {
                sys::kill_group(pid);
            }
            return Err(format!("it said nothing within {VERSION_DEADLINE:?}"));
        }
    };
    let said = String::from_utf8_lossy(&said);
    let first = said.lines().map(str::trim).find(|line| !line.is_empty());
    match (status.success(), first) {
        (true, Some(line)) => Ok(line.to_owned()),
        (true, None) => Err("it said nothing".into()),
        (false, _) => Err(format!("it ended with {status}")),
    }
}

fn page(checked: &Checked<'_>) -> String {
    let Checked { looked, version } = checked;
    let mut page = format!("{}\n", looked.agent.name);
    let mut add = |name: &str, value: &str| {
        page.push_str(&format!("  {name:<13}{}\n", output::plain(value)));
    };
    match &looked.program {
        Ok(program) => add("program", &program.to_string_lossy()),
        Err(unavailable) => {
            add("unavailable", &unavailable.to_string());
            if let Some(mended) = unavailable.mended() {
                add("hint", &mended);
            }
        }
    }
    match version {
        None => {}
        Some(Ok(version)) => add("version", version),
        Some(Err(problem)) => add("version", &format!("not told: {problem}")),
    }
    let given = looked.agent.pass.iter().map(|name| {
        let state = if environment::is_set(name) {
            "set"
        } else {
            "not set"
        };
        format!("{name} ({state})")
    });
    let given: Vec<_> = given.collect();
    if !given.is_empty() {
        add("credentials", &given.join(", "));
    }
    let own: Vec<_> = looked.agent.env.keys().map(String::as_str).collect();
    if !own.is_empty() {
        add("variables", &own.join(", "));
    }
    page
}

impl<'a> From<&'a Checked<'a>> for JsonCheck<'a> {
    fn from(checked: &'a Checked<'a>) -> Self {
        let version = checked.version.as_ref();
        let credentials = checked.looked.agent.pass.iter().map(|name| JsonCredential {
            name,
            set: environment::is_set(name),
        });
        Self {
            agent: (&checked.looked).into(),
            version: version.and_then(|told| told.as_deref().ok()),
            version_problem: version.and_then(|told| told.as_ref().err().map(String::as_str)),
            credentials: credentials.collect(),
        }
    }
}
