//! Two backends side by side: which one a session gets, and that it keeps it.

use std::time::Duration;

use abide_core::{
    backend::{
        Alive, AttachMode, AttachRequest, BackendKind, CaptureFormat, CaptureRequest, ErrorKind,
        ExitOutcome, Scrollback, SessionState,
    },
    env_policy::Environment,
};
use abide_testkit::backend::Op;
use abide_workspace::{
    Preference, WorkspaceError, WorkspaceErrorKind,
    backends::Why,
    record::StoredBackend,
    service::{Force, Found, Observed},
};

use crate::{fixture::target, machine::Machine};

const OWNER: Option<StoredBackend> = Some(StoredBackend::Known(BackendKind::Owner));
const TMUX: Option<StoredBackend> = Some(StoredBackend::Known(BackendKind::Tmux));

/// proves S1
#[tokio::test]
async fn a_new_session_gets_tmux_where_it_can_be_used_else_the_owner() {
    let machine = Machine::new();
    assert_eq!(machine.create("a", None).await.session.backend, TMUX);
    machine.tmux.take_away();
    assert_eq!(machine.create("b", None).await.session.backend, OWNER);
    let (choice, _) = {
        let workspaces = machine.process().await;
        let chosen = workspaces.backends().choose(Preference::Auto).await;
        let (choice, usable) = chosen.unwrap();
        (choice, usable.version.clone())
    };
    assert!(
        matches!(choice.why, Why::Instead { of: BackendKind::Tmux, ref unusable }
            if unusable.reason.contains("took it away")),
        "{choice:?}"
    );
}

/// proves S1
#[tokio::test]
async fn one_that_is_asked_for_is_used_or_nothing_is_made() {
    let machine = Machine::new();
    let owner = Some(BackendKind::Owner);
    assert_eq!(machine.create("a", owner).await.session.backend, OWNER);
    let workspaces = machine
        .process_that_wants(Preference::Only(BackendKind::Tmux))
        .await;
    machine.tmux.take_away();
    let error = workspaces
        .create(machine.spec("b", None))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::BackendUnavailable);
    assert!(error.to_string().contains("`tmux`"), "{error}");
    assert_eq!(error.hint().unwrap(), "wait for the test");
    assert_eq!(workspaces.list().await.unwrap().len(), 1);
    assert_eq!(machine.owner.calls(Op::Ensure), 1);
}

/// proves S2
#[tokio::test]
async fn a_session_keeps_its_backend_when_the_other_one_comes_or_goes() {
    let machine = Machine::new();
    machine.tmux.take_away();
    let made = machine.create("a", None).await;
    machine.tmux.put_back();
    let asked = machine.tmux.backend.calls();

    let workspaces = machine.process().await;
    let found = workspaces.resolve(&target("a")).await.unwrap();
    assert_eq!(found.session.backend, OWNER);
    workspaces.attach(&found, request()).await.unwrap();
    workspaces.send(&found, "x".into()).await.unwrap();
    workspaces.capture(&found, capture()).await.unwrap();
    assert!(matches!(
        workspaces.status(&found).await.unwrap().state,
        SessionState::Running(_)
    ));
    let end = ExitOutcome::Exited { code: 0 };
    machine.owner.backend.end(&made.session.id, end);
    let (found, ensured) = workspaces
        .restart(&found, Environment::new())
        .await
        .unwrap();
    assert!(ensured.started);
    assert_eq!(found.session.backend, OWNER);
    workspaces.stop(&found, Duration::ZERO).await.unwrap();
    workspaces.delete(&target("a"), Force::No).await.unwrap();
    assert_eq!(
        machine.tmux.backend.calls(),
        asked,
        "the other one was asked nothing"
    );
}

