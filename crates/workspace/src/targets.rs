//! What sessions run: agents, and the shell, by name. Pure, but for the look at a file in
//! [`program`].
//!
//! A few are built in ([`builtin`]); the configuration changes parts of these and adds others. The
//! shell is one of them, so that whatever is said of agents holds for it.
//!
//! An agent gets the credentials that are its own ([`Agent::pass`]), although a session's
//! environment leaves credentials out, and variables of its own, which are laid over the others.
//! Their values are never shown, also not in `Debug`.

pub mod builtin;
pub mod program;

use std::{collections::BTreeMap, ffi::OsString, fmt};

use abide_core::{backend::Command, env_policy::Environment, lease::Mode};

pub use self::builtin::SHELL;
use crate::name::AgentName;

/// Something that a session may run, known by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its name.
    pub name: AgentName,
    /// What people call it, if something else.
    pub label: Option<String>,
    /// What is run.
    pub command: Command,
    /// Variables of its own, laid over those of the session.
    pub env: BTreeMap<String, Value>,
    /// Names, or `NAME_*` patterns, of credentials that it is given if its caller has them.
    pub pass: Vec<String>,
    /// Who says that `pass`.
    pub passed_by: Origin,
    /// Who says what it is.
    pub source: Source,
}

impl Agent {
    /// Returns what kind of thing a session that runs it runs.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.name.as_str() == SHELL {
            true => Mode::Shell,
            false => Mode::Agent,
        }
    }

    /// Returns which credentials it is given: those that it passes, less what the built-in table
    /// names and `denies` says is to be left out.
    pub fn passed(&self, denies: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        let may_be_denied = self.passed_by == Origin::BuiltIn;
        let names = self.pass.iter().map(String::as_str);
        names.filter(move |name| !(may_be_denied && denies(name)))
    }

    /// Lays its own variables over an environment. One that is to have the value of a variable that
    /// the caller does not have is left as it was.
    pub fn lay_over(&self, env: &mut Environment, variable: impl Fn(&str) -> Option<OsString>) {
        for (name, value) in &self.env {
            match value {
                Value::Set(value) => env.set(name, value),
                Value::Of(other) => {
                    if let Some(value) = variable(other) {
                        env.set(name, value);
                    }
                }
            }
        }
    }
}

/// What a variable of an agent is set to.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// This; perhaps a secret.
    Set(String),
    /// What this variable has where the session is started.
    Of(String),
}

/// Shows no value.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(_) => f.write_str("Set(…)"),
            Self::Of(name) => f.debug_tuple("Of").field(name).finish(),
        }
    }
}

/// Who says a part of what an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This program.
    BuiltIn,
    /// The configuration.
    Configuration,
}

/// Who says what an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// This program alone.
    BuiltIn,
    /// This program, and the configuration changes parts of it.
    Changed,
    /// The configuration alone.
    Configuration,
}

impl Source {
    /// Returns the words under which it is shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Changed => "built-in, configured",
            Self::Configuration => "configuration",
        }
    }
}

/// What a configuration says of one agent; what it does not say stays as it is built in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The program.
    pub command: Option<OsString>,
    /// All of its arguments.
    pub args: Option<Vec<OsString>>,
    /// Variables, each of them in the place of one of its name.
    pub env: BTreeMap<String, Value>,
    /// All of the credentials that it is given.
    pub pass: Option<Vec<String>>,
    /// What people call it.
    pub label: Option<String>,
}

/// Every agent that is known by name; the shell is always there.
#[derive(Debug, Clone)]
pub struct Agents(BTreeMap<AgentName, Agent>);

/// There is no agent of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no agent `{name}`; there is {}", known.join(", "))]
pub struct UnknownAgent {
    /// What was asked for.
    pub name: String,
    /// The names that there are, in order.
    pub known: Vec<String>,
}

/// An agent that is not built in is said to be there, and not what it runs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the agent `{name}` is not built in, and has no `command`")]
pub struct NoCommand {
    /// The agent.
    pub name: AgentName,
}

