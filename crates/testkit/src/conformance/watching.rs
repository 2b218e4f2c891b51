//! Promises of `watch`: activity and the end, without output.

use std::sync::Arc;

use abide_core::{
    activity::{Activity, ActivityState},
    backend::{BackendError, EndCause, Ended, ExitOutcome, SessionState, Watch, WatchEvent},
    id::SessionId,
};

use super::{
    Bench, DEADLINE,
    bench::{eventually, named, within},
};

/// proves A5
///
/// The present activity is the first event, whatever came before; the end is the last.
pub async fn a_watch_tells_what_is_done_first_and_the_end_last(bench: Arc<Bench>) {
    let session = bench
        .start_showing("watched", "testkit-echo", &[], "ready")
        .await;
    let mut watch = watch(&bench, &session.id).await;
    assert_eq!(watch.generation, session.generation);
    let first = activity(&mut watch).await;
    assert!(first.last_output.is_some(), "{first:?}");
    assert_ne!(first.state, ActivityState::Exited);
    typed(&bench, &session.id, "exit 3\r").await;
    let (last, ended) = until_end(&mut watch).await;
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 3 });
    assert_eq!(ended.cause, None);
    assert_eq!(last.map(|last| last.state), Some(ActivityState::Exited));
    assert_eq!(bench.state(&session.id).await, SessionState::Ended(ended));
}

/// proves A5
///
/// A session that has ended is told of as such, and how it ended, once.
pub async fn the_end_of_what_is_over_already_is_told(bench: Arc<Bench>) {
    let (session, ended) = bench
        .start_ending("over", "testkit-exit", &["gone", "7"])
        .await;
    let mut watch = watch(&bench, &session.id).await;
    assert_eq!(watch.generation, session.generation);
    assert_eq!(activity(&mut watch).await.state, ActivityState::Exited);
    assert_eq!(until_end(&mut watch).await, (None, ended));
}

/// An unknown session cannot be watched.
pub async fn an_unknown_session_cannot_be_watched(bench: Arc<Bench>) {
    let watched = bench.backend().watch(&named("unknown")).await;
    assert!(
        matches!(watched, Err(BackendError::NotFound { .. })),
        "{watched:?}"
    );
}

/// proves A5
///
/// Nobody counts it as somebody who sees the output; that there is some, it is told.
pub async fn who_watches_is_no_viewer_and_is_told_of_output(bench: Arc<Bench>) {
    let session = bench
        .start_showing("unseen", "testkit-echo", &[], "ready")
        .await;
    eventually("that the viewer left", async || {
        let viewers = bench.running(&session.id).await.viewers;
        (viewers == 0).then_some(()).ok_or(format!("{viewers}"))
    })
    .await;
    let mut watch = watch(&bench, &session.id).await;
    let before = activity(&mut watch).await.last_output;
    assert_eq!(bench.running(&session.id).await.viewers, 0);
    typed(&bench, &session.id, "more\r").await;
    let later = within("output to be told of", async {
        loop {
            let told = activity(&mut watch).await;
            if told.last_output != before {
                return told;
            }
        }
    })
    .await;
    assert_eq!(later.state, ActivityState::Working);
}

/// proves A5
///
/// However much happens meanwhile: what it did not take is replaced by what came after.
pub async fn a_watcher_that_takes_nothing_delays_nobody(bench: Arc<Bench>) {
    let session = bench.start("flooded", "testkit-flood", &["50000"]).await;
    let mut watches = Vec::new();
    for _ in 0..3 {
        watches.push(watch(&bench, &session.id).await);
    }
    typed(&bench, &session.id, "go\r").await;
    let ended = bench.ended(&session.id).await;
    for mut watch in watches {
        let told = until_end(&mut watch).await.1;
        assert_eq!(told, ended);
    }
}

/// proves A5, M4
///
/// Whoever watches, looks or stopped it learns that the end is the work of a stop.
pub async fn a_stop_is_told_as_what_brought_the_end_about(bench: Arc<Bench>) {
    let session = bench
        .start_showing("stopped", "testkit-echo", &[], "ready")
        .await;
    let mut watch = watch(&bench, &session.id).await;
    let mut viewer = bench.watch(&session).await;
    let stopped = bench.backend().stop(&session.id, None, DEADLINE).await;
    let ended = stopped.expect("it runs").ended.expect("it ran");
    assert_eq!(ended.cause, Some(EndCause::Stopped));
    assert_eq!(until_end(&mut watch).await.1, ended);
    assert_eq!(viewer.until_end().await, ended);
    assert_eq!(bench.state(&session.id).await, SessionState::Ended(ended));
}

async fn watch(bench: &Bench, id: &SessionId) -> Watch {
    let watched = within("watch", bench.backend().watch(id)).await;
    watched.unwrap_or_else(|err| panic!("cannot watch `{id}`: {err:?}"))
}

async fn typed(bench: &Bench, id: &SessionId, text: &'static str) {
    let sent = within("send", bench.backend().send(id, text.into())).await;
    sent.unwrap_or_else(|err| panic!("cannot type into `{id}`: {err:?}"));
}

async fn next(watch: &mut Watch) -> Option<WatchEvent> {
    let next = within("the next event of a watch", watch.events.next()).await;
    next.expect("the connection holds")
}

async fn activity(watch: &mut Watch) -> Activity {
    match next(watch).await {
        Some(WatchEvent::Activity(activity)) => activity,
        other => panic!("an activity should come: {other:?}"),
    }
}

/// Waits for the end; returns it with the last activity that came before.
async fn until_end(watch: &mut Watch) -> (Option<Activity>, Ended) {
    let mut last = None;
    loop {
        match next(watch).await {
            Some(WatchEvent::Activity(activity)) => last = Some(activity),
            Some(WatchEvent::Ended(ended)) => {
                assert_eq!(next(watch).await, None, "the end is the last event");
                return (last, ended);
            }
            None => panic!("the end was never told"),
        }
    }
}
