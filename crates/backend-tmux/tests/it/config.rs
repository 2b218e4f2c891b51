//! Whatever the user has configured, sessions are what they are, and keys are the user's.

use abide_core::backend::{ExitOutcome, TerminalBackend as _};

use crate::place::{Place, named};

const HOSTILE: &str = "
set -g prefix C-a
set -g default-command 'echo hijacked; sleep 100'
set -g destroy-unattached on
set -s exit-unattached on
set -g remain-on-exit off
set -g detach-on-destroy off
set -g history-limit 10
set -g status-left 'mine'
set -g update-environment 'HOME SECRET'
set -g base-index 5
setw -g pane-base-index 3
setw -g automatic-rename off
setw -g synchronize-panes off
set-hook -g pane-died 'kill-server'
set -g no-such-option 1
source-file BROKEN
bind x kill-server
set -g @abide_owner forged
set -g @abide_pane %9
";

/// proves T6
#[tokio::test]
async fn a_hostile_configuration_changes_nothing_that_matters() {
    let place = Place::new();
    let broken = place.env.root().join("broken.conf");
    std::fs::write(&broken, "this is { no command\n").unwrap();
    let config = HOSTILE.replace("BROKEN", broken.to_str().unwrap());
    std::fs::write(place.config(), config).unwrap();
    place.start("one", "testkit-echo", &["--no-echo"]).await;
    let screen = place.showing("one", "ready").await;
    assert!(!screen.contains("hijacked"), "{screen}");
    place
        .backend
        .send(&named("one"), "hello\r".into())
        .await
        .unwrap();
    place.showing("one", "got hello").await;
    // With nobody attached it stays.
    place.kill_relay("one").await;
    place.running("one").await;
    assert_eq!(place.tmux_said(&["show-options", "-gv", "prefix"]), "C-a");
    place
        .backend
        .send(&named("one"), "exit 7\r".into())
        .await
        .unwrap();
    let ended = place.ended("one").await;
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 7 });
    place.clear("one").await;
    place.finish();
}