impl Agents {
    /// Returns the agents that are built in, with this shell, changed and added to by what is said.
    ///
    /// # Errors
    ///
    /// When an agent that is not built in is said to be there without a command.
    pub fn new(
        shell: OsString,
        said: impl IntoIterator<Item = (AgentName, Said)>,
    ) -> Result<Self, NoCommand> {
        let mut agents = Self(
            builtin::all(shell)
                .map(|agent| (agent.name.clone(), agent))
                .collect(),
        );
        for (name, said) in said {
            agents.say(name, said)?;
        }
        Ok(agents)
    }

    fn say(&mut self, name: AgentName, said: Said) -> Result<(), NoCommand> {
        if !self.0.contains_key(&name) {
            let command = said
                .command
                .clone()
                .ok_or(NoCommand { name: name.clone() })?;
            let agent = Agent {
                name: name.clone(),
                label: None,
                command: Command::new(command, Vec::<OsString>::new()),
                env: BTreeMap::new(),
                pass: Vec::new(),
                passed_by: Origin::Configuration,
                source: Source::Configuration,
            };
            self.0.insert(name.clone(), agent);
        }
        let Some(agent) = self.0.get_mut(&name) else {
            return Ok(());
        };
        if agent.source == Source::BuiltIn && said != Said::default() {
            agent.source = Source::Changed;
        }
        if let Some(command) = said.command {
            agent.command.program = command;
        }
        if let Some(args) = said.args {
            agent.command.args = args;
        }
        if let Some(pass) = said.pass {
            (agent.pass, agent.passed_by) = (pass, Origin::Configuration);
        }
        agent.env.extend(said.env);
        agent.label = said.label.or(agent.label.take());
        Ok(())
    }

    /// Finds an agent by its whole name.
    ///
    /// # Errors
    ///
    /// [`UnknownAgent`] when there is none; it names those that there are.
    pub fn get(&self, name: &str) -> Result<&Agent, UnknownAgent> {
        let found = self.iter().find(|agent| agent.name.as_str() == name);
        found.ok_or_else(|| UnknownAgent {
            name: name.to_owned(),
            known: self.iter().map(|agent| agent.name.to_string()).collect(),
        })
    }

    /// Returns all of them, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.0.values()
    }
}

/// Who says which agent is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaidBy {
    /// An option of the command.
    Flag,
    /// A variable of the environment.
    Environment,
    /// The workspace.
    Workspace,
    /// The configuration.
    Configuration,
    /// Nobody: it is the shell.
    BuiltIn,
}

