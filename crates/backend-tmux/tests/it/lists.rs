//! Looking at many sessions at once.

use abide_core::{
    backend::{SessionState, TerminalBackend as _},
    id::Generation,
    limits::ANSWER_DEADLINE,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::place::{Place, named};

/// Sessions in all, those with a relay of their own, and those whose relay is killed.
const SESSIONS: usize = 200;
const WITH_RELAY: usize = 8;
const KILLED: usize = 4;

/// Makes sessions in tmux that carry the marks of one that was started here, all by one command.
fn mark_more(place: &Place, like: &str, ids: &[String]) {
    let mark =
        |name| place.tmux_said(&["show-options", "-v", "-t", &format!("=abide-{like}:"), name]);
    let (owner, started) = (mark("@abide_owner"), mark("@abide_started"));
    let mut script = String::new();
    for id in ids {
        let generation = Generation::random();
        script += &format!(
            "new-session -d -s abide-{id} -x 80 -y 24 'exec sleep 1000'\n\
             set-option -t =abide-{id}: @abide_owner {owner}\n\
             set-option -t =abide-{id}: @abide_generation {generation}\n\
             set-option -t =abide-{id}: @abide_started {started}\n\
             set-option -F -t =abide-{id}: @abide_pane '#{{pane_id}}'\n"
        );
    }
    let file = place.env.root().join("sessions.tmux");
    std::fs::write(&file, script).unwrap();
    place.tmux_said(&["source-file", file.to_str().unwrap()]);
}

/// proves T8, W9
#[tokio::test]
async fn a_list_of_two_hundred_runs_tmux_once_whether_relays_live_or_not() {
    let place = Place::new();
    let ids: Vec<String> = (0..SESSIONS)
        .map(|number| format!("s-{number:03}"))
        .collect();
    let (with_relay, marked) = ids.split_at(WITH_RELAY);
    for id in with_relay {
        place.start(id, "testkit-echo", &[]).await;
        place.showing(id, "ready").await;
    }
    mark_more(&place, &ids[0], marked);
    for id in &ids[..KILLED] {
        place.kill_relay(id).await;
    }
    // A relay that hangs is alive, and is not asked.
    let hung = Pid::from_raw(i32::try_from(place.relay_pid(&ids[KILLED])).unwrap()).unwrap();
    kill_process(hung, Signal::STOP).unwrap();
    let count = place.env.root().join("runs");
    let script = format!("echo \"$@\" >> {}; exec $TMUX_REAL \"$@\"", count.display());
    let counting = place.backend_with(place.wrapper("counting", &script));
    let listed = tokio::time::timeout(ANSWER_DEADLINE, counting.list()).await;
    let listed = listed.expect("a list waits for no relay").unwrap();
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
    kill_process(hung, Signal::CONT).unwrap();
    for id in with_relay {
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