/// proves S2 S4
#[tokio::test]
async fn a_backend_that_cannot_be_used_now_is_named_and_nothing_is_done_in_the_other() {
    let machine = Machine::new();
    let made = machine.create("a", Some(BackendKind::Tmux)).await;
    machine.tmux.take_away();
    let asked = (machine.tmux.backend.calls(), machine.owner.backend.calls());
    let workspaces = machine.process().await;
    let found = workspaces.resolve(&target("a")).await.unwrap();

    for error in refusals(&workspaces, &found).await {
        assert_eq!(error.kind(), WorkspaceErrorKind::BackendUnavailable);
        let text = error.to_string();
        assert!(
            text.contains("`a`") && text.contains("`tmux`") && text.contains("cannot be used now"),
            "{text}"
        );
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("wait for the test") && hint.contains("no other backend"),
            "{hint}"
        );
    }
    let now = (machine.tmux.backend.calls(), machine.owner.backend.calls());
    assert_eq!(now, asked, "neither was asked anything");

    machine.tmux.put_back();
    let back = machine.process().await;
    let found = back.resolve(&target("a")).await.unwrap();
    let status = back.status(&found).await.unwrap();
    assert_eq!(status.generation, made.session.generation, "nothing moved");
}

/// Does all that can be done with a session, and returns how each was refused.
async fn refusals(workspaces: &abide_workspace::Workspaces, found: &Found) -> Vec<WorkspaceError> {
    let delete = workspaces.delete(&target("a"), Force::Yes).await;
    vec![
        workspaces.status(found).await.unwrap_err(),
        workspaces.attach(found, request()).await.unwrap_err(),
        workspaces
            .client_program(found, AttachMode::Control, None)
            .await
            .unwrap_err(),
        workspaces.send(found, "x".into()).await.unwrap_err(),
        workspaces.capture(found, capture()).await.unwrap_err(),
        workspaces.stop(found, Duration::ZERO).await.unwrap_err(),
        workspaces
            .restart(found, Environment::new())
            .await
            .unwrap_err(),
        delete.unwrap_err(),
    ]
}

