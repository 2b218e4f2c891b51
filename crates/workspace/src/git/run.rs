//! Runs git to its end, or to its deadline.

use std::{
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    time::timeout,
};

use super::{Call, GitError, is_gits_own};
use crate::sys;

/// Longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// What is kept of what git says on standard error, in bytes.
const MAX_SAID_BYTES: u64 = 16 * 1024;

/// Time in which git tidies up and ends when it is told to.
const END_GRACE: Duration = Duration::from_secs(5);

/// Time in which the streams of a git that has ended come to their end: a hook may have left
/// something running that has them.
const STREAM_GRACE: Duration = Duration::from_millis(500);

/// How a run ended.
struct Ended {
    status: ExitStatus,
    answer: Vec<u8>,
    said: Vec<u8>,
}

impl Call<'_> {
    /// Runs git and returns its answer.
    ///
    /// If the future is dropped, git is killed.
    ///
    /// # Errors
    ///
    /// When git cannot be run, fails, takes too long or says too much.
    pub(crate) async fn run(self) -> Result<Vec<u8>, GitError> {
        let ended = self.end().await?;
        match ended.status.success() {
            true => Ok(ended.answer),
            false => Err(failed(self.action, &ended)),
        }
    }

    /// Runs git and returns its answer as a line of text.
    ///
    /// # Errors
    ///
    /// As [`Call::run`], and when the answer is no text.
    pub(crate) async fn line(self) -> Result<String, GitError> {
        let action = self.action.clone();
        let answer = self.run().await?;
        let text = String::from_utf8(answer).map_err(|_| GitError::Unreadable { action })?;
        Ok(text.trim_end_matches(['\n', '\r']).to_owned())
    }

    /// Runs git, which says yes by ending well and no by ending with 1.
    ///
    /// # Errors
    ///
    /// As [`Call::run`], for any other end.
    pub(crate) async fn holds(self) -> Result<bool, GitError> {
        let ended = self.end().await?;
        match ended.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(failed(self.action, &ended)),
        }
    }

    /// Runs git, which says by ending well or with 1 whether things differ, and returns its answer.
    ///
    /// # Errors
    ///
    /// As [`Call::run`], for any other end.
    pub(crate) async fn differing(self) -> Result<Vec<u8>, GitError> {
        let ended = self.end().await?;
        match ended.status.code() {
            Some(0 | 1) => Ok(ended.answer),
            _ => Err(failed(self.action, &ended)),
        }
    }

    async fn end(&self) -> Result<Ended, GitError> {
        let mut child = self.spawn()?;
        let limit = self.limit;
        match timeout(limit, self.finish(&mut child)).await {
            Ok(ended) => ended,
            Err(_) => {
                sys::ask_to_end(&child);
                // One that does not end by itself is killed when it is dropped.
                let _ = timeout(END_GRACE, child.wait()).await;
                let action = self.action.clone();
                Err(GitError::TimedOut { action, limit })
            }
        }
    }

    fn spawn(&self) -> Result<Child, GitError> {
        let mut command = Command::new("git");
        command.args(self.argv()).kill_on_drop(true);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_gits_own(name)) {
            command.env_remove(name);
        }
        command.envs(self.environment());
        let stdin = match (&self.input, self.claim) {
            (Some(_), _) => Stdio::piped(),
            (None, Some(claim)) => claim
                .for_child()
                .map_err(|source| GitError::NotRun { source })?,
            (None, None) => Stdio::null(),
        };
        command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => GitError::Missing { source },
                _ => GitError::NotRun { source },
            })
    }

    async fn finish(&self, child: &mut Child) -> Result<Ended, GitError> {
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("it was piped");
        let stderr = child.stderr.take().expect("it was piped");
        let write = async {
            if let (Some(mut stdin), Some(input)) = (stdin, &self.input) {
                // Git says itself why it did not want all of it.
                let _ = stdin.write_all(input).await;
            }
        };
        let (mut answer, mut said) = (Vec::new(), Vec::new());
        let read_and_wait = async {
            let streams = async {
                tokio::join!(
                    read(stdout, MAX_ANSWER_BYTES, &mut answer),
                    read(stderr, MAX_SAID_BYTES, &mut said),
                )
            };
            let mut streams = std::pin::pin!(streams);
            tokio::select! {
                biased;
                _ = &mut streams => child.wait().await,
                status = child.wait() => {
                    let _ = timeout(STREAM_GRACE, &mut streams).await;
                    status
                }
            }
        };
        let ((), status) = tokio::join!(write, read_and_wait);
        let status = status.map_err(|source| GitError::NotRun { source })?;
        if MAX_ANSWER_BYTES <= answer.len() as u64 {
            let action = self.action.clone();
            return Err(GitError::TooMuch { action });
        }
        Ok(Ended {
            status,
            answer,
            said,
        })
    }
}

/// Reads a stream to its end, and keeps what comes first.
async fn read(mut stream: impl AsyncRead + Unpin, limit: u64, kept: &mut Vec<u8>) {
    // What cannot be read any more is as good as ended.
    let _ = (&mut stream).take(limit).read_to_end(kept).await;
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

fn failed(action: String, ended: &Ended) -> GitError {
    GitError::Failed {
        action,
        status: ended.status.to_string(),
        said: in_words(&ended.said),
    }
}

/// Returns what git said, for people: it begins the lines of a list with a tab.
fn in_words(said: &[u8]) -> String {
    String::from_utf8_lossy(said).trim().replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_gits_is_shown_without_its_tabs() {
        let said = in_words(b"error: these would be lost:\n\tone file\n\ttwo\n");
        assert_eq!(said, "error: these would be lost:\n one file\n two");
    }
}
