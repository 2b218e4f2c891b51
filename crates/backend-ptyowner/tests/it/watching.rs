//! Watching without output: who may, what an earlier version is told, and a watcher that reads nothing.

use abide_backend_ptyowner::wire::{
    codec,
    event::{Answer, Event, Failure, Reply, Status},
    frame::Kind,
    limits::{MAX_CONNECTIONS, MAX_VIEWERS},
    request::{Attach, Call, Mode, Request, Scrollback, Stop},
};
use abide_core::{
    backend::{
        AttachMode, BackendError, EndCause, ExitOutcome, LostReason, SessionState,
        TerminalBackend as _, Watch, WatchEvent,
    },
    id::Generation,
};

use crate::{
    child::kill_owner,
    place::{DEADLINE, Place, read_text, session},
    raw::Raw,
};

async fn started() -> Place {
    let place = Place::new();
    let spec = place.spec("a", "testkit-echo", &[]);
    place.backend.ensure(&spec).await.unwrap();
    read_text(&mut place.attach("a", AttachMode::View).await, "ready").await;
    let left = async {
        loop {
            let status = place.backend.status(&session("a")).await.unwrap();
            if let SessionState::Running(running) = status.state
                && running.viewers == 0
            {
                return;
            }
        }
    };
    let left = tokio::time::timeout(DEADLINE, left).await;
    left.expect("the viewer leaves");
    place
}

fn call(raw: &mut Raw, request: Request) -> Result<Answer, Failure> {
    raw.send(&codec::encode(Kind::Call, &Call { id: 1, request }));
    loop {
        let frame = raw.frame().expect("the owner answers");
        if frame.kind == Kind::Reply {
            let reply: Reply = codec::decode(&frame).unwrap();
            return reply.result;
        }
    }
}

fn view() -> Request {
    Request::Attach(Attach {
        mode: Mode::View,
        size: None,
        from: None,
        scrollback: Scrollback::Replace,
    })
}

fn last_event(raw: &mut Raw) -> Event {
    let mut last = None;
    while let Some(frame) = raw.frame() {
        if frame.kind == Kind::Event {
            last = Some(codec::decode(&frame).unwrap());
        }
    }
    last.expect("it was told something")
}

async fn next(watch: &mut Watch) -> Result<Option<WatchEvent>, BackendError> {
    let next = tokio::time::timeout(DEADLINE, watch.events.next()).await;
    next.expect("something comes in time")
}

/// proves O8, A5
#[tokio::test]
async fn a_client_of_the_first_version_is_told_of_the_end_in_its_own_words() {
    let place = started().await;
    let mut viewer = Raw::welcomed_with(&place, "a", &[1]);
    let refused = call(&mut viewer, Request::Watch);
    assert!(matches!(refused, Err(Failure::System(_))), "{refused:?}");
    assert!(matches!(call(&mut viewer, view()), Ok(Answer::Attached(_))));
    let mut newer = Raw::welcomed_with(&place, "a", &[2, 1]);
    assert_eq!(call(&mut newer, Request::Watch), Ok(Answer::Watching));
    let file = place.owner_file("a");
    let generation: Generation = file["generation"].as_str().unwrap().parse().unwrap();
    let stop = Request::Stop(Stop {
        generation: *generation.as_bytes(),
        grace_ms: 5000,
    });
    let mut stopper = Raw::welcomed_with(&place, "a", &[1]);
    let stopped = call(&mut stopper, stop);
    let Ok(Answer::Stopped(stopped)) = stopped else {
        panic!("{stopped:?}");
    };
    assert_eq!(last_event(&mut viewer), Event::Ended(stopped.ended.clone()));
    let Event::Over(over) = last_event(&mut newer) else {
        panic!("the newer one is told why");
    };
    assert_eq!(over.ended, stopped.ended);
    let status = place.backend.status(&session("a")).await.unwrap();
    let SessionState::Ended(ended) = status.state else {
        panic!("{status:?}");
    };
    assert_eq!(ended.cause, Some(EndCause::Stopped), "it is on record");
    place.clear("a").await;
}

/// proves O8
#[tokio::test]
async fn the_status_right_after_the_end_is_in_the_words_of_the_version_that_asks() {
    let place = started().await;
    // They hold the owner for the moment in which it tells of the end.
    let mut both = [1, 2].map(|version| Raw::welcomed_with(&place, "a", &[version]));
    for raw in &mut both {
        assert!(matches!(
            call(raw, Request::Status),
            Ok(Answer::Status(Status::Running(_)))
        ));
    }
    place.clear("a").await;
}

