//! Runs a command to its end, under a deadline.

use std::{
    ffi::OsStr,
    io::{Read, Write as _},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};

use serde_json::Value;

use super::TestEnv;
use crate::{output::CommandOutput, sys};

/// Longest time that a command of a test takes.
pub const COMMAND_DEADLINE: Duration = Duration::from_secs(30);

/// Time in which the streams of a program that has ended come to their end.
const OUTPUT_DEADLINE: Duration = Duration::from_secs(5);

/// Grace that sessions get when their test is over.
const STOP_GRACE: &str = "200ms";

impl TestEnv {
    /// Runs `abide` with these arguments, without a terminal or input, to its end.
    ///
    /// # Panics
    ///
    /// When it has not ended by [`COMMAND_DEADLINE`]; shows what it printed until then.
    pub fn run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> CommandOutput {
        self.run_command(self.command(args), b"")
    }

    /// Runs a command with this input to its end.
    ///
    /// # Panics
    ///
    /// As [`TestEnv::run`].
    pub fn run_command(&self, command: Command, input: &[u8]) -> CommandOutput {
        match run(command, input) {
            Ok(output) => output,
            Err(failure) => panic!("{}", self.normaliser().apply(&failure)),
        }
    }
}

/// Stops the sessions of every workspace that `abide` knows of here; does its best.
pub(super) fn stop_every_session(env: &TestEnv) {
    if !env.state_dir().join("abide.db").exists() {
        return;
    }
    let Ok(listed) = run(env.command(["list", "--json"]), b"") else {
        return;
    };
    let list: Value = serde_json::from_str(&listed.stdout).unwrap_or_default();
    for name in names_in(&list) {
        // What it could not end is found by the check that follows.
        let _ = run(
            env.command(["stop", &name, "--all", "--grace", STOP_GRACE]),
            b"",
        );
    }
}

/// Returns the names of workspaces: in an array, alone or as a member of an object.
fn names_in(list: &Value) -> Vec<String> {
    let workspaces = match list {
        Value::Array(workspaces) => Some(workspaces),
        Value::Object(members) => members.values().find_map(Value::as_array),
        _ => None,
    };
    let workspaces = workspaces.into_iter().flatten();
    workspaces
        .filter_map(|workspace| workspace.get("name")?.as_str().map(str::to_owned))
        .collect()
}

fn run(mut command: Command, input: &[u8]) -> Result<CommandOutput, String> {
    let shown = format!("{command:?}");
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|err| format!("cannot run {shown}: {err}"))?;
    let stdout = Collector::start(child.stdout.take().expect("it was piped"));
    let stderr = Collector::start(child.stderr.take().expect("it was piped"));
    let (mut stdin, input) = (child.stdin.take().expect("it was piped"), input.to_vec());
    thread::spawn(move || {
        // A program that does not want its input may leave it.
        let _ = stdin.write_all(&input);
    });
    let status = wait(&mut child).and_then(|status| {
        stdout.wait("stdout")?;
        stderr.wait("stderr")?;
        Ok(status)
    });
    let (stdout, stderr) = (stdout.bytes(), stderr.bytes());
    let status = status.map_err(|what| {
        let seen = [&stdout, &stderr].map(|bytes| String::from_utf8_lossy(bytes));
        format!(
            "{shown} {what}\n--- stdout\n{}\n--- stderr\n{}",
            seen[0], seen[1]
        )
    })?;
    Ok(CommandOutput::new(status, &stdout, &stderr))
}

/// What was read of a stream so far, by a thread that ends with the stream.
struct Collector {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Collector {
    fn start(mut stream: impl Read + Send + 'static) -> Self {
        let bytes: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (end, ended) = sync_channel(1);
        let collected = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                let mut bytes = collected.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend_from_slice(&chunk[..count]);
            }
            drop(end);
        });
        Self { bytes, ended }
    }

    /// Waits for the end of the stream; a program that has ended holds it no longer.
    fn wait(&self, name: &str) -> Result<(), String> {
        match self.ended.recv_timeout(OUTPUT_DEADLINE) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Ok(()),
            Err(RecvTimeoutError::Timeout) => Err(format!(
                "has ended, and something that it started still holds its {name}"
            )),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.clone()
    }
}

/// Waits for the child's end, and kills it at the deadline.
fn wait(child: &mut Child) -> Result<ExitStatus, String> {
    let pid = child.id();
    let (done, is_done) = sync_channel::<()>(1);
    let guard = thread::spawn(move || {
        let waited = is_done.recv_timeout(COMMAND_DEADLINE);
        let is_late = waited == Err(RecvTimeoutError::Timeout);
        if is_late {
            // The child has not been waited for, so the id is still its own.
            let _ = sys::kill(pid);
        }
        is_late
    });
    let status = child.wait();
    drop(done);
    match (status, guard.join().expect("it only waits")) {
        (Ok(_), true) => Err(format!("did not end within {COMMAND_DEADLINE:?}")),
        (Ok(status), false) => Ok(status),
        (Err(err), _) => Err(format!("could not be waited for: {err}")),
    }
}
