//! Sessions that no row knows: they are listed and reaped, and nothing else is.

use abide_core::{
    backend::{BackendKind, ErrorKind, ExitOutcome, SessionState, TerminalBackend},
    id::SessionId,
};
use abide_testkit::backend::Op;
use abide_workspace::{WorkspaceErrorKind, Workspaces, service::Force};

use crate::machine::Machine;

/// proves W7
#[tokio::test]
async fn what_a_lost_database_knew_is_listed_of_both_backends() {
    let machine = Machine::new();
    let owner = machine.create("a", Some(BackendKind::Owner)).await;
    let tmux = machine.create("b", Some(BackendKind::Tmux)).await;
    assert!(ids(&machine.process().await).await.is_empty());
    machine.lose_database();
    let workspaces = machine.process().await;
    assert!(workspaces.list().await.unwrap().is_empty());
    let mut expected = vec![owner.session.id.clone(), tmux.session.id.clone()];
    expected.sort();
    assert_eq!(ids(&workspaces).await, expected);

    // What is made from here on is none.
    machine.create("c", None).await;
    assert_eq!(ids(&workspaces).await, expected);

    machine.tmux.take_away();
    let orphans = machine.process().await.orphans().await.unwrap();
    assert_eq!(orphans.sessions.len(), 1);
    assert_eq!(orphans.unasked[0].kind, BackendKind::Tmux);
    assert!(orphans.unasked[0].reason.contains("took it away"));
}

/// proves W7
#[tokio::test]
async fn an_orphan_that_runs_is_reaped_only_by_force_and_then_leaves_nothing() {
    let machine = Machine::new();
    let runs = machine
        .create("runs", Some(BackendKind::Tmux))
        .await
        .session;
    let ended = machine
        .create("ended", Some(BackendKind::Owner))
        .await
        .session;
    let end = ExitOutcome::Exited { code: 0 };
    machine.owner.backend.end(&ended.id, end);
    machine.lose_database();
    let kept = machine
        .create("kept", Some(BackendKind::Owner))
        .await
        .session;

    let workspaces = machine.process().await;
    let error = workspaces
        .reap(runs.id.as_str(), Force::No, None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Busy);
    assert!(error.hint().unwrap().contains("--force"));
    assert!(runs_still(&machine, &runs.id).await);

    let all = workspaces.reap_all(Force::No, None).await.unwrap();
    let reaped: Vec<_> = all.iter().filter(|(_, outcome)| outcome.is_ok()).collect();
    assert_eq!((all.len(), reaped.len()), (2, 1));
    assert_eq!(reaped[0].0.status.session, ended.id);
    assert_eq!(ids(&workspaces).await, std::slice::from_ref(&runs.id));

    workspaces
        .reap(&runs.id.as_str()[..6], Force::Yes, None)
        .await
        .unwrap();
    assert!(ids(&workspaces).await.is_empty());
    let left = machine.owner.backend.list().await.unwrap();
    assert_eq!(left.len(), 1, "the one that a row knows");
    assert_eq!(left[0].session, kept.id);
    assert!(machine.tmux.backend.list().await.unwrap().is_empty());
}

/// proves W7
#[tokio::test]
async fn the_session_that_the_caller_runs_in_is_spared() {
    let machine = Machine::new();
    let here = machine.create("here", None).await.session.id;
    machine.create("there", None).await;
    machine.lose_database();
    let workspaces = machine.process().await;
    let error = workspaces
        .reap(here.as_str(), Force::Yes, Some(&here))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Refused);
    assert!(error.to_string().contains("from inside it"), "{error}");
    workspaces.reap_all(Force::Yes, Some(&here)).await.unwrap();
    assert_eq!(ids(&workspaces).await, std::slice::from_ref(&here));
    assert!(runs_still(&machine, &here).await);
}

/// proves W7
#[tokio::test]
async fn what_a_row_knows_is_never_reaped() {
    let machine = Machine::new();
    let found = machine.create("a", None).await;
    let workspaces = machine.process().await;
    let error = workspaces
        .reap(found.session.id.as_str(), Force::Yes, None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Refused);
    assert!(
        error.to_string().contains("belongs to the workspace `a`"),
        "{error}"
    );
    let error = workspaces
        .reap("nothing", Force::Yes, None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::NotFound);
    assert!(
        workspaces
            .reap_all(Force::Yes, None)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(runs_still(&machine, &found.session.id).await);
}

/// A row that comes between the look and the end, as a database that is put back brings it.
///
/// proves W7
#[tokio::test]
async fn a_row_that_comes_while_an_orphan_is_looked_at_keeps_it() {
    let machine = Machine::new();
    let found = machine.create("a", Some(BackendKind::Owner)).await;
    let saved = machine.root.path().join("saved.db");
    machine.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    std::fs::copy(machine.database(), &saved).unwrap();
    machine.execute("DELETE FROM workspaces; PRAGMA foreign_keys = ON; DELETE FROM sessions");
    let workspaces = machine.process().await;
    machine.owner.backend.hang(Op::List);
    let reaping = workspaces.reap_all(Force::Yes, None);
    let meanwhile = async {
        machine.owner.reached(Op::List).await;
        machine.execute(&format!(
            "ATTACH '{}' AS saved;
             INSERT INTO workspaces SELECT * FROM saved.workspaces;
             INSERT INTO sessions SELECT * FROM saved.sessions;",
            saved.display()
        ));
        machine.owner.backend.release(Op::List);
    };
    let (reaped, ()) = tokio::join!(reaping, meanwhile);
    assert!(reaped.unwrap().is_empty());
    assert!(runs_still(&machine, &found.session.id).await);
}

/// proves W7
#[tokio::test]
async fn one_that_cannot_be_ended_stays_and_does_not_keep_the_others() {
    let machine = Machine::new();
    let hung = machine
        .create("hung", Some(BackendKind::Owner))
        .await
        .session;
    machine.create("other", Some(BackendKind::Owner)).await;
    machine.lose_database();
    machine.owner.backend.unresponsive(&hung.id);
    let workspaces = machine.process().await;
    let all = workspaces.reap_all(Force::Yes, None).await.unwrap();
    let failed: Vec<_> = all.iter().filter(|(_, outcome)| outcome.is_err()).collect();
    assert_eq!((all.len(), failed.len()), (2, 1));
    assert_eq!(failed[0].0.status.session, hung.id);
    let kind = failed[0].1.as_ref().unwrap_err().kind();
    assert_eq!(kind, WorkspaceErrorKind::BackendUnavailable);
    machine.owner.backend.responsive(&hung.id);
    machine
        .owner
        .backend
        .fail_next(Op::Remove, ErrorKind::Broken);
    assert!(
        workspaces
            .reap(hung.id.as_str(), Force::Yes, None)
            .await
            .is_err()
    );
    assert_eq!(
        ids(&workspaces).await,
        std::slice::from_ref(&hung.id),
        "it can be repeated"
    );
    workspaces
        .reap(hung.id.as_str(), Force::Yes, None)
        .await
        .unwrap();
    assert!(ids(&workspaces).await.is_empty());
}

async fn ids(workspaces: &Workspaces) -> Vec<SessionId> {
    let orphans = workspaces.orphans().await.unwrap().sessions;
    let ids = orphans.into_iter().map(|orphan| orphan.status.session);
    ids.collect()
}

async fn runs_still(machine: &Machine, session: &SessionId) -> bool {
    for place in [&machine.owner, &machine.tmux] {
        if let Ok(status) = place.backend.status(session).await {
            return matches!(status.state, SessionState::Running(_));
        }
    }
    false
}
