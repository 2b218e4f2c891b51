//! What the configuration says of agents.
//!
//! ```toml
//! agent = "claude"              # what new workspaces run, unless they are told otherwise
//!
//! [agents.claude]               # changes a built-in one; what is not said stays
//! args = ["--continue"]
//! pass = ["ANTHROPIC_API_KEY"]  # the credentials that it is given, all of them
//!
//! [agents.mine]                 # adds one
//! command = "my-agent"
//! label = "My agent"
//! env.PAGER = "cat"
//! env.OPENAI_API_KEY = { from = "WORK_OPENAI_API_KEY" }   # the value of another variable
//! ```

use std::{collections::BTreeMap, ops::Range};

use abide_workspace::{
    AgentName,
    targets::{Agents, Said, Value},
};
use serde::Deserialize;
use toml::Spanned;

use super::check_passed;

/// The agents, by name, as they stand in the file.
pub(super) type FileAgents = BTreeMap<String, Spanned<FileAgent>>;

/// What the configuration says, by agent.
pub(crate) type SaidOfAgents = BTreeMap<AgentName, Said>;

/// One agent as it stands in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileAgent {
    command: Option<Spanned<String>>,
    args: Option<Vec<String>>,
    #[serde(default)]
    env: BTreeMap<String, Spanned<FileValue>>,
    pass: Option<Vec<Spanned<String>>>,
    label: Option<String>,
}

/// A variable as it stands in the file.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a text, or `{ from = \"NAME\" }` for the value of another variable"
)]
enum FileValue {
    Set(String),
    Of(From),
}

/// Shows no value.
impl std::fmt::Debug for FileValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Set(_) => "Set(…)",
            Self::Of(_) => "Of",
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    from: String,
}

/// What cannot be used, and where it stands.
type Invalid = (Range<usize>, String);

/// Reads what is said of agents, and which of them new workspaces run.
pub(super) fn read(
    agents: FileAgents,
    default: Option<Spanned<String>>,
) -> Result<(SaidOfAgents, Option<AgentName>), Invalid> {
    let mut all = SaidOfAgents::new();
    for (name, agent) in agents {
        let span = agent.span();
        let name: AgentName = name
            .parse()
            .map_err(|error| (span.clone(), format!("{error}")))?;
        let said = said(agent.into_inner())?;
        known([(name.clone(), said.clone())]).map_err(|problem| (span, problem))?;
        all.insert(name, said);
    }
    let Some(default) = default else {
        return Ok((all, None));
    };
    let agents = known(all.clone()).map_err(|problem| (default.span(), problem))?;
    let found = agents.get(default.get_ref());
    let name = found
        .map_err(|error| (default.span(), error.to_string()))?
        .name
        .clone();
    Ok((all, Some(name)))
}

/// Returns the agents that there would be, with some shell.
fn known(said: impl IntoIterator<Item = (AgentName, Said)>) -> Result<Agents, String> {
    Agents::new("sh".into(), said).map_err(|error| error.to_string())
}

fn said(agent: FileAgent) -> Result<Said, Invalid> {
    if let Some(empty) = agent
        .command
        .as_ref()
        .filter(|name| name.get_ref().is_empty())
    {
        return Err((empty.span(), "names no program".into()));
    }
    for name in agent.pass.iter().flatten() {
        check_passed(name.get_ref()).map_err(|problem| (name.span(), problem))?;
    }
    let mut env = BTreeMap::new();
    for (name, value) in agent.env {
        let span = value.span();
        env.insert(
            name.clone(),
            variable(&name, value.into_inner()).map_err(|problem| (span, problem))?,
        );
    }
    Ok(Said {
        command: agent.command.map(|name| name.into_inner().into()),
        args: agent
            .args
            .map(|args| args.into_iter().map(Into::into).collect()),
        env,
        pass: agent
            .pass
            .map(|names| names.into_iter().map(Spanned::into_inner).collect()),
        label: agent.label,
    })
}

fn variable(name: &str, value: FileValue) -> Result<Value, String> {
    let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
    match value {
        _ if !is_name(name) => Err("is not a name of a variable".into()),
        FileValue::Set(text) if text.contains('\0') => {
            Err("holds a character that no variable can".into())
        }
        FileValue::Set(text) => Ok(Value::Set(text)),
        FileValue::Of(From { from }) if !is_name(&from) => Err(format!(
            "`{}` is not a name of a variable",
            from.escape_debug()
        )),
        FileValue::Of(From { from }) => Ok(Value::Of(from)),
    }
}
