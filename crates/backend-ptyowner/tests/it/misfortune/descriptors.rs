//! An owner that may open no more files.

use std::{collections::BTreeSet, time::Duration};

use abide_backend_ptyowner::wire::{
    codec,
    event::{Answer, Reply},
    frame::Kind,
    hello::Refused,
    limits::MAX_CONNECTIONS,
    request::{Call, Request, Stop},
};
use abide_core::{
    backend::{AttachMode, SessionState, TerminalBackend as _},
    id::from_hex,
};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use crate::{
    place::{Place, read_text, session},
    raw::Raw,
};

/// Descriptors that the owner keeps for itself.
const RESERVED: usize = 16;

/// Lets a process have so many descriptors more than it has.
fn leave_descriptors(pid: u32, more: usize) {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let open: BTreeSet<u64> = open
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    // The limit is on numbers, and the lowest that is free is given next.
    let mut free = (0..).filter(|number| !open.contains(number));
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let limits = Rlimit {
        current: free.nth(more),
        // It has this process's: nobody lowered it since.
        maximum: getrlimit(Resource::Nofile).maximum,
    };
    prlimit(Some(pid), Resource::Nofile, limits).unwrap();
}

/// proves O7, O16
#[tokio::test]
async fn connections_never_take_the_descriptors_that_a_stop_needs() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-tree", &[]))
        .await
        .unwrap();
    let mut attached = place.attach("a", AttachMode::View).await;
    let seen = read_text(&mut attached, "tree ready").await;
    drop(attached);
    leave_descriptors(place.owner_pid("a"), RESERVED + 3);
    let mut held = vec![Raw::welcomed(&place, "a")];
    let limit = loop {
        assert!(held.len() < MAX_CONNECTIONS, "nobody is refused");
        let mut raw = Raw::connect(&place, "a");
        raw.send(&codec::encode(Kind::Hello, &crate::raw::hello("a")));
        match raw.frame().unwrap() {
            frame if frame.kind == Kind::Refused => match codec::decode(&frame).unwrap() {
                Refused::TooMany { limit } => break limit,
                other => panic!("{other:?}"),
            },
            _challenge => held.push(raw),
        }
    };
    assert!(
        limit as usize <= held.len() + 1,
        "{limit} and {}",
        held.len()
    );

    let generation = place.owner_file("a")["generation"].clone();
    let stop = Stop {
        generation: from_hex(generation.as_str().unwrap()).unwrap(),
        grace_ms: 0,
    };
    let request = Request::Stop(stop);
    held[0].send(&codec::encode(Kind::Call, &Call { id: 1, request }));
    let frame = held[0].frame().unwrap();
    let reply: Reply = codec::decode(&frame).unwrap();
    let Ok(Answer::Brought(stopped)) = reply.result else {
        panic!("{reply:?}");
    };
    assert_eq!(stopped.survivors, []);
    for line in seen.lines().filter(|line| line.starts_with("tree ")) {
        if let Some(Ok(pid)) = line.split_whitespace().nth(2).map(str::parse) {
            assert!(
                !abide_testkit::sys::process_is_alive(pid),
                "left alive: {line}"
            );
        }
    }
    drop(held);
    place.clear("a").await;
}

/// proves O7
#[tokio::test]
async fn an_owner_without_a_descriptor_waits_instead_of_spinning_and_serves_once_it_has_one() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let pid = place.owner_pid("a");
    let mut waiting = loop {
        leave_descriptors(pid, 0);
        let mut raw = Raw::connect(&place, "a");
        raw.send(&codec::encode(Kind::Hello, &crate::raw::hello("a")));
        match raw.frame_within(Duration::from_millis(350)) {
            None => break raw,
            // The connection that asked for the status was still on its way out.
            Some(frame) => assert_eq!(frame.kind, Kind::Refused),
        }
    };
    let log = std::fs::read_to_string(place.session_dir("a").join("log")).unwrap();
    let attempts = log.matches("cannot accept a connection").count();
    assert!((1..=6).contains(&attempts), "{attempts} attempts:\n{log}");

    leave_descriptors(pid, 100);
    let challenge = waiting.frame().unwrap();
    assert_eq!(challenge.kind, Kind::Challenge);
    drop(waiting);
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(
        matches!(status.state, SessionState::Running(_)),
        "{status:?}"
    );
    place.clear("a").await;
}
