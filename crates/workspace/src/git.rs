//! The one place that runs git: without what the environment would have it do, and with a deadline.
//!
//! A repository is somebody's: of what its configuration would run, nothing is run here.

use std::{
    env,
    ffi::OsStr,
    io::{self, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long git may take to answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;

/// Why git gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    /// It could not be run.
    #[error("cannot run git")]
    Run(#[source] io::Error),
    /// It took too long, and was ended.
    #[error("git gave no answer within {} s", DEADLINE.as_secs())]
    TooSlow,
    /// It said no.
    #[error("git refused")]
    Refused,
}

/// Tells whether git tracks anything at a path in a repository's tree, relative to `dir` there.
pub(crate) fn tracks(dir: &Path, path: &str) -> Result<bool, GitError> {
    // `:(literal)` keeps a path from being a pattern.
    let pathspec = format!(":(literal){path}");
    let answer = ask(dir, ["ls-files", "-z", "--", &pathspec])?;
    Ok(!answer.is_empty())
}

/// Runs git in a directory, and returns what it printed.
fn ask<A: AsRef<OsStr>>(
    dir: &Path,
    args: impl IntoIterator<Item = A>,
) -> Result<Vec<u8>, GitError> {
    let mut command = Command::new("git");
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let child = command
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(args)
        .current_dir(dir)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(GitError::Run)?;
    answer(child)
}

fn answer(mut child: Child) -> Result<Vec<u8>, GitError> {
    let stdout = child.stdout.take().expect("it was asked for");
    let (sender, receiver) = mpsc::sync_channel(1);
    let reader = thread::Builder::new()
        .name("abide-git".to_owned())
        .spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.take(MAX_ANSWER_BYTES).read_to_end(&mut bytes);
            // Nobody waits for it any more if the deadline passed.
            let _ = sender.send(read.map(|_| bytes));
        });
    let read = match reader {
        Ok(_) => receiver.recv_timeout(DEADLINE),
        Err(err) => Ok(Err(err)),
    };
    let Ok(read) = read else {
        end(&mut child);
        return Err(GitError::TooSlow);
    };
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(err) => {
            end(&mut child);
            return Err(GitError::Run(err));
        }
    };
    // It closed its output, so it is on its way out.
    match child.wait().map_err(GitError::Run)?.success() {
        true => Ok(bytes),
        false => Err(GitError::Refused),
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself meanwhile.
    let _ = child.kill();
    let _ = child.wait();
}
