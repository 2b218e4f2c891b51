//! The agents that need no configuration: what each runs, and which credentials are its own.
//!
//! A credential is an agent's own if its documentation names the variable as a way to log in to a
//! model. Everything else (cloud accounts, forges, registries) stays out, as of every session.

use std::{collections::BTreeMap, ffi::OsString};

use abide_core::backend::Command;

use super::{Agent, Origin, Source};
use crate::name::AgentName;

/// The name of the agent that is the user's shell.
pub const SHELL: &str = "shell";

/// One built-in agent.
struct BuiltIn {
    name: &'static str,
    label: &'static str,
    /// The program; none for the shell, which the user has chosen.
    program: Option<&'static str>,
    pass: &'static [&'static str],
}

const TABLE: [BuiltIn; 6] = [
    BuiltIn {
        name: "claude",
        label: "Claude Code",
        program: Some("claude"),
        pass: &[
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_AUTH_TOKEN",
            "CLAUDE_CODE_OAUTH_TOKEN",
        ],
    },
    BuiltIn {
        name: "codex",
        label: "Codex",
        program: Some("codex"),
        pass: &["CODEX_API_KEY", "OPENAI_API_KEY"],
    },
    BuiltIn {
        name: "gemini",
        label: "Gemini CLI",
        program: Some("gemini"),
        pass: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    },
    BuiltIn {
        name: "opencode",
        label: "opencode",
        program: Some("opencode"),
        pass: MODELS,
    },
    BuiltIn {
        name: "aider",
        label: "aider",
        program: Some("aider"),
        pass: MODELS,
    },
    BuiltIn {
        name: SHELL,
        label: "your shell",
        program: None,
        pass: &[],
    },
];

/// What an agent that speaks to models of any maker logs in with.
const MODELS: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "DEEPSEEK_API_KEY",
    "GEMINI_API_KEY",
    "GROQ_API_KEY",
    "MISTRAL_API_KEY",
    "OPENAI_API_KEY",
    "OPENROUTER_API_KEY",
];

/// Returns the built-in agents, with this shell.
pub(super) fn all(shell: OsString) -> impl Iterator<Item = Agent> {
    TABLE.iter().map(move |agent| Agent {
        name: name_of(agent),
        label: Some(agent.label.to_owned()),
        command: Command {
            program: agent.program.map_or_else(|| shell.clone(), OsString::from),
            args: Vec::new(),
        },
        env: BTreeMap::new(),
        pass: agent.pass.iter().map(|name| (*name).to_owned()).collect(),
        passed_by: Origin::BuiltIn,
        source: Source::BuiltIn,
    })
}

fn name_of(agent: &BuiltIn) -> AgentName {
    agent.name.parse().expect("each name in the table is one")
}

#[cfg(test)]
mod tests {
    use abide_core::env_policy::CREDENTIALS;

    use super::*;

    #[test]
    fn what_an_agent_is_given_is_a_credential_that_others_are_not_given() {
        for agent in &TABLE {
            for name in agent.pass {
                let is_credential = CREDENTIALS.contains(name);
                assert!(is_credential, "{}: {name} is inherited anyway", agent.name);
            }
        }
    }
}
