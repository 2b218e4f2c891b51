//! `abide config explain`: every setting with its value, and who says so.
//!
//! Values of variables that an agent is given are not shown, only whether they are set.

mod settings;

use std::path::PathBuf;

use abide_workspace::Target;
use serde::Serialize;
use serde_json::Value;

use self::settings::Settings;
use crate::{compose::Context, error::CliError, exit::Exit, output};

/// Values may be long, so they come last.
const HEADER: [&str; 3] = ["KEY", "FROM", "VALUE"];

/// Stands where nothing is set.
const NOTHING: &str = "-";

/// Show settings, their values, and where each is said
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Options of a command come before all of these, and are not shown. Credentials and variables of \
agents are shown as set or not set, never with their values.

Examples:
  abide config explain
  abide config explain backend
  abide config explain agents.claude
  abide config explain agent --workspace api   # what `abide launch api` runs")]
pub(super) struct Explain {
    /// Setting, or the beginning of several, such as `env` or `agents.claude`; without it, all
    #[arg(value_name = "KEY")]
    key: Option<String>,

    /// Show what holds in this workspace
    #[arg(long, value_name = "NAME")]
    workspace: Option<Target>,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// One setting.
#[derive(Debug)]
struct Setting {
    key: String,
    /// As JSON.
    value: Value,
    /// As people read it.
    shown: String,
    from: From,
}

/// Who says what is set.
#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    Environment(&'static str),
    Workspace(String),
    File { path: PathBuf, line: usize },
    BuiltIn,
}

/// A setting as JSON.
#[derive(Debug, Serialize)]
struct JsonSetting<'a> {
    key: &'a str,
    value: &'a Value,
    from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

#[derive(Debug, Serialize)]
struct JsonSettings<'a> {
    settings: Vec<JsonSetting<'a>>,
}

impl Explain {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspace = match &self.workspace {
            None => None,
            Some(target) => {
                let workspaces = context.workspaces().await?;
                Some(workspaces.resolve(target).await?.workspace)
            }
        };
        let mut settings = Settings::of(context, workspace.as_ref());
        if let Some(key) = self.key {
            settings.retain(|setting| is_at_or_below(&setting.key, &key));
            if settings.is_empty() {
                return Err(CliError::NoSetting { key });
            }
        }
        if self.json {
            let settings = settings.iter().map(JsonSetting::from).collect();
            output::json(&JsonSettings { settings })?;
        } else {
            let rows = settings.iter().filter(|setting| says_something(setting));
            output::table(&HEADER, rows.map(row).collect())?;
        }
        Ok(Exit::SUCCESS)
    }
}

/// Tells whether a key is the one that is asked for, or stands below it.
fn is_at_or_below(key: &str, asked: &str) -> bool {
    let rest = key.strip_prefix(asked);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Tells whether a setting is worth a line: what is not set of an agent is not.
fn says_something(setting: &Setting) -> bool {
    let is_of_agent = setting.key.starts_with("agents.");
    !(is_of_agent && setting.shown == NOTHING && setting.from == From::BuiltIn)
}

fn row(setting: &Setting) -> Vec<String> {
    let from = match &setting.from {
        From::Environment(variable) => (*variable).to_owned(),
        From::Workspace(name) => format!("workspace `{name}`"),
        From::File { path, line } => format!("{}, line {line}", path.display()),
        From::BuiltIn => "built-in".into(),
    };
    [&setting.key, &from, &setting.shown]
        .map(|text| output::plain(text).into_owned())
        .to_vec()
}

impl<'a> std::convert::From<&'a Setting> for JsonSetting<'a> {
    fn from(setting: &'a Setting) -> Self {
        let mut json = Self {
            key: &setting.key,
            value: &setting.value,
            from: "",
            variable: None,
            workspace: None,
            file: None,
            line: None,
        };
        match &setting.from {
            From::Environment(variable) => {
                (json.from, json.variable) = ("environment", Some(*variable));
            }
            From::Workspace(name) => {
                (json.from, json.workspace) = ("workspace", Some(name.as_str()))
            }
            From::File { path, line } => {
                json.from = "file";
                json.file = Some(path.to_string_lossy().into_owned());
                json.line = Some(*line);
            }
            From::BuiltIn => json.from = "built-in",
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_for_itself_and_for_what_is_below_it() {
        assert!(is_at_or_below("env.pass", "env"));
        assert!(is_at_or_below("env.pass", "env.pass"));
        assert!(!is_at_or_below("environment", "env"));
        assert!(!is_at_or_below("env", "env.pass"));
    }
}
