//! Promises about the end: how it is told, how it is brought about, and how it is forgotten.

use std::{sync::Arc, time::Duration};

use abide_core::{
    backend::{BackendError, ExitOutcome, SessionState, StopReport},
    clock::{Clock as _, SystemClock},
    id::Generation,
};
use tokio::time::timeout;

use super::{
    Bench, DEADLINE, Session,
    bench::{eventually, named, within},
};

/// A grace that nobody waits out.
const LONG_GRACE: Duration = DEADLINE;

/// A grace that is waited out.
const SHORT_GRACE: Duration = Duration::from_millis(300);

/// Time in which a stop that was asked for is surely being carried out.
const ASKED_FOR: Duration = Duration::from_millis(500);

/// proves O14
pub async fn the_exit_code_is_exact(bench: Arc<Bench>) {
    for code in [0, 1, 42, 255] {
        let text = code.to_string();
        let id = format!("code-{code}");
        let session = bench.start(&id, "testkit-exit", &["gone", &text]).await;
        let ended = bench.watch(&session).await.until_end().await;
        assert_eq!(ended.outcome, ExitOutcome::Exited { code });
        assert!(Some(ended.started_at) <= ended.ended_at, "{ended:?}");
        assert_eq!(bench.state(&session.id).await, SessionState::Ended(ended));
    }
}

/// proves O14
pub async fn the_signal_is_exact(bench: Arc<Bench>) {
    if !bench.differences().signals {
        eprintln!("skipped: there are no signals here");
        return;
    }
    for signal in [1, 9, 15] {
        let how = format!("signal:{signal}");
        let id = format!("signal-{signal}");
        let session = bench.start(&id, "testkit-exit", &["gone", &how]).await;
        let mut viewer = bench.watch(&session).await;
        let ended = viewer.until_end().await;
        assert_eq!(ended.outcome, ExitOutcome::Signaled { signal });
        assert!(viewer.page().contains("gone"), "{}", viewer.seen());
    }
}

/// proves O16
pub async fn what_never_was_is_stopped_and_removed_already(bench: Arc<Bench>) {
    let absent = named("absent");
    for generation in [None, Some(Generation::from_bytes([1; 16]))] {
        let stopped = bench.backend().stop(&absent, generation, LONG_GRACE).await;
        let report = stopped.expect("there is nothing to stop");
        assert_eq!((report.ended, report.survivors), (None, Vec::new()));
        let removed = bench.backend().remove(&absent, generation).await;
        removed.expect("there is nothing to remove");
    }
}

/// proves O16
pub async fn a_program_that_listens_is_asked_and_ends(bench: Arc<Bench>) {
    let session = bench
        .start_showing("polite", "testkit-echo", &[], "ready")
        .await;
    let started = SystemClock.now();
    let report = stop(&bench, &session, LONG_GRACE).await;
    let took = SystemClock.now().since(started);
    assert!(took < LONG_GRACE / 2, "the grace was waited out: {took:?}");
    let ended = report.ended.expect("it ran");
    if bench.differences().signals {
        let asked = matches!(ended.outcome, ExitOutcome::Signaled { signal: 1 | 15 });
        assert!(asked, "{ended:?}");
    }
    assert_eq!(bench.state(&session.id).await, SessionState::Ended(ended));
}

/// proves O16
pub async fn a_deaf_program_is_killed_after_the_grace(bench: Arc<Bench>) {
    let session = bench
        .start_showing("deaf", "testkit-deaf", &[], "deaf")
        .await;
    let pid = bench.running(&session.id).await.pid;
    let mut viewer = bench.watch(&session).await;
    let started = SystemClock.now();
    let report = stop(&bench, &session, SHORT_GRACE).await;
    let took = SystemClock.now().since(started);
    let ended = report.ended.expect("it ran");
    if bench.differences().signals {
        assert!(SHORT_GRACE <= took, "it was not given its grace: {took:?}");
        assert_eq!(ended.outcome, ExitOutcome::Signaled { signal: 9 });
    }
    assert!(!bench.process_is_alive(pid), "process {pid} lives on");
    assert_eq!(viewer.until_end().await, ended);
}

/// proves O16
pub async fn the_whole_tree_is_ended(bench: Arc<Bench>) {
    let session = bench
        .start_showing("tree", "testkit-tree", &[], "tree ready")
        .await;
    let text = bench.text(&session.id).await;
    let mut pids: Vec<u32> = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix("tree ")?
                .split_once(' ')?
                .1
                .trim()
                .parse()
                .ok()
        })
        .collect();
    assert_eq!(pids.len(), crate::child::TREE_ROLES.len(), "{text}");
    pids.push(bench.running(&session.id).await.pid);
    if bench.differences().signals {
        for pid in &pids {
            assert!(bench.process_is_alive(*pid), "{pid} is not there; {text}");
        }
    }
    let report = stop(&bench, &session, SHORT_GRACE).await;
    assert_eq!(report.survivors, [], "{text}");
    eventually("every process to be gone", async || {
        let alive = pids.iter().filter(|pid| bench.process_is_alive(**pid));
        let alive: Vec<&u32> = alive.collect();
        alive
            .is_empty()
            .then_some(())
            .ok_or(format!("{alive:?} of {text}"))
    })
    .await;
}

