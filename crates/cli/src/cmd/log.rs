//! `abide log`: the sessions that were recorded.

use abide_core::{
    clock::Timestamp,
    record::{Ownership, Summary},
};
use serde::Serialize;

use super::{
    describe,
    recorded::{self, JsonDamage, JsonRecord, Recorded, Sessions, Whose},
};
use crate::{compose::Context, error::CliError, exit::Exit, output, report};

const HEADER: [&str; 8] = [
    "RECORD", "STARTED", "LASTED", "SESSION", "RUNS", "END", "KEEPER", "CHANGED",
];

/// Characters of an id that are shown; any beginning that only one record has is understood.
const SHOWN_ID: usize = 8;

/// List the sessions that were recorded: when, how they ended, how many files they changed
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Oldest first. A session that runs is listed too. One that is unfinished has ended, or nobody can \
tell; its record is completed by its keeper, or when somebody enters or adopts it. One that is elsewhere \
was kept on that host, or for another state directory, and is completed there. Of a workspace that was \
deleted together with its worktree the records are kept: by its name, by the directory, or with all. KEEPER says whether the \
session was adopted by another keeper than the one that began its record. CHANGED counts files: A \
added, M modified, D removed, R renamed, T of another type; `unknown` if nobody can tell.

Examples:
  abide log api
  abide log --dir ~/src/api   # also of workspaces that were deleted
  abide log --all --json | jq '.records[] | select(.reason == \"host_lost\")'")]
pub(crate) struct Log {
    #[command(flatten)]
    whose: Whose,

    /// List those of every workspace
    #[arg(long, conflicts_with_all = ["target", "dir"])]
    all: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct JsonLog<'a> {
    dirs: Vec<JsonDir>,
    records: Vec<JsonLogged<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonDir {
    dir: String,
    /// When the workspace was deleted and the directory with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Timestamp>,
    #[serde(flatten)]
    damage: JsonDamage,
}

#[derive(Debug, Serialize)]
struct JsonLogged<'a> {
    dir: String,
    #[serde(flatten)]
    record: JsonRecord<'a>,
}

impl Log {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (mut all, sessions) = match self.all {
            true => recorded::of_all(context).await?,
            false => self.whose.read(context).await?,
        };
        all.sort_by(|one, other| one.dir.cmp(&other.dir));
        if self.json {
            output::json(&as_json(&all, &sessions))?;
            return Ok(Exit::SUCCESS);
        }
        for one in &all {
            recorded::tell_damage(&one.dir, &one.records);
        }
        let rows = rows(&all, &sessions);
        match rows.is_empty() {
            true => report::say("no session was recorded yet"),
            false => output::table(&HEADER, rows)?,
        }
        Ok(Exit::SUCCESS)
    }
}

fn as_json<'a>(all: &'a [Recorded], sessions: &Sessions) -> JsonLog<'a> {
    let dir = |one: &Recorded| one.dir.to_string_lossy().into_owned();
    let dirs = all.iter().map(|one| JsonDir {
        dir: dir(one),
        deleted_at: one.gone.as_ref().map(|gone| gone.deleted_at),
        damage: (&one.records).into(),
    });
    let records = each(all).into_iter().map(|(one, record)| JsonLogged {
        dir: dir(one),
        record: JsonRecord::new(record, sessions),
    });
    JsonLog {
        dirs: dirs.collect(),
        records: records.collect(),
    }
}

/// Returns all records by when they began; those of one directory stay in their order.
fn each(all: &[Recorded]) -> Vec<(&Recorded, &Summary)> {
    let records = all.iter().flat_map(|one| {
        let records = one.records.summaries.iter();
        records.map(move |record| (one, record))
    });
    let mut records: Vec<_> = records.collect();
    if 1 < all.len() {
        records.sort_by_key(|(_, record)| record.opened_at);
    }
    records
}

fn rows(all: &[Recorded], sessions: &Sessions) -> Vec<Vec<String>> {
    let records = each(all).into_iter();
    records.map(|(_, record)| row(record, sessions)).collect()
}

fn row(record: &Summary, sessions: &Sessions) -> Vec<String> {
    let opened = record.opened.as_ref();
    let session = sessions.shown_name(record).or_else(|| {
        let session = opened?.session.as_str();
        Some(format!("({})", beginning(session)))
    });
    let runs = opened.map(|opened| match &opened.agent {
        Some(agent) => output::plain(agent).into_owned(),
        None => opened.mode.to_string(),
    });
    let keeper = match &record.ownership {
        Ownership::Created => "created",
        Ownership::Adopted { .. } => "adopted",
    };
    let unknown = || "?".to_owned();
    vec![
        beginning(record.record.as_str()).to_owned(),
        describe::local(record.started_at.unwrap_or(record.opened_at)),
        recorded::lasted(record),
        session.unwrap_or_else(unknown),
        runs.unwrap_or_else(unknown),
        recorded::end(record, sessions.standing(record)),
        keeper.into(),
        recorded::changed(record.changes.as_ref()),
    ]
}

fn beginning(id: &str) -> &str {
    id.get(..SHOWN_ID).unwrap_or(id)
}
