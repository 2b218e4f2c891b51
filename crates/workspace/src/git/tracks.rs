//! The one question that is asked where nothing may wait for a runtime.

use std::{
    env,
    io::{self, Read as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{At, Call, is_gits_own};

/// How long git may take to answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;

/// Why git gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
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
pub(crate) fn tracks(dir: &Path, path: &str) -> Result<bool, NoAnswer> {
    // `:(literal)` keeps a path from being a pattern.
    let call = Call::new("see what git tracks", At::Inside(dir), "ls-files");
    let call = call.args(["-z".into(), "--".into(), format!(":(literal){path}")]);
    Ok(!ask(&call)?.is_empty())
}

/// Runs git, and returns what it printed.
fn ask(call: &Call<'_>) -> Result<Vec<u8>, NoAnswer> {
    let mut command = Command::new("git");
    for (name, _) in env::vars_os().filter(|(name, _)| is_gits_own(name)) {
        command.env_remove(name);
    }
    let child = command
        .args(call.argv())
        .envs(call.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(NoAnswer::Run)?;
    answer(child)
}

fn answer(mut child: Child) -> Result<Vec<u8>, NoAnswer> {
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
        return Err(NoAnswer::TooSlow);
    };
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(err) => {
            end(&mut child);
            return Err(NoAnswer::Run(err));
        }
    };
    // It closed its output, so it is on its way out.
    match child.wait().map_err(NoAnswer::Run)?.success() {
        true => Ok(bytes),
        false => Err(NoAnswer::Refused),
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself meanwhile.
    let _ = child.kill();
    let _ = child.wait();
}
