//! A lease that another host holds: it is asked about, refused without a terminal, and forced.

use std::fs;

use abide_core::{
    clock::{Clock as _, SystemClock},
    lease::FencingToken,
};
use abide_testkit::{env::TestEnv, screen::Screen};

use super::desk::{TALKER, complete_record, epoch, keeper, keepers, kill, lease, own_dir};
use crate::{
    attaching::{delete, job},
    terminal::{abide, size},
    tmux::{fails, ok, session},
};

/// Makes the lease that of another machine, renewed just now.
fn give_away(env: &TestEnv) {
    kill(keeper(env));
    let mut held = lease(env).unwrap();
    held["keeper"]["host"] = "far-away".into();
    held["keeper"]["machine"] = "another".into();
    held["keeper"]["boot"] = "another".into();
    held["renewed_at"] = SystemClock.now().as_millis().into();
    fs::write(own_dir(env).join("lease.json"), held.to_string()).unwrap();
}

fn asked(env: &TestEnv, answer: &str) -> Screen {
    let screen = abide(env, ["attach", "job"], size(120, 24));
    screen.wait_for_text("Take over from it?");
    let text = screen.text();
    assert!(
        text.contains("far-away") && text.contains("renewed"),
        "{text}"
    );
    screen.type_text(answer);
    screen
}

/// proves L9
#[test]
fn another_hosts_fresh_lease_is_asked_about_refused_without_a_terminal_and_forced() {
    let env = TestEnv::new();
    job(&env, TALKER);
    give_away(&env);
    let before = lease(&env);
    let refused = env.run(["resume", "job", "--no-attach"]);
    fails(&refused, 4, "far-away");
    assert!(refused.stderr.contains("--force"), "{refused:?}");

    let no = asked(&env, "n\r");
    assert_eq!(no.wait_exit(), 4);
    assert_eq!(lease(&env), before);
    assert!(keepers(&env).is_empty());
    assert_eq!(session(&env, "job")["status"]["state"], "running");

    let yes = asked(&env, "y\r");
    yes.wait_for_text("here");
    assert_eq!(epoch(&env), 2);
    yes.type_bytes(b"\x1c");
    assert_eq!(yes.wait_exit(), 0);

    give_away(&env);
    let forced = env.run(["resume", "job", "--no-attach", "--force"]);
    assert!(forced.success(), "{forced:?}");
    assert!(
        forced.stderr.contains("it is taken over from `far-away`"),
        "{forced:?}"
    );
    assert_eq!(epoch(&env), 3);
    delete(&env);
    complete_record(&env);
    env.finish();
}

/// The last token is no race that was lost: nobody is ever granted the lease again.
///
/// proves L6
#[test]
fn a_lease_whose_tokens_are_used_up_is_an_error_that_says_what_to_do() {
    let env = TestEnv::new();
    job(&env, TALKER);
    kill(keeper(&env));
    let mut held = lease(&env).unwrap();
    held["epoch"] = FencingToken::LAST.get().into();
    fs::write(own_dir(&env).join("lease.json"), held.to_string()).unwrap();
    let refused = env.run(["resume", "job", "--no-attach"]);
    assert!(!refused.success(), "{refused:?}");
    assert!(
        refused
            .stderr
            .contains("every fencing token of this lease was used")
            && refused
                .stderr
                .contains("hint: move the workspace's `.abide` away"),
        "{refused:?}"
    );
    assert_eq!(session(&env, "job")["status"]["state"], "running");
    fs::remove_dir_all(own_dir(&env)).unwrap();
    ok(env.run(["resume", "job", "--no-attach"]));
    delete(&env);
    // Epochs began anew, so that nobody knows that the killed keeper was an earlier one.
    env.tolerate_stale_sockets();
    env.finish();
}

/// proves L9
#[test]
fn watching_alone_asks_nothing_and_takes_nothing() {
    let env = TestEnv::new();
    job(&env, TALKER);
    give_away(&env);
    let before = lease(&env);
    let screen = abide(&env, ["attach", "job", "--view"], size(80, 24));
    screen.wait_for_text("here");
    screen.type_bytes(b"\x1c");
    assert_eq!(screen.wait_exit(), 0);
    assert_eq!(lease(&env), before);
    ok(env.run(["resume", "job", "--no-attach", "--force"]));
    delete(&env);
    env.finish();
}
