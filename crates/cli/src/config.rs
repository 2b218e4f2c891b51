//! The configuration: what `config.toml` may say, and where it went wrong if it does not say that.
//!
//! ```toml
//! detach_keys = "ctrl-x,d"
//! history_bytes = 4194304
//! journal = true            # history is on disk too, and outlives the owner
//! record = true             # what sessions change is recorded, in `.abide` of their directory
//! shell = "/bin/zsh"
//! lend_terminal = true      # else output and keys go through `abide attach`
//! backend = "auto"          # or "tmux", or "owner"
//! tmux = ["tmux", "-L", "abide"]   # tmux, with what stands before its command
//! worktrees = "/srv/worktrees"     # where `abide new --repo` makes them
//! agent = "claude"          # what new workspaces run; see `agents` below
//!
//! [env]
//! pass = ["GH_TOKEN"]       # inherited although it is a credential
//! deny = ["CORP_*"]         # left out as a credential is
//! ```
//!
//! What it says of agents is in [`agents`]. Anything else is refused: a key that is misspelt must not look as if it worked.

mod agents;
mod lines;

use std::{
    collections::BTreeMap,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use abide_core::limits;
use abide_workspace::{AgentName, Preference, backends::ParsePreferenceError};
use serde::Deserialize;
use toml::Spanned;

use self::agents::{FileAgents, SaidOfAgents};

use crate::{
    dirs::ConfigPath,
    viewer::{DetachKeys, ParseKeysError},
};

/// What the user has configured.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The keys that detach, unless an option names others.
    pub(crate) detach_keys: DetachKeys,
    /// Output kept per session, in bytes.
    pub(crate) history_bytes: u64,
    /// Whether screen and history are kept on disk too.
    pub(crate) journal: bool,
    /// Whether what sessions change is recorded, unless a workspace says otherwise.
    pub(crate) record: bool,
    /// The shell to run, instead of the one that the environment names.
    pub(crate) shell: Option<String>,
    /// Whether a session's owner may write to a person's terminal, and read it, by itself.
    pub(crate) lend_terminal: bool,
    /// Which backend new sessions get, if something is said of that.
    pub(crate) backend: Option<Preference>,
    /// The program of tmux, and what stands before its command.
    pub(crate) tmux: Vec<String>,
    /// Where worktrees are made, instead of below the state directory.
    pub(crate) worktrees: Option<PathBuf>,
    /// Names to pass on although a pattern leaves them out.
    pub(crate) env_pass: Vec<String>,
    /// Further names and `NAME_*` patterns to leave out.
    pub(crate) env_deny: Vec<String>,
    /// What new workspaces run, if something is said of that.
    pub(crate) agent: Option<AgentName>,
    /// What is said of agents.
    pub(crate) agents: SaidOfAgents,
    /// The line of each key that the file has.
    pub(crate) lines: BTreeMap<String, usize>,
}

/// The private server of tmux that sessions are kept in.
const TMUX: [&str; 3] = ["tmux", "-L", "abide"];

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file says something that cannot be used.
    #[error("`{}`, line {line}: {}{problem}", path.display(), of_key(key.as_deref()))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from one.
        line: usize,
        /// The key with those above it, if the text got as far as a key.
        key: Option<String>,
        /// What is wrong with it.
        problem: String,
    },
}

