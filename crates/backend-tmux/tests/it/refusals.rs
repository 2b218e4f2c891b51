//! A tmux that is missing, too old, or not itself: nothing is concluded from what it says.

use abide_backend_tmux::Unusable;
use abide_core::backend::{BackendError, TerminalBackend as _};

use crate::place::{Place, gone, named};

/// proves T1
#[tokio::test]
async fn the_version_is_found_and_an_old_one_is_refused_by_number() {
    let place = Place::new();
    let version = place.backend.probe().await.unwrap();
    assert!(version.is_usable(), "{version}");
    let old = place.backend_with(place.wrapper("old", "echo tmux 2.9a"));
    let refused = old.probe().await.unwrap_err();
    assert!(refused.to_string().contains("2.9a"), "{refused}");
    let refused = old
        .ensure(&place.spec("s", "testkit-echo", &[]))
        .await
        .unwrap_err();
    let source = std::error::Error::source(&refused).unwrap().to_string();
    assert!(source.contains("2.9a"), "{refused:?}");
    let none = place.backend_with(vec!["no-such-tmux".into()]);
    assert!(matches!(none.probe().await, Err(Unusable::NotFound { .. })));
    let other = place.backend_with(place.wrapper("other", "echo screen 4.9"));
    assert!(matches!(other.probe().await, Err(Unusable::NotTmux { .. })));
    // No server was started for any of that.
    assert!(!place.tmux(&["list-sessions"]).status.success());
    place.finish();
}

/// proves T4
#[tokio::test]
async fn a_wrapper_that_fails_in_any_way_never_makes_a_second_session() {
    let place = Place::new();
    let first = place.start("one", "testkit-echo", &[]).await;
    place.showing("one", "ready").await;
    let fails = [
        ("text", "echo went wrong >&2; exit 1"),
        (
            "absent-127",
            "echo \"can't find session: abide-one\" >&2; exit 127",
        ),
        (
            "stdout",
            "echo hello; echo 'no server running on x' >&2; exit 1",
        ),
        ("silent", "exit 1"),
        ("lies", "echo hello; exit 0"),
    ];
    place.kill_relay("one").await;
    for (name, script) in fails {
        // It answers for its version, and then no more.
        let script = format!("[ \"$1\" = -V ] && exec $TMUX_REAL -V; {script}");
        let backend = place.backend_with(place.wrapper(name, &script));
        let ensured = backend
            .ensure(&place.spec("one", "testkit-echo", &[]))
            .await;
        assert!(ensured.is_err(), "{name}: {ensured:?}");
        let other = backend.status(&named("other")).await;
        assert!(
            !matches!(other, Ok(_) | Err(BackendError::NotFound { .. })),
            "{name}: {other:?}"
        );
        let has = backend.has_session(&named("one")).await;
        assert!(has.is_err(), "{name}: {has:?}");
    }
    let again = place
        .backend
        .ensure(&place.spec("one", "testkit-echo", &[]))
        .await
        .unwrap();
    assert_eq!((again.generation, again.started), (first.generation, false));
    let sessions = place.tmux_said(&["list-sessions", "-F", "#{session_name}"]);
    assert_eq!(sessions, "abide-one");
    place.clear("one").await;
    place.finish();
}

/// proves T4
#[tokio::test]
async fn a_wrapper_that_hangs_is_ended_with_what_it_started() {
    let place = Place::new();
    let marker = place.env.root().join("hangs");
    let script = format!("sleep 60 & echo $! > {}; wait", marker.display());
    let backend = place.backend_with(place.wrapper("hanging", &script));
    let status = backend.status(&named("one")).await.unwrap_err();
    assert!(
        !matches!(status, BackendError::NotFound { .. }),
        "{status:?}"
    );
    assert!(matches!(
        backend.probe().await,
        Err(Unusable::Unanswered { .. })
    ));
    let pid: u32 = std::fs::read_to_string(&marker)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    gone(pid).await;
    place.finish();
}

/// proves T4
#[tokio::test]
async fn no_more_than_eight_processes_run_at_once_and_the_rest_wait_their_turn() {
    const CALLERS: usize = 40;
    let place = Place::new();
    let (running, most) = (
        place.env.root().join("running"),
        place.env.root().join("most"),
    );
    std::fs::create_dir(&running).unwrap();
    // Each run notes how many there are beside it, and stays for a while.
    let script = format!(
        "[ \"$1\" = -V ] && exec $TMUX_REAL -V
        touch {running}/$$; ls {running} | wc -l >> {most}; sleep 0.1; rm {running}/$$
        echo 'no server running on x' >&2; exit 1",
        running = running.display(),
        most = most.display(),
    );
    let backend = place.backend_with(place.wrapper("counting", &script));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let backend = backend.clone();
        callers.spawn(async move { backend.list().await });
    }
    for listed in callers.join_all().await {
        listed.unwrap();
    }
    let counts = std::fs::read_to_string(&most).unwrap();
    let counts: Vec<usize> = counts
        .lines()
        .map(|line| line.trim().parse().unwrap())
        .collect();
    assert!(CALLERS <= counts.len(), "{counts:?}");
    let most = *counts.iter().max().unwrap();
    assert!((2..=8).contains(&most), "{counts:?}");
    place.finish();
}
