//! The environment of a new session: a clean copy of the caller's, and what options add.

use std::ffi::OsString;

use abide_core::env_policy::{Cleaned, EnvPolicy};

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

/// Returns the environment of a session, with `options` of the form `NAME` or `NAME=VALUE`.
pub(crate) fn of_session(
    config: &Config,
    options: &[String],
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Cleaned, EnvironmentError> {
    let variables: Vec<_> = variables.into_iter().collect();
    let mut policy = EnvPolicy::new(host::name_case());
    policy.deny.clone_from(&config.env_deny);
    policy.pass.clone_from(&config.env_pass);
    let mut cleaned = policy.clean(variables.iter().cloned());
    for option in options {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value.into()),
            None => (option.as_str(), find(&variables, option)?),
        };
        if name.is_empty() {
            return Err(EnvironmentError::NoName);
        }
        cleaned.left_out.retain(|left_out| left_out != name);
        cleaned.env.set(name, value);
    }
    Ok(cleaned)
}

fn find(variables: &[(OsString, OsString)], name: &str) -> Result<OsString, EnvironmentError> {
    variables
        .iter()
        .find(|(candidate, _)| candidate == name)
        .map(|(_, value)| value.clone())
        .ok_or_else(|| EnvironmentError::NotSet {
            name: name.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewer::DetachKeys;

    fn clean(options: &[&str]) -> Result<Cleaned, EnvironmentError> {
        let config = Config {
            detach_keys: DetachKeys::default(),
            history_bytes: 1,
            lend_terminal: true,
            journal: true,
            record: true,
            shell: None,
            backend: None,
            worktrees: None,
            tmux: Vec::new(),
            env_pass: vec!["HF_TOKEN".into()],
            env_deny: vec!["CORP_*".into()],
        };
        let variables = ["HOME", "GH_TOKEN", "HF_TOKEN", "CORP_PIN"];
        let options: Vec<_> = options.iter().map(|option| (*option).to_owned()).collect();
        let variables = variables.map(|name| (name.into(), "secret".into()));
        of_session(&config, &options, variables)
    }

    /// proves E5
    #[test]
    fn the_configuration_and_options_decide_what_is_left_out() {
        let cleaned = clean(&[]).unwrap();
        assert_eq!(cleaned.left_out, ["CORP_PIN", "GH_TOKEN"]);
        assert_eq!(cleaned.env.get("HF_TOKEN").unwrap(), "secret");

        let cleaned = clean(&["GH_TOKEN", "CORP_PIN=1=2", "NEW="]).unwrap();
        assert!(cleaned.left_out.is_empty(), "{:?}", cleaned.left_out);
        assert_eq!(cleaned.env.get("GH_TOKEN").unwrap(), "secret");
        assert_eq!(cleaned.env.get("CORP_PIN").unwrap(), "1=2");
        assert_eq!(cleaned.env.get("NEW").unwrap(), "");
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