/// proves S4
#[tokio::test]
async fn a_list_shows_why_sessions_cannot_be_seen_and_shows_the_others() {
    let machine = Machine::new();
    machine.create("a", Some(BackendKind::Owner)).await;
    let tmux = machine.create("b", Some(BackendKind::Tmux)).await;
    let states = async || {
        let list = machine.process().await.list().await.unwrap();
        list.iter()
            .map(|listed| match &listed.sessions[0].observed {
                Observed::Status(status) => status.backend.to_string(),
                Observed::Nothing => "nothing".into(),
                Observed::Unavailable { reason } => reason.clone(),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["owner", "tmux"]);
    machine.tmux.take_away();
    let reason = "the backend `tmux` cannot be used: the test took it away";
    assert_eq!(states().await, ["owner", reason]);
    machine.tmux.put_back();
    machine.tmux.backend.fail_next(Op::List, ErrorKind::Broken);
    let broken = states().await.remove(1);
    assert!(broken.contains("`tmux` could not be asked"), "{broken}");
    assert_eq!(states().await, ["owner", "tmux"]);

    machine.tmux.take_away();
    let observed = machine.process().await.observe(&tmux).await.unwrap();
    assert!(
        matches!(&observed, Observed::Unavailable { reason } if reason.contains("took it away")),
        "{observed:?}"
    );
}

/// proves W9
#[tokio::test]
async fn a_list_asks_each_backend_once_and_one_that_nobody_needs_not_at_all() {
    let machine = Machine::new();
    for number in 0..3 {
        let name = format!("w{number}");
        machine.create(&name, Some(BackendKind::Owner)).await;
    }
    let workspaces = machine.process().await;
    workspaces.list().await.unwrap();
    let asked = |op| (machine.owner.calls(op), machine.tmux.calls(op));
    assert_eq!(asked(Op::List), (1, 0));
    for number in 3..6 {
        let name = format!("w{number}");
        machine.create(&name, Some(BackendKind::Tmux)).await;
    }
    workspaces.list().await.unwrap();
    assert_eq!(asked(Op::List), (2, 1));
    assert_eq!(asked(Op::Status), (0, 0));
}

/// proves S3
#[tokio::test]
async fn a_record_without_a_backend_is_settled_by_who_has_the_session() {
    let machine = Machine::new();
    machine.create("a", Some(BackendKind::Owner)).await;
    machine.create("b", Some(BackendKind::Tmux)).await;
    machine.execute("UPDATE sessions SET backend = NULL");
    let workspaces = machine.process().await;
    let list = workspaces.list().await.unwrap();
    let is_seen = |one: &Observed<Alive>| matches!(one, Observed::Status(_));
    assert!(list.iter().all(|one| is_seen(&one.sessions[0].observed)));
    let (owner, tmux) = (BackendKind::Owner, BackendKind::Tmux);
    for (name, expected, other) in [("a", OWNER, tmux), ("b", TMUX, owner)] {
        let workspaces = machine.process_that_wants(Preference::Only(other)).await;
        let found = workspaces.resolve(&target(name)).await.unwrap();
        assert_eq!(found.session.backend, None, "a list changes nothing");
        workspaces.status(&found).await.unwrap();
        let found = workspaces.resolve(&target(name)).await.unwrap();
        assert_eq!(found.session.backend, expected);
    }
}

/// proves S3
#[tokio::test]
async fn a_record_without_a_backend_or_a_session_gets_what_new_ones_get() {
    let machine = Machine::new();
    let made = machine.create("a", Some(BackendKind::Owner)).await;
    machine.execute("UPDATE sessions SET backend = NULL, generation = NULL");
    let end = ExitOutcome::Exited { code: 0 };
    machine.owner.backend.end(&made.session.id, end);
    {
        use abide_core::backend::TerminalBackend;
        let removed = machine.owner.backend.remove(&made.session.id, None).await;
        removed.unwrap();
    }
    let workspaces = machine.process().await;
    let found = workspaces.resolve(&target("a")).await.unwrap();
    let (found, ensured) = workspaces
        .restart(&found, Environment::new())
        .await
        .unwrap();
    assert!(ensured.started);
    assert_eq!(found.session.backend, TMUX);
}

/// proves S3 S4
#[tokio::test]
async fn a_record_without_a_backend_stays_so_while_one_that_may_have_the_session_cannot_be_asked() {
    let machine = Machine::new();
    machine.create("a", Some(BackendKind::Tmux)).await;
    machine.execute("UPDATE sessions SET backend = NULL");
    machine.tmux.take_away();
    let workspaces = machine.process().await;
    let found = workspaces.resolve(&target("a")).await.unwrap();
    let error = workspaces
        .restart(&found, Environment::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::BackendUnavailable);
    assert!(error.to_string().contains("cannot tell which"), "{error}");
    assert_eq!(machine.owner.calls(Op::Ensure), 0);
    let list = workspaces.list().await.unwrap();
    let observed = &list[0].sessions[0].observed;
    assert!(
        matches!(observed, Observed::Unavailable { .. }),
        "{observed:?}"
    );
    machine.tmux.put_back();
    workspaces.status(&found).await.unwrap();
    let found = workspaces.resolve(&target("a")).await.unwrap();
    assert_eq!(found.session.backend, TMUX);
}

/// proves S4
#[tokio::test]
async fn a_backend_of_a_newer_release_is_named_and_never_replaced() {
    let machine = Machine::new();
    machine.create("a", None).await;
    machine.execute("UPDATE sessions SET backend = 'zellij'");
    let workspaces = machine.process().await;
    let found = workspaces.resolve(&target("a")).await.unwrap();
    assert_eq!(
        found.session.backend,
        Some(StoredBackend::Unknown("zellij".into()))
    );
    for error in refusals(&workspaces, &found).await {
        assert_eq!(error.kind(), WorkspaceErrorKind::BackendUnavailable);
        assert!(error.to_string().contains("`zellij`"), "{error}");
    }
    let list = workspaces.list().await.unwrap();
    assert!(
        matches!(&list[0].sessions[0].observed, Observed::Unavailable { reason }
            if reason.contains("`zellij`"))
    );
}

fn request() -> AttachRequest {
    AttachRequest {
        mode: AttachMode::View,
        size: None,
        from: None,
        scrollback: Scrollback::Keep,
        label: "a test".into(),
        terminal: None,
    }
}

fn capture() -> CaptureRequest {
    CaptureRequest {
        format: CaptureFormat::Text,
        history_lines: 0,
    }
}
