//! Any history of a tree, against what the files truly hold.

use std::{
    collections::BTreeMap,
    fs::{self, File, FileTimes, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use abide_core::manifest::{Diff, Kind, Sameness, What};
use proptest::{collection::vec, prelude::*, sample::select};

use super::tree::Tree;

#[derive(Debug, Clone)]
enum Step {
    Write(&'static str, u8),
    /// The same length, with the time set back.
    Secret(&'static str, u8),
    Remove(&'static str),
    Rename(&'static str, &'static str),
    Link(&'static str, u8),
    Mode(&'static str, bool),
    Copy(&'static str, &'static str),
}

/// Files lie in directories that may be renamed or become files.
const NAMES: [&str; 7] = ["a", "b", "d/a", "d/b", "d/e/a", "f/a", "f"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = || select(&NAMES[..]);
    let dir = || select(&["a", "b", "d", "d/e", "f", "d/a"][..]);
    let step = prop_oneof![
        3 => (name(), 0..3_u8).prop_map(|(name, word)| Step::Write(name, word)),
        2 => (name(), 0..3_u8).prop_map(|(name, word)| Step::Secret(name, word)),
        2 => dir().prop_map(Step::Remove),
        2 => (dir(), dir()).prop_map(|(from, to)| Step::Rename(from, to)),
        1 => (name(), 0..2_u8).prop_map(|(name, word)| Step::Link(name, word)),
        1 => (name(), any::<bool>()).prop_map(|(name, on)| Step::Mode(name, on)),
        1 => (name(), name()).prop_map(|(from, to)| Step::Copy(from, to)),
    ];
    vec(step, 0..12)
}

/// Does the step, if it can be done.
fn act(root: &Path, step: &Step) {
    let made = |name: &str| {
        let path = root.join(name);
        let _ = fs::create_dir_all(path.parent().unwrap());
        path
    };
    let is_plain = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    match *step {
        Step::Write(name, word) => {
            let _ = fs::write(made(name), format!("word {word}"));
        }
        Step::Secret(name, word) => {
            let path = root.join(name);
            if !is_plain(&path) {
                return;
            }
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            fs::write(&path, format!("word {word}")).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_times(FileTimes::new().set_modified(time)).unwrap();
        }
        Step::Remove(name) => {
            let path = root.join(name);
            let _ = fs::remove_file(&path);
            let _ = fs::remove_dir_all(&path);
        }
        Step::Rename(from, to) => {
            let _ = fs::rename(root.join(from), made(to));
        }
        Step::Link(name, word) => {
            let _ = symlink(format!("target {word}"), made(name));
        }
        Step::Mode(name, on) => {
            let path = root.join(name);
            if is_plain(&path) {
                let mode = if on { 0o755 } else { 0o644 };
                fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
            }
        }
        Step::Copy(from, to) => {
            if is_plain(&root.join(from)) && !root.join(to).exists() {
                let _ = fs::copy(root.join(from), made(to));
            }
        }
    }
}

/// Every file, with what it truly is and holds.
fn truth(root: &Path) -> BTreeMap<String, (Kind, u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                left.push(path);
                continue;
            }
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let mode = metadata.permissions().mode() & 0o7777;
            let held = match metadata.is_symlink() {
                true => (
                    Kind::Symlink,
                    mode,
                    fs::read_link(&path).unwrap().to_str().unwrap().into(),
                ),
                false => (Kind::File, mode, fs::read(&path).unwrap()),
            };
            found.insert(name, held);
        }
    }
    found.retain(|name, _| !name.starts_with(".abide"));
    found
}

/// Plays the diff on what was true before. What it does not know the content of is taken from after.
fn played(
    before: &BTreeMap<String, (Kind, u32, Vec<u8>)>,
    after: &BTreeMap<String, (Kind, u32, Vec<u8>)>,
    diff: &Diff,
) -> BTreeMap<String, (Kind, u32, Vec<u8>)> {
    let mut now = before.clone();
    let gone = diff.shown().filter_map(|change| match &change.what {
        What::Removed(_) => Some(change.path.to_string()),
        What::Renamed { from, .. } => Some(from.to_string()),
        _ => None,
    });
    for name in gone {
        now.remove(&name);
    }
    for change in diff.shown() {
        let name = change.path.to_string();
        match &change.what {
            What::Removed(_) => {}
            What::Renamed {
                from,
                after: entry,
                same: Sameness::Content,
                ..
            } => {
                let (kind, _, held) = before[&from.to_string()].clone();
                now.insert(name, (kind, entry.mode, held));
            }
            What::Renamed { .. } => {
                now.insert(name.clone(), after[&name].clone());
            }
            What::Added(_) | What::Modified { .. } | What::TypeChanged { .. } => {
                now.insert(name.clone(), after[&name].clone());
            }
            What::Touched { .. } => panic!("not to be seen"),
        }
    }
    now
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// proves M1, M2
    #[test]
    fn whatever_happens_to_a_tree_its_diff_tells(first in steps(), second in steps(), settled in prop::bool::weighted(0.2)) {
        let tree = Tree::new();
        let root = tree.path("");
        first.iter().for_each(|step| act(&root, step));
        let before = truth(&root);
        let baseline = if settled { tree.settled_baseline() } else { tree.baseline() };
        second.iter().for_each(|step| act(&root, step));
        let diff = tree.since(&baseline);
        let after = truth(&root);
        prop_assert_eq!(played(&before, &after, &diff), after, "{:#?}", diff);
    }
}
