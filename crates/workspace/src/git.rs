//! The one place that runs git.
//!
//! A [`Call`] says where git works and what it is asked; [`Call::run`] runs it under a deadline, with
//! bounded output. The repository is always named, never searched for from the current directory,
//! but where a person names a directory: what lies around a repository that is gone must not be
//! taken for it. No variable of git's own is inherited, and the settings that would run another
//! program for a question, or start work in the background, are off.
//!
//! The user's hooks run where git's users expect it (a worktree is made, and filled), and nowhere
//! else.

mod error;
pub(crate) mod parse;
mod run;
mod tracks;
pub(crate) mod words;

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    time::Duration,
};

pub use self::error::GitError;
pub(crate) use self::tracks::tracks;
use crate::claim::Claim;

/// Longest time that a question takes.
const QUESTION_LIMIT: Duration = Duration::from_secs(60);

/// Longest time that git takes to fill a worktree, its hooks included.
pub(crate) const CHECKOUT_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Where git works.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At<'a> {
    /// Whatever repository this directory is in.
    Inside(&'a Path),
    /// The repository of this git directory, without files.
    Repository(&'a Path),
    /// The files of a worktree, by its own git directory.
    Worktree {
        /// The directory in the repository that describes the worktree.
        git_dir: &'a Path,
        /// The worktree.
        dir: &'a Path,
    },
}

/// Whether hooks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hooks {
    Run,
    Skip,
}

/// One run of git.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    action: String,
    at: At<'a>,
    args: Vec<OsString>,
    settings: Vec<&'static str>,
    variables: Vec<(&'static str, OsString)>,
    input: Option<Vec<u8>>,
    hooks: Hooks,
    limit: Duration,
    claim: Option<&'a Claim>,
}

/// Settings of every run. What a repository's configuration says instead may run programs.
const SETTINGS: [&str; 5] = [
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "advice.detachedHead=false",
];

/// Makes git look for hooks where there are none.
const NO_HOOKS: &str = "core.hooksPath=/dev/null";

/// Variables of every run: messages in English, no question to a terminal, no lock for a look.
const VARIABLES: [(&str, &str); 4] = [
    ("LC_ALL", "C"),
    ("LANGUAGE", ""),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
];

impl<'a> Call<'a> {
    /// Returns a run of one of git's commands; `action` ends "cannot …".
    pub(crate) fn new(action: impl Into<String>, at: At<'a>, command: &'static str) -> Self {
        Self {
            action: action.into(),
            at,
            args: vec![command.into()],
            settings: Vec::new(),
            variables: Vec::new(),
            input: None,
            hooks: Hooks::Skip,
            limit: QUESTION_LIMIT,
            claim: None,
        }
    }

    /// Adds arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds an argument.
    pub(crate) fn arg(self, arg: impl Into<OsString>) -> Self {
        self.args([arg])
    }

    /// Adds a setting, `key=value`.
    pub(crate) fn setting(mut self, setting: &'static str) -> Self {
        self.settings.push(setting);
        self
    }

    /// Sets a variable.
    pub(crate) fn variable(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name, value.as_ref().to_owned()));
        self
    }

    /// Uses another index than that of the worktree.
    pub(crate) fn index(self, path: &Path) -> Self {
        self.variable("GIT_INDEX_FILE", path)
    }

    /// Gives it something to read.
    pub(crate) fn input(mut self, input: Vec<u8>) -> Self {
        self.input = Some(input);
        self
    }

    /// Lets the user's hooks run, and gives them time.
    pub(crate) fn with_hooks(mut self) -> Self {
        self.hooks = Hooks::Run;
        self.limit = CHECKOUT_LIMIT;
        self
    }

    /// Gives it the time that work on all files takes.
    pub(crate) fn with_time(mut self) -> Self {
        self.limit = CHECKOUT_LIMIT;
        self
    }

    /// Lets git hold a workspace's lock for as long as it runs, also if this process is killed.
    pub(crate) fn holding(mut self, claim: &'a Claim) -> Self {
        self.claim = Some(claim);
        self
    }

    /// Returns the words after `git`.
    fn argv(&self) -> Vec<OsString> {
        let hooks = (self.hooks == Hooks::Skip).then_some(NO_HOOKS);
        let settings = SETTINGS.into_iter().chain(hooks);
        let settings = settings.chain(self.settings.iter().copied());
        let settings = settings.flat_map(|setting| ["-c", setting]);
        let mut argv: Vec<OsString> = settings.map(Into::into).collect();
        match self.at {
            At::Inside(dir) => argv.extend(["-C".into(), dir.into()]),
            At::Repository(git_dir) => {
                argv.extend(["-C".into(), git_dir.into()]);
                argv.push(option("--git-dir=", git_dir));
            }
            At::Worktree { git_dir, dir } => {
                argv.extend(["-C".into(), dir.into()]);
                argv.push(option("--git-dir=", git_dir));
                argv.push(option("--work-tree=", dir));
            }
        }
        argv.extend(self.args.iter().cloned());
        argv
    }

    /// Returns the variables that are set.
    fn environment(&self) -> impl Iterator<Item = (&'static str, &OsStr)> {
        let own = self.variables.iter();
        let own = own.map(|(name, value)| (*name, value.as_os_str()));
        let every = VARIABLES.into_iter();
        every
            .map(|(name, value)| (name, OsStr::new(value)))
            .chain(own)
    }
}

/// Tells whether a variable would tell git something that was not said here.
fn is_gits_own(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    name.starts_with("GIT_")
}

fn option(name: &str, value: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(value);
    option
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(call: &Call<'_>) -> String {
        let words = call.argv();
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    #[test]
    fn every_run_names_its_repository_and_turns_off_what_runs_programs() {
        let call = Call::new("x", At::Repository(Path::new("/r/.git")), "rev-list").arg("a b");
        let shown = words(&call);
        assert!(shown.ends_with("--git-dir=/r/.git rev-list a b"), "{shown}");
        for setting in SETTINGS.into_iter().chain([NO_HOOKS]) {
            assert!(shown.contains(&format!("-c {setting} ")), "{shown}");
        }
        let at = At::Worktree {
            git_dir: Path::new("/r/.git/worktrees/w"),
            dir: Path::new("/w"),
        };
        let call = Call::new("x", at, "status").with_hooks();
        let shown = words(&call);
        assert!(!shown.contains("hooksPath"), "{shown}");
        let place = "-C /w --git-dir=/r/.git/worktrees/w --work-tree=/w status";
        assert!(shown.ends_with(place), "{shown}");
    }

    /// proves W6
    #[test]
    fn variables_of_git_are_known_by_their_beginning_in_any_case() {
        for name in ["GIT_DIR", "GIT_CONFIG_COUNT", "git_index_file", "GIT_"] {
            assert!(is_gits_own(OsStr::new(name)), "{name}");
        }
        for name in ["GITHUB_TOKEN", "HOME", "MY_GIT_DIR"] {
            assert!(!is_gits_own(OsStr::new(name)), "{name}");
        }
    }
}
