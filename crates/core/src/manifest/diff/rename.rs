//! Which of the files that are gone are found again under another name.
//!
//! The same file by the file system's number, size and time comes first; then the same content, of
//! files that are not empty. Nothing is guessed from content that is merely alike. Of several that
//! fit, the first by path is taken, so that the answer is always the same.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

use super::{Change, Entry, Sameness, TreePath, What};

type File = (TreePath, Entry);

/// Pairs files that are gone with new ones, and returns all of them as changes.
pub(super) fn pair<'a>(
    removed: Vec<&'a File>,
    added: Vec<&'a File>,
) -> impl Iterator<Item = Change> {
    let mut changes = Vec::new();
    let (removed, added) = pair_by(removed, added, same_file, &mut changes);
    let (removed, added) = pair_by(removed, added, same_content, &mut changes);
    let gone = removed.into_iter().map(|(path, entry)| Change {
        path: path.clone(),
        what: What::Removed(entry.clone()),
    });
    let new = added.into_iter().map(|(path, entry)| Change {
        path: path.clone(),
        what: What::Added(entry.clone()),
    });
    changes.into_iter().chain(gone).chain(new)
}

/// Pairs what has the same key, and returns what is left of both.
fn pair_by<'a, K: Hash + Eq>(
    removed: Vec<&'a File>,
    added: Vec<&'a File>,
    key: fn(&Entry) -> Option<K>,
    changes: &mut Vec<Change>,
) -> (Vec<&'a File>, Vec<&'a File>) {
    let mut by_key = HashMap::<K, VecDeque<&File>>::new();
    let mut gone = Vec::new();
    for file in removed {
        match key(&file.1) {
            Some(key) => by_key.entry(key).or_default().push_back(file),
            None => gone.push(file),
        }
    }
    let mut new = Vec::new();
    for file in added {
        let candidates = key(&file.1).and_then(|key| by_key.get_mut(&key));
        let found = candidates.and_then(|files| files.pop_front_if(|gone| may_be(gone, file)));
        match found {
            Some((from, before)) => changes.push(Change {
                path: file.0.clone(),
                what: What::Renamed {
                    from: from.clone(),
                    before: before.clone(),
                    after: file.1.clone(),
                    same: match before.content.and(file.1.content) {
                        Some(_) => Sameness::Content,
                        None => Sameness::File,
                    },
                },
            }),
            None => new.push(file),
        }
    }
    gone.extend(by_key.into_values().flatten());
    gone.sort_by(|one, other| one.0.cmp(&other.0));
    (gone, new)
}

/// Tells whether nothing speaks against one file being the other.
fn may_be((_, before): &File, (_, after): &File) -> bool {
    let contents = before.content.zip(after.content);
    before.kind == after.kind && contents.is_none_or(|(then, now)| then == now)
}

fn same_file(entry: &Entry) -> Option<impl Hash + Eq + use<>> {
    let inode = entry.identity?.inode;
    Some((inode, entry.size, entry.modified))
}

fn same_content(entry: &Entry) -> Option<impl Hash + Eq + use<>> {
    let content = entry.content?;
    (entry.size != 0).then_some((content, entry.kind))
}
