//! `abide new`: makes a workspace and shows it.

use std::{ffi::OsString, path::PathBuf};

use abide_core::{backend::AttachMode, size::TermSize};
use abide_workspace::{
    Preference, SessionName, WorkspaceName,
    service::{Found, NewWorkspace, NewWorktree},
    targets::SHELL,
};

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::enter::{self, Client, ExitWith, How, Notes};
use crate::{agent, compose::Context, error::CliError, exit::Exit, host, output, sys};

/// Make a workspace of a directory and start its session
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  abide new                       # your shell, in the current directory
  abide new api --dir ~/src/api   # elsewhere, under a name
  abide new fix --repo .          # a worktree of it, on its own branch
  abide new build -- make -j8     # another program; its last screen stays
  abide new web --agent claude    # a coding agent; `abide agents` lists them
  abide new --backend owner       # not in tmux, even where there is one
  name=$(abide new --no-attach -- npm start)   # from a script

Credentials (GH_TOKEN, AWS_SECRET_ACCESS_KEY and the like) are left out of the session's \
environment; pass one on with `--env NAME`, or always with `env.pass` in the configuration. \
A program is found on PATH or named by its whole path. An agent is given the credentials that are \
its own (`abide config explain agents`). Without any of these, what is run is said by ABIDE_AGENT, \
else by `agent` in the configuration; else it is your shell.

The backend is stored with the session and used for it ever after. `auto` takes tmux where it can \
be used, else abide's own process, the owner; `abide doctor` says which, and why.")]
pub(crate) struct New {
    /// Name of the workspace; without it, that of the directory
    name: Option<WorkspaceName>,

    /// Directory of the workspace; without it, the current one
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Make a git worktree of this repository, and work in that
    #[arg(long, value_name = "DIR", conflicts_with = "dir")]
    repo: Option<PathBuf>,

    /// Branch of the worktree: that one if it is there, else a new one; without it, abide/NAME
    #[arg(long, requires = "repo")]
    branch: Option<String>,

    /// What a new branch begins at; without it, where the repository is
    #[arg(long, value_name = "REF", requires = "repo")]
    from: Option<String>,

    /// Agent to run, by name; further sessions of the workspace run it too
    #[arg(long, value_name = "AGENT", conflicts_with_all = ["shell", "command"])]
    agent: Option<String>,

    /// Run your shell
    #[arg(long, conflicts_with = "command")]
    shell: bool,

    /// What keeps the session; without it, what ABIDE_BACKEND or the configuration says, else auto
    #[arg(long, value_name = "BACKEND", value_parser = backend())]
    backend: Option<Preference>,

    /// Size of the terminal to start with; without it, that of this one, else 80x24
    #[arg(long, value_name = "COLSxROWS")]
    size: Option<TermSize>,

    /// Set a variable of the session, or pass one on by its name; may be repeated
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,

    /// Keep no copy of screen and history on disk; they are lost if the session's owner is killed
    #[arg(long)]
    no_journal: bool,

    /// Record nothing of what the session changes, and write nothing to the directory
    #[arg(long)]
    no_record: bool,

    /// Start the session and print the workspace's name, without attaching
    #[arg(long)]
    no_attach: bool,

    /// Program to run, with its arguments; without it, an agent or your shell
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl New {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        if !self.no_attach {
            enter::need_terminal()?;
        }
        let dir = self.repo.as_ref().or(self.dir.as_ref()).cloned();
        let dir = dir.unwrap_or_else(|| PathBuf::from("."));
        let dir = host::absolute_dir(&dir)
            .map_err(|source| CliError::BadDirectory { path: dir, source })?;
        let worktree = self.repo.is_some().then(|| NewWorktree {
            below: context.worktrees(),
            branch: self.branch,
            from: self.from,
        });
        let flag = match self.shell {
            true => Some(SHELL),
            false => self.agent.as_deref(),
        };
        let run = agent::run(context, self.command, flag, None)?;
        let cleaned = run.environment(context, &self.env)?;
        let record = context.config.record && !self.no_record;
        let below = worktree.as_ref().map(|new| new.below.as_path());
        let recorded = record.then_some(below.unwrap_or(&dir));
        let workspaces = context.workspaces_to_start(self.backend, recorded).await?;
        let orphaned = match record && worktree.is_none() {
            true => workspaces.orphaned(&dir).await,
            false => None,
        };
        let created = workspaces
            .create(NewWorkspace {
                name: self.name,
                dir,
                worktree,
                backend: self.backend,
                command: run.command.clone(),
                agent: run.agent_name(),
                mode: run.mode(),
                env: cleaned.env,
                size: self.size.or_else(sys::terminal_size).unwrap_or_default(),
                history_bytes: context.config.history_bytes,
                journal: context.config.journal && !self.no_journal,
                record,
            })
            .await?;
        let mut notes = Notes::default();
        if let Some(why) = orphaned {
            let dir = created.workspace.dir.to_string_lossy();
            notes.adopting(&output::plain(&dir), &why);
        }
        say_left_out(&cleaned.left_out, &mut notes);
        let found = Found {
            workspace: created.workspace,
            session: created.session,
        };
        if self.no_attach {
            output::line(found.workspace.name.as_str())?;
            return Ok(Exit::SUCCESS);
        }
        let how = How {
            mode: AttachMode::Control,
            keys: context.config.detach_keys.clone(),
            exit: ExitWith::Success,
            lend: context.config.lend_terminal,
            client: Client::OfBackend,
            notes,
        };
        enter::enter(&workspaces, &found, how).await
    }
}

/// Reads a backend from the command line.
pub(super) fn backend() -> impl TypedValueParser<Value = Preference> {
    PossibleValuesParser::new(Preference::WORDS).try_map(|word| word.parse::<Preference>())
}

/// Reads the name that a session is to get.
pub(super) fn session_name(text: &str) -> Result<SessionName, CliError> {
    text.parse().map_err(CliError::SessionName)
}

/// Says which credentials a session is not given.
pub(super) fn say_left_out(names: &[OsString], notes: &mut Notes) {
    if let Some(note) = left_out(names) {
        notes.say(note);
    }
}

fn left_out(names: &[OsString]) -> Option<String> {
    let names: Vec<_> = names.iter().map(|name| name.to_string_lossy()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "note: left out of the session's environment: {} (pass one on with `--env NAME`)",
            output::plain(&names.join(", "))
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_said_by_name_and_only_then() {
        assert_eq!(left_out(&[]), None);
        let note = left_out(&["GH_TOKEN".into(), "NPM_TOKEN".into()]).unwrap();
        assert!(note.contains("GH_TOKEN, NPM_TOKEN"), "{note}");
    }
}
