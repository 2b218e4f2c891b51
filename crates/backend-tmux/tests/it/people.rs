//! People with tmux's own client.

use abide_core::{
    backend::{AttachMode, AttachRequest, BackendError, Scrollback, TerminalBackend as _},
    size::TermSize,
};
use abide_testkit::{
    conformance::eventually,
    screen::{Screen, ScreenCommand},
};

use crate::place::{Place, named};

fn request(mode: AttachMode) -> AttachRequest {
    AttachRequest {
        mode,
        size: None,
        from: None,
        scrollback: Scrollback::Replace,
        label: "a test".into(),
        terminal: None,
    }
}

async fn attached(place: &Place, id: &str, mode: AttachMode, inside: bool) -> Screen {
    attached_and_told(place, id, mode, inside, None).await
}

async fn attached_and_told(
    place: &Place,
    id: &str,
    mode: AttachMode,
    inside: bool,
    notice: Option<&str>,
) -> Screen {
    let client = place
        .backend
        .client_program(&named(id), mode, notice)
        .await
        .unwrap();
    let client = client.expect("tmux has a client of its own");
    assert_eq!(client.env_remove, ["TMUX", "TMUX_PANE", "TMUX_TMPDIR"]);
    let mut command = ScreenCommand::new(&client.program)
        .args(&client.args)
        .envs(place.env.environment())
        .env("TERM", "xterm-256color")
        .cwd(place.env.work_dir());
    if inside {
        command = command.env("LC_ALL", "C");
    }
    Screen::spawn(&command, TermSize::clamped(20, 90))
}

/// proves T6
#[tokio::test]
async fn a_person_attaches_with_tmux_itself_and_is_counted() {
    let place = Place::new();
    place.start("one", "testkit-echo", &[]).await;
    place.showing("one", "ready").await;
    let person = attached(&place, "one", AttachMode::Control, true).await;
    person.wait_for_text("ready");
    person.type_text("h\u{e9}llo\r");
    person.wait_for_text("got h\u{e9}llo");
    place.showing("one", "got h\u{e9}llo").await;
    let running = place.running("one").await;
    let holder = running.controller.expect("a person controls it");
    assert!(holder.label.starts_with("tmux on "), "{holder}");
    eventually("the person's size", async || {
        let size = place.running("one").await.size;
        // A row is the status line's.
        (size == TermSize::clamped(19, 90))
            .then_some(())
            .ok_or(size.to_string())
    })
    .await;
    let refused = place
        .backend
        .attach(&named("one"), request(AttachMode::Control))
        .await;
    assert!(
        matches!(refused, Err(BackendError::Busy { .. })),
        "{refused:?}"
    );
    let refused = place
        .backend
        .client_program(&named("one"), AttachMode::Control, None)
        .await;
    assert!(
        matches!(refused, Err(BackendError::Busy { .. })),
        "{refused:?}"
    );
    let viewer = place
        .backend
        .attach(&named("one"), request(AttachMode::View))
        .await;
    drop(viewer.unwrap());

    let thief = place
        .backend
        .attach(&named("one"), request(AttachMode::Steal))
        .await
        .unwrap();
    assert!(thief.controls);
    person.wait_exit();
    let refused = place
        .backend
        .client_program(&named("one"), AttachMode::Control, None)
        .await;
    assert!(
        matches!(refused, Err(BackendError::Busy { .. })),
        "{refused:?}"
    );
    let person = attached(&place, "one", AttachMode::Steal, false).await;
    person.wait_for_text("ready");
    place.clear("one").await;
    person.wait_exit();
    drop(thief);
    place.finish();
}

/// proves C4
#[tokio::test]
async fn a_notice_is_shown_word_for_word_until_somebody_types() {
    let place = Place::new();
    place.start("one", "testkit-echo", &[]).await;
    place.showing("one", "ready").await;
    let notice = "100% of #{pane_id};";
    for mode in [AttachMode::View, AttachMode::Control] {
        let person = attached_and_told(&place, "one", mode, false, Some(notice)).await;
        person.wait_for_text("ready");
        person.wait_for_text(notice);
        if mode == AttachMode::Control {
            person.type_text("x\r");
            person.wait_for_text("got x");
            assert!(!person.text().contains(notice), "{}", person.text());
        }
    }
    place.clear("one").await;
    place.finish();
}

/// proves T6
#[tokio::test]
async fn what_has_ended_is_not_attached_to_with_tmux() {
    let place = Place::new();
    place.start("one", "testkit-exit", &["gone", "3"]).await;
    place.ended("one").await;
    let client = place
        .backend
        .client_program(&named("one"), AttachMode::Control, None)
        .await;
    assert_eq!(client.unwrap(), None);
    let client = place
        .backend
        .client_program(&named("two"), AttachMode::Control, None)
        .await;
    assert!(
        matches!(client, Err(BackendError::NotFound { .. })),
        "{client:?}"
    );
    place.clear("one").await;
    place.finish();
}
