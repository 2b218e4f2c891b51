//! Lines and patches, as git tells them.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt as _};

use abide_testkit::env::TestEnv;

use super::{end, go, json, worker, write};
use crate::{
    attaching::delete,
    tmux::{fails, ok},
};

fn git<const N: usize>(env: &TestEnv, args: [&str; N]) {
    let mut command = env.program("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@t"]);
    let output = command.args(args).current_dir(env.work_dir()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// proves M2
#[test]
fn lines_and_patches_are_gits_of_the_changed_files_alone_and_run_no_other_program() {
    let env = TestEnv::new();
    git(&env, ["init", "-q", "-b", "main"]);
    write(&env, "tracked", "one\ntwo\n");
    write(&env, "dirty", "committed\n");
    write(&env, "gone", "words\n");
    write(&env, ".gitignore", "*.o\n");
    write(&env, ".gitattributes", "* diff=loud\n");
    git(&env, ["add", "-A"]);
    git(&env, ["commit", "-q", "-m", "first"]);
    // What would run, if anything did.
    let ran = env.root().join("ran");
    let loud = format!("sh -c 'touch {}; cat \"$0\"'", ran.display());
    for key in [
        "diff.external",
        "diff.loud.textconv",
        "diff.loud.command",
        "core.pager",
    ] {
        git(&env, ["config", key, &loud]);
    }
    git(&env, ["config", "color.ui", "always"]);
    // It differs from the commit, and the session does not touch it.
    write(&env, "dirty", "not committed\n");
    worker(
        &env,
        "echo three >> tracked; printf 'a\\033[2Jb\\n' > -new; rm gone; echo > x.o; mkfifo pipe",
    );
    fs::write(
        env.work_dir().join(OsStr::from_bytes(b"\xff")),
        "in no text's name\n",
    )
    .unwrap();
    go(&env);

    let patch = ok(env.run(["diff", "job", "--patch"]));
    for part in [
        "--- a/tracked\n+++ b/tracked\n@@ -1,2 +1,3 @@\n one\n two\n+three\n",
        "+++ b/-new\n@@ -0,0 +1 @@\n+a\u{1b}[2Jb\n",
        "--- a/gone\n+++ /dev/null\n",
    ] {
        assert!(patch.contains(part), "no {part:?}: {patch}");
    }
    for part in ["dirty", "x.o", "pipe"] {
        assert!(!patch.contains(part), "`{part}`: {patch}");
    }
    let stat = ok(env.run(["diff", "job", "--stat"]));
    for part in [
        "M  tracked  | +1 -0\n",
        "A  -new     | +1 -0\n",
        "D  gone     | +0 -1\n",
        "A  pipe\n",
    ] {
        assert!(stat.contains(part), "no {part:?}: {stat}");
    }
    assert!(stat.contains("A  \\xff"), "{stat}");
    let sums = "lines against the commit that is checked out\n";
    assert!(stat.ends_with(sums), "{stat}");
    let live = json(&env, &["diff", "job"]);
    let files = live["files"].as_array().unwrap();
    let is_hex = |file: &serde_json::Value| file["path"]["hex"] == "ff";
    assert!(files.iter().any(is_hex), "{live}");
    assert!(!ran.exists());
    end(&env);
    delete(&env);
    env.finish();
}

/// proves M2
#[test]
fn a_repository_without_a_commit_has_new_files_alone() {
    let env = TestEnv::new();
    git(&env, ["init", "-q", "-b", "main"]);
    worker(&env, "echo word > new");
    go(&env);
    let patch = ok(env.run(["diff", "job", "--patch"]));
    assert!(
        patch.contains("+++ b/new\n@@ -0,0 +1 @@\n+word\n"),
        "{patch}"
    );
    fails(&env.run(["diff", "job", "--patch", "--stat"]), 2, "--patch");
    end(&env);
    delete(&env);
    env.finish();
}
