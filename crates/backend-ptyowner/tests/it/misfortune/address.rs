//! An endpoint that is taken away from a live owner.

use std::{os::unix::net::UnixListener, path::PathBuf};

use abide_backend_ptyowner::OwnerBackend;
use abide_core::{
    backend::{AttachMode, SessionState, TerminalBackend as _},
    id::Generation,
};
use abide_testkit::namespaces::{Namespaces, is_alone};

use super::until;
use crate::{
    files::mode,
    place::{Place, read_text, session},
};

async fn started(place: &Place) -> (Generation, PathBuf) {
    let ensured = place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await;
    (ensured.unwrap().generation, endpoint(place))
}

fn endpoint(place: &Place) -> PathBuf {
    place.owner_file("a")["endpoint"].as_str().unwrap().into()
}

/// Checks that the very same start can be reached, and that what it prints arrives.
async fn assert_reachable(place: &Place, generation: Generation) {
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(
        matches!(status.state, SessionState::Running(_)),
        "{status:?}"
    );
    assert_eq!(status.generation, Some(generation));
    let mut attachment = place.attach("a", AttachMode::Control).await;
    attachment.input.write("still here\n".into()).await.unwrap();
    read_text(&mut attachment, "still here").await;
}

/// proves O4, O5
#[tokio::test]
async fn a_deleted_socket_comes_back_by_itself_and_whoever_is_attached_notices_nothing() {
    let place = Place::new();
    let (generation, socket) = started(&place).await;
    let mut attached = place.attach("a", AttachMode::View).await;
    for _ in 0..3 {
        std::fs::remove_file(&socket).unwrap();
        until("the socket is there again", || socket.exists()).await;
        assert_eq!(mode(&socket), 0o600);
        assert_reachable(&place, generation).await;
    }
    assert_eq!(endpoint(&place), socket);
    read_text(&mut attached, "still here").await;
    place.clear("a").await;
    assert!(!socket.exists());
}

/// proves O4, O5
#[tokio::test]
async fn a_deleted_runtime_directory_is_made_again_for_this_user_alone() {
    let place = Place::new();
    let (generation, socket) = started(&place).await;
    std::fs::remove_dir_all(place.env.runtime_dir()).unwrap();
    until("the socket is there again", || socket.exists()).await;
    assert_eq!(mode(&place.env.runtime_dir()), 0o700);
    assert_eq!(mode(&socket), 0o600);
    assert_reachable(&place, generation).await;
    place.clear("a").await;
}

/// proves O4, O5
#[tokio::test]
async fn without_the_directory_above_the_socket_goes_to_the_short_private_one_and_clients_find_it()
{
    let mut place = Place::new();
    let above = place.env.root().join("x");
    place.settings.runtime_dir = above.join("r");
    place.backend = OwnerBackend::new(place.settings.clone());
    let (generation, _) = started(&place).await;
    std::fs::remove_dir_all(&above).unwrap();
    assert_reachable(&place, generation).await;
    let socket = endpoint(&place);
    assert!(socket.starts_with(format!(
        "/tmp/abide-{}",
        rustix::process::geteuid().as_raw()
    )));
    assert!(!above.exists(), "what is the system's was made again");
    place.clear("a").await;
    assert!(!socket.exists(), "the socket is left behind");
}

/// proves O4
#[tokio::test]
async fn a_runtime_directory_that_was_moved_away_is_noticed_too() {
    let place = Place::new();
    let (generation, socket) = started(&place).await;
    let elsewhere = place.env.root().join("moved");
    std::fs::rename(place.env.runtime_dir(), &elsewhere).unwrap();
    until("the socket is there again", || socket.exists()).await;
    assert_reachable(&place, generation).await;
    place.clear("a").await;
}

/// proves O4, O6
#[tokio::test]
async fn what_took_the_sockets_place_is_left_alone_and_another_is_bound_beside_it() {
    let place = Place::new();
    let (generation, socket) = started(&place).await;
    // Bound first and then moved, so that the place is never free.
    let beside = socket.with_extension("stranger");
    let stranger = UnixListener::bind(&beside).unwrap();
    std::fs::rename(&beside, &socket).unwrap();
    until("another socket is named", || endpoint(&place) != socket).await;
    assert_reachable(&place, generation).await;
    place.clear("a").await;
    stranger.set_nonblocking(true).unwrap();
    let nobody = stranger.accept().map(drop).unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
    assert!(socket.exists(), "the stranger's socket was removed");
    std::fs::remove_file(&socket).unwrap();
}

/// Where the system lets the owner watch nothing, a client that finds nobody there rings.
///
/// proves O4
#[tokio::test]
async fn an_owner_that_can_watch_nothing_looks_after_its_socket_when_a_client_comes() {
    let name = "misfortune::address::\
                an_owner_that_can_watch_nothing_looks_after_its_socket_when_a_client_comes";
    if !is_alone(name, Namespaces::Users) {
        return;
    }
    std::fs::write("/proc/sys/user/max_inotify_instances", "0").unwrap();
    let place = Place::new();
    let (generation, socket) = started(&place).await;
    std::fs::remove_file(&socket).unwrap();
    assert_reachable(&place, generation).await;
    assert_eq!(endpoint(&place), socket);
    let log = std::fs::read_to_string(place.session_dir("a").join("log")).unwrap();
    assert!(log.contains("its socket is not watched"), "{log}");
    place.clear("a").await;
}

/// Nobody can find such an owner any more, and nobody may lose a running program for that: it goes
/// on for those who are attached, and a new start of that name is another session.
///
/// proves O4
#[tokio::test]
async fn an_owner_whose_directory_was_removed_goes_on_beside_a_new_start() {
    let place = Place::new();
    let (first, _) = started(&place).await;
    let old_owner = place.owner_pid("a");
    let mut attached = place.attach("a", AttachMode::Control).await;
    std::fs::remove_dir_all(place.session_dir("a")).unwrap();

    let (second, _) = started(&place).await;
    assert_ne!(first, second);
    assert_reachable(&place, second).await;
    attached.input.write("the first\n".into()).await.unwrap();
    read_text(&mut attached, "the first").await;

    place.clear("a").await;
    assert!(
        abide_testkit::sys::process_is_alive(old_owner),
        "the stop hit the first"
    );
    attached.input.write("exit 0\n".into()).await.unwrap();
    while attached.output.next().await.unwrap().is_some() {}
    super::until_gone(old_owner).await;
}

/// proves O4, O12
#[tokio::test]
async fn a_disk_that_takes_its_time_with_the_new_address_holds_up_nobody() {
    let place = Place::new();
    let (generation, socket) = started(&place).await;
    let mut attached = place.attach("a", AttachMode::Control).await;
    read_text(&mut attached, "ready").await;
    // Opening it, in order to sync it, waits for ever.
    let token = place.session_dir("a").join("token");
    let aside = token.with_extension("aside");
    std::fs::rename(&token, &aside).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(&token).status();
    assert!(fifo.unwrap().success());
    let beside = socket.with_extension("stranger");
    let stranger = UnixListener::bind(&beside).unwrap();
    std::fs::rename(&beside, &socket).unwrap();
    until("another socket is named", || endpoint(&place) != socket).await;
    attached.input.write("still here\n".into()).await.unwrap();
    read_text(&mut attached, "got still here").await;
    drop(attached);
    std::fs::rename(&aside, &token).unwrap();
    assert_reachable(&place, generation).await;
    place.clear("a").await;
    drop(stranger);
    std::fs::remove_file(&socket).unwrap();
}
