//! What tmux takes for a pattern, and what only looks like ours.

use abide_core::backend::{BackendError, TerminalBackend as _};

use crate::place::{Place, named};

/// proves T2
#[tokio::test]
async fn a_session_named_as_the_beginning_of_another_is_told_from_it() {
    let place = Place::new();
    place.start("ab", "testkit-echo", &[]).await;
    let status = place.backend.status(&named("a")).await;
    assert!(
        matches!(status, Err(BackendError::NotFound { .. })),
        "{status:?}"
    );
    let stopped = place
        .backend
        .stop(&named("a"), None, std::time::Duration::ZERO)
        .await;
    assert_eq!(stopped.unwrap().ended, None);
    place.start("a", "testkit-echo", &[]).await;
    place.showing("ab", "ready").await;
    place.clear("a").await;
    place.running("ab").await;
    place.clear("ab").await;
    place.finish();
}

/// proves T3
#[tokio::test]
async fn a_session_of_the_same_name_that_is_not_marked_is_left_alone() {
    let place = Place::new();
    place.tmux_said(&["new-session", "-d", "-s", "abide-mine", "cat"]);
    let before = place.tmux_said(&["list-panes", "-a", "-F", "#{session_id} #{pane_pid}"]);
    let refused = place
        .backend
        .ensure(&place.spec("mine", "testkit-echo", &[]))
        .await;
    assert!(
        matches!(refused, Err(BackendError::Refused { .. })),
        "{refused:?}"
    );
    assert!(!place.backend.has_session(&named("mine")).await.unwrap());
    assert_eq!(place.backend.list().await.unwrap(), []);
    let stopped = place
        .backend
        .stop(&named("mine"), None, std::time::Duration::ZERO)
        .await;
    assert_eq!(stopped.unwrap().ended, None);
    place.backend.remove(&named("mine"), None).await.unwrap();
    let after = place.tmux_said(&["list-panes", "-a", "-F", "#{session_id} #{pane_pid}"]);
    assert_eq!(after, before);
    place.finish();
}

/// proves T3
#[tokio::test]
async fn a_session_is_marked_and_one_of_another_place_is_not_ours() {
    let (place, other) = (Place::new(), Place::new());
    let ensured = place.start("one", "testkit-echo", &[]).await;
    let marks = place.tmux_said(&[
        "list-panes",
        "-a",
        "-F",
        "#{session_name} #{@abide_generation} #{@abide_pane}=#{pane_id}",
    ]);
    let generation = ensured.generation;
    assert!(
        marks.starts_with(&format!("abide-one {generation} %")),
        "{marks}"
    );
    let stranger = other.backend_with(place.words());
    assert!(!stranger.has_session(&named("one")).await.unwrap());
    assert!(place.backend.has_session(&named("one")).await.unwrap());
    let refused = stranger
        .ensure(&other.spec("one", "testkit-echo", &[]))
        .await;
    assert!(
        matches!(refused, Err(BackendError::Refused { .. })),
        "{refused:?}"
    );
    place.clear("one").await;
    place.finish();
    other.finish();
}

/// A person's own panes in a session of ours are theirs: the end of ours takes its own alone.
#[tokio::test]
async fn other_panes_of_a_session_outlive_it_under_another_name() {
    let place = Place::new();
    place.start("split", "testkit-echo", &[]).await;
    place.showing("split", "ready").await;
    let own = place.tmux_said(&[
        "split-window",
        "-d",
        "-t",
        "=abide-split:",
        "-P",
        "-F",
        "#{pane_id}",
        "cat",
    ]);
    place.clear("split").await;
    abide_testkit::conformance::eventually("the pane to be alone", async || {
        let panes = place.tmux_said(&["list-panes", "-a", "-F", "#{pane_id} #{session_name}"]);
        match panes.starts_with(&format!("{own} left-")) {
            true => Ok(()),
            false => Err(panes),
        }
    })
    .await;
    place.finish();
}