/// proves O16
pub async fn a_stop_that_names_another_start_does_nothing(bench: Arc<Bench>) {
    let session = bench
        .start_showing("named", "testkit-echo", &[], "ready")
        .await;
    let wanted = Generation::from_bytes([1; 16]);
    let stopped = bench
        .backend()
        .stop(&session.id, Some(wanted), SHORT_GRACE)
        .await;
    expect_wrong_generation(stopped.map(drop), &session, wanted);
    let mut control = bench.control(&session).await;
    let typed = control.input.write("on\r".into());
    within("write", typed).await.expect("it runs on");
    control.until_text("got on").await;

    let right = Some(session.generation);
    let stopped = bench.backend().stop(&session.id, right, LONG_GRACE).await;
    assert!(stopped.expect("this is the one").ended.is_some());
}

/// proves O16
pub async fn an_ended_session_is_stopped_already(bench: Arc<Bench>) {
    let (session, ended) = bench
        .start_ending("before", "testkit-exit", &["gone", "5"])
        .await;
    let report = stop(&bench, &session, LONG_GRACE).await;
    assert_eq!(report.ended, Some(ended), "it ended before");
}

/// A stop that was asked for is carried out, also when the caller has gone.
pub async fn a_stop_that_is_dropped_goes_on(bench: Arc<Bench>) {
    let session = bench
        .start_showing("unheard", "testkit-deaf", &[], "deaf")
        .await;
    let backend = bench.another();
    let stopping = backend.stop(&session.id, None, 2 * ASKED_FOR);
    let dropped = timeout(ASKED_FOR, stopping).await;
    assert!(dropped.is_err(), "it has its grace still: {dropped:?}");
    bench.ended(&session.id).await;
}

/// Two who stop the same session are told the same end.
pub async fn two_stops_at_once_tell_the_same_end(bench: Arc<Bench>) {
    let session = bench
        .start_showing("twice", "testkit-deaf", &[], "deaf")
        .await;
    let other = bench.another();
    let (one, two) = tokio::join!(
        bench.backend().stop(&session.id, None, SHORT_GRACE),
        other.stop(&session.id, None, SHORT_GRACE),
    );
    let (one, two) = (one.expect("it can be stopped"), two.expect("by both"));
    assert!(
        one.ended.is_some() && one.ended == two.ended,
        "{one:?} {two:?}"
    );
}

/// A session that runs is not forgotten.
pub async fn a_running_session_is_not_removed(bench: Arc<Bench>) {
    let session = bench.start("kept", "testkit-echo", &[]).await;
    for generation in [None, Some(session.generation)] {
        let removed = bench.backend().remove(&session.id, generation).await;
        let refused = matches!(removed, Err(BackendError::Refused { .. }));
        assert!(refused, "{removed:?}");
    }
    bench.running(&session.id).await;
    bench.watch(&session).await.until_text("ready").await;
}

/// Removing is by generation: it never forgets another start.
pub async fn a_removal_that_names_another_start_does_nothing(bench: Arc<Bench>) {
    let (session, _) = bench
        .start_ending("other", "testkit-exit", &["gone", "0"])
        .await;
    let wanted = Generation::from_bytes([1; 16]);
    let removed = bench.backend().remove(&session.id, Some(wanted)).await;
    expect_wrong_generation(removed, &session, wanted);
    bench.ended(&session.id).await;
}

/// proves O15
pub async fn what_was_removed_leaves_no_trace(bench: Arc<Bench>) {
    let args = &["gone", "0"];
    let (session, _) = bench.start_ending("removed", "testkit-exit", args).await;
    let removed = bench
        .backend()
        .remove(&session.id, Some(session.generation))
        .await;
    removed.expect("it has ended");
    let status = bench.backend().status(&session.id).await;
    assert!(
        matches!(status, Err(BackendError::NotFound { .. })),
        "{status:?}"
    );
    let listed = bench.backend().list().await.expect("it can be listed");
    assert_eq!(listed, []);
    let again = bench.start("removed", "testkit-exit", args).await;
    assert_ne!(again.generation, session.generation, "it begins anew");
}

async fn stop(bench: &Bench, session: &Session, grace: Duration) -> StopReport {
    let stopped = within("stop", bench.backend().stop(&session.id, None, grace)).await;
    stopped.unwrap_or_else(|err| panic!("cannot stop `{}`: {err:?}", session.id))
}

fn expect_wrong_generation(result: Result<(), BackendError>, session: &Session, named: Generation) {
    let Err(BackendError::WrongGeneration { wanted, found, .. }) = result else {
        panic!("another start was named: {result:?}");
    };
    assert_eq!((wanted, found), (named, session.generation));
}
