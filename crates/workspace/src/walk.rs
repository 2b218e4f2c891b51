//! The files of a workspace at an instant, as a manifest.
//!
//! A small tree is walked at once, a larger one by several threads. Each file is asked about, and read only where that is
//! needed (`plan`); an earlier manifest is the cache of what was read before. `docs/manifest.md`
//! says what is left out and why. Nothing is followed, changed or waited for; what cannot be read is
//! a [`Problem`], and what a manifest already lists is never gone because it could not be seen.
//!
//! These calls block: an async caller runs them on a thread for that.

mod again;
mod collect;
mod error;
mod plan;

use std::{
    fs, io,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use abide_core::{
    clock::Timestamp,
    manifest::{FileTime, Kind, Manifest, Taken},
};
use ignore::{WalkBuilder, WalkState};

use self::{
    collect::{Collector, Found},
    plan::Plan,
};
pub use self::{
    error::{Problem, WalkError},
    plan::{Hashing, Purpose},
};
use crate::{desk::OwnDir, sys};

/// The directory of a workspace's own files, below its root.
pub const OWN_DIR: &str = ".abide";

/// Most files and directories of a tree that is walked.
pub const MAX_ENTRIES: usize = 1_000_000;

/// Most files and directories of a tree that one thread walks: starting others takes longer.
const SMALL_TREE: usize = 256;

/// Before every file's times: none of them is then taken for settled.
const UNSETTLED: FileTime = FileTime {
    seconds: i64::MIN,
    nanos: 0,
};

/// Names that no manifest lists, wherever they lie.
const LEFT_OUT: [&str; 2] = [".git", OWN_DIR];

/// What to walk for.
#[derive(Debug, Clone, Copy)]
pub struct WalkOptions<'a> {
    /// What the manifest is to be used for.
    pub purpose: Purpose,
    /// An earlier manifest of the same tree; what did not move since is not read again.
    pub earlier: Option<&'a Manifest>,
    /// Whether files that git ignores are listed.
    pub ignored: Ignored,
}

/// What becomes of files that git ignores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// They are left out.
    LeftOut,
    /// They are listed like others.
    Listed,
}

/// A tree that was walked.
#[derive(Debug)]
pub struct Walked {
    /// Its files.
    pub manifest: Manifest,
    /// What could not be seen, the first of it.
    pub problems: Vec<Problem>,
}

/// Lists the files below `root` that there are at `now`.
///
/// # Errors
///
/// When `root` cannot be read at all or holds more than [`MAX_ENTRIES`]; for a baseline also when its
/// `.abide` cannot be looked at. Nothing is written.
pub fn walk(root: &Path, now: Timestamp, options: &WalkOptions<'_>) -> Result<Walked, WalkError> {
    let readable = fs::read_dir(root).map(drop);
    readable.map_err(|source| WalkError::Root {
        root: root.to_owned(),
        source,
    })?;
    let taken = Taken {
        at: now,
        settled_before: match options.purpose {
            Purpose::Baseline(_) => settled_before(root)?,
            // Nothing is compared with it later, so that it need not vouch for any file.
            Purpose::Compare => UNSETTLED,
        },
    };
    let plan = Plan::new(taken.settled_before, options);
    let mut found = walk_tree(root, plan, options.ignored)?;
    if let Some(earlier) = options.earlier {
        again::look_again(root, plan, earlier, &mut found);
    }
    Ok(Walked {
        manifest: Manifest::new(taken, found.files),
        problems: found.problems,
    })
}

fn walk_tree(root: &Path, plan: Plan<'_>, ignored: Ignored) -> Result<Found, WalkError> {
    let found = Mutex::new(Found::default());
    let entries = AtomicUsize::new(0);
    let is_left_out = ignored == Ignored::LeftOut;
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(false)
        .parents(is_left_out)
        .git_ignore(is_left_out)
        .git_exclude(is_left_out)
        .git_global(is_left_out)
        .filter_entry(|entry| {
            entry.depth() == 0 || LEFT_OUT.iter().all(|name| entry.file_name() != *name)
        });
    if let Some(all) = small_tree(&builder) {
        let mut collector = Collector::new(root, plan, &found);
        all.into_iter().for_each(|entry| collector.take(entry));
        drop(collector);
        return Ok(found.into_inner().expect("no thread that holds it panics"));
    }
    builder.build_parallel().run(|| {
        let mut collector = Collector::new(root, plan, &found);
        let entries = &entries;
        Box::new(move |entry| {
            if MAX_ENTRIES <= entries.fetch_add(1, Ordering::Relaxed) {
                return WalkState::Quit;
            }
            collector.take(entry);
            WalkState::Continue
        })
    });
    match entries.into_inner() <= MAX_ENTRIES {
        true => Ok(found.into_inner().expect("no thread that holds it panics")),
        false => Err(WalkError::TooMany {
            root: root.to_owned(),
        }),
    }
}

/// Returns all that there is, if it is not worth the threads.
fn small_tree(builder: &WalkBuilder) -> Option<Vec<Result<ignore::DirEntry, ignore::Error>>> {
    let first: Vec<_> = builder.build().take(SMALL_TREE + 1).collect();
    (first.len() <= SMALL_TREE).then_some(first)
}

/// Longest tick of a clock that gives files their times, in nanoseconds, with some to spare.
const TICK_NANOS: u64 = 50_000_000;

/// The same for file systems that keep whole seconds, or every second one.
const COARSE_TICK_NANOS: u64 = 2_000_000_000;

/// Returns the instant before which a file's times are its own, by the file system's clock: this
/// machine's is not the one that counts on a network.
///
/// A keeper that is about to have a baseline has just written to its own files, under their lock; so
/// nothing need be written to learn the time. The later of them is from before the walk in any case:
/// where there is a ctime, nobody can set it ahead. Without any, no file is settled, and each is read.
fn settled_before(root: &Path) -> Result<FileTime, WalkError> {
    let own = OwnDir::find(root).map_err(Box::new)?;
    let mut last = UNSETTLED;
    for path in own.iter().flat_map(OwnDir::written_last) {
        match fs::symlink_metadata(&path) {
            Ok(metadata) => {
                let entry = sys::tree::entry(&metadata, Kind::File);
                let changed = entry.identity.map(|known| known.changed);
                last = last.max(changed.unwrap_or(entry.modified));
            }
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(WalkError::Clock { path, source }),
        }
    }
    let tick = match last.nanos {
        0 => COARSE_TICK_NANOS,
        _ => TICK_NANOS,
    };
    Ok(last.earlier(tick))
}
