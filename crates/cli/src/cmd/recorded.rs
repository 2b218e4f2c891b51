//! What `diff`, `log` and `summary` have in common: whose records, and records in words and as JSON.

mod json;
mod words;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use abide_core::{backend::SessionState, id::SessionId, record::Summary};
use abide_workspace::{
    Target, Workspaces,
    desk::Records,
    kept::Gone,
    service::{Found, ListedSession, ListedWorkspace, Observed, Viewpoint, records_in},
};

pub(super) use self::{
    json::{JsonDamage, JsonRecord},
    words::{change, changed, counts, end, lasted, standing, tell_damage},
};
use crate::{compose::Context, error::CliError};

/// Whose records are asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Whose {
    /// Workspace, or workspace/session; without one, what was recorded in the current directory or
    /// the nearest above it
    #[arg(value_name = "NAME")]
    target: Option<Target>,

    /// All that was recorded in this directory, also of workspaces that were deleted
    #[arg(long, value_name = "DIR", conflicts_with = "target")]
    dir: Option<PathBuf>,
}

/// Records that were read.
#[derive(Debug)]
pub(super) struct Recorded {
    /// The directory that they are of.
    pub(super) dir: PathBuf,
    /// The workspace, if it was deleted and the directory with it.
    pub(super) gone: Option<Gone>,
    /// They, in the order in which they began.
    pub(super) records: Records,
}

/// What is known of the sessions that there are.
#[derive(Debug)]
pub(super) struct Sessions {
    listed: HashMap<SessionId, (Target, ListedSession)>,
    /// What those were called that went with their workspace.
    gone: HashMap<SessionId, String>,
    viewpoint: Viewpoint,
}

/// How far a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its session runs.
    Running,
    /// Its session does not run as far as anybody can tell, and nobody has completed it yet.
    Unfinished,
    /// It was kept on another machine or for another state directory, and nobody has completed it.
    Elsewhere,
    /// It is complete.
    Complete,
}

impl Whose {
    /// Reads the records: those of one directory, of each workspace that it was at one place.
    pub(super) async fn read(
        &self,
        context: &Context,
    ) -> Result<(Vec<Recorded>, Sessions), CliError> {
        let workspaces = context.workspaces().await?;
        let recorded = match (&self.target, &self.dir) {
            (Some(target), _) => vec![of_target(&workspaces, target).await?],
            (None, Some(dir)) => in_dir(&workspaces, dir).await?,
            (None, None) => vec![here()?],
        };
        let sessions = Sessions::list(&workspaces).await?;
        let sessions = sessions.with_gone(&recorded);
        Ok((recorded, sessions))
    }
}

/// Reads the records of every workspace, each directory's once, and what is kept of those that were
/// deleted.
pub(super) async fn of_all(context: &Context) -> Result<(Vec<Recorded>, Sessions), CliError> {
    let workspaces = context.workspaces().await?;
    let listed = workspaces.list().await?;
    let mut all = Vec::<Recorded>::new();
    for workspace in listed.iter().map(|listed| &listed.workspace) {
        if all.iter().all(|one| one.dir != workspace.dir) {
            all.extend(read(&workspace.dir)?);
        }
    }
    for gone in workspaces.gone().await? {
        all.push(of_gone(&workspaces, gone).await?);
    }
    let sessions = Sessions::of(listed, workspaces.viewpoint()?).with_gone(&all);
    Ok((all, sessions))
}

async fn of_target(workspaces: &Workspaces, target: &Target) -> Result<Recorded, CliError> {
    let found = workspaces.resolve(target).await;
    let is_exact = |found: &Found| found.workspace.name.as_str() == target.workspace;
    if !found.as_ref().is_ok_and(is_exact) {
        // The whole name of one that was deleted counts for more than a part of another's.
        let gone = workspaces.gone().await?.into_iter();
        if let Some(gone) = gone.rev().find(|gone| gone.name == target.workspace) {
            return of_gone_target(workspaces, gone, target).await;
        }
    }
    let found = found?;
    let mut records = workspaces.records(&found.workspace).await?;
    if target.session.is_some() {
        records.summaries.retain(|record| is_of(record, &found));
    }
    Ok(Recorded {
        dir: found.workspace.dir,
        gone: None,
        records,
    })
}

async fn of_gone_target(
    workspaces: &Workspaces,
    gone: Gone,
    target: &Target,
) -> Result<Recorded, CliError> {
    let mut recorded = of_gone(workspaces, gone).await?;
    if let (Some(_), Some(gone)) = (&target.session, &recorded.gone) {
        let text = target.to_string();
        let is_its = |id: &SessionId| gone.sessions.get(id).is_some_and(|name| *name == text);
        let is_its = |record: &Summary| {
            let opened = record.opened.as_ref();
            opened.is_some_and(|opened| is_its(&opened.session))
        };
        recorded.records.summaries.retain(is_its);
    }
    Ok(recorded)
}

async fn of_gone(workspaces: &Workspaces, gone: Gone) -> Result<Recorded, CliError> {
    Ok(Recorded {
        dir: gone.dir.clone(),
        records: workspaces.records_of_gone(&gone).await?,
        gone: Some(gone),
    })
}

