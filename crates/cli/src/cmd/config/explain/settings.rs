//! Every setting, in the order in which they are shown.

use std::ffi::OsStr;

use abide_workspace::{
    record::Workspace,
    targets::{Agent, SaidBy, Value as Variable},
};
use serde_json::{Value, json};

use super::{From, NOTHING, Setting};
use crate::{
    agent,
    compose::Context,
    environment,
    setting::{self, SaidBy as BackendSaidBy},
};

/// Settings that are being collected.
pub(super) struct Settings<'a> {
    context: &'a Context,
    all: Vec<Setting>,
}

impl<'a> Settings<'a> {
    /// Returns every setting, as it holds in this workspace, if one is meant.
    pub(super) fn of(context: &'a Context, workspace: Option<&Workspace>) -> Vec<Setting> {
        let all = Vec::new();
        let mut settings = Self { context, all };
        settings.add_places();
        settings.add_sessions();
        settings.add_agent(workspace);
        settings.add_environment();
        for agent in context.agents.iter() {
            settings.add_one_agent(agent);
        }
        settings.all
    }

    fn add(&mut self, key: &str, value: Value, from: From) {
        let shown = shown(&value);
        self.add_shown(key, value, shown, from);
    }

    fn add_shown(&mut self, key: &str, value: Value, shown: String, from: From) {
        let key = key.to_owned();
        self.all.push(Setting {
            key,
            value,
            shown,
            from,
        });
    }

    /// Returns the place of a key in the configuration, else that it is built in.
    fn file(&self, key: &str) -> From {
        match self.context.config.lines.get(key) {
            Some(line) => From::File {
                path: self.context.dirs.config.path().to_owned(),
                line: *line,
            },
            None => From::BuiltIn,
        }
    }

    fn add_places(&mut self) {
        let dirs = &self.context.dirs;
        for (key, path, variable) in [
            ("state_dir", dirs.state.as_path(), "ABIDE_STATE_DIR"),
            ("runtime_dir", &dirs.runtime, "ABIDE_RUNTIME_DIR"),
            ("config", dirs.config.path(), "ABIDE_CONFIG"),
        ] {
            self.add(key, text(path.as_os_str()), said_by_variable(variable));
        }
        for (key, variable) in [("log", "ABIDE_LOG"), ("log_file", "ABIDE_LOG_FILE")] {
            let value = std::env::var_os(variable).filter(|value| !value.is_empty());
            let value = value.map_or(Value::Null, |value| text(&value));
            self.add(key, value, said_by_variable(variable));
        }
    }

    fn add_sessions(&mut self) {
        let config = &self.context.config;
        let shell = &agent::shell(self.context).command.program;
        let backend = self.context.backend;
        let worktrees = self.context.worktrees();
        let backend_from = match backend.said_by {
            BackendSaidBy::Environment => From::Environment(setting::VARIABLE),
            BackendSaidBy::Configuration => self.file("backend"),
            BackendSaidBy::Default => From::BuiltIn,
        };
        let shell_from = match self.file("agents.shell.command") {
            From::BuiltIn => match self.file("shell") {
                From::BuiltIn => said_by_variable("SHELL"),
                file => file,
            },
            file => file,
        };
        for (key, value, from) in [
            ("detach_keys", json!(config.detach_keys.to_string()), None),
            ("history_bytes", json!(config.history_bytes), None),
            ("journal", json!(config.journal), None),
            ("record", json!(config.record), None),
            ("shell", text(shell), Some(shell_from)),
            ("lend_terminal", json!(config.lend_terminal), None),
            (
                "backend",
                json!(backend.preference.to_string()),
                Some(backend_from),
            ),
            ("tmux", json!(config.tmux), None),
            ("worktrees", text(worktrees.as_os_str()), None),
        ] {
            let from = from.unwrap_or_else(|| self.file(key));
            self.add(key, value, from);
        }
    }

