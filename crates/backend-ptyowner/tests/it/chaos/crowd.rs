//! More clients than there are places, and more over time than anybody counts.

use std::time::Duration;

use abide_backend_ptyowner::wire::{
    codec,
    event::{Answer, Failure, Reply},
    frame::Kind,
    hello::Refused,
    limits::{MAX_CONNECTIONS, MAX_VIEWERS},
    request::{Attach, Call, Mode, Request, Scrollback},
};
use abide_core::{
    backend::{AttachMode, OutputEvent, SessionState, TerminalBackend as _},
    clock::{Clock as _, SystemClock},
};

use crate::{
    place::{DEADLINE, Place, read_text, request, session},
    raw::{Raw, hello},
};

async fn started() -> Place {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    place
}

async fn until_reachable(place: &Place) {
    let reachable = async {
        loop {
            match place.backend.status(&session("a")).await {
                Ok(status) => return status.state,
                Err(err) => assert!(format!("{err:?}").contains("TooMany"), "{err:?}"),
            }
        }
    };
    let reached = tokio::time::timeout(DEADLINE, reachable).await;
    let state = reached.expect("a place is free again");
    assert!(matches!(state, SessionState::Running(_)), "{state:?}");
}

/// Returns how many descriptors the owner has open, and its memory in KiB.
fn costs(pid: u32) -> (usize, u64) {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    (open, kib.parse().unwrap())
}

/// proves O7
#[tokio::test]
async fn of_a_hundred_connections_at_once_as_many_are_served_as_may_and_the_rest_are_told_why() {
    let place = started().await;
    let mut all: Vec<Raw> = (0..100).map(|_| Raw::connect(&place, "a")).collect();
    let mut served = 0;
    for raw in &mut all {
        raw.send(&codec::encode(Kind::Hello, &hello("a")));
        let frame = raw.frame().expect("each is told something");
        match frame.kind {
            Kind::Challenge => served += 1,
            Kind::Refused => {
                let limit = u32::try_from(MAX_CONNECTIONS).unwrap();
                let refused: Refused = codec::decode(&frame).unwrap();
                assert_eq!(refused, Refused::TooMany { limit });
            }
            kind => panic!("{kind:?}"),
        }
    }
    assert_eq!(served, MAX_CONNECTIONS);
    drop(all);
    until_reachable(&place).await;
    place.clear("a").await;
}

/// proves O7
#[tokio::test]
async fn strangers_that_say_nothing_keep_nobody_out_for_longer_than_a_handshake_may_take() {
    let place = started().await;
    let silent: Vec<Raw> = (0..MAX_CONNECTIONS)
        .map(|_| Raw::connect(&place, "a"))
        .collect();
    let begin = SystemClock.now();
    until_reachable(&place).await;
    assert!(silent.len() == MAX_CONNECTIONS);
    let took = SystemClock.now().since(begin);
    assert!(took < Duration::from_secs(5 + 3), "{took:?}");
    drop(silent);
    place.clear("a").await;
}

/// Attaches as many viewers as may; returns them, and what the next one is told.
fn full_house(place: &Place) -> (Vec<Raw>, Failure) {
    let attach = Attach {
        mode: Mode::View,
        size: None,
        from: None,
        scrollback: Scrollback::Replace,
    };
    let call = Call {
        id: 1,
        request: Request::Attach(attach),
    };
    let mut viewers = Vec::new();
    let refused = loop {
        assert!(viewers.len() < MAX_CONNECTIONS, "nobody was refused");
        let mut raw = Raw::welcomed(place, "a");
        raw.send(&codec::encode(Kind::Call, &call));
        let reply: Reply = codec::decode(&raw.frame().unwrap()).unwrap();
        match reply.result {
            Ok(Answer::Attached(_)) => viewers.push(raw),
            Ok(other) => panic!("{other:?}"),
            Err(failure) => break failure,
        }
    };
    assert_eq!(viewers.len(), MAX_VIEWERS);
    (viewers, refused)
}

/// proves O7, O9
#[tokio::test]
async fn who_loses_control_where_as_many_watch_as_may_is_told_by_whom_and_why_it_has_to_go() {
    let place = started().await;
    let (_viewers, _) = full_house(&place);
    let mut control = place.attach("a", AttachMode::Control).await;
    for _ in 0..2 * MAX_CONNECTIONS {
        let thief = place.attach("a", AttachMode::Steal).await;
        let mut was_told = false;
        let told = async {
            loop {
                match control.output.next().await {
                    Ok(Some(OutputEvent::ControlLost { .. })) => was_told = true,
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("nothing has ended"),
                    Err(err) => return err,
                }
            }
        };
        let err = tokio::time::timeout(DEADLINE, told).await.expect("it goes");
        assert!(was_told);
        let why = std::error::Error::source(&err).unwrap().to_string();
        assert!(why.contains(&MAX_VIEWERS.to_string()), "{why}");
        control = thief;
        let status = place.backend.status(&session("a")).await.unwrap();
        let SessionState::Running(running) = status.state else {
            panic!("{status:?}");
        };
        assert_eq!(running.viewers as usize, MAX_VIEWERS);
    }
    control.input.write("word\n".into()).await.unwrap();
    read_text(&mut control, "got word").await;
    place.clear("a").await;
}

/// proves O7, O9, O16
#[tokio::test]
async fn viewers_however_many_keep_out_neither_a_controller_nor_whoever_asks_or_stops() {
    let place = started().await;
    let (_viewers, refused) = full_house(&place);
    let Failure::System(reason) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains(&MAX_VIEWERS.to_string()), "{reason}");

    let mut control = place.attach("a", AttachMode::Control).await;
    control.input.write("word\n".into()).await.unwrap();
    read_text(&mut control, "got word").await;
    let status = place.backend.status(&session("a")).await.unwrap();
    let SessionState::Running(running) = status.state else {
        panic!("{status:?}");
    };
    assert_eq!(running.viewers as usize, MAX_VIEWERS);
    // It stops and removes the session while all of them sit there.
    place.clear("a").await;
}

/// proves O7, O9
#[tokio::test]
async fn a_thousand_clients_that_come_and_go_leave_nothing_behind() {
    let place = started().await;
    let pid = place.owner_pid("a");
    let mut before = None;
    for round in 0..1000 {
        let mode = [AttachMode::View, AttachMode::Steal, AttachMode::View][round % 3];
        let attached = place.backend.attach(&session("a"), request(mode)).await;
        let mut attached = attached.unwrap_or_else(|err| panic!("{round}: {err:?}"));
        if round % 2 == 0 {
            attached.output.next().await.unwrap();
        }
        if round == 100 {
            before = Some(costs(pid));
        }
    }
    let (open_before, kib_before) = before.unwrap();
    let left = async {
        loop {
            let status = place.backend.status(&session("a")).await.unwrap();
            let SessionState::Running(running) = status.state else {
                panic!("{status:?}");
            };
            let (open, kib) = costs(pid);
            if running.viewers == 0 && running.controller.is_none() && open <= open_before {
                return kib;
            }
        }
    };
    let left = tokio::time::timeout(DEADLINE, left).await;
    let kib = left.unwrap_or_else(|_| panic!("{:?}, and {open_before} before", costs(pid)));
    assert!(
        kib <= kib_before + 1024,
        "it grew from {kib_before} to {kib} KiB"
    );
    place.clear("a").await;
}