fn is_of(record: &Summary, found: &Found) -> bool {
    let opened = record.opened.as_ref();
    opened.is_some_and(|opened| opened.session == found.session.id)
}

async fn in_dir(workspaces: &Workspaces, dir: &Path) -> Result<Vec<Recorded>, CliError> {
    let path = dir.to_owned();
    let dir = std::path::absolute(dir).map_err(|source| CliError::BadDirectory { path, source })?;
    let is_above = false;
    let real = real(&dir);
    let mut all = Vec::new();
    for gone in workspaces.gone().await? {
        if gone.dir == dir || gone.dir == real {
            all.push(of_gone(workspaces, gone).await?);
        }
    }
    all.extend(read(&dir)?);
    match all.is_empty() {
        true => Err(CliError::NothingRecorded { dir, is_above }),
        false => Ok(all),
    }
}

/// Returns where a directory is that may be gone, whatever links lead to it.
fn real(dir: &Path) -> PathBuf {
    let beside = || Some(fs::canonicalize(dir.parent()?).ok()?.join(dir.file_name()?));
    let found = fs::canonicalize(dir).ok().or_else(beside);
    found.unwrap_or_else(|| dir.to_owned())
}

/// Reads what was recorded in the current directory, or in the nearest above it that has records.
fn here() -> Result<Recorded, CliError> {
    let dir = std::env::current_dir().map_err(CliError::NoCurrentDirectory)?;
    for above in dir.ancestors() {
        if let Some(recorded) = read(above)? {
            return Ok(recorded);
        }
    }
    let is_above = true;
    Err(CliError::NothingRecorded { dir, is_above })
}

fn read(dir: &Path) -> Result<Option<Recorded>, CliError> {
    let records = records_in(dir).map_err(abide_workspace::WorkspaceError::from)?;
    Ok(records.map(|records| Recorded {
        dir: dir.to_owned(),
        gone: None,
        records,
    }))
}

impl Sessions {
    async fn list(workspaces: &Workspaces) -> Result<Self, CliError> {
        Ok(Self::of(workspaces.list().await?, workspaces.viewpoint()?))
    }

    fn of(listed: Vec<ListedWorkspace>, viewpoint: Viewpoint) -> Self {
        let sessions = listed.into_iter().flat_map(|listed| {
            let workspace = listed.workspace;
            listed.sessions.into_iter().map(move |one| {
                let found = Found {
                    workspace: workspace.clone(),
                    session: one.session.clone(),
                };
                (one.session.id.clone(), (found.target(), one))
            })
        });
        Self {
            listed: sessions.collect(),
            gone: HashMap::new(),
            viewpoint,
        }
    }

    fn with_gone(mut self, recorded: &[Recorded]) -> Self {
        let gone = recorded.iter().filter_map(|one| one.gone.as_ref());
        for gone in gone {
            let sessions = gone.sessions.iter();
            self.gone
                .extend(sessions.map(|(id, name)| (id.clone(), name.clone())));
        }
        self
    }

    fn get(&self, record: &Summary) -> Option<&(Target, ListedSession)> {
        self.listed.get(&record.opened.as_ref()?.session)
    }

    /// Returns the name by which a record's session is found, if there still is one.
    pub(super) fn name(&self, record: &Summary) -> Option<String> {
        self.get(record).map(|(target, _)| target.to_string())
    }

    /// Returns what a record's session was called that went with its workspace.
    pub(super) fn former_name(&self, record: &Summary) -> Option<&str> {
        let session = &record.opened.as_ref()?.session;
        self.gone.get(session).map(String::as_str)
    }

    /// Returns what a record's session is called, and says so if it was deleted with its workspace.
    pub(super) fn shown_name(&self, record: &Summary) -> Option<String> {
        let former = || Some(format!("{} (deleted)", self.former_name(record)?));
        self.name(record).or_else(former)
    }

    /// Tells how far a record is.
    pub(super) fn standing(&self, record: &Summary) -> Standing {
        match (record.is_complete(), self.get(record)) {
            (true, _) => Standing::Complete,
            (false, Some((_, one))) if runs(one, record) => Standing::Running,
            (false, found) if self.viewpoint.is_anothers(record, found.is_some()) => {
                Standing::Elsewhere
            }
            (false, _) => Standing::Unfinished,
        }
    }
}

/// Tells whether the start that a record is of goes on, as far as a list tells.
fn runs(one: &ListedSession, record: &Summary) -> bool {
    let Observed::Status(status) = &one.observed else {
        return false;
    };
    let is_this = record.generation.is_none() || status.generation == record.generation;
    let is_alive = match status.state {
        SessionState::Starting | SessionState::Running(_) | SessionState::Unresponsive { .. } => {
            true
        }
        SessionState::Ended(_) => false,
    };
    is_this && is_alive
}

impl Standing {
    /// Returns the word for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Unfinished => "unfinished",
            Self::Elsewhere => "elsewhere",
            Self::Complete => "complete",
        }
    }
}
