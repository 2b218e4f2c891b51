//! The environment of a new session: a clean copy of the caller's, and what its agent and options
//! add.

use std::ffi::OsString;

use abide_core::env_policy::{Cleaned, EnvPolicy};
use abide_workspace::targets::Agent;

use crate::{config::Config, host};

/// Why a variable cannot be given to a session. Never says a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EnvironmentError {
    /// An option sets a variable without a name.
    #[error("`--env` was given a value without a name")]
    NoName,
    /// An option passes on a variable that there is not.
    #[error("cannot pass on the variable `{name}`: it is not set here")]
    NotSet {
        /// Its name.
        name: String,
    },
}

impl EnvironmentError {
    /// Says what to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NoName => "write `--env NAME=VALUE`, or `--env NAME` to pass one on".into(),
            Self::NotSet { name } => format!("export it first, or give a value: `--env {name}=…`"),
        }
    }
}

/// Returns the environment of a session that runs this agent, if it is one, with `options` of the
/// form `NAME` or `NAME=VALUE`.
///
/// Of two that say a variable the later wins: what is inherited, the agent, the options.
pub(crate) fn of_session(
    config: &Config,
    agent: Option<&Agent>,
    options: &[String],
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Cleaned, EnvironmentError> {
    let variables: Vec<_> = variables.into_iter().collect();
    let mut policy = policy(config);
    if let Some(agent) = agent {
        let passed = agent.passed(|name| policy.denies(name)).map(str::to_owned);
        let passed: Vec<_> = passed.collect();
        policy.pass.extend(passed);
    }
    let mut cleaned = policy.clean(variables.iter().cloned());
    if let Some(agent) = agent {
        agent.lay_over(&mut cleaned.env, |name| find(&variables, name));
        cleaned
            .left_out
            .retain(|left_out| cleaned.env.get(left_out).is_none());
    }
    for option in options {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value.into()),
            None => {
                let not_set = || EnvironmentError::NotSet {
                    name: option.clone(),
                };
                let value = find(&variables, option).ok_or_else(not_set)?;
                (option.as_str(), value)
            }
        };
        if name.is_empty() {
            return Err(EnvironmentError::NoName);
        }
        cleaned.left_out.retain(|left_out| left_out != name);
        cleaned.env.set(name, value);
    }
    Ok(cleaned)
}

/// Returns what decides which variables a session inherits, whatever it runs.
pub(crate) fn policy(config: &Config) -> EnvPolicy {
    EnvPolicy {
        deny: config.env_deny.clone(),
        pass: config.env_pass.clone(),
        case: host::name_case(),
    }
}

/// Tells whether a variable of this name, or one that fits the pattern, is set here.
pub(crate) fn is_set(name: &str) -> bool {
    match name.strip_suffix('*') {
        None => std::env::var_os(name).is_some_and(|value| !value.is_empty()),
        Some(prefix) => {
            std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with(prefix))
        }
    }
}

fn find(variables: &[(OsString, OsString)], name: &str) -> Option<OsString> {
    variables
        .iter()
        .find(|(candidate, _)| candidate == name)
        .map(|(_, value)| value.clone())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use abide_workspace::targets::Agents;

    use super::*;

    const CONFIG: &str = "\
        [env]\npass = ['HF_TOKEN']\ndeny = ['CORP_*', 'OPENAI_API_KEY']\n\
        [agents.mine]\ncommand = 'x'\npass = ['CORP_PIN']\n\
        env = { HOME = '/else', KEY = { from = 'GH_TOKEN' } }\n";

    fn clean_for(agent: Option<&str>, options: &[&str]) -> Result<Cleaned, EnvironmentError> {
        let config = Config::parse(Path::new("config.toml"), CONFIG).unwrap();
        let agents = Agents::new("sh".into(), config.agents.clone()).unwrap();
        let agent = agent.map(|name| agents.get(name).unwrap());
        let variables = ["HOME", "GH_TOKEN", "HF_TOKEN", "CORP_PIN"];
        let keys = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"];
        let options: Vec<_> = options.iter().map(|option| (*option).to_owned()).collect();
        let variables = variables.into_iter().chain(keys);
        let variables = variables.map(|name| (name.into(), "secret".into()));
        of_session(&config, agent, &options, variables)
    }

    fn clean(options: &[&str]) -> Result<Cleaned, EnvironmentError> {
        clean_for(None, options)
    }

    /// proves E5
    #[test]
    fn the_configuration_and_options_decide_what_is_left_out() {
        let cleaned = clean(&[]).unwrap();
        let keys = [
            "ANTHROPIC_API_KEY",
            "CORP_PIN",
            "GH_TOKEN",
            "OPENAI_API_KEY",
        ];
        assert_eq!(cleaned.left_out, keys);
        assert_eq!(cleaned.env.get("HF_TOKEN").unwrap(), "secret");

        let cleaned = clean(&["GH_TOKEN", "CORP_PIN=1=2", "NEW="]).unwrap();
        assert_eq!(cleaned.left_out, ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"]);
        assert_eq!(cleaned.env.get("GH_TOKEN").unwrap(), "secret");
        assert_eq!(cleaned.env.get("CORP_PIN").unwrap(), "1=2");
        assert_eq!(cleaned.env.get("NEW").unwrap(), "");
    }

    /// proves A3, E5
    #[test]
    fn an_agent_is_given_its_own_credentials_and_no_others() {
        let left_out = |agent: &str| clean_for(Some(agent), &[]).unwrap().left_out;
        assert_eq!(
            left_out("claude"),
            ["CORP_PIN", "GH_TOKEN", "OPENAI_API_KEY"]
        );
        let codex = left_out("codex");
        assert!(
            codex.contains(&"OPENAI_API_KEY".into()),
            "it is denied: {codex:?}"
        );
        assert_eq!(left_out("shell").len(), 4, "a shell is given none");
        assert!(
            !left_out("mine").contains(&"CORP_PIN".into()),
            "it is named"
        );
    }

    /// proves A3
    #[test]
    fn an_agents_own_variables_win_over_what_is_inherited_and_options_over_these() {
        let cleaned = clean_for(Some("mine"), &[]).unwrap();
        assert_eq!(cleaned.env.get("HOME").unwrap(), "/else");
        assert_eq!(cleaned.env.get("KEY").unwrap(), "secret");
        assert_eq!(cleaned.env.get("GH_TOKEN"), None);
        let cleaned = clean_for(Some("mine"), &["HOME=/here"]).unwrap();
        assert_eq!(cleaned.env.get("HOME").unwrap(), "/here");
    }

    /// proves E5
    #[test]
    fn what_cannot_be_given_is_refused_without_its_value() {
        let unset = clean(&["NOT_HERE"]).unwrap_err();
        assert!(unset.to_string().contains("NOT_HERE"));
        let nameless = clean(&["=hunter2"]).unwrap_err();
        assert!(!format!("{nameless} {nameless:?} {}", nameless.hint()).contains("hunter2"));
    }
}
