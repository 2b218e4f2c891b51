//! `abide diff`: what a session has changed so far, against the files from when it began.

use std::collections::HashMap;

use abide_core::{
    clock::Timestamp,
    manifest::TreePath,
    record::{Baseline, Counts, FileChange},
};
use abide_workspace::{
    Target, Workspaces,
    service::{FileLines, Found, Lines, LiveDiff},
};
use serde::Serialize;

use super::{describe, recorded};
use crate::{compose::Context, error::CliError, exit::Exit, output, report};

/// Most things that could not be seen that are told one by one.
const MAX_TOLD: usize = 5;

/// Show which files have changed since a session began
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Files are compared with the list of them from before the session, in any directory: A added, M \
modified, D removed, R renamed, T of another type. Left out is what git ignores. Control \
characters and bytes that are no text are shown escaped; `--json` loses nothing of a name.

That list has no contents. So lines, with `--stat` and `--patch`, are what git knows: the \
difference from the commit that is checked out, of those files alone. It holds what was changed in \
them before the session too, if it was not committed, and lacks what the session committed itself. \
Git's external diff programs and text conversions are not run.

Examples:
  abide diff api
  abide diff api --patch | less
  abide diff api --exit-code > /dev/null || echo it changed something")]
pub(crate) struct Diff {
    /// Workspace, or workspace/session; any part of the name that only one has
    #[arg(value_name = "NAME")]
    target: Target,

    #[command(flatten)]
    form: Form,

    /// End with 1 if there are changes, as `git diff --exit-code` does
    #[arg(long)]
    exit_code: bool,
}

/// How changes are shown; as a list without any of these.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Form {
    /// Count files, and lines against git's commit where there is a repository
    #[arg(long)]
    stat: bool,

    /// Print git's patch of the files that were changed, against the commit that is checked out
    #[arg(long)]
    patch: bool,

    /// Print the paths alone
    #[arg(long)]
    name_only: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct JsonDiff<'a> {
    workspace: &'a str,
    session: &'a str,
    dir: String,
    record: &'a str,
    baseline: Option<&'a Baseline>,
    baseline_at: Timestamp,
    taken_at: Timestamp,
    counts: Counts,
    files: &'a [FileChange],
    problems: Vec<String>,
}

impl Diff {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspaces = context.workspaces().await?;
        let found = workspaces.resolve(&self.target).await?;
        let live = workspaces.diff(&found).await?;
        if self.form.json {
            output::json(&as_json(&found, &live))?;
        } else {
            tell(&live);
            self.form.print(&workspaces, &found, &live).await?;
        }
        Ok(match self.exit_code && !live.files.files.is_empty() {
            true => Exit::DIFFERENT,
            false => Exit::SUCCESS,
        })
    }
}

impl Form {
    async fn print(
        &self,
        workspaces: &Workspaces,
        found: &Found,
        live: &LiveDiff,
    ) -> Result<(), CliError> {
        if self.patch {
            let patch = workspaces.patch(&found.workspace, &live.diff).await?;
            output::foreign(&patch.bytes)?;
            tell_left_out(patch.left_out);
            return Ok(());
        }
        if self.stat {
            let lines = workspaces.lines(&found.workspace, &live.diff).await?;
            output::bytes(stat(live, lines.as_ref()).as_bytes())?;
            tell_left_out(lines.map_or(0, |lines| lines.left_out));
            return Ok(());
        }
        let files = live.files.files.iter();
        let lines: String = match self.name_only {
            true => files.map(|file| format!("{}\n", file.path)).collect(),
            false => files.map(|file| recorded::change(file) + "\n").collect(),
        };
        Ok(output::bytes(lines.as_bytes())?)
    }
}

fn as_json<'a>(found: &'a Found, live: &'a LiveDiff) -> JsonDiff<'a> {
    JsonDiff {
        workspace: found.workspace.name.as_str(),
        session: found.session.id.as_str(),
        dir: found.workspace.dir.to_string_lossy().into_owned(),
        record: live.record.record.as_str(),
        baseline: live.record.baseline.as_ref(),
        baseline_at: live.baseline_at,
        taken_at: live.diff.taken.at,
        counts: live.files.counts,
        files: &live.files.files,
        problems: live.problems.iter().map(ToString::to_string).collect(),
    }
}

/// Says what a list does not: against what it is, and what it may lack.
fn tell(live: &LiveDiff) {
    let since = describe::local(live.baseline_at);
    if let Some(Baseline::Late { why, .. }) = &live.record.baseline {
        let why = output::plain(why);
        report::say(&format!(
            "warning: the files are compared with those of {since}; what changed before is \
             unknown: {why}"
        ));
    }
    for problem in live.problems.iter().take(MAX_TOLD) {
        let problem = problem.to_string();
        report::say(&format!("warning: {}", output::plain(&problem)));
    }
    if live.files.files.is_empty() {
        report::say(&format!("nothing has changed since {since}"));
    }
}

fn tell_left_out(count: usize) {
    if count != 0 {
        report::say(&format!(
            "warning: the lines of {count} files that are new to git are left out"
        ));
    }
}

/// Returns each file with its lines, where git counted them, and the sums.
fn stat(live: &LiveDiff, lines: Option<&Lines>) -> String {
    let changes = &live.files.files;
    let by_path: HashMap<&TreePath, FileLines> = lines
        .iter()
        .flat_map(|lines| &lines.files)
        .map(|(path, counted)| (path, *counted))
        .collect();
    let shown: Vec<_> = changes.iter().map(recorded::change).collect();
    let width = shown.iter().map(|line| line.chars().count()).max();
    let mut text = String::new();
    for (line, change) in shown.iter().zip(changes) {
        match by_path.get(&change.path) {
            Some(counted) => {
                let width = width.unwrap_or_default();
                text += &format!("{line:<width$}  | {}\n", of_file(*counted));
            }
            None => text += &format!("{line}\n"),
        }
    }
    text += &format!("{}\n", recorded::counts(&live.files.counts));
    if lines.is_some() {
        let sum = |of: fn(&FileLines) -> Option<u64>| by_path.values().filter_map(of).sum::<u64>();
        let (added, removed) = (sum(|lines| lines.added), sum(|lines| lines.removed));
        text += &format!("+{added} -{removed} lines against the commit that is checked out\n");
    }
    text
}

fn of_file(lines: FileLines) -> String {
    match (lines.added, lines.removed) {
        (Some(added), Some(removed)) => format!("+{added} -{removed}"),
        _ => "not text".into(),
    }
}
