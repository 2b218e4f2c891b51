//! Bad luck with files and directories: strangers, newer releases, nothing to write on.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use abide_core::{
    backend::{
        AttachMode, BackendError, ErrorKind, ExitOutcome, OutputEvent, SessionState,
        TerminalBackend as _,
    },
    limits::ANSWER_DEADLINE,
};
use abide_testkit::conformance::eventually;

use crate::{
    child::kill_owner,
    place::{DEADLINE, Place, session},
};

pub(crate) fn mode(path: &std::path::Path) -> u32 {
    std::fs::symlink_metadata(path)
        .unwrap()
        .permissions()
        .mode()
        & 0o7777
}

/// proves O5
#[tokio::test]
async fn endpoint_and_files_are_private() {
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
    let endpoint = std::path::Path::new(&endpoint);
    assert_eq!(mode(endpoint), 0o600);
    assert_eq!(mode(endpoint.parent().unwrap()), 0o700);
    assert_eq!(mode(&place.session_dir("a")), 0o700);
    for name in ["token", "owner.json", "log"] {
        assert_eq!(mode(&place.session_dir("a").join(name)), 0o600, "{name}");
    }
    place.clear("a").await;
}

/// proves O5
#[tokio::test]
async fn a_runtime_directory_that_others_could_use_is_refused_with_the_reason() {
    let place = Place::new();
    let runtime = place.env.runtime_dir();
    let spec = place.spec("a", "testkit-echo", &[]);
    let refused = async |why: &str| {
        let err = place.backend.ensure(&spec).await.expect_err(why);
        assert!(matches!(err, BackendError::LaunchFailed { .. }), "{err:?}");
        assert!(err.to_string().contains(why), "{err}");
        assert!(!place.session_dir("a").exists(), "something is left behind");
    };
    std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o755)).unwrap();
    refused("others have access to it").await;

    std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700)).unwrap();
    let elsewhere = runtime.with_file_name("elsewhere");
    std::fs::rename(&runtime, &elsewhere).unwrap();
    symlink(&elsewhere, &runtime).unwrap();
    refused("it is a symbolic link").await;

    std::fs::remove_file(&runtime).unwrap();
    std::fs::write(&runtime, "a stranger's").unwrap();
    refused("").await;
    assert_eq!(std::fs::read_to_string(&runtime).unwrap(), "a stranger's");
    std::fs::remove_file(&runtime).unwrap();
    std::fs::rename(&elsewhere, &runtime).unwrap();
}

/// proves O5
#[tokio::test]
async fn a_socket_path_that_is_too_long_falls_back_to_a_short_private_directory() {
    let mut place = Place::new();
    let long = place.env.runtime_dir().join("d".repeat(120));
    place.settings.runtime_dir = long.clone();
    place.backend = abide_backend_ptyowner::OwnerBackend::new(place.settings.clone());
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let endpoint = place.owner_file("a")["endpoint"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        endpoint.len() <= 103 && endpoint.starts_with("/tmp/abide-"),
        "{endpoint}"
    );
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(matches!(status.state, SessionState::Running(_)));
    place.clear("a").await;
    assert!(
        !std::path::Path::new(&endpoint).exists(),
        "the socket is left behind"
    );
}