    /// Adds what new sessions run.
    fn add_agent(&mut self, workspace: Option<&Workspace>) {
        let (name, said_by) = match agent::choose(self.context, None, workspace) {
            Ok((agent, said_by)) => (agent.name.to_string(), said_by),
            Err(agent::AgentError::Unknown {
                said_by, source, ..
            }) => (source.name, said_by),
            Err(agent::AgentError::NotThere(source)) => (source.name, SaidBy::BuiltIn),
            Err(agent::AgentError::Unavailable { name, .. }) => (name, SaidBy::BuiltIn),
        };
        let from = match (said_by, workspace) {
            (SaidBy::Environment, _) => From::Environment(agent::VARIABLE),
            (SaidBy::Workspace, Some(workspace)) => From::Workspace(workspace.name.to_string()),
            (SaidBy::Configuration, _) => self.file("agent"),
            (SaidBy::Flag | SaidBy::Workspace | SaidBy::BuiltIn, _) => From::BuiltIn,
        };
        self.add("agent", json!(name), from);
    }

    fn add_environment(&mut self) {
        let config = &self.context.config;
        let (pass, deny) = (json!(config.env_pass), json!(config.env_deny));
        self.add("env.pass", pass, self.file("env.pass"));
        self.add("env.deny", deny, self.file("env.deny"));
    }

    fn add_one_agent(&mut self, agent: &Agent) {
        let above = format!("agents.{}", agent.name);
        let command = format!("{above}.command");
        let from = match (self.file(&command), agent.name.as_str()) {
            (From::BuiltIn, abide_workspace::targets::SHELL) => self.known_from("shell"),
            (from, _) => from,
        };
        self.add(&command, text(&agent.command.program), from);
        let args = agent.command.args.iter().map(|arg| text(arg)).collect();
        let key = format!("{above}.args");
        self.add(&key, Value::Array(args), self.file(&key));
        let key = format!("{above}.label");
        self.add(&key, json!(agent.label), self.file(&key));
        self.add_pass(&above, agent);
        for (name, variable) in &agent.env {
            let key = format!("{above}.env.{name}");
            let (value, shown) = told(variable);
            self.add_shown(&key, value, shown, self.file(&key));
        }
    }

    /// Adds the credentials that an agent is given: which, and whether they are there to be given.
    fn add_pass(&mut self, above: &str, agent: &Agent) {
        let policy = environment::policy(&self.context.config);
        let given: Vec<_> = agent.passed(|name| policy.denies(name)).collect();
        let told = agent.pass.iter().map(|name| {
            let state = match (given.contains(&name.as_str()), environment::is_set(name)) {
                (false, _) => "denied",
                (true, true) => "set",
                (true, false) => "not set",
            };
            (
                json!({ "name": name, "state": state }),
                format!("{name} ({state})"),
            )
        });
        let (values, shown): (Vec<_>, Vec<_>) = told.unzip();
        let key = format!("{above}.pass");
        let shown = match shown.is_empty() {
            true => NOTHING.into(),
            false => shown.join(", "),
        };
        self.add_shown(&key, Value::Array(values), shown, self.file(&key));
    }

    fn known_from(&self, key: &str) -> From {
        let known = self.all.iter().find(|setting| setting.key == key);
        known.map_or(From::BuiltIn, |setting| setting.from.clone())
    }
}

/// Says whether a variable of an agent is set, and never to what.
fn told(variable: &Variable) -> (Value, String) {
    match variable {
        Variable::Set(_) => (json!({ "set": true }), "set".into()),
        Variable::Of(name) => {
            let is_set = environment::is_set(name);
            let state = if is_set { "set" } else { "not set" };
            let shown = format!("that of {name} ({state})");
            (json!({ "from": name, "set": is_set }), shown)
        }
    }
}

fn said_by_variable(variable: &'static str) -> From {
    match environment::is_set(variable) {
        true => From::Environment(variable),
        false => From::BuiltIn,
    }
}

fn text(text: &OsStr) -> Value {
    json!(text.to_string_lossy())
}

/// Returns a value as people read it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.into(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => NOTHING.into(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
