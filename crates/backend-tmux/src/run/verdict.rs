//! What a run of tmux means: an answer, that nothing is there, or nothing at all.
//!
//! Only tmux itself can say that something is absent: with exit status 1, a message that is known,
//! and nothing else. A wrapper that fails in whatever way says nothing of what there is.

use std::process::ExitStatus;

/// Longest text that an error repeats, in characters.
const MAX_TEXT: usize = 300;

/// What tmux said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// It did what was asked, and printed this.
    Done(String),
    /// There is no server.
    NoServer,
    /// There is a server, and not in it what the command was aimed at.
    NoTarget,
}

/// How a run failed that says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) how: String,
    pub(crate) text: String,
}

impl Said {
    pub(super) fn judge(status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> Result<Self, Failure> {
        let (stdout, stderr) = (
            String::from_utf8_lossy(stdout),
            String::from_utf8_lossy(stderr),
        );
        // What a wrapper that works has to say on the side is its own affair.
        if status.success() {
            return Ok(Self::Done(stdout.into_owned()));
        }
        let absent = (status.code() == Some(1) && stdout.is_empty())
            .then(|| absent(stderr.trim_end()))
            .flatten();
        absent.ok_or_else(|| Failure {
            how: status.to_string(),
            text: format!("{}{}", stdout, stderr)
                .trim()
                .chars()
                .take(MAX_TEXT)
                .collect(),
        })
    }
}

/// Tells whether a failure is that of a client whose server ended just then. That says nothing of what
/// there is, but the next run will.
pub(super) fn is_server_ending(text: &str) -> bool {
    matches!(text, "server exited unexpectedly" | "lost server")
}

/// Returns what a message of tmux, of any release since 3.0, says to be absent.
fn absent(message: &str) -> Option<Said> {
    if message.lines().count() != 1 {
        return None;
    }
    let no_socket = message.starts_with("error connecting to ")
        && message.ends_with(" (No such file or directory)");
    if no_socket || message.starts_with("no server running on ") {
        return Some(Said::NoServer);
    }
    let no_target = [
        "can't find session",
        "can't find window",
        "can't find pane",
        "can't find client",
        // A server that has no session any more.
        "no current target",
        "no such session",
        "no such window",
    ];
    let is_target = no_target.iter().any(|start| message.starts_with(start));
    is_target.then_some(Said::NoTarget)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    fn judge(code: i32, stdout: &str, stderr: &str) -> Result<Said, Failure> {
        let status = ExitStatus::from_raw(code << 8);
        Said::judge(status, stdout.as_bytes(), stderr.as_bytes())
    }

    /// proves T4
    #[test]
    fn absent_is_status_1_with_a_known_message_alone() {
        for (message, said) in [
            ("no server running on /tmp/tmux-0/abide\n", Said::NoServer),
            (
                "error connecting to /tmp/x (No such file or directory)\n",
                Said::NoServer,
            ),
            ("can't find session: abide-a\n", Said::NoTarget),
            ("can't find session abide-a\n", Said::NoTarget),
            ("can't find pane: %9\n", Said::NoTarget),
            ("no such session: =a\n", Said::NoTarget),
        ] {
            assert_eq!(judge(1, "", message), Ok(said), "{message}");
        }
        assert_eq!(judge(0, "x\n", ""), Ok(Said::Done("x\n".into())));
    }

    /// proves T4
    #[test]
    fn every_other_failure_says_nothing() {
        let known = "can't find session: abide-a\n";
        for (code, stdout, stderr) in [
            (1, "", ""),
            (1, "", "something went wrong\n"),
            (1, "", "error connecting to /tmp/x (Permission denied)\n"),
            (1, "text", known),
            (2, "", known),
            (127, "", known),
            (127, "", "sh: tmux: not found\n"),
            (1, "", "can't find session: a\nand more\n"),
            (1, "", "lost server\n"),
        ] {
            assert!(
                judge(code, stdout, stderr).is_err(),
                "{code} {stdout} {stderr}"
            );
        }
        let killed = Said::judge(ExitStatus::from_raw(9), b"", known.as_bytes());
        assert!(killed.is_err(), "{killed:?}");
    }
}
