//! Orphans that are taken in: the session goes on, and everything finds it again.

use std::time::Duration;

use abide_core::{
    backend::{BackendKind, Command, ExitOutcome, SessionState},
    env_policy::Environment,
    lease::Mode,
    limits,
};
use abide_testkit::backend::Op;
use abide_workspace::{
    OrphanError, WorkspaceError, WorkspaceErrorKind,
    record::{StoredBackend, WorkspaceState},
    service::{Adoption, Force, Observed},
};

use crate::{fixture::target, machine::Machine};

fn adoption(machine: &Machine, session: &str, name: Option<&str>) -> Adoption {
    Adoption {
        session: session.into(),
        name: name.map(|name| name.parse().unwrap()),
        dir: Some(machine.root.path().to_owned()),
        command: Command::new("testkit-echo", Vec::<String>::new()),
        agent: None,
        mode: Mode::Command,
        history_bytes: limits::HISTORY_BYTES,
        journal: true,
    }
}

/// proves W7
#[tokio::test]
async fn an_adopted_session_is_listed_goes_on_and_can_be_started_again() {
    for kind in [BackendKind::Owner, BackendKind::Tmux] {
        let machine = Machine::new();
        let lost = machine.create("lost", Some(kind)).await.session;
        machine.lose_database();
        machine.clock.advance(Duration::from_secs(60));

        let workspaces = machine.process().await;
        let wanted = adoption(&machine, &lost.id.as_str()[..8], Some("kept"));
        let found = workspaces.adopt(wanted).await.unwrap();
        assert_eq!(found.session.id, lost.id);
        assert_eq!(found.session.generation, lost.generation);
        assert_eq!(found.session.backend, Some(StoredBackend::Known(kind)));
        assert_eq!(found.session.created_at, lost.created_at);
        assert_eq!(found.workspace.state, WorkspaceState::Ready);
        assert_eq!(workspaces.resolve(&target("kept")).await.unwrap(), found);
        assert!(workspaces.orphans().await.unwrap().sessions.is_empty());
        let list = workspaces.list().await.unwrap();
        assert!(matches!(
            &list[0].sessions[0].observed,
            Observed::Status(status) if matches!(status.state, SessionState::Running(_))
        ));
        let place = [&machine.owner, &machine.tmux][usize::from(kind == BackendKind::Tmux)];
        assert_eq!((place.calls(Op::Ensure), place.calls(Op::Stop)), (1, 0));

        let end = ExitOutcome::Exited { code: 0 };
        place.backend.end(&lost.id, end);
        let restarted = workspaces.restart(&found, Environment::new()).await;
        assert!(restarted.unwrap().1.started);
        let deleted = workspaces.delete(&target("kept"), Force::Yes).await;
        deleted.unwrap();
    }
}

/// proves W7
#[tokio::test]
async fn many_that_adopt_one_session_make_one_workspace() {
    let machine = Machine::new();
    let lost = machine.create("lost", None).await.session;
    machine.lose_database();
    let workspaces = machine.process().await;
    let other = machine.process().await;
    let wanted = || adoption(&machine, lost.id.as_str(), None);
    let (a, b) = tokio::join!(workspaces.adopt(wanted()), other.adopt(wanted()));
    let outcomes = [a, b];
    assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1);
    let refused = outcomes.into_iter().find_map(Result::err).unwrap();
    assert!(
        matches!(
            refused,
            WorkspaceError::Orphan(OrphanError::Claimed | OrphanError::Known { .. })
        ),
        "{refused}"
    );
    assert_eq!(workspaces.list().await.unwrap().len(), 1);
    let again = workspaces.adopt(wanted()).await.unwrap_err();
    assert_eq!(again.kind(), WorkspaceErrorKind::Refused);
    assert!(again.hint().unwrap().contains("abide attach"), "{again}");
}

/// proves W7
#[tokio::test]
async fn a_row_that_comes_while_an_orphan_is_looked_for_wins() {
    let machine = Machine::new();
    let found = machine.create("a", Some(BackendKind::Owner)).await;
    machine.execute("CREATE TABLE saved AS SELECT * FROM sessions; DELETE FROM sessions;");
    let workspaces = machine.process().await;
    machine.owner.backend.hang(Op::List);
    let adopting = workspaces.adopt(adoption(&machine, found.session.id.as_str(), None));
    let meanwhile = async {
        machine.owner.reached(Op::List).await;
        machine.execute("INSERT INTO sessions SELECT * FROM saved;");
        machine.owner.backend.release(Op::List);
    };
    let (adopted, ()) = tokio::join!(adopting, meanwhile);
    let error = adopted.unwrap_err();
    assert!(
        matches!(error, WorkspaceError::Orphan(OrphanError::Known { .. })),
        "{error}"
    );
    let list = workspaces.list().await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].sessions[0].session, found.session);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_and_a_default_one_made_unique() {
    let machine = Machine::new();
    let lost = machine.create("lost", None).await.session;
    machine.lose_database();
    machine.create("kept", None).await;
    let workspaces = machine.process().await;
    let taken = adoption(&machine, lost.id.as_str(), Some("kept"));
    let error = workspaces.adopt(taken).await.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Refused);
    let named_by_dir = adoption(&machine, lost.id.as_str(), None);
    let found = workspaces.adopt(named_by_dir).await.unwrap();
    let base = machine.root.path().file_name().unwrap();
    assert_eq!(found.workspace.name.as_str(), base.to_string_lossy());
}

#[tokio::test]
async fn a_directory_that_is_not_known_must_be_named() {
    let machine = Machine::new();
    let lost = machine.create("lost", None).await.session;
    machine.lose_database();
    let workspaces = machine.process().await;
    // The processes of the fake backend are none that a system knows.
    let mut wanted = adoption(&machine, lost.id.as_str(), None);
    wanted.dir = None;
    let error = workspaces.adopt(wanted.clone()).await.unwrap_err();
    assert!(
        matches!(
            error,
            WorkspaceError::Orphan(OrphanError::NoDirectory { .. })
        ),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("--dir"));
    wanted.dir = Some("here".into());
    let error = workspaces.adopt(wanted).await.unwrap_err();
    assert!(
        matches!(error, WorkspaceError::RelativeDirectory { .. }),
        "{error}"
    );
}
