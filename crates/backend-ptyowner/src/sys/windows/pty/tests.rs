//! A real pseudo console, with the system's own shell on it.

use std::time::Duration;

use abide_core::size::TermSize;

use super::*;
use crate::{sys::tree::Reaper, wire::event::Outcome};

const DEADLINE: Duration = Duration::from_secs(30);

/// One tree belongs to the whole process, so these tests run one after the other.
static ONE_TREE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn shell(words: &[&str]) -> ChildCommand {
    ChildCommand {
        trampoline: std::env::var_os("COMSPEC")
            .unwrap_or("cmd.exe".into())
            .into(),
        args: words.iter().map(Into::into).collect(),
        env: std::env::vars_os().collect(),
    }
}

/// Reads until the child ended and the terminal after it; returns all output and the outcome.
async fn run_to_end(pty: &mut Pty, reaper: &mut Reaper, child: Spawned) -> (String, Outcome) {
    let mut output = BytesMut::new();
    let mut outcome = None;
    loop {
        output.reserve(4096);
        tokio::select! {
            read = pty.read(&mut output) => if read.unwrap() == Read::Ended { break },
            () = reaper.changed() => {
                outcome = reaper.reap(child.pid);
                pty.close_terminal();
            }
        }
    }
    (
        String::from_utf8_lossy(&output).into_owned(),
        outcome.expect("the child ended before"),
    )
}

/// proves O15
#[tokio::test]
async fn a_child_s_output_is_read_to_its_end_and_its_code_is_learned() {
    let _alone = ONE_TREE.lock().await;
    let mut reaper = Reaper::new().unwrap();
    let mut pty = Pty::open(TermSize::clamped(24, 80)).unwrap();
    let child = pty
        .spawn(&shell(&["/c", "echo hello there& exit 259"]))
        .unwrap();
    let end = run_to_end(&mut pty, &mut reaper, child);
    let (output, outcome) = tokio::time::timeout(DEADLINE, end).await.expect("its end");
    assert!(output.contains("hello there"), "{output:?}");
    assert_eq!(outcome, Outcome::Exited(259));
    assert!(tree::is_empty());
}

#[tokio::test]
async fn what_is_typed_reaches_the_child_and_the_console_takes_a_new_size() {
    let _alone = ONE_TREE.lock().await;
    let mut reaper = Reaper::new().unwrap();
    let mut pty = Pty::open(TermSize::clamped(24, 80)).unwrap();
    let child = pty
        .spawn(&shell(&["/v:on", "/c", "set /p x=& echo got-!x!"]))
        .unwrap();
    pty.resize(TermSize::clamped(30, 100)).unwrap();
    assert_eq!(pty.write(b"some words\r").await.unwrap(), 11);
    let end = run_to_end(&mut pty, &mut reaper, child);
    let (output, outcome) = tokio::time::timeout(DEADLINE, end).await.expect("its end");
    assert!(output.contains("got-some words"), "{output:?}");
    assert_eq!(outcome, Outcome::Exited(0));
}

/// proves O16
#[tokio::test]
async fn the_whole_tree_is_found_and_killed() {
    let _alone = ONE_TREE.lock().await;
    let mut reaper = Reaper::new().unwrap();
    let mut pty = Pty::open(TermSize::clamped(24, 80)).unwrap();
    let child = pty.spawn(&shell(&["/k", "cmd /k echo inner"])).unwrap();
    let mut output = BytesMut::new();
    let printed = async {
        while !String::from_utf8_lossy(&output).contains("inner") {
            output.reserve(4096);
            assert_ne!(pty.read(&mut output).await.unwrap(), Read::Ended);
        }
    };
    let printed = tokio::time::timeout(DEADLINE, printed).await.is_ok();
    assert!(printed, "the inner shell did not print: {output:?}");
    let names: Vec<_> = tree::survivors()
        .into_iter()
        .map(|survivor| survivor.name)
        .collect();
    assert_eq!(names, ["cmd.exe", "cmd.exe"]);
    assert_eq!(tree::kill_round().len(), 2);
    let end = run_to_end(&mut pty, &mut reaper, child);
    let (_, outcome) = tokio::time::timeout(DEADLINE, end).await.expect("its end");
    assert_eq!(outcome, Outcome::Exited(1));
    assert_eq!(tree::survivors(), []);
    assert!(tree::is_empty() && tree::kill_round().is_empty());
}
