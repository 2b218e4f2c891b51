//! Nothing left: no room on the disk, no terminal.

use std::{io::Write as _, path::Path};

use abide_core::backend::{
    AttachMode, BackendError, ExitOutcome, OutputEvent, SessionState, TerminalBackend as _,
};
use abide_testkit::namespaces::{Mounted, Namespaces, is_alone};
use rustix::process::Signal;

use super::{signal, until_gone};
use crate::place::{DEADLINE, Place, read_text, session};

/// Writes until there is no room.
fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
    assert!(file.write_all(&[0]).is_err());
}

/// proves O15, E2
#[tokio::test]
async fn a_full_disk_ends_no_session_loses_no_end_and_lets_none_start_by_halves() {
    let name = "misfortune::full::\
                a_full_disk_ends_no_session_loses_no_end_and_lets_none_start_by_halves";
    if !is_alone(name, Namespaces::Mounts) {
        return;
    }
    let place = Place::new();
    let _disk = Mounted::new("tmpfs", "size=1m,mode=0700", &place.env.state_dir());
    for id in ["a", "b"] {
        let script = "read go; echo went; read go; exit 5";
        place
            .backend
            .ensure(&place.script(id, script))
            .await
            .unwrap();
    }
    let filler = place.env.state_dir().join("filler");
    fill(&filler);

    let err = place
        .backend
        .ensure(&place.script("c", "exit 0"))
        .await
        .unwrap_err();
    assert!(matches!(err, BackendError::LaunchFailed { .. }), "{err:?}");
    assert!(err.to_string().contains("owners/c/"), "{err}");
    assert!(
        !place.session_dir("c").exists(),
        "something is left of a start that was none"
    );

    let mut attached = place.attach("a", AttachMode::Control).await;
    attached.input.write("go\n".into()).await.unwrap();
    read_text(&mut attached, "went").await;
    attached.input.write("go\n".into()).await.unwrap();
    assert_eq!(
        told_end(&mut attached).await,
        ExitOutcome::Exited { code: 5 }
    );
    drop(attached);
    let exit_file = place.session_dir("a").join("exit.json");
    assert_ended(&place, "a").await;
    assert!(!exit_file.exists());

    // What the system tells to end does not wait for room.
    let owner = place.owner_pid("b");
    signal(owner, Signal::TERM);
    until_gone(owner).await;

    std::fs::remove_file(&filler).unwrap();
    assert_ended(&place, "a").await;
    assert!(exit_file.exists(), "the end is still not recorded");
    for id in ["a", "b"] {
        place.clear(id).await;
    }
}

async fn told_end(attached: &mut abide_core::backend::Attachment) -> ExitOutcome {
    let end = async {
        loop {
            if let Some(OutputEvent::Ended(ended)) = attached.output.next().await.unwrap() {
                return ended.outcome;
            }
        }
    };
    tokio::time::timeout(DEADLINE, end)
        .await
        .expect("the end is told")
}

async fn assert_ended(place: &Place, id: &str) {
    let status = place.backend.status(&session(id)).await.unwrap();
    let SessionState::Ended(ended) = status.state else {
        panic!("{status:?}");
    };
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 5 });
}

/// proves E3
#[tokio::test]
async fn without_a_terminal_left_a_start_fails_by_name_and_no_other_session_notices() {
    let name = "misfortune::full::\
                without_a_terminal_left_a_start_fails_by_name_and_no_other_session_notices";
    if !is_alone(name, Namespaces::Mounts) {
        return;
    }
    let place = Place::new();
    let options = "newinstance,max=1,ptmxmode=0666,mode=0620";
    let _terminals = Mounted::new("devpts", options, Path::new("/dev/pts"));
    let _door = Mounted::bind(Path::new("/dev/pts/ptmx"), Path::new("/dev/ptmx"));
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let spec = place.spec("b", "testkit-echo", &[]);
    let err = place.backend.ensure(&spec).await.unwrap_err();
    assert!(err.to_string().contains("cannot open a terminal"), "{err}");
    assert!(!place.session_dir("b").exists());
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(
        matches!(status.state, SessionState::Running(_)),
        "{status:?}"
    );
    place.clear("a").await;
    place.backend.ensure(&spec).await.unwrap();
    place.clear("b").await;
}
