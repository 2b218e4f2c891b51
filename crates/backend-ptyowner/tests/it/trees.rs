//! Children that resist: they are ended all the same, and their ends are told at once.

use std::time::Duration;

use abide_core::{
    backend::{
        AttachMode, Attachment, Ended, ExitOutcome, OutputEvent, SessionState, StopReport,
        TerminalBackend as _,
    },
    clock::{Clock as _, SystemClock},
};
use abide_testkit::sys::process_is_alive;
use rustix::process::{Pid, Signal};

use crate::place::{DEADLINE, Place, read_text, session};

/// Most that may pass between a child's end and the word of it.
const TELL: Duration = Duration::from_millis(20);

/// Attempts of which the best counts: on a machine that does something else now and then, one that
/// waits for a timer is late every time, and one that does not is late sometimes.
const ATTEMPTS: usize = 20;

/// Starts a script, with a function `note` that writes down process ids, and waits until it says
/// `ready`.
async fn started(place: &Place, script: &str) -> Attachment {
    let script = format!("note() {{ echo $1 >> pids; }}; {script}");
    place
        .backend
        .ensure(&place.script("a", &script))
        .await
        .unwrap();
    let mut attachment = place.attach("a", AttachMode::Control).await;
    read_text(&mut attachment, "ready").await;
    attachment
}

/// Takes the process ids that were written down.
fn noted(place: &Place) -> Vec<u32> {
    let path = place.env.work_dir().join("pids");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(&path);
    text.lines().map(|pid| pid.parse().unwrap()).collect()
}

async fn stop(place: &Place, grace: Duration) -> StopReport {
    let stopped = place.backend.stop(&session("a"), None, grace).await;
    stopped.unwrap()
}

/// Waits for the end; returns it with the moment at which it was told.
async fn told_end(attachment: &mut Attachment) -> (Ended, abide_core::clock::Timestamp) {
    let end = async {
        loop {
            match attachment.output.next().await.unwrap() {
                Some(OutputEvent::Ended(ended)) => return (ended, SystemClock.now()),
                Some(_) => {}
                None => panic!("no end was told"),
            }
        }
    };
    let end = tokio::time::timeout(DEADLINE, end).await;
    end.expect("the end is told")
}

fn assert_all_gone(pids: &[u32]) {
    for pid in pids {
        assert!(!process_is_alive(*pid), "process {pid} is left alive");
    }
}

/// Each ignores the hangup and gets away as far as it can, with the terminal still open.
///
/// proves O16
#[tokio::test]
async fn a_stop_ends_whatever_left_its_group_its_session_or_its_parent_and_kept_the_terminal() {
    let place = Place::new();
    let script = "trap '' HUP TERM; mkfifo one two; \
                  sleep 300 & note $!; \
                  (sh -c 'sleep 300 & echo $! >> pids'); \
                  set -m; sleep 300 & note $!; set +m; \
                  setsid -f sh -c 'echo $$ >> pids; echo > one; exec sleep 300'; read x < one; \
                  setsid -f sh -c 'echo $$ >> pids; echo > two; exec sleep 300 <&- >&- 2>&-'; \
                  read x < two; echo ready; sleep 300";
    drop(started(&place, script).await);
    let all = noted(&place);
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|pid| process_is_alive(*pid)), "{all:?}");
    let report = stop(&place, Duration::from_millis(50)).await;
    assert_eq!(report.survivors, []);
    assert_all_gone(&all);
    place.clear("a").await;
}

/// proves O16
#[tokio::test]
async fn a_stop_ends_a_hundred_children() {
    let place = Place::new();
    let script = "trap '' HUP TERM; i=0; while [ $i -lt 100 ]; do sleep 300 & note $!; \
                  i=$((i+1)); done; echo ready; wait";
    drop(started(&place, script).await);
    let all = noted(&place);
    assert_eq!(all.len(), 100);
    let report = stop(&place, Duration::ZERO).await;
    assert_eq!(report.survivors, []);
    assert_all_gone(&all);
    place.clear("a").await;
}

