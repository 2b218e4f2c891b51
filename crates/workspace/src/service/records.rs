//! What is recorded of sessions, and what one has changed so far: views, which write nothing, take
//! no lock and wait for nobody.

use std::path::Path;

use abide_core::{
    clock::Timestamp,
    id::StateId,
    lease::Place,
    manifest::Diff,
    record::{Baseline, Files, Summary},
};

use super::{Found, Workspaces, place};
use crate::{
    desk::{Here, OwnDir, ReadBaselineError, Records, read_baseline, read_summaries},
    error::{ViewError, WorkspaceError},
    record::Workspace,
    state_id,
    walk::{self, Ignored, Problem, Purpose, WalkOptions},
};

/// Why a record may have nothing to be measured against yet.
const UNSETTLED: &str = "the files from before were not listed, or are being listed now";

/// How often it is looked again when a record is completed while its baseline is read.
const LOOKS: u32 = 3;

/// What a session has changed so far.
#[derive(Debug)]
pub struct LiveDiff {
    /// Its record, which is open.
    pub record: Summary,
    /// When the files were listed that the others are compared with.
    pub baseline_at: Timestamp,
    /// What changed since.
    pub diff: Diff,
    /// The same as people are to see it, every file listed.
    pub files: Files,
    /// What could not be seen, the first of it.
    pub problems: Vec<Problem>,
}

/// From where records are looked at.
#[derive(Debug, Clone)]
pub struct Viewpoint {
    place: Place,
    state: Option<StateId>,
}

impl Viewpoint {
    /// Tells whether a record was kept on another machine or for another state directory, so that
    /// nobody here can tell whether its session lives; `is_known` tells whether its session is listed.
    #[must_use]
    pub fn is_anothers(&self, record: &Summary, is_known: bool) -> bool {
        record.is_anothers(&self.place, self.state.as_ref(), is_known)
    }
}

/// What an open record is measured against.
struct Measured {
    record: Summary,
    baseline: abide_core::manifest::Manifest,
}

impl Workspaces {
    /// Reads what is recorded of a workspace's sessions, in the order in which they began.
    ///
    /// The directory may hold records of others, of workspaces that were there before;
    /// [`records_in`] reads them all. A record whose beginning is damaged could be anybody's, and is
    /// listed.
    ///
    /// # Errors
    ///
    /// When the workspace or its directory is gone, or its journal cannot be read.
    pub async fn records(&self, workspace: &Workspace) -> Result<Records, WorkspaceError> {
        let sessions = match self.store.one(workspace.id.clone()).await? {
            Some((_, sessions)) => sessions,
            None => Vec::new(),
        };
        let asked = workspace.clone();
        let found = blocking(move || {
            place::refuse_gone(&asked)?;
            Ok::<_, WorkspaceError>(records_in(&asked.dir)?)
        });
        let found = found.await?;
        let mut records = found.unwrap_or_default();
        records.summaries.retain(|record| {
            record.opened.as_ref().is_none_or(|opened| {
                let mut ids = sessions.iter().map(|session| &session.id);
                ids.any(|id| *id == opened.session)
            })
        });
        Ok(records)
    }

    /// Returns from where these workspaces' records are looked at.
    ///
    /// # Errors
    ///
    /// When it cannot be read what names the state directory.
    pub fn viewpoint(&self) -> Result<Viewpoint, WorkspaceError> {
        let state = state_id::find(&self.state_dir).map_err(ViewError::State)?;
        let place = Here::find().place;
        Ok(Viewpoint { place, state })
    }

    /// Compares the files of a session's workspace with those from when its open record began.
    ///
    /// # Errors
    ///
    /// When the session is not recorded or over, when there is nothing to compare with, or when the
    /// directory is gone or its files cannot be listed.
    pub async fn diff(&self, found: &Found) -> Result<LiveDiff, WorkspaceError> {
        if !found.workspace.record {
            let name = found.workspace.name.clone();
            return Err(ViewError::NotRecorded { name }.into());
        }
        let (found, now) = (found.clone(), self.clock.now());
        let compared = blocking(move || {
            place::refuse_gone(&found.workspace)?;
            Ok(live(&found, now)?)
        });
        compared.await
    }
}

/// Reads what is recorded in a directory, of whatever workspaces there were; `None` if nothing is.
///
/// Blocks while it reads.
///
/// # Errors
///
/// When `.abide` is not a directory of this user's, or its journal cannot be read.
pub fn records_in(dir: &Path) -> Result<Option<Records>, ViewError> {
    let own = OwnDir::find(dir).map_err(|source| ViewError::Dir {
        dir: dir.to_owned(),
        source,
    })?;
    let Some(own) = own else {
        return Ok(None);
    };
    let records = read_summaries(&own).map_err(|source| ViewError::Journal {
        dir: dir.to_owned(),
        source,
    })?;
    Ok(Some(records))
}

fn live(found: &Found, now: Timestamp) -> Result<LiveDiff, ViewError> {
    let root = &found.workspace.dir;
    let Measured { record, baseline } = measured(found)?;
    let options = WalkOptions {
        purpose: Purpose::Compare,
        earlier: Some(&baseline),
        ignored: Ignored::LeftOut,
    };
    let walked = walk::walk(root, now, &options).map_err(|source| ViewError::Walk {
        name: found.workspace.name.clone(),
        source,
    })?;
    let diff = baseline.diff(&walked.manifest);
    Ok(LiveDiff {
        record,
        baseline_at: baseline.taken().at,
        files: Files::all_of(&diff),
        diff,
        problems: walked.problems,
    })
}

/// Finds a session's open record, and reads its baseline.
fn measured(found: &Found) -> Result<Measured, ViewError> {
    let target = || found.target();
    let dir = &found.workspace.dir;
    let mut looks = 0;
    loop {
        looks += 1;
        let record = open_record(found)?;
        match &record.baseline {
            None => {
                let why = UNSETTLED.to_owned();
                return Err(ViewError::Unmeasured {
                    target: target(),
                    why,
                });
            }
            Some(Baseline::Unknown { why }) => {
                return Err(ViewError::Unmeasured {
                    target: target(),
                    why: why.clone(),
                });
            }
            Some(Baseline::Taken { .. } | Baseline::Kept { .. } | Baseline::Late { .. }) => {}
        }
        let own = OwnDir::find(dir).map_err(|source| ViewError::Dir {
            dir: dir.clone(),
            source,
        })?;
        let own = own.ok_or_else(|| ViewError::NoRecord { target: target() })?;
        match read_baseline(&own, &record.record) {
            Ok(baseline) => return Ok(Measured { record, baseline }),
            // Its keeper removes it once the record is complete, which it may be by now.
            Err(ReadBaselineError::Missing { .. }) if looks < LOOKS => {}
            Err(source) => {
                return Err(ViewError::Baseline {
                    target: target(),
                    source,
                });
            }
        }
    }
}

/// Finds the record of a session that is not complete: the last, if others were left open.
fn open_record(found: &Found) -> Result<Summary, ViewError> {
    let records = records_in(&found.workspace.dir)?.unwrap_or_default();
    let is_its = |record: &Summary| {
        let opened = record.opened.as_ref();
        opened.is_some_and(|opened| opened.session == found.session.id)
    };
    let last = records.summaries.into_iter().rev().find(is_its);
    match last {
        None => Err(ViewError::NoRecord {
            target: found.target(),
        }),
        Some(last) if last.is_complete() => Err(ViewError::Over {
            target: found.target(),
            record: last.record,
        }),
        Some(last) => Ok(last),
    }
}

pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(err) => std::panic::resume_unwind(err.into_panic()),
    }
}