/// proves O4
#[tokio::test]
async fn state_of_a_newer_release_is_refused_by_name_and_left_alone() {
    let place = Place::new();
    let spec = place.spec("a", "testkit-echo", &[]);
    place.backend.ensure(&spec).await.unwrap();
    kill_owner(&place, "a").await;
    let path = place.session_dir("a").join("owner.json");
    let mut newer = place.owner_file("a");
    newer["schema"] = 99.into();
    newer["unheard_of"] = true.into();
    let text = serde_json::to_string(&newer).unwrap();
    std::fs::write(&path, &text).unwrap();

    let (a, no_time) = (session("a"), std::time::Duration::ZERO);
    let errors = [
        place.backend.ensure(&spec).await.unwrap_err(),
        place.backend.status(&a).await.unwrap_err(),
        place.backend.stop(&a, None, no_time).await.unwrap_err(),
        place.backend.remove(&a, None).await.unwrap_err(),
    ];
    for err in errors {
        assert_eq!(err.kind(), ErrorKind::Refused);
        assert!(
            err.to_string().contains("owner.json") && err.to_string().contains("99"),
            "{err}"
        );
        assert!(err.hint().is_some());
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    place.env.tolerate_stale_sockets();
    std::fs::remove_dir_all(place.session_dir("a")).unwrap();
}

/// After a crash of the machine a file may be empty: with no owner alive there is no session.
///
/// proves O4
#[tokio::test]
async fn a_damaged_description_of_nobody_is_no_session() {
    let place = Place::new();
    let spec = place.spec("a", "testkit-echo", &[]);
    place.backend.ensure(&spec).await.unwrap();
    kill_owner(&place, "a").await;
    std::fs::write(place.session_dir("a").join("owner.json"), "").unwrap();
    let gone = place.backend.status(&session("a")).await.unwrap_err();
    assert!(matches!(gone, BackendError::NotFound { .. }), "{gone:?}");
    assert!(place.backend.ensure(&spec).await.unwrap().started);
    place.env.tolerate_stale_sockets();
    place.clear("a").await;
}

/// proves O4, W9
#[tokio::test]
async fn a_stopped_owner_is_unresponsive_and_nothing_is_done_about_it() {
    let place = Place::new();
    let spec = place.spec("a", "testkit-echo", &[]);
    let first = place.backend.ensure(&spec).await.unwrap();
    let pid = i32::try_from(place.owner_pid("a")).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();

    let a = session("a");
    let listed = tokio::time::timeout(ANSWER_DEADLINE / 5, place.backend.list()).await;
    let listed = listed.expect("a list waits for nobody").unwrap();
    assert!(
        matches!(&listed[..], [only] if matches!(only.state, SessionState::Running(_))),
        "{listed:?}"
    );
    let (status, ensured, stopped) = tokio::join!(
        place.backend.status(&a),
        place.backend.ensure(&spec),
        place.backend.stop(&a, None, std::time::Duration::ZERO),
    );
    let state = status.unwrap().state;
    assert!(
        matches!(state, SessionState::Unresponsive { .. }),
        "{state:?}"
    );
    for err in [ensured.unwrap_err(), stopped.unwrap_err()] {
        assert!(matches!(err, BackendError::Unresponsive { .. }), "{err:?}");
        assert!(err.hint().unwrap().contains("kill -CONT"));
    }
    let refused = place.backend.remove(&a, None).await.unwrap_err();
    assert!(
        matches!(refused, BackendError::Refused { .. }),
        "{refused:?}"
    );

    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    let again = place.backend.ensure(&spec).await.unwrap();
    assert_eq!((again.generation, again.started), (first.generation, false));
    place.clear("a").await;
}

/// A crash between the description of a new start and the removal of the last one's end leaves both.
///
/// proves O15, W9
#[tokio::test]
async fn the_recorded_end_of_another_start_is_not_this_ones() {
    let place = Place::new();
    let mut spec = place.script("a", "exit 3");
    place.backend.ensure(&spec).await.unwrap();
    let file = place.session_dir("a").join("exit.json");
    let exit = eventually("its end", async || {
        std::fs::read(&file).map_err(|err| err.to_string())
    })
    .await;
    let listed = place.backend.list().await.unwrap();
    assert!(
        matches!(listed[0].state, SessionState::Ended(_)),
        "{listed:?}"
    );
    spec = place.spec("a", "testkit-echo", &[]);
    spec.replaces = listed[0].generation;
    assert!(place.backend.ensure(&spec).await.unwrap().started);
    std::fs::write(&file, exit).unwrap();
    let listed = place.backend.list().await.unwrap();
    assert!(
        matches!(listed[0].state, SessionState::Running(_)),
        "{listed:?}"
    );
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(
        matches!(status.state, SessionState::Running(_)),
        "{status:?}"
    );
    place.clear("a").await;
}

/// proves O3
#[tokio::test]
async fn a_directory_that_vanished_is_an_error_that_names_it() {
    let place = Place::new();
    let mut spec = place.spec("a", "testkit-echo", &[]);
    spec.cwd = place.env.work_dir().join("gone");
    let err = place.backend.ensure(&spec).await.unwrap_err();
    assert!(err.to_string().contains("/gone"), "{err}");
    assert!(!place.session_dir("a").exists());
}

/// proves O15
#[tokio::test]
async fn an_end_that_cannot_be_recorded_keeps_the_owner_until_it_can() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.script("a", "read go; exit 5"))
        .await
        .unwrap();
    let pid = place.owner_pid("a");
    let in_the_way = place.session_dir("a").join("final.screen");
    std::fs::create_dir(&in_the_way).unwrap();
    let mut attachment = place.attach("a", AttachMode::Control).await;
    attachment.input.write("go\n".into()).await.unwrap();
    let ended = async {
        loop {
            if let Some(OutputEvent::Ended(ended)) = attachment.output.next().await.unwrap() {
                return ended;
            }
        }
    };
    let ended = tokio::time::timeout(DEADLINE, ended)
        .await
        .expect("the end is told");
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 5 });
    drop(attachment);
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(matches!(status.state, SessionState::Ended(_)), "{status:?}");
    assert!(
        std::path::Path::new(&format!("/proc/{pid}")).exists(),
        "the owner is gone"
    );
    assert!(!place.session_dir("a").join("exit.json").exists());

    std::fs::remove_dir(&in_the_way).unwrap();
    let status = place.backend.status(&session("a")).await.unwrap();
    let SessionState::Ended(ended) = status.state else {
        panic!("{status:?}");
    };
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 5 });
    assert!(place.session_dir("a").join("exit.json").exists());
    place.clear("a").await;
}

/// proves E3
#[tokio::test]
async fn a_state_directory_that_cannot_be_written_is_an_error_that_names_it() {
    let mut place = Place::new();
    // Nobody can make a directory there, root included.
    place.settings.owners_dir = "/proc/nowhere/owners".into();
    let backend = abide_backend_ptyowner::OwnerBackend::new(place.settings.clone());
    let err = backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap_err();
    assert!(matches!(err, BackendError::LaunchFailed { .. }), "{err:?}");
    assert!(err.to_string().contains("/proc/nowhere/owners/a"), "{err}");
    assert!(backend.list().await.unwrap().is_empty());
}
