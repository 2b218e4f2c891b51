//! Going on with the records that another keeper left.

use abide_core::{
    id::RecordId,
    record::{Adopted, Baseline, Event, Started, Summary},
};

use super::{
    super::{Held, HeldError, OwnDir, Writing},
    Adoption, GoingOn, Live, baseline,
    baseline::read_baseline,
    closing,
};

/// Why a session that nobody recorded has no list of files from before it.
const NO_RECORD: &str = "nobody was responsible for the session when it began";

/// Why a record has none whose keeper died before it was written.
const INTERRUPTED: &str = "the keeper was interrupted before it had listed the files";

pub(super) fn adopt(
    held: &Held,
    writing: &mut Writing<'_>,
    live: &[Live],
) -> Result<Adoption, HeldError> {
    let known = writing.summaries();
    let (chosen, over) = assign(&known, live);
    let mut going_on = Vec::new();
    for (live, chosen) in live.iter().zip(chosen) {
        let found = match chosen {
            Some(summary) => go_on(held, writing, live, summary)?,
            None => begin(held, writing, live)?,
        };
        going_on.push(found);
    }
    closing::refresh_view(writing, &known)?;
    remove_leftovers(writing.dir, &known);
    Ok(Adoption {
        going_on,
        over: over.into_iter().cloned().collect(),
    })
}

/// Finds each live session's open record, and returns the open ones that are left.
fn assign<'a>(known: &'a [Summary], live: &[Live]) -> (Vec<Option<&'a Summary>>, Vec<&'a Summary>) {
    let mut open: Vec<&Summary> = known.iter().filter(|one| !one.is_complete()).collect();
    let mut chosen = Vec::new();
    for live in live {
        let at = open
            .iter()
            .position(|one| is_of(one, live) && one.generation == Some(live.started.generation))
            .or_else(|| unnoted(known, &open, live));
        chosen.push(at.map(|at| open.remove(at)));
    }
    (chosen, open)
}

/// Finds the record that was opened for a start which nobody noted: the last before it.
fn unnoted(known: &[Summary], open: &[&Summary], live: &Live) -> Option<usize> {
    let Started {
        generation,
        started_at,
    } = live.started;
    let mut noted = known.iter().filter(|one| is_of(one, live));
    if noted.any(|one| one.generation == Some(generation)) {
        return None;
    }
    let fits = |one: &&Summary| {
        is_of(one, live) && one.generation.is_none() && one.opened_at <= started_at
    };
    open.iter().rposition(fits)
}

fn is_of(summary: &Summary, live: &Live) -> bool {
    let opened = summary.opened.as_ref();
    opened.is_some_and(|opened| opened.session == live.new.session)
}

fn go_on(
    held: &Held,
    writing: &mut Writing<'_>,
    live: &Live,
    summary: &Summary,
) -> Result<GoingOn, HeldError> {
    let record = &summary.record;
    let mut events = Vec::new();
    if summary.generation.is_none() {
        baseline::sync(writing.dir, record)?;
        events.push(Event::Started(live.started.clone()));
    }
    if !is_ours(writing, record) {
        events.push(adopted(held));
    }
    let needs_baseline = match kept(writing.dir, summary) {
        Ok(Some(baseline)) if summary.baseline.as_ref() != Some(&baseline) => {
            events.push(Event::Baseline(baseline));
            None
        }
        Ok(_) => None,
        Err(why) => Some(why),
    };
    writing.append(record, events)?;
    Ok(going_on(live, record, needs_baseline))
}

fn begin(held: &Held, writing: &mut Writing<'_>, live: &Live) -> Result<GoingOn, HeldError> {
    let record = RecordId::random();
    let events = vec![
        held.opened(&live.new),
        Event::Started(live.started.clone()),
        adopted(held),
    ];
    writing.append(&record, events)?;
    Ok(going_on(live, &record, Some(NO_RECORD.to_owned())))
}

fn going_on(live: &Live, record: &RecordId, needs_baseline: Option<String>) -> GoingOn {
    GoingOn {
        record: record.clone(),
        session: live.new.session.clone(),
        generation: live.started.generation,
        needs_baseline,
    }
}

fn adopted(held: &Held) -> Event {
    Event::Adopted(Adopted {
        origin: held.tools().origin(),
    })
}

/// Tells whether this grant began the record or took it over already.
fn is_ours(writing: &Writing<'_>, record: &RecordId) -> bool {
    let entries = writing.journal.found().entries().iter();
    let mut own = entries.filter(|entry| entry.record == *record && entry.epoch == writing.epoch);
    own.any(|entry| matches!(entry.event, Event::Opened(_) | Event::Adopted(_)))
}

/// Returns what the record's changes go on to be measured against, or why there is nothing.
///
/// One that was taken late stays late: what changed before it is still unknown.
fn kept(dir: &OwnDir, summary: &Summary) -> Result<Option<Baseline>, String> {
    match &summary.baseline {
        None => Err(INTERRUPTED.to_owned()),
        Some(Baseline::Unknown { why }) => Err(why.clone()),
        Some(before) => match read_baseline(dir, &summary.record) {
            Err(err) => Err(err.in_words()),
            Ok(manifest) => Ok(match before {
                Baseline::Taken { .. } | Baseline::Kept { .. } => Some(Baseline::Kept {
                    files: baseline::count(&manifest),
                }),
                Baseline::Late { .. } | Baseline::Unknown { .. } => None,
            }),
        },
    }
}

/// Removes the baselines of records that are complete; a keeper was killed before it could.
fn remove_leftovers(dir: &OwnDir, known: &[Summary]) {
    for summary in known.iter().filter(|one| one.is_complete()) {
        // It is tried again at the next adoption.
        let _ = baseline::remove(dir, &summary.record);
    }
}