impl ConfigError {
    /// Says what to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => {
                "make the file readable, or name another with ABIDE_CONFIG".into()
            }
            Self::Invalid { .. } => "correct that line; nothing was done".into(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    detach_keys: Option<Spanned<String>>,
    history_bytes: Option<u64>,
    journal: Option<bool>,
    record: Option<bool>,
    shell: Option<Spanned<String>>,
    lend_terminal: Option<bool>,
    backend: Option<Spanned<String>>,
    tmux: Option<Spanned<Vec<String>>>,
    worktrees: Option<Spanned<PathBuf>>,
    agent: Option<Spanned<String>>,
    #[serde(default)]
    env: FileEnv,
    #[serde(default)]
    agents: FileAgents,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEnv {
    #[serde(default)]
    pass: Vec<Spanned<String>>,
    #[serde(default)]
    deny: Vec<Spanned<String>>,
}

impl Config {
    /// Reads the configuration; a file at the usual place may be missing.
    pub(crate) fn read(file: &ConfigPath) -> Result<Self, ConfigError> {
        let text = match (fs::read_to_string(file.path()), file) {
            (Ok(text), _) => text,
            (Err(err), ConfigPath::Usual(_)) if err.kind() == io::ErrorKind::NotFound => {
                String::new()
            }
            (Err(source), _) => {
                let path = file.path().to_owned();
                return Err(ConfigError::Unreadable { path, source });
            }
        };
        Self::parse(file.path(), &text)
    }

    /// Reads the text of a configuration.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let invalid = |span: Range<usize>, problem: String| ConfigError::Invalid {
            path: path.to_owned(),
            line: lines::line_of(text, span.start),
            key: lines::key_at(text, span.start),
            problem,
        };
        let file: File = toml::from_str(text).map_err(|error| {
            invalid(error.span().unwrap_or_default(), error.message().to_owned())
        })?;
        let detach_keys = match file.detach_keys {
            None => DetachKeys::default(),
            Some(keys) => keys.get_ref().parse().map_err(|error: ParseKeysError| {
                invalid(keys.span(), format!("{error}; {}", error.hint()))
            })?,
        };
        if let Some(empty) = file
            .shell
            .as_ref()
            .filter(|shell| shell.get_ref().is_empty())
        {
            return Err(invalid(empty.span(), "names no program".into()));
        }
        let backend =
            match file.backend {
                None => None,
                Some(word) => Some(word.get_ref().parse().map_err(
                    |error: ParsePreferenceError| invalid(word.span(), error.to_string()),
                )?),
            };
        let tmux = match file.tmux {
            None => TMUX.map(str::to_owned).to_vec(),
            Some(words) if words.get_ref().first().is_none_or(String::is_empty) => {
                return Err(invalid(words.span(), "names no program".into()));
            }
            Some(words) => words.into_inner(),
        };
        if let Some(dir) = file
            .worktrees
            .as_ref()
            .filter(|dir| !dir.get_ref().is_absolute())
        {
            let problem = "is no path from the root".to_owned();
            return Err(invalid(dir.span(), problem));
        }
        for name in &file.env.pass {
            check_passed(name.get_ref()).map_err(|problem| invalid(name.span(), problem))?;
        }
        for name in &file.env.deny {
            check_pattern(name.get_ref()).map_err(|problem| invalid(name.span(), problem))?;
        }
        let (agents, agent) = agents::read(file.agents, file.agent)
            .map_err(|(span, problem)| invalid(span, problem))?;
        let names =
            |names: Vec<Spanned<String>>| names.into_iter().map(Spanned::into_inner).collect();
        Ok(Self {
            detach_keys,
            lend_terminal: file.lend_terminal.unwrap_or(true),
            history_bytes: file.history_bytes.unwrap_or(limits::HISTORY_BYTES),
            journal: file.journal.unwrap_or(true),
            record: file.record.unwrap_or(true),
            shell: file.shell.map(Spanned::into_inner),
            backend,
            tmux,
            worktrees: file.worktrees.map(Spanned::into_inner),
            env_pass: names(file.env.pass),
            env_deny: names(file.env.deny),
            agent,
            agents,
            lines: lines::lines(text),
        })
    }
}

/// Refuses a pattern that would pass every secret on, as well as one that is none.
fn check_passed(pattern: &str) -> Result<(), String> {
    match pattern == "*" {
        true => Err(
            "`*` would pass on every credential, also those that nobody thought of; name the \
             variables that sessions need"
                .into(),
        ),
        false => check_pattern(pattern),
    }
}

/// Refuses a pattern that would match nothing, and so protect nothing.
fn check_pattern(pattern: &str) -> Result<(), String> {
    let name = pattern.strip_suffix('*').unwrap_or(pattern);
    let is_name = !pattern.is_empty() && !name.contains(['*', '=', '\0']);
    match is_name {
        true => Ok(()),
        false => Err(format!(
            "`{}` is neither a name nor `NAME_*`",
            pattern.escape_debug()
        )),
    }
}

