//! What one thread of a walk found.

use std::{fs, io, path::Path, sync::Mutex};

use abide_core::manifest::{ContentHash, Entry, Kind, TreePath};

use super::{
    Problem,
    plan::{Content, Plan},
};
use crate::sys;

/// Most problems that are kept of one walk.
const MAX_PROBLEMS: usize = 100;

/// What was found so far, by all threads.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<(TreePath, Entry)>,
    pub(super) problems: Vec<Problem>,
}

impl Found {
    pub(super) fn problem(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

/// Describes the files that one thread comes to, and hands them over at its end.
pub(super) struct Collector<'a> {
    root: &'a Path,
    plan: Plan<'a>,
    own: Found,
    all: &'a Mutex<Found>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(root: &'a Path, plan: Plan<'a>, all: &'a Mutex<Found>) -> Self {
        Self {
            root,
            plan,
            own: Found::default(),
            all,
        }
    }

    pub(super) fn take(&mut self, entry: Result<ignore::DirEntry, ignore::Error>) {
        let entry = match entry {
            Ok(entry) => entry,
            // It went while the tree was walked.
            Err(err) if is_gone(err.io_error()) => return,
            Err(err) => return self.own.problem(Problem::of_walk(err)),
        };
        if entry.file_type().is_none_or(|kind| kind.is_dir()) {
            return;
        }
        match describe(self.root, entry.path(), self.plan) {
            Ok(Some((file, problem))) => {
                self.own.files.push(file);
                problem.into_iter().for_each(|one| self.own.problem(one));
            }
            Ok(None) => {}
            Err(problem) => self.own.problem(problem),
        }
    }
}

impl Drop for Collector<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().expect("no thread that holds it panics");
        all.files.append(&mut self.own.files);
        for problem in self.own.problems.drain(..) {
            all.problem(problem);
        }
    }
}

/// A file, and why it could not be read if it had to be.
type Described = ((TreePath, Entry), Option<Problem>);

/// Describes the file at a path below the root; nothing if it is gone or a directory.
pub(super) fn describe(
    root: &Path,
    path: &Path,
    plan: Plan<'_>,
) -> Result<Option<Described>, Problem> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Ok(None),
        Ok(metadata) => metadata,
        Err(err) if is_gone(Some(&err)) => return Ok(None),
        Err(err) => return Err(Problem::new(path, err)),
    };
    let relative = path
        .strip_prefix(root)
        .expect("a walk stays below its root");
    let name = sys::tree::tree_path(relative).map_err(|err| Problem::new(path, err))?;
    let mut entry = sys::tree::entry(&metadata, kind(&metadata));
    let content = match entry.kind {
        Kind::Symlink => fs::read_link(path).map(|target| {
            let target = sys::tree::target_bytes(&target);
            entry.size = target.len() as u64;
            Some(ContentHash::of(&target))
        }),
        Kind::Other => Ok(None),
        Kind::File => match plan.content(&name, &entry) {
            Content::Known(content) => Ok(content),
            Content::Unneeded => Ok(None),
            Content::Read => hash(path),
        },
    };
    match content {
        Ok(content) => {
            entry.content = content;
            Ok(Some(((name, entry), None)))
        }
        Err(err) if is_gone(Some(&err)) => Ok(None),
        Err(err) => Ok(Some(((name, entry), Some(Problem::new(path, err))))),
    }
}

fn kind(metadata: &fs::Metadata) -> Kind {
    let kind = metadata.file_type();
    match (kind.is_file(), kind.is_symlink()) {
        (true, _) => Kind::File,
        (_, true) => Kind::Symlink,
        (false, false) => Kind::Other,
    }
}

/// Hashes what a file holds; nothing if something else took its place.
///
/// It was described before. If it is edited in between, its times will tell the two apart.
pub(super) fn hash(path: &Path) -> io::Result<Option<ContentHash>> {
    let file = sys::tree::open_plain(path)?;
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file)?;
    Ok(Some(ContentHash::from_bytes(hasher.finalize().into())))
}

pub(super) fn is_gone(err: Option<&io::Error>) -> bool {
    let kind = err.map(io::Error::kind);
    matches!(
        kind,
        Some(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
    )
}
