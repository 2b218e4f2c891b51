//! Looking at many sessions at once.

use abide_core::backend::{SessionState, TerminalBackend as _};

use crate::place::{Place, named};

/// proves T8
#[tokio::test]
async fn a_list_runs_tmux_once_whether_relays_live_or_not() {
    let place = Place::new();
    let ids: Vec<String> = (0..8).map(|number| format!("s-{number}")).collect();
    for id in &ids {
        place.start(id, "testkit-echo", &[]).await;
        place.showing(id, "ready").await;
    }
    for id in &ids[..4] {
        place.kill_relay(id).await;
    }
    let count = place.env.root().join("runs");
    let script = format!("echo \"$@\" >> {}; exec $TMUX_REAL \"$@\"", count.display());
    let counting = place.backend_with(place.wrapper("counting", &script));
    let listed = counting.list().await.unwrap();
    let runs = std::fs::read_to_string(&count).unwrap();
    assert_eq!(runs.lines().count(), 1, "{runs}");
    let found: Vec<&str> = listed
        .iter()
        .map(|status| status.session.as_str())
        .collect();
    assert_eq!(found, ids);
    for status in &listed {
        assert!(
            matches!(status.state, SessionState::Running(_)),
            "{status:?}"
        );
    }
    for id in &ids {
        place.clear(id).await;
    }
    place.finish();
}

/// A session that only tmux knows of carries our mark: it is listed, and can be taken in or ended.
#[tokio::test]
async fn a_session_without_a_directory_is_listed_and_joined() {
    let place = Place::new();
    let first = place.start("orphan", "testkit-echo", &[]).await;
    place.showing("orphan", "ready").await;
    place.kill_relay("orphan").await;
    let dir = place.sessions_dir().join("orphan");
    let kept = std::fs::read(dir.join("pane")).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    let listed = place.backend.list().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].generation, Some(first.generation));
    assert!(place.backend.has_session(&named("orphan")).await.unwrap());
    drop(kept);
    place.clear("orphan").await;
    assert_eq!(place.backend.list().await.unwrap(), []);
    place.finish();
}
