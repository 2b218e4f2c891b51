//! Who is let in, and what strangers learn.

use std::{io::Read as _, os::unix::net::UnixListener, sync::mpsc};

use abide_backend_ptyowner::wire::{
    PROTOCOL_VERSION, VERSIONS, codec,
    frame::Kind,
    hello::{Challenge, Hello, Proof, Refused},
};
use abide_core::backend::{BackendError, SessionState, TerminalBackend as _};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    place::{Place, session},
    raw::{Raw, hello},
};

/// proves O6
#[tokio::test]
async fn a_client_without_the_token_is_refused_and_no_other_notices() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let mut raw = Raw::connect(&place, "a");
    raw.send(&codec::encode(Kind::Hello, &hello("a")));
    let challenge: Challenge = codec::decode(&raw.frame().unwrap()).unwrap();
    // The owner's own proof, played back.
    let proof = challenge.proof;
    let label = "stranger".to_owned();
    raw.send(&codec::encode(Kind::Proof, &Proof { proof, label }));
    assert_eq!(raw.refusal(), Refused::Proof);
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(
        matches!(status.state, SessionState::Running(_)),
        "{status:?}"
    );
    place.clear("a").await;
}

/// proves O8
#[tokio::test]
async fn a_client_of_another_version_is_told_both_sides_versions() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let mut raw = Raw::connect(&place, "a");
    let versions = vec![PROTOCOL_VERSION + 1, PROTOCOL_VERSION + 2];
    let hello = Hello {
        versions: versions.clone(),
        ..hello("a")
    };
    raw.send(&codec::encode(Kind::Hello, &hello));
    let spoken = VERSIONS.to_vec();
    let offered = versions;
    assert_eq!(raw.refusal(), Refused::Version { offered, spoken });
    place.clear("a").await;
}

/// proves O6
#[tokio::test]
async fn a_client_of_another_session_is_refused() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let mut raw = Raw::connect(&place, "a");
    raw.send(&codec::encode(Kind::Hello, &hello("b")));
    assert_eq!(raw.refusal(), Refused::Session);
    place.clear("a").await;
}

/// A stranger that listens where the owner of a live session should be: it gets a random number,
/// the session's name and nothing else, and the session is unresponsive, not gone.
///
/// proves O6, O4
#[tokio::test]
async fn a_stranger_at_a_live_owners_address_learns_nothing() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let endpoint = place.owner_file("a")["endpoint"]
        .as_str()
        .unwrap()
        .to_owned();
    // It would notice that its socket is gone, and bind another.
    let owner = i32::try_from(place.owner_pid("a")).unwrap();
    let owner = Pid::from_raw(owner).unwrap();
    kill_process(owner, Signal::STOP).unwrap();
    std::fs::remove_file(&endpoint).unwrap();
    let stranger = UnixListener::bind(&endpoint).unwrap();
    let (send, heard) = mpsc::sync_channel(1);
    let listening = std::thread::spawn(move || {
        let (mut stream, _) = stranger.accept().unwrap();
        let challenge = Challenge {
            version: PROTOCOL_VERSION,
            generation: [1; 16],
            nonce: [2; 32],
            proof: [3; 32],
        };
        std::io::Write::write_all(&mut stream, &codec::encode(Kind::Challenge, &challenge))
            .unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        send.send(all).unwrap();
    });
    let status = place.backend.status(&session("a")).await.unwrap();
    let SessionState::Unresponsive { holder_pid, reason } = status.state else {
        panic!("{status:?}");
    };
    assert_eq!(holder_pid, Some(place.owner_pid("a")));
    assert!(reason.contains("is not the session's owner"), "{reason}");
    listening.join().unwrap();
    let all = heard.recv().unwrap();
    let token = std::fs::read_to_string(place.session_dir("a").join("token")).unwrap();
    let token: Vec<u8> = abide_core::id::from_hex::<32>(token.trim())
        .unwrap()
        .to_vec();
    assert!(
        !all.windows(32).any(|window| window == token),
        "the token was sent"
    );
    assert_eq!(
        all.len(),
        codec::encode(Kind::Hello, &hello("a")).len(),
        "more than a hello"
    );

    kill_process(owner, Signal::CONT).unwrap();
    let found_again = async {
        let id = session("a");
        let status = || place.backend.status(&id);
        while !matches!(status().await.unwrap().state, SessionState::Running(_)) {}
    };
    let found_again = tokio::time::timeout(crate::place::DEADLINE, found_again).await;
    found_again.expect("the owner binds beside the stranger");
    place.clear("a").await;
    std::fs::remove_file(&endpoint).unwrap();
}

/// A state file left by an owner that is gone, whose address is a stranger's now: nobody connects
/// to it at all, and everything works.
///
/// proves O6, O16
#[tokio::test]
async fn a_stale_state_file_whose_address_is_a_strangers_stops_nothing() {
    let place = Place::new();
    let mut spec = place.spec("a", "testkit-echo", &[]);
    let first = place.backend.ensure(&spec).await.unwrap();
    crate::child::kill_owner(&place, "a").await;
    let endpoint = place.owner_file("a")["endpoint"]
        .as_str()
        .unwrap()
        .to_owned();
    let _ = std::fs::remove_file(&endpoint);
    let stranger = UnixListener::bind(&endpoint).unwrap();
    stranger.set_nonblocking(true).unwrap();

    let stopped = place
        .backend
        .stop(&session("a"), None, crate::place::DEADLINE)
        .await
        .unwrap();
    assert!(stopped.ended.is_some());
    spec.replaces = Some(first.generation);
    let second = place.backend.ensure(&spec).await.unwrap();
    assert!(second.started && second.generation != first.generation);
    let a = session("a");
    let refused = place
        .backend
        .stop(&a, Some(first.generation), crate::place::DEADLINE)
        .await;
    assert!(matches!(refused, Err(BackendError::WrongGeneration { .. })));
    place.clear("a").await;

    let nobody = stranger.accept().map(|_| ()).unwrap_err();
    assert_eq!(
        nobody.kind(),
        std::io::ErrorKind::WouldBlock,
        "somebody connected to the stranger"
    );
    assert!(
        std::path::Path::new(&endpoint).exists(),
        "the stranger's socket was removed"
    );
    drop(stranger);
    std::fs::remove_file(&endpoint).unwrap();
}