/// proves A5, O7
#[tokio::test]
async fn watchers_count_as_viewers_do_but_the_first_is_always_let_in() {
    let place = started().await;
    let mut viewers = Vec::new();
    loop {
        assert!(viewers.len() < MAX_CONNECTIONS, "nobody was refused");
        let mut raw = Raw::welcomed(&place, "a");
        match call(&mut raw, view()) {
            Ok(_) => viewers.push(raw),
            Err(_) => break,
        }
    }
    assert_eq!(viewers.len(), MAX_VIEWERS);
    let mut keeper = place.backend.watch(&session("a")).await.unwrap();
    assert!(matches!(
        next(&mut keeper).await,
        Ok(Some(WatchEvent::Activity(_)))
    ));
    let refused = place.backend.watch(&session("a")).await;
    assert!(refused.is_err(), "{refused:?}");
    // One viewer less makes room for one more of them.
    viewers.pop();
    let room = async {
        loop {
            if let Ok(watch) = place.backend.watch(&session("a")).await {
                return watch;
            }
        }
    };
    let _second = tokio::time::timeout(DEADLINE, room).await.unwrap();
    let mut control = place.attach("a", AttachMode::Control).await;
    control.input.write("word\n".into()).await.unwrap();
    read_text(&mut control, "got word").await;
    place.clear("a").await;
}

/// proves A5
#[tokio::test]
async fn a_connection_watches_once_and_does_not_attach_as_well() {
    let place = started().await;
    let mut raw = Raw::welcomed(&place, "a");
    assert_eq!(call(&mut raw, Request::Watch), Ok(Answer::Watching));
    assert_eq!(
        call(&mut raw, Request::Watch),
        Err(Failure::AlreadyAttached)
    );
    assert_eq!(call(&mut raw, view()), Err(Failure::AlreadyAttached));
    place.clear("a").await;
}

/// proves A5, O15
#[tokio::test]
async fn a_watcher_whose_owner_is_killed_is_told_of_a_lost_connection_and_of_no_end() {
    let place = started().await;
    place.env.tolerate_stale_sockets();
    let mut watch = place.backend.watch(&session("a")).await.unwrap();
    next(&mut watch).await.unwrap();
    kill_owner(&place, "a").await;
    let lost = loop {
        match next(&mut watch).await {
            Ok(Some(WatchEvent::Activity(_))) => {}
            Ok(other) => panic!("nobody saw an end: {other:?}"),
            Err(err) => break err,
        }
    };
    assert!(matches!(lost, BackendError::Failed { .. }), "{lost:?}");
    let status = place.backend.status(&session("a")).await.unwrap();
    let SessionState::Ended(ended) = status.state else {
        panic!("{status:?}");
    };
    let reason = LostReason::HolderDied;
    assert_eq!(ended.outcome, ExitOutcome::Lost { reason });
    place.clear("a").await;
}

/// proves A5, O12
#[tokio::test]
async fn what_a_watcher_does_not_take_is_not_piled_up_and_it_is_told_the_end_all_the_same() {
    let place = Place::new();
    // Its title changes all the time, for longer than a socket holds that much.
    let script = "i=0; while [ $i -lt 3000 ]; do printf '\\033]2;title %0200d\\007' $i; \
                  i=$((i+1)); done; exit 4";
    let spec = place.script("a", &format!("read go; {script}"));
    place.backend.ensure(&spec).await.unwrap();
    let mut watch = place.backend.watch(&session("a")).await.unwrap();
    let sent = place.backend.send(&session("a"), "go\n".into()).await;
    sent.unwrap();
    let gone = async {
        loop {
            let status = place.backend.status(&session("a")).await.unwrap();
            if let SessionState::Ended(_) = status.state {
                return;
            }
        }
    };
    let gone = tokio::time::timeout(DEADLINE, gone).await;
    gone.expect("it ends although nobody takes what it says");
    let mut told = 0;
    let ended = loop {
        match next(&mut watch).await.unwrap() {
            Some(WatchEvent::Activity(_)) => told += 1,
            Some(WatchEvent::Ended(ended)) => break ended,
            None => panic!("the end was not told"),
        }
    };
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 4 });
    assert!(told < 1000, "{told} of 3000 changes were sent");
    assert_eq!(next(&mut watch).await.unwrap(), None);
    place.clear("a").await;
}
