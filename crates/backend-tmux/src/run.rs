//! The one place that runs tmux.
//!
//! At most [`MAX_PROCESSES`] at once, each under a deadline, each with a clean environment: what
//! starts the server gives it its own, and a server shows that to everybody who asks.

mod verdict;

use std::{
    ffi::{OsStr, OsString},
    io,
    process::Stdio,
    time::Duration,
};

use tokio::{io::AsyncReadExt as _, process::Command, sync::Semaphore, time::timeout};

pub(crate) use self::verdict::Said;
use crate::{error::TmuxError, sys};

/// Most runs of tmux at once in this process.
pub(crate) const MAX_PROCESSES: usize = 8;

/// Longest time that a run waits for others to end.
const QUEUE_DEADLINE: Duration = Duration::from_secs(5);

/// Longest time that a run takes; it talks to a server on this machine.
pub(crate) const RUN_DEADLINE: Duration = Duration::from_secs(5);

/// How often a verb is run under which servers end.
const ATTEMPTS: usize = 4;

/// Most that is read of what a run prints, in bytes.
const MAX_OUTPUT_BYTES: u64 = 64 * 1024 * 1024;

/// Variables that tmux gets, and with it a server that it starts: what finds programs, directories
/// and the configuration, and says which language. Credentials are in none of them. `TMUX_TMPDIR` is
/// not among them either: whoever comes from another environment must find the same server.
const VARIABLES: &[&str] = &[
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LLVM_PROFILE_FILE",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
];

static SLOTS: Semaphore = Semaphore::const_new(MAX_PROCESSES);

/// A way to run tmux: the configured words, to which a verb is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tmux {
    words: Vec<OsString>,
}

impl Tmux {
    pub(crate) fn new(words: Vec<OsString>) -> Self {
        Self { words }
    }

    /// Returns the configured words.
    pub(crate) fn words(&self) -> &[OsString] {
        &self.words
    }

    /// Returns what is run: a path, or a name that is looked for on PATH.
    pub(crate) fn program(&self) -> &OsStr {
        self.words
            .first()
            .map_or(OsStr::new("tmux"), OsString::as_os_str)
    }

    /// Returns the arguments of the configured command, and those of a verb.
    pub(crate) fn arguments(&self, verb: &[OsString]) -> Vec<OsString> {
        self.words.iter().skip(1).chain(verb).cloned().collect()
    }

    /// Returns a command that is ready to be started, with a clean environment.
    pub(crate) fn command(&self, verb: &[OsString]) -> std::process::Command {
        let mut command = std::process::Command::new(self.program());
        command.args(self.arguments(verb)).env_clear();
        let kept = |name: &OsString| VARIABLES.iter().any(|kept| name == kept);
        command.envs(std::env::vars_os().filter(|(name, _)| kept(name)));
        sys::in_own_group(&mut command);
        command
    }

    /// Starts a verb that nobody waits for.
    pub(crate) fn start_and_leave(&self, verb: &[OsString]) -> io::Result<()> {
        let mut command = self.command(verb);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().map(drop)
    }

    /// Runs a verb to its end; once more if the server ended under it, as one does that has lost its
    /// last session. Every verb may be run twice.
    ///
    /// Cancel safety: if dropped, the run is ended; what it asked the server for may be done.
    pub(crate) async fn run(&self, verb: &[OsString]) -> Result<Said, TmuxError> {
        for _ in 1..ATTEMPTS {
            match self.run_once(verb).await {
                Err(TmuxError::Failed { text, .. }) if verdict::is_server_ending(&text) => {}
                said => return said,
            }
        }
        self.run_once(verb).await
    }

    async fn run_once(&self, verb: &[OsString]) -> Result<Said, TmuxError> {
        let slot = timeout(QUEUE_DEADLINE, SLOTS.acquire()).await;
        let Ok(Ok(_slot)) = slot else {
            return Err(TmuxError::TooMany {
                waited: QUEUE_DEADLINE,
            });
        };
        let mut command = Command::from(self.command(verb));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let child = command.spawn().map_err(|source| TmuxError::NotRun {
            program: self.program().to_owned(),
            source,
        })?;
        // Everything that a wrapper started, not the wrapper alone.
        let group = sys::Group::of(child.id());
        let ended = timeout(RUN_DEADLINE, outcome(child)).await;
        let named = || (self.program().to_owned(), name_of(verb));
        match ended {
            Ok(Ok((status, stdout, stderr))) => {
                group.leave();
                Said::judge(status, &stdout, &stderr).map_err(|failure| {
                    let (program, verb) = named();
                    TmuxError::Failed {
                        program,
                        verb,
                        how: failure.how,
                        text: failure.text,
                    }
                })
            }
            Ok(Err(source)) => Err(TmuxError::NotRun {
                program: self.program().to_owned(),
                source,
            }),
            Err(_) => {
                let (program, verb) = named();
                Err(TmuxError::TimedOut {
                    program,
                    verb,
                    waited: RUN_DEADLINE,
                })
            }
        }
    }
}

async fn outcome(
    mut child: tokio::process::Child,
) -> io::Result<(std::process::ExitStatus, Vec<u8>, Vec<u8>)> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let out = child.stdout.take().expect("it was asked for");
    let err = child.stderr.take().expect("it was asked for");
    let (mut out, mut err) = (out.take(MAX_OUTPUT_BYTES), err.take(MAX_OUTPUT_BYTES));
    let (status, out, err) = tokio::join!(
        child.wait(),
        out.read_to_end(&mut stdout),
        err.read_to_end(&mut stderr)
    );
    out?;
    err?;
    Ok((status?, stdout, stderr))
}

/// Returns the first word of a verb that is no option.
fn name_of(verb: &[OsString]) -> String {
    let name = verb
        .iter()
        .find(|word| !word.as_encoded_bytes().starts_with(b"-"));
    let name = name.or(verb.first());
    name.map_or_else(String::new, |word| word.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves T4
    #[tokio::test]
    async fn whoever_waits_too_long_for_a_turn_is_told_so() {
        let held = SLOTS.acquire_many(8).await.unwrap();
        let tmux = Tmux::new(vec!["no-such-tmux".into()]);
        let refused = tmux.run(&["list-sessions".into()]).await.unwrap_err();
        let TmuxError::TooMany { waited } = refused else {
            panic!("{refused}");
        };
        assert_eq!(waited, QUEUE_DEADLINE);
        drop(held);
        let run = tmux.run(&["list-sessions".into()]).await;
        assert!(matches!(run, Err(TmuxError::NotRun { .. })), "{run:?}");
    }
}
