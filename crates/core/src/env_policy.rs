//! What a child may inherit of its caller's environment.
//!
//! A session lives longer than the shell that made it and may be watched by others, so it gets a
//! clean copy: less credentials, and less what describes the caller's own terminal. What is left
//! out is reported by name; values are never shown.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
};

/// The variables of a child.
///
/// Shows names only, also in its `Debug` form: a value may be a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Returns an environment without variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value of a variable.
    #[must_use]
    pub fn get(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        self.0.get(name.as_ref()).map(OsString::as_os_str)
    }

    /// Sets a variable, in the place of one of the same name.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    /// Sets a variable unless there is one of that name.
    pub fn set_default(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.0.entry(name.into()).or_insert_with(|| value.into());
    }

    /// Takes a variable away.
    pub fn remove(&mut self, name: impl AsRef<OsStr>) {
        self.0.remove(name.as_ref());
    }

    /// Returns names and values in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Credentials that are left out: exact names, or every name that begins with what is before `*`.
pub const CREDENTIALS: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "BITBUCKET_TOKEN",
    "CARGO_REGISTRIES_*",
    "CARGO_REGISTRY_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLOUDFLARE_API_KEY",
    "CLOUDFLARE_API_TOKEN",
    "CODECOV_TOKEN",
    "CODEX_API_KEY",
    "DATABASE_URL",
    "DEEPSEEK_API_KEY",
    "DIGITALOCEAN_ACCESS_TOKEN",
    "DOCKER_AUTH_CONFIG",
    "DOCKER_PASSWORD",
    "GEMINI_API_KEY",
    "GH_ENTERPRISE_TOKEN",
    "GH_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "GOOGLE_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GROQ_API_KEY",
    "HEROKU_API_KEY",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "MISTRAL_API_KEY",
    "MYSQL_PWD",
    "NETLIFY_AUTH_TOKEN",
    "NODE_AUTH_TOKEN",
    "NPM_TOKEN",
    "OPENAI_API_KEY",
    "OPENROUTER_API_KEY",
    "PGPASSWORD",
    "PULUMI_ACCESS_TOKEN",
    "PYPI_TOKEN",
    "REDIS_URL",
    "SENTRY_AUTH_TOKEN",
    "SLACK_*",
    "STRIPE_*",
    "TF_TOKEN_*",
    "TF_VAR_*",
    "TWINE_PASSWORD",
    "VAULT_TOKEN",
    "VERCEL_TOKEN",
];

/// What describes the caller's own session, terminal and multiplexer, which are not the child's.
const TERMINAL: &[&str] = &[
    "ABIDE_DIR",
    "ABIDE_NAME",
    "ABIDE_SESSION",
    "ABIDE_WORKSPACE",
    "ALACRITTY_*",
    "COLORTERM",
    "COLUMNS",
    "GHOSTTY_*",
    "ITERM_*",
    "KITTY_*",
    "KONSOLE_*",
    "LC_TERMINAL",
    "LC_TERMINAL_VERSION",
    "LINES",
    "STY",
    "TERM",
    "TERMCAP",
    "TERMINFO",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TERM_SESSION_ID",
    "TMUX",
    "TMUX_PANE",
    "TMUX_TMPDIR",
    "VTE_VERSION",
    "WEZTERM_*",
    "WINDOW",
    "WINDOWID",
    "WT_PROFILE_ID",
    "WT_SESSION",
    "ZELLIJ",
    "ZELLIJ_*",
];

/// Whether names of variables differ by case alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameCase {
    /// As on Unix.
    Sensitive,
    /// As on Windows.
    Insensitive,
}

/// Decides which variables a child may inherit.
#[derive(Debug, Clone)]
pub struct EnvPolicy {
    /// Further names and `NAME_*` patterns to leave out.
    pub deny: Vec<String>,
    /// Names to pass on although a pattern leaves them out.
    pub pass: Vec<String>,
    /// How names are compared.
    pub case: NameCase,
}