/// Something that forks without pause is never seen whole; it is ended all the same.
///
/// proves O16
#[tokio::test]
async fn a_stop_ends_what_forks_faster_than_it_looks() {
    let place = Place::new();
    let hop = place.env.work_dir().join("hop");
    std::fs::write(
        &hop,
        "trap '' HUP TERM\necho $$ >> pids\nif [ $1 -lt 2000 ]; then setsid -f sh hop $(($1+1)); fi\n",
    )
    .unwrap();
    let script = "trap '' HUP TERM; for chain in 1 2 3 4 5 6 7 8; do setsid -f sh hop 0; done; \
                  echo ready; exec sleep 300";
    drop(started(&place, script).await);
    let report = stop(&place, Duration::ZERO).await;
    assert_eq!(report.survivors, []);
    let all = noted(&place);
    assert!(all.len() < 8 * 2000, "they were done before");
    assert_all_gone(&all);
    place.clear("a").await;
}

/// proves O16
#[tokio::test]
async fn a_child_that_was_stopped_by_a_signal_is_ended_too() {
    let place = Place::new();
    drop(started(&place, "note $$; echo ready; sleep 300").await);
    let child = Pid::from_raw(i32::try_from(noted(&place)[0]).unwrap()).unwrap();
    rustix::process::kill_process_group(child, Signal::STOP).unwrap();
    let report = stop(&place, DEADLINE).await;
    let ended = report.ended.unwrap();
    assert!(
        matches!(ended.outcome, ExitOutcome::Signaled { .. }),
        "{ended:?}"
    );
    place.clear("a").await;
}

/// proves O14
#[tokio::test]
async fn an_end_is_told_within_twenty_milliseconds() {
    let place = Place::new();
    let best = best_of(&place, "note $$; echo ready; exec sleep 300").await;
    assert!(best < TELL, "told after {best:?} at best");
}

/// The terminal cannot say then that it is empty: a moment more passes.
///
/// proves O14
#[tokio::test]
async fn an_end_is_told_hardly_later_while_a_grandchild_keeps_the_terminal_open() {
    let place = Place::new();
    let script = "trap '' HUP; sleep 300 & echo $! >> kept; trap - HUP; \
                  note $$; echo ready; exec sleep 301";
    let best = best_of(&place, script).await;
    assert!(best < 2 * TELL, "told after {best:?} at best");
}

/// Kills the child of one session after another; returns the least time until its end was told.
async fn best_of(place: &Place, script: &str) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..ATTEMPTS {
        let mut attachment = started(place, script).await;
        let child = noted(place)[0];
        let begin = SystemClock.now();
        abide_testkit::sys::kill(child).unwrap();
        let (ended, told) = told_end(&mut attachment).await;
        assert_eq!(ended.outcome, ExitOutcome::Signaled { signal: 9 });
        best = best.min(told.since(begin));
        drop(attachment);
        let kept = std::fs::read_to_string(place.env.work_dir().join("kept"));
        for pid in kept.unwrap_or_default().lines() {
            abide_testkit::sys::kill(pid.parse().unwrap()).unwrap();
        }
        place.clear("a").await;
        if best < TELL {
            break;
        }
    }
    best
}

/// proves O14, O15
#[tokio::test]
async fn a_command_that_ends_before_anybody_looks_is_still_shown() {
    let place = Place::new();
    for (script, code) in [
        ("exit 0", 0),
        ("echo at once; exit 9", 9),
        ("exec false", 1),
    ] {
        place
            .backend
            .ensure(&place.script("a", script))
            .await
            .unwrap();
        let mut attachment = place.attach("a", AttachMode::View).await;
        let (ended, _) = told_end(&mut attachment).await;
        assert_eq!(ended.outcome, ExitOutcome::Exited { code }, "{script}");
        let status = place.backend.status(&session("a")).await.unwrap();
        assert!(
            matches!(status.state, SessionState::Ended(_)),
            "{script}: {status:?}"
        );
        place.clear("a").await;
    }
}