fn of_key(key: Option<&str>) -> String {
    key.map(|key| format!("`{key}`: ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use abide_workspace::targets::Value;

    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("config.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let config = parse("").unwrap();
        assert_eq!(config.history_bytes, limits::HISTORY_BYTES);
        assert!(config.journal && config.record);
        assert_eq!(config.shell, None);
        assert!(config.lend_terminal);
        assert_eq!(config.backend, None);
        assert_eq!(config.tmux, ["tmux", "-L", "abide"]);
    }

    #[test]
    fn every_key_is_read() {
        let config = parse(
            "detach_keys = 'ctrl-x,d'\nhistory_bytes = 1\njournal = false\nrecord = false\nshell = '/bin/zsh'\n\
             lend_terminal = false\nbackend = 'owner'\ntmux = ['/opt/tmux', '-L', 'x']\n\
             worktrees = '/srv/trees'\nagent = 'mine'\n[env]\npass = ['A']\ndeny = ['B_*', 'C']\n\
             [agents.mine]\ncommand = 'x'\nargs = ['-a']\nlabel = 'Mine'\npass = ['K']\n\
             env.A = 'hunter2'\nenv.B = { from = 'C' }\n[agents.claude]\n",
        )
        .unwrap();
        assert_eq!(config.history_bytes, 1);
        assert!(!config.journal && !config.record);
        assert_eq!(config.shell.as_deref(), Some("/bin/zsh"));
        assert!(!config.lend_terminal);
        let owner = Preference::Only(abide_core::backend::BackendKind::Owner);
        assert_eq!(config.backend, Some(owner));
        assert_eq!(config.tmux, ["/opt/tmux", "-L", "x"]);
        assert_eq!(config.worktrees, Some("/srv/trees".into()));
        assert_eq!(config.env_pass, ["A"]);
        assert_eq!(config.env_deny, ["B_*", "C"]);
        assert_eq!(config.agent.unwrap().as_str(), "mine");
        let mine = &config.agents[&"mine".parse::<AgentName>().unwrap()];
        assert_eq!(mine.command.as_deref(), Some("x".as_ref()));
        assert_eq!(mine.args.as_deref(), Some(["-a".into()].as_slice()));
        assert_eq!(mine.label.as_deref(), Some("Mine"));
        assert_eq!(mine.pass.as_deref(), Some(["K".to_owned()].as_slice()));
        assert_eq!(mine.env["A"], Value::Set("hunter2".into()));
        assert_eq!(mine.env["B"], Value::Of("C".into()));
        assert_eq!(config.lines["agents.mine.env.A"], 19);
    }

    /// proves C6
    #[test]
    fn an_error_names_file_line_and_key() {
        for (text, expected) in [
            (
                "\nhistory_byte = 1\n",
                "`config.toml`, line 2: `history_byte`: unknown field",
            ),
            (
                "history_bytes = 'x'\n",
                "`config.toml`, line 1: `history_bytes`: invalid type",
            ),
            (
                "history_bytes = -1\n",
                "`config.toml`, line 1: `history_bytes`: invalid value",
            ),
            (
                "# a\n\n[env]\ndeny = [\n 'A',\n 7,\n]\n",
                "`config.toml`, line 6: `env.deny`: invalid type",
            ),
            (
                "[env]\npas = []\n",
                "`config.toml`, line 2: `env.pas`: unknown field",
            ),
            (
                "env.deny = ['*_TOKEN']\n",
                "`config.toml`, line 1: `env.deny`: `*_TOKEN` is neither",
            ),
            (
                "[env]\ndeny = ['*']\npass = ['A', '*']\n",
                "`config.toml`, line 3: `env.pass`: `*` would pass on every credential",
            ),
            (
                "[agents.claude]\npass = ['*']\n",
                "`config.toml`, line 2: `agents.claude.pass`: `*` would pass on every",
            ),
            (
                "\n\nshell = ''\n",
                "`config.toml`, line 3: `shell`: names no program",
            ),
            (
                "detach_keys = 'no such key'\n",
                "`config.toml`, line 1: `detach_keys`: ",
            ),
            (
                "\nbackend = 'zellij'\n",
                "`config.toml`, line 2: `backend`: `zellij` is no backend; expected `auto`",
            ),
            (
                "tmux = []\n",
                "`config.toml`, line 1: `tmux`: names no program",
            ),
            (
                "tmux = 'tmux -L x'\n",
                "`config.toml`, line 1: `tmux`: invalid type",
            ),
            (
                "worktrees = '../trees'\n",
                "`config.toml`, line 1: `worktrees`: is no path from the root",
            ),
            ("shell = \n", "`config.toml`, line 1: "),
            (
                "\n[agents.mine]\nlabel = 'x'\n",
                "`config.toml`, line 2: `agents.mine`: the agent `mine` is not built in",
            ),
            (
                "[agents.claude]\ncomand = 'x'\n",
                "`config.toml`, line 2: `agents.claude.comand`: unknown field",
            ),
            (
                "agent = 'cluade'\n",
                "`config.toml`, line 1: `agent`: there is no agent `cluade`",
            ),
            (
                "[agents.claude]\ncommand = ''\n",
                "`config.toml`, line 2: `agents.claude.command`: names no program",
            ),
            (
                "[agents.claude]\npass = ['*_KEY']\n",
                "`config.toml`, line 2: `agents.claude.pass`: `*_KEY` is neither",
            ),
            (
                "[agents.claude]\nenv.A = 'hunter2'\nenv.B = 7\n",
                "`config.toml`, line 3: `agents.claude.env.B`: expected a text",
            ),
            (
                "[agents.claude.env]\nA = { from = '' }\n",
                "`config.toml`, line 2: `agents.claude.env.A`: `` is not a name",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{text:?} gave {error:?}");
            assert!(!error.contains("hunter"), "{error}");
        }
    }

    /// proves C6
    #[test]
    fn a_named_file_must_be_there_and_the_usual_one_need_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        assert!(Config::read(&ConfigPath::Usual(path.clone())).is_ok());
        let error = Config::read(&ConfigPath::Named(path)).unwrap_err();
        assert!(error.to_string().contains("config.toml"), "{error}");
    }
}
