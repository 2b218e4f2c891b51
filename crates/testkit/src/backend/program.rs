//! What runs in a fake session: imitations of the child programs, chosen by file name.
//!
//! Each prints what its original in `src/bin` prints; the conformance suite runs either and
//! cannot tell them apart. A program of any other name is a quiet shell: it reads lines for ever.

use std::{fs::OpenOptions, future, io::Write as _, path::Path, time::Duration};

use abide_core::backend::{Command, ExitOutcome};
use tokio::time::{MissedTickBehavior, interval};

use super::terminal::Terminal;
use crate::child::{self, Fnv};

/// Lines that a flood prints before others get a turn.
const FLOOD_BATCH: u64 = 64;

/// Pause of a slow reader between two reads.
const SLOW_READ: Duration = Duration::from_millis(1);

/// A program with its arguments, as far as a fake needs them.
#[derive(Debug)]
pub(super) struct Program {
    name: String,
    args: Vec<String>,
}

impl Program {
    pub(super) fn new(command: &Command) -> Self {
        let stem = Path::new(&command.program).file_stem().unwrap_or_default();
        Self {
            name: stem.to_string_lossy().into_owned(),
            args: command
                .args
                .iter()
                .map(|arg| arg.to_string_lossy().into_owned())
                .collect(),
        }
    }

    /// Tells whether the program goes on when it is asked to end.
    pub(super) fn ignores_hangup(&self) -> bool {
        self.name == "testkit-deaf"
    }

    /// Runs to the program's own end.
    pub(super) async fn run(self, terminal: Terminal) -> ExitOutcome {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        match self.name.as_str() {
            "testkit-echo" => echo(&terminal, &args).await,
            "testkit-flood" => flood(&terminal, &args).await,
            "testkit-count" => count(&terminal).await,
            "testkit-altscreen" => altscreen(&terminal).await,
            "testkit-deaf" => deaf(&terminal).await,
            "testkit-exit" => exit(&terminal, &args),
            "testkit-sink" => sink(&terminal, &args).await,
            "testkit-size" => size(&terminal).await,
            "testkit-tree" => tree(&terminal).await,
            _ => shell(&terminal).await,
        }
    }
}

fn exited(code: i32) -> ExitOutcome {
    ExitOutcome::Exited { code }
}

async fn echo(terminal: &Terminal, args: &[&str]) -> ExitOutcome {
    if let ["--mark", path] = args {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .expect("the test's mark file can be opened");
        writeln!(file, "{}", terminal.pid()).expect("the test's mark file can be written");
    }
    let quiet = args.contains(&"--no-echo");
    terminal.print("ready\n");
    loop {
        let line = terminal.read_line().await;
        if !quiet {
            terminal.print(&format!("{line}\n"));
        }
        if let Some(code) = child::exit_code_in(&line) {
            return exited(code);
        }
        terminal.print(&format!("got {line}\n"));
    }
}

async fn flood(terminal: &Terminal, args: &[&str]) -> ExitOutcome {
    terminal.print("ready\n");
    if !args.contains(&"--now") {
        terminal.read_line().await;
    }
    let lines = child::flood_lines(args);
    let mut number = 0;
    while number < lines {
        let end = lines.min(number + FLOOD_BATCH);
        let batch: String = (number + 1..=end).map(child::flood_line).collect();
        terminal.print(&batch);
        number = end;
        tokio::task::yield_now().await;
    }
    terminal.print("flood done\n");
    if args.contains(&"--stay") {
        terminal.read_line().await;
    }
    exited(0)
}

async fn count(terminal: &Terminal) -> ExitOutcome {
    let mut ticks = interval(child::COUNT_PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0.. {
        ticks.tick().await;
        terminal.print(&child::count_line(number));
    }
    exited(0)
}

async fn altscreen(terminal: &Terminal) -> ExitOutcome {
    terminal.print(child::ALTSCREEN_ENTER);
    terminal.read(1).await;
    terminal.print(child::ALTSCREEN_LEAVE);
    exited(0)
}

async fn deaf(terminal: &Terminal) -> ExitOutcome {
    terminal.print("deaf\n");
    future::pending().await
}

fn exit(terminal: &Terminal, args: &[&str]) -> ExitOutcome {
    let &[text, how] = args else {
        return exited(2);
    };
    terminal.print(&format!("{text}\n"));
    match child::signal_in(how) {
        Some(signal) => ExitOutcome::Signaled { signal },
        None => exited(how.parse().unwrap_or(2)),
    }
}

async fn sink(terminal: &Terminal, args: &[&str]) -> ExitOutcome {
    terminal.print("ready\n");
    let mut wanted: usize = args.first().and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut hash = Fnv::default();
    let mut ticks = interval(SLOW_READ);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut read = 0;
    while wanted != 0 {
        if args.contains(&"--slow") {
            ticks.tick().await;
        }
        let bytes = terminal.read(wanted).await;
        hash.write(&bytes);
        wanted -= bytes.len();
        read += bytes.len();
    }
    terminal.print(&child::sink_line(read, &hash));
    exited(0)
}

async fn size(terminal: &Terminal) -> ExitOutcome {
    let mut size = terminal.size();
    loop {
        terminal.print(&format!("size {size}\n"));
        size = terminal.resized(size).await;
    }
}

async fn tree(terminal: &Terminal) -> ExitOutcome {
    for (distance, role) in (1..).zip(child::TREE_ROLES) {
        let pid = terminal.pid() + distance;
        terminal.print(&format!("tree {role} {pid}\n"));
    }
    terminal.print("tree ready\n");
    future::pending().await
}

async fn shell(terminal: &Terminal) -> ExitOutcome {
    loop {
        terminal.print("$ ");
        let line = terminal.read_line().await;
        terminal.print(&format!("{line}\n"));
        if let Some(code) = child::exit_code_in(&line) {
            return exited(code);
        }
    }
}
