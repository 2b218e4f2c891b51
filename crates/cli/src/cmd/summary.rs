//! `abide summary`: one recorded session, with the files that it changed.

use abide_core::{
    clock::Timestamp,
    record::{Baseline, Changes, Files, Origin, Ownership, Summary as Record},
};
use jiff::SignedDuration;
use serde::Serialize;

use super::{
    describe,
    recorded::{self, JsonDamage, JsonRecord, Recorded, Sessions, Standing, Whose},
};
use crate::{compose::Context, error::CliError, exit::Exit, output};

/// Files that are named unless all are asked for.
const MAX_SHOWN: usize = 50;

/// Show one recorded session: how it ran and ended, and which files it changed
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without `--record`, the one that began last: of a workspace that of any of its sessions, which is \
named, of workspace/session that of this one. What a session that runs has changed so far, `abide diff` \
tells.

Examples:
  abide summary api
  abide summary api/main
  abide summary api --record 3f9a --all-files
  abide summary --dir ~/src/api --json | jq -r '.record.files[].path'")]
pub(crate) struct Summary {
    #[command(flatten)]
    whose: Whose,

    /// The record of this id, or whose id begins so; `abide log` shows them
    #[arg(long, value_name = "ID")]
    record: Option<String>,

    /// Name every file that the record names, and not the first 50 alone
    #[arg(long)]
    all_files: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct JsonSummary<'a> {
    dir: String,
    #[serde(flatten)]
    damage: JsonDamage,
    record: JsonRecord<'a>,
}

impl Summary {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (all, sessions) = self.whose.read(context).await?;
        let (recorded, record) = chosen(&all, self.record.as_deref())?;
        if self.json {
            output::json(&JsonSummary {
                dir: recorded.dir.to_string_lossy().into_owned(),
                damage: (&recorded.records).into(),
                record: JsonRecord::with_files(record, &sessions),
            })?;
            return Ok(Exit::SUCCESS);
        }
        recorded::tell_damage(&recorded.dir, &recorded.records);
        let most = match self.all_files {
            true => usize::MAX,
            false => MAX_SHOWN,
        };
        let mut page = describe::Page::default();
        add_record(&mut page, record, &sessions, context.clock.now());
        output::bytes((page.into_text() + &files(record, most)).as_bytes())?;
        Ok(Exit::SUCCESS)
    }
}

/// Finds the record that is meant.
fn chosen<'a>(
    recorded: &'a [Recorded],
    text: Option<&str>,
) -> Result<(&'a Recorded, &'a Record), CliError> {
    let each = recorded.iter().flat_map(|one| {
        let records = one.records.summaries.iter();
        records.map(move |record| (one, record))
    });
    let Some(text) = text else {
        let dir = recorded.first().map(|one| one.dir.clone());
        let (dir, is_above) = (dir.unwrap_or_default(), false);
        return each
            .last()
            .ok_or(CliError::NothingRecorded { dir, is_above });
    };
    let fits = |record: &Record| !text.is_empty() && record.record.as_str().starts_with(text);
    let fitting: Vec<_> = each.filter(|(_, record)| fits(record)).collect();
    let text = text.to_owned();
    match fitting[..] {
        [] => Err(CliError::NoRecord { text }),
        [one] => Ok(one),
        _ => Err(CliError::SeveralRecords {
            text,
            ids: fitting
                .iter()
                .map(|(_, one)| one.record.to_string())
                .collect(),
        }),
    }
}

fn add_record(page: &mut describe::Page, record: &Record, sessions: &Sessions, now: Timestamp) {
    page.add("record", record.record.as_str());
    match (sessions.shown_name(record), &record.opened) {
        (Some(name), Some(opened)) => page.add("session", format!("{name} ({})", opened.session)),
        (_, Some(opened)) => page.add("session", opened.session.as_str()),
        (_, None) => page.add("session", "not known: the journal is damaged"),
    }
    if let Some(opened) = &record.opened {
        page.add("host", on(&opened.origin));
        match &opened.agent {
            Some(agent) => page.add("runs", format!("{} {agent}", opened.mode)),
            None => page.add("runs", opened.mode.to_string()),
        }
    }
    add_times(page, record, sessions.standing(record), now);
    match &record.ownership {
        Ownership::Created => page.add("keeper", "the one that began the record"),
        Ownership::Adopted { at, by } => {
            let (at, by) = (describe::local(*at), on(&by.origin));
            page.add("keeper", format!("adopted {at} by {by}"));
        }
    }
    if let Some(baseline) = &record.baseline {
        page.add("measured", measured(baseline));
    }
    let changed = match &record.changes {
        Some(Changes::Known(files)) => recorded::counts(&files.counts),
        Some(Changes::Unknown { why }) => format!("unknown: {why}"),
        None => "not settled yet; `abide diff` compares the files as they are now".into(),
    };
    page.add("changed", changed);
}

fn add_times(page: &mut describe::Page, record: &Record, standing: Standing, now: Timestamp) {
    match record.started_at {
        Some(time) => page.add_time("started", time, now),
        None => page.add_time("opened", record.opened_at, now),
    }
    let Some(ended) = &record.ended else {
        page.add("state", recorded::standing(record, standing));
        return;
    };
    match ended.ended_at {
        Some(time) => page.add_time("ended", time, now),
        None => page.add("ended", "nobody knows when"),
    }
    if let Some(took) = record.duration() {
        page.add("lasted", exact(took));
    }
    page.add("outcome", ended.outcome.to_string());
    page.add("because", ended.reason.to_string());
    page.add("detected", ended.detected.to_string());
    if standing != Standing::Complete {
        page.add("state", recorded::standing(record, standing));
    }
}

fn on(origin: &Origin) -> String {
    format!("{} ({})", origin.place.host, origin.user)
}

fn exact(took: std::time::Duration) -> String {
    let whole = i64::try_from(took.as_secs()).unwrap_or(i64::MAX);
    match whole {
        0 => format!("{}ms", took.as_millis()),
        seconds => format!("{:#}", SignedDuration::from_secs(seconds)),
    }
}

fn measured(baseline: &Baseline) -> String {
    match baseline {
        Baseline::Taken { files } => format!("from its start, {files} files"),
        Baseline::Kept { files } => format!("from its start, {files} files, kept at the adoption"),
        Baseline::Late { files, why } => {
            format!("late, {files} files; what changed before is unknown: {why}")
        }
        Baseline::Unknown { why } => format!("not at all: {why}"),
    }
}

/// Returns the lines of the files that a record names, as many as are wanted, and what is left out.
fn files(record: &Record, most: usize) -> String {
    let Some(Changes::Known(Files { counts, files })) = &record.changes else {
        return String::new();
    };
    let mut text = String::new();
    for change in files.iter().take(most) {
        text += &format!("  {}\n", recorded::change(change));
    }
    let unshown = files.len().saturating_sub(most);
    if 0 < unshown {
        text += &format!("  and {unshown} more; `--all-files` names them\n");
    }
    let uncounted = counts.all().saturating_sub(files.len() as u64);
    if 0 < uncounted {
        text += &format!("  and {uncounted} more, which the record counts and does not name\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_duration_is_told_to_the_second_or_below_it() {
        assert_eq!(exact(Duration::from_millis(340)), "340ms");
        assert_eq!(exact(Duration::from_millis(3_723_900)), "1h 2m 3s");
    }
}