/// What each of those who may say it says of which agent is to be run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// An option of the command.
    pub flag: Option<&'a str>,
    /// A variable of the environment.
    pub environment: Option<&'a str>,
    /// The workspace.
    pub workspace: Option<&'a str>,
    /// The configuration.
    pub configuration: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// Returns the name of the agent, and who says it.
    #[must_use]
    pub fn choose(self) -> (&'a str, SaidBy) {
        [
            (self.flag, SaidBy::Flag),
            (self.environment, SaidBy::Environment),
            (self.workspace, SaidBy::Workspace),
            (self.configuration, SaidBy::Configuration),
        ]
        .into_iter()
        .find_map(|(name, said_by)| Some((name?, said_by)))
        .unwrap_or((SHELL, SaidBy::BuiltIn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> AgentName {
        text.parse().unwrap()
    }

    fn agents(said: impl IntoIterator<Item = (AgentName, Said)>) -> Agents {
        Agents::new("/bin/zsh".into(), said).unwrap()
    }

    /// proves A1
    #[test]
    fn agents_and_the_shell_are_built_in() {
        let agents = agents([]);
        let names: Vec<_> = agents.iter().map(|agent| agent.name.as_str()).collect();
        assert_eq!(
            names,
            ["aider", "claude", "codex", "gemini", "opencode", "shell"]
        );
        let shell = agents.get(SHELL).unwrap();
        assert_eq!(shell.command.program, "/bin/zsh");
        assert_eq!(shell.mode(), Mode::Shell);
        assert!(shell.pass.is_empty(), "a shell is given no credential");
        assert_eq!(agents.get("claude").unwrap().mode(), Mode::Agent);
        let unknown = agents.get("cluade").unwrap_err();
        assert!(unknown.to_string().contains("claude"), "{unknown}");
    }

    /// proves A1
    #[test]
    fn what_is_not_said_of_a_built_in_agent_stays() {
        let said = Said {
            args: Some(vec!["--continue".into()]),
            ..Said::default()
        };
        let agents = agents([(name("claude"), said)]);
        let claude = agents.get("claude").unwrap();
        assert_eq!(claude.command, Command::new("claude", ["--continue"]));
        assert_eq!(claude.source, Source::Changed);
        assert!(claude.pass.contains(&"ANTHROPIC_API_KEY".to_owned()));
        assert_eq!(agents.get("codex").unwrap().source, Source::BuiltIn);
    }

    #[test]
    fn an_agent_of_ones_own_needs_a_command() {
        let error = Agents::new("sh".into(), [(name("mine"), Said::default())]).unwrap_err();
        assert!(error.to_string().contains("`mine`"), "{error}");
        let said = Said {
            command: Some("my-agent".into()),
            ..Said::default()
        };
        let agents = agents([(name("mine"), said)]);
        assert_eq!(agents.get("mine").unwrap().source, Source::Configuration);
    }

    /// proves A1
    #[test]
    fn who_says_it_first_is_heard() {
        let mut wanted = Wanted {
            flag: Some("a"),
            environment: Some("b"),
            workspace: Some("c"),
            configuration: Some("d"),
        };
        assert_eq!(wanted.choose(), ("a", SaidBy::Flag));
        wanted.flag = None;
        assert_eq!(wanted.choose(), ("b", SaidBy::Environment));
        wanted.environment = None;
        assert_eq!(wanted.choose(), ("c", SaidBy::Workspace));
        wanted.workspace = None;
        assert_eq!(wanted.choose(), ("d", SaidBy::Configuration));
        assert_eq!(Wanted::default().choose(), (SHELL, SaidBy::BuiltIn));
    }

    /// proves A3
    #[test]
    fn an_agents_own_variables_are_laid_over_and_never_shown() {
        let value = |text: &str| Value::Set(text.into());
        let said = Said {
            command: Some("x".into()),
            env: [
                ("PAGER".into(), value("hunter2")),
                ("KEY".into(), Value::Of("WORK_KEY".into())),
                ("LOST".into(), Value::Of("NOT_HERE".into())),
            ]
            .into(),
            ..Said::default()
        };
        let agents = agents([(name("mine"), said)]);
        let mine = agents.get("mine").unwrap();
        let mut env = Environment::new();
        env.set("PAGER", "less");
        env.set("LOST", "kept");
        mine.lay_over(&mut env, |name| {
            (name == "WORK_KEY").then(|| "hunter3".into())
        });
        assert_eq!(env.get("PAGER").unwrap(), "hunter2");
        assert_eq!(env.get("KEY").unwrap(), "hunter3");
        assert_eq!(env.get("LOST").unwrap(), "kept");
        assert!(!format!("{mine:?}").contains("hunter"));
    }

    #[test]
    fn a_credential_that_is_denied_is_passed_only_if_the_configuration_names_it() {
        let built_in = agents([]);
        let claude = built_in.get("claude").unwrap();
        let denies = |name: &str| name == "ANTHROPIC_API_KEY";
        assert!(!claude.passed(denies).any(denies));
        assert!(claude.passed(|_| false).any(denies));
        let said = Said {
            pass: Some(vec!["ANTHROPIC_API_KEY".into()]),
            ..Said::default()
        };
        let named = agents([(name("claude"), said)]);
        assert!(named.get("claude").unwrap().passed(denies).any(denies));
    }
}
