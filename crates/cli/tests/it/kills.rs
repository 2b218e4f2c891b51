//! Everything but the owner and its child is killed, again and again.

use std::{process::Stdio, time::Duration};

use abide_backend_ptyowner::{OwnerBackend, OwnerSettings};
use abide_core::{
    backend::{AttachMode, AttachRequest, OutputEvent, Scrollback, TerminalBackend as _},
    id::SessionId,
    replay::Offset,
};
use abide_testkit::{env::TestEnv, programs};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};

use crate::terminal::{abide, size};

/// How many times in one run.
const KILLS: usize = 200;

/// Longest wait for the next line.
const DEADLINE: Duration = Duration::from_secs(20);

/// Reads the counter's output from where the last look ended, and checks that nothing is missing.
struct Observer {
    backend: OwnerBackend,
    session: SessionId,
    offset: Offset,
    line: Vec<u8>,
    next: u64,
}

impl Observer {
    /// Attaches anew and reads until so many more whole lines were seen.
    async fn read_lines(&mut self, lines: u64) {
        let request = AttachRequest {
            mode: AttachMode::View,
            size: None,
            from: Some(self.offset),
            scrollback: Scrollback::Replace,
            label: "an observer".into(),
            terminal: None,
        };
        let attached = self.backend.attach(&self.session, request).await;
        let mut attachment = attached.expect("every attach works");
        let until = self.next + lines;
        while self.next < until {
            let event = tokio::time::timeout(DEADLINE, attachment.output.next()).await;
            let event = event.unwrap_or_else(|_| panic!("nothing after line {}", self.next));
            match event.expect("the connection lasts") {
                Some(OutputEvent::Output { offset, data }) => {
                    assert_eq!(offset, self.offset, "output has a gap");
                    self.offset = self.offset.advanced(data.len());
                    self.take(&data);
                }
                other => panic!("instead of output: {other:?}"),
            }
        }
    }

    fn take(&mut self, data: &[u8]) {
        for byte in data {
            match byte {
                b'\r' => {}
                b'\n' => {
                    let line = String::from_utf8(std::mem::take(&mut self.line)).unwrap();
                    let expected = abide_testkit::child::count_line(self.next);
                    assert_eq!(
                        line,
                        expected.trim_end(),
                        "the count has a gap in {:?}",
                        String::from_utf8_lossy(data)
                    );
                    self.next += 1;
                }
                byte => self.line.push(*byte),
            }
        }
    }
}

/// proves O1, O10
#[tokio::test]
async fn heavy_the_child_counts_on_while_all_others_are_killed_two_hundred_times() {
    let env = TestEnv::new();
    let program = programs::path("testkit-count");
    let words = ["new", "count", "--no-attach", "--"].map(std::ffi::OsString::from);
    assert!(env.run(words.into_iter().chain([program.into()])).success());
    let info = env.run(["info", "count", "--json"]);
    let info: serde_json::Value = serde_json::from_str(&info.stdout).unwrap();
    let session = info["session"]["id"]
        .as_str()
        .and_then(|id| id.parse().ok());
    let session = session.expect("`info` names the session");
    let settings = OwnerSettings::new(env.owners_dir(), env.runtime_dir());
    let mut observer = Observer {
        backend: OwnerBackend::new(settings),
        session,
        offset: Offset::START,
        line: Vec::new(),
        next: 0,
    };
    let mut runner = TestRunner::deterministic();
    let choice = (0_usize..4, 1_u64..12);
    for _ in 0..KILLS {
        let (victim, lines) = choice.new_tree(&mut runner).unwrap().current();
        match victim {
            0 => {
                let client = abide(&env, ["attach", "count"], size(80, 24));
                observer.read_lines(lines).await;
                client.kill9();
            }
            1 => {
                let client = abide(&env, ["attach", "count", "--view"], size(100, 30));
                client.wait_for_text("00000000");
                observer.read_lines(lines).await;
                client.kill9();
            }
            2 => kill_command(&env, &["capture", "count"], &mut observer, lines).await,
            _ => kill_command(&env, &["list"], &mut observer, lines).await,
        }
        observer.read_lines(1).await;
    }
    let last = abide(&env, ["attach", "count"], size(80, 24));
    last.wait_for_text("00000000");
    drop(last);
    assert!(env.run(["delete", "count", "--force"]).success());
    env.finish();
}

async fn kill_command(env: &TestEnv, args: &[&str], observer: &mut Observer, lines: u64) {
    let mut command = env.command(args);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    observer.read_lines(lines).await;
    // It may have ended by itself already.
    let _ = child.kill();
    child.wait().unwrap();
}
