//! What abide keeps is for its user alone, file by file.

use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use crate::{
    launching::with_each_backend,
    tmux::{answers, ok, talker},
};

/// Returns what others may use, of a directory, what is in it, and so on down.
fn open_to_others(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut places = vec![dir.to_owned()];
    let mut files = 0;
    while let Some(path) = places.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let kind = metadata.file_type();
        assert!(
            kind.is_dir() || kind.is_file() || kind.is_socket(),
            "{path:?}"
        );
        if metadata.permissions().mode() & 0o077 != 0 {
            found.push(path.clone());
        }
        files += usize::from(kind.is_file());
        if kind.is_dir() {
            let inside = fs::read_dir(&path).unwrap().flatten();
            places.extend(inside.map(|entry| entry.path()));
        }
    }
    assert_ne!(files, 0, "nothing was looked at in {dir:?}");
    found
}

/// proves C8
#[test]
fn nobody_else_can_read_what_is_kept() {
    with_each_backend(|env| {
        talker(&env, "api", &[]);
        answers(&env, "api", "word");
        ok(env.run(["launch", "api/two", "--no-attach", "--", "sleep", "60"]));
        ok(env.run(["stop", "api/two", "--grace", "200ms"]));
        ok(env.run(["resume", "api/two", "--no-attach"]));
        let own = env.work_dir().join(".abide");
        for dir in [env.state_dir(), own.clone()] {
            assert_eq!(open_to_others(&dir), Vec::<PathBuf>::new());
        }
        ok(env.run(["stop", "api", "--all", "--grace", "200ms"]));
        for dir in [env.state_dir(), own] {
            assert_eq!(open_to_others(&dir), Vec::<PathBuf>::new());
        }
        ok(env.run(["delete", "api"]));
        assert_eq!(open_to_others(&env.state_dir()), Vec::<PathBuf>::new());
        env.finish();
    });
}
