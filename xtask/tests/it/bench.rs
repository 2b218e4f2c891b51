//! The bench as a whole, on a bare terminal: it needs no other program for that.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How long a step may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn bench(temp: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("bench").args(args).env("TMPDIR", temp);
    command.stdin(Stdio::null());
    command
}

/// Starts the bench; returns it once it measures.
fn measuring(temp: &Path, args: &[&str]) -> Child {
    let mut command = bench(temp, args);
    let mut child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the bench starts");
    let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let (sender, receiver) = mpsc::sync_channel(16);
    thread::spawn(move || {
        lines
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    match receiver.recv_timeout(PATIENCE) {
        Ok(line) => assert!(line.contains("run 1 raw"), "{line}"),
        Err(err) => panic!("the bench does not begin: {err}"),
    }
    child
}

/// Returns the processes that carry a path in their environment, or run a program in it.
fn processes_of(dir: &Path) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("/proc can be read").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let needle = format!("ABIDE_BENCH_DIR={}", dir.display());
    let ours = pids.filter(|pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(&needle)
    });
    ours.collect()
}

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir)
        .expect("the directory can be read")
        .next()
        .is_none()
}

#[test]
fn bench_of_a_bare_terminal_prints_a_table_and_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let args = ["--quick", "--tool", "raw", "--only", "detached"];
    let output = bench(temp.path(), &args).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        printed.contains("| detached throughput: plain | "),
        "{printed}{said}"
    );
    assert!(printed.contains(" MB/s (1.00) | "), "{printed}{said}");
    assert!(is_empty(temp.path()));
    assert_eq!(processes_of(temp.path()), [0_u32; 0]);
}

#[test]
fn killed_bench_leaves_neither_process_nor_file() {
    let temp = tempfile::tempdir().unwrap();
    let args = ["--tool", "raw", "--only", "echo"];
    let mut child = measuring(temp.path(), &args);
    assert!(!is_empty(temp.path()));
    child.kill().unwrap();
    child.wait().unwrap();
    let (_keep, never) = mpsc::sync_channel::<()>(1);
    let tries = 0..PATIENCE.as_millis() / 20;
    let gone = tries.into_iter().any(|_| {
        let waited = never.recv_timeout(Duration::from_millis(20));
        assert_eq!(waited, Err(RecvTimeoutError::Timeout));
        is_empty(temp.path())
    });
    assert!(gone, "{:?}", processes_of(temp.path()));
    assert_eq!(processes_of(temp.path()), [0_u32; 0]);
}
