//! A second look, at what an earlier manifest lists and a walk did not come to.
//!
//! A file that is ignored now is still there, and one that cannot be seen is not gone. What truly is
//! gone may be there again under another name; where only content can tell, it is read.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use abide_core::manifest::{Entry, Kind, Manifest, TreePath};

use super::{
    Problem,
    collect::{Found, describe, hash, is_gone},
    plan::{Plan, Purpose},
};
use crate::sys;

pub(super) fn look_again(root: &Path, plan: Plan<'_>, earlier: &Manifest, found: &mut Found) {
    found.files.sort_by(|(one, _), (other, _)| one.cmp(other));
    let missing = missing(earlier, &found.files);
    let mut parents = Parents {
        root,
        known: HashMap::new(),
    };
    let mut gone = Vec::new();
    let mut seen = Vec::new();
    for (name, before) in missing {
        let path = root.join(sys::tree::relative_path(name.as_bytes()));
        let described = match parents.are_directories(name) {
            Ok(true) => describe(root, &path, plan),
            Ok(false) => Ok(None),
            Err(err) => Err(Problem::new(&path, err)),
        };
        match described {
            Ok(Some((file, problem))) => {
                seen.push(file);
                problem.into_iter().for_each(|one| found.problem(one));
            }
            Ok(None) => gone.push(before),
            Err(problem) => {
                seen.push((name.clone(), before.clone()));
                found.problem(problem);
            }
        }
    }
    if plan.purpose() == Purpose::Compare {
        read_candidates(root, &gone, earlier, found);
    }
    found.files.append(&mut seen);
}

/// Returns what the earlier manifest lists and the later files, ascending by path, do not have.
fn missing<'a>(earlier: &'a Manifest, later: &[(TreePath, Entry)]) -> Vec<&'a (TreePath, Entry)> {
    let mut later = later.iter().map(|(path, _)| path).peekable();
    let is_missing = |(path, _): &&(TreePath, Entry)| {
        while later.next_if(|next| *next < path).is_some() {}
        later.peek() != Some(&path)
    };
    earlier.entries().iter().filter(is_missing).collect()
}

/// Reads new files that may be ones that are gone, as far as their size tells.
fn read_candidates(root: &Path, gone: &[&Entry], earlier: &Manifest, found: &mut Found) {
    let is_told_by_content =
        |entry: &&&Entry| entry.kind == Kind::File && entry.content.is_some() && entry.size != 0;
    let told = gone.iter().filter(is_told_by_content);
    let sizes: HashSet<u64> = told.map(|entry| entry.size).collect();
    if sizes.is_empty() {
        return;
    }
    let mut problems = Vec::new();
    for (name, entry) in &mut found.files {
        let is_candidate = entry.kind == Kind::File && sizes.contains(&entry.size);
        if !is_candidate || entry.content.is_some() || earlier.get(name).is_some() {
            continue;
        }
        let path = root.join(sys::tree::relative_path(name.as_bytes()));
        match hash(&path) {
            Ok(content) => entry.content = content,
            Err(err) if is_gone(Some(&err)) => {}
            Err(err) => problems.push(Problem::new(&path, err)),
        }
    }
    problems.into_iter().for_each(|one| found.problem(one));
}

/// What is known of the directories above files, so that no link is followed.
struct Parents<'a> {
    root: &'a Path,
    known: HashMap<Vec<u8>, bool>,
}

impl Parents<'_> {
    fn are_directories(&mut self, name: &TreePath) -> std::io::Result<bool> {
        for parent in name.parents() {
            let is_directory = match self.known.get(parent) {
                Some(known) => *known,
                None => {
                    let path = self.root.join(sys::tree::relative_path(parent));
                    let is_directory = match fs::symlink_metadata(path) {
                        Ok(metadata) => metadata.is_dir(),
                        Err(err) if is_gone(Some(&err)) => false,
                        Err(err) => return Err(err),
                    };
                    self.known.insert(parent.to_vec(), is_directory);
                    is_directory
                }
            };
            if !is_directory {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