/// A clean copy of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// What the child inherits.
    pub env: Environment,
    /// Names of the credentials that were left out, in order.
    pub left_out: Vec<OsString>,
}

impl EnvPolicy {
    /// Returns the built-in policy, with nothing denied or passed on beyond it.
    #[must_use]
    pub fn new(case: NameCase) -> Self {
        Self {
            deny: Vec::new(),
            pass: Vec::new(),
            case,
        }
    }

    /// Returns what a child may inherit of `variables`.
    #[must_use]
    pub fn clean(&self, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Cleaned {
        let mut cleaned = Cleaned {
            env: Environment::new(),
            left_out: Vec::new(),
        };
        for (name, value) in variables {
            if self.is_any(&name, &self.pass) {
                cleaned.env.set(name, value);
            } else if self.is_any(&name, CREDENTIALS) || self.is_any(&name, &self.deny) {
                cleaned.left_out.push(name);
            } else if !self.is_any(&name, TERMINAL) {
                cleaned.env.set(name, value);
            }
        }
        cleaned.left_out.sort();
        cleaned
    }

    /// Tells whether the configuration leaves a variable of this name out.
    #[must_use]
    pub fn denies(&self, name: impl AsRef<OsStr>) -> bool {
        self.is_any(name.as_ref(), &self.deny)
    }

    fn is_any(&self, name: &OsStr, patterns: &[impl AsRef<str>]) -> bool {
        let name = name.as_encoded_bytes();
        patterns.iter().any(|pattern| {
            let pattern = pattern.as_ref();
            match pattern.strip_suffix('*') {
                Some(prefix) => name
                    .get(..prefix.len())
                    .is_some_and(|start| self.equal(start, prefix.as_bytes())),
                None => self.equal(name, pattern.as_bytes()),
            }
        })
    }

    fn equal(&self, a: &[u8], b: &[u8]) -> bool {
        match self.case {
            NameCase::Sensitive => a == b,
            NameCase::Insensitive => a.eq_ignore_ascii_case(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(names: &[&str]) -> Vec<(OsString, OsString)> {
        names
            .iter()
            .map(|name| ((*name).into(), format!("value of {name}").into()))
            .collect()
    }

    fn names(env: &Environment) -> Vec<&str> {
        env.iter().map(|(name, _)| name.to_str().unwrap()).collect()
    }

    /// proves E5
    #[test]
    fn credentials_are_left_out_by_name_and_by_pattern_and_reported() {
        let policy = EnvPolicy::new(NameCase::Sensitive);
        let cleaned = policy.clean(vars(&["PATH", "GH_TOKEN", "TF_VAR_pw", "gh_token", "TERM"]));
        assert_eq!(names(&cleaned.env), ["PATH", "gh_token"]);
        assert_eq!(cleaned.left_out, ["GH_TOKEN", "TF_VAR_pw"]);
    }

    /// proves E5
    #[test]
    fn windows_names_are_compared_without_case() {
        let policy = EnvPolicy::new(NameCase::Insensitive);
        let cleaned = policy.clean(vars(&["Path", "gh_Token", "tf_var_PW"]));
        assert_eq!(names(&cleaned.env), ["Path"]);
    }

    /// proves E5
    #[test]
    fn configuration_denies_more_and_passes_on_what_it_names() {
        let mut policy = EnvPolicy::new(NameCase::Sensitive);
        policy.deny.push("CORP_*".into());
        policy.pass.push("GH_TOKEN".into());
        let cleaned = policy.clean(vars(&["CORP_PIN", "GH_TOKEN", "CORP"]));
        assert_eq!(names(&cleaned.env), ["CORP", "GH_TOKEN"]);
        assert_eq!(cleaned.left_out, ["CORP_PIN"]);
    }

    /// proves E5
    #[test]
    fn no_value_is_ever_shown() {
        let policy = EnvPolicy::new(NameCase::Sensitive);
        let shown = format!("{:?}", policy.clean(vars(&["HOME", "GH_TOKEN"])));
        assert!(
            shown.contains("HOME") && !shown.contains("value of"),
            "{shown}"
        );
    }
}
