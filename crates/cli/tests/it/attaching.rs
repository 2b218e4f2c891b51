//! A person attaches, detaches, loses the window, and looks over another's shoulder.

use abide_testkit::{env::TestEnv, screen::TermMode};

use crate::terminal::{abide, size};

pub(crate) fn job(env: &TestEnv, script: &str) {
    let new = env.run(["new", "job", "--no-attach", "--", "sh", "-c", script]);
    assert!(new.success(), "{new:?}");
}

/// Does a test with a terminal that is lent to the owner, and with one that is not.
pub(crate) fn either_way(test: impl Fn(&TestEnv)) {
    for lends in [true, false] {
        let mut env = TestEnv::new();
        let config = env.work_dir().join("config.toml");
        std::fs::write(&config, format!("lend_terminal = {lends}\n")).unwrap();
        env.set("ABIDE_CONFIG", &config);
        test(&env);
        env.finish();
    }
}

pub(crate) fn delete(env: &TestEnv) {
    let deleted = env.run(["delete", "job", "--force"]);
    assert!(deleted.success(), "{deleted:?}");
}

/// proves C3, C4
#[test]
fn detaching_leaves_the_session_running_and_the_terminal_as_it_was() {
    either_way(detach);
}

fn detach(env: &TestEnv) {
    let modes = "printf '\\033[?1049h\\033[?2004h\\033[?1002h\\033[?1h\\033[?25l\\033[>1u'";
    job(
        env,
        &format!("{modes}; echo here; while read x; do echo got $x; done"),
    );
    let screen = abide(env, ["attach", "job"], size(80, 24));
    screen.wait_for_text("here");
    screen.wait_until("the modes are on", |view| {
        view.modes
            .contains(TermMode::ALT_SCREEN | TermMode::BRACKETED_PASTE)
            && !view.cursor.visible
    });
    screen.type_bytes(b"\x1c");
    assert_eq!(screen.wait_exit(), 0);
    screen.wait_for_text("[detached from job]");
    let view = screen.view();
    let left = TermMode::ALT_SCREEN
        | TermMode::BRACKETED_PASTE
        | TermMode::MOUSE_DRAG
        | TermMode::APP_CURSOR
        | TermMode::DISAMBIGUATE_ESC_CODES;
    assert!(!view.modes.intersects(left), "{:?}", view.modes);
    assert!(view.cursor.visible);

    let again = abide(
        env,
        ["attach", "job", "--detach-keys", "ctrl-x,d"],
        size(80, 24),
    );
    again.wait_for_text("here");
    again.type_text("word\r");
    again.wait_for_text("got");
    again.type_bytes(b"\x18");
    again.type_text("d");
    assert_eq!(again.wait_exit(), 0);
    delete(env);
}

/// proves C5, O1
#[test]
fn a_terminal_that_closes_detaches_and_nothing_more() {
    either_way(close);
}

fn close(env: &TestEnv) {
    job(env, "echo here; while read x; do echo got $x; done");
    let screen = abide(env, ["attach", "job"], size(80, 24));
    screen.wait_for_text("here");
    screen.hang_up();
    screen.wait_exit();
    drop(screen);
    let again = abide(env, ["attach", "job"], size(80, 24));
    again.type_text("word\r");
    again.wait_for_text("got word");
    drop(again);
    delete(env);
}

/// proves O9
#[test]
fn a_second_client_is_told_who_has_control_may_watch_and_may_take_it() {
    either_way(take_control);
}

fn take_control(env: &TestEnv) {
    job(env, "echo here; while read x; do echo got $x; done");
    let first = abide(env, ["attach", "job"], size(80, 24));
    first.wait_for_text("here");

    let refused = abide(env, ["attach", "job"], size(80, 24));
    assert_eq!(refused.wait_exit(), 4);
    refused.wait_for_text("is controlled by abide attach (pid");
    refused.wait_for_text("--steal");

    let viewer = abide(env, ["attach", "job", "--view"], size(80, 24));
    viewer.wait_for_text("here");
    viewer.type_text("unheard\r");
    first.type_text("typed\r");
    viewer.wait_for_text("got typed");
    assert!(!first.text().contains("unheard"), "{}", first.text());

    let thief = abide(env, ["attach", "job", "--steal"], size(80, 24));
    thief.wait_for_text("got typed");
    thief.type_text("taken\r");
    first.wait_for_text("got taken");
    first.type_text("unheard\r");
    thief.type_text("again\r");
    first.wait_for_text("got again");
    assert!(!first.text().contains("unheard"), "{}", first.text());
    drop((first, viewer, thief));
    delete(env);
}

/// proves O15, C1
#[test]
fn a_command_that_ended_at_once_is_shown_with_its_code() {
    let env = TestEnv::new();
    let screen = abide(
        &env,
        ["new", "job", "--", "sh", "-c", "echo its output; exit 9"],
        size(80, 24),
    );
    screen.wait_for_text("its output");
    screen.wait_for_text("[job: exited with code 9]");
    assert_eq!(screen.wait_exit(), 0);
    let again = abide(&env, ["attach", "job", "--exit-code"], size(80, 24));
    again.wait_for_text("its output");
    assert_eq!(again.wait_exit(), 9);
    let resumed = abide(&env, ["resume", "job"], size(80, 24));
    resumed.wait_for_text("its output");
    resumed.wait_exit();
    delete(&env);
    env.finish();
}

/// proves C4
#[test]
fn a_session_is_not_attached_to_from_inside_itself() {
    let env = TestEnv::new();
    let program = abide_testkit::programs::abide();
    let screen = abide(&env, ["new", "job", "--", "sh"], size(100, 24));
    screen.type_text(&format!("{} attach job; echo code $?\r", program.display()));
    screen.wait_for_text("code 2");
    assert!(
        screen.text().contains("from inside it"),
        "{}",
        screen.text()
    );
    drop(screen);
    delete(&env);
    env.finish();
}

/// proves O1, O16
#[test]
fn a_session_started_inside_another_outlives_the_stop_of_that_one() {
    let env = TestEnv::new();
    let abide_program = abide_testkit::programs::abide();
    let echo = abide_testkit::programs::path("testkit-echo");
    let inner = format!(
        "{} new inner --no-attach -- {}",
        abide_program.display(),
        echo.display()
    );
    job(&env, &format!("{inner}; echo made; exec sleep 300"));
    let made = env.run([
        "wait",
        "job",
        "--match",
        "made",
        "--since",
        "0",
        "--timeout",
        "20s",
    ]);
    assert!(made.success(), "{made:?}");
    let stopped = env.run(["stop", "job", "--grace", "200ms"]);
    assert!(stopped.success(), "{stopped:?}");
    let sent = env.run(["send", "inner", "hello", "--enter"]);
    assert!(
        sent.success(),
        "the inner session went with the outer one: {sent:?}"
    );
    let deleted = env.run(["delete", "inner", "--force"]);
    assert!(deleted.success(), "{deleted:?}");
    delete(&env);
    env.finish();
}

/// proves C3
#[test]
fn an_owner_that_is_killed_leaves_the_terminal_as_it_was() {
    either_way(|env| {
        env.tolerate_stale_sockets();
        let modes = "printf '\\033[?1049h\\033[?2004h\\033[?1002h\\033[?1h\\033[?25l\\033[>1u'";
        job(env, &format!("{modes}; echo here; exec cat"));
        let screen = abide(env, ["attach", "job"], size(80, 24));
        screen.wait_for_text("here");
        let owners = std::fs::read_dir(env.owners_dir()).unwrap();
        for owner in owners {
            let text = std::fs::read_to_string(owner.unwrap().path().join("owner.json")).unwrap();
            let file: serde_json::Value = serde_json::from_str(&text).unwrap();
            let pid = file["pid"].to_string();
            let killed = std::process::Command::new("kill")
                .args(["-9", &pid])
                .status();
            assert!(killed.unwrap().success());
        }
        assert_eq!(screen.wait_exit(), 5, "its backend is gone");
        let view = screen.view();
        let left = TermMode::ALT_SCREEN
            | TermMode::BRACKETED_PASTE
            | TermMode::MOUSE_DRAG
            | TermMode::APP_CURSOR
            | TermMode::DISAMBIGUATE_ESC_CODES;
        assert!(!view.modes.intersects(left), "{:?}", view.modes);
        assert!(view.cursor.visible);
        delete(env);
    });
}

/// proves C3
#[test]
fn progress_that_the_session_shows_is_taken_off_the_terminal_on_leaving() {
    either_way(|env| {
        job(env, "printf '\\033]9;4;1;50\\007here'; exec cat");
        let screen = abide(env, ["attach", "job"], size(80, 24));
        screen.wait_for_text("here");
        screen.type_bytes(b"\x1c");
        assert_eq!(screen.wait_exit(), 0);
        let output = String::from_utf8_lossy(&screen.output()).into_owned();
        let shown = output.find("\x1b]9;4;1;50").expect("it is shown");
        let taken = output.rfind("\x1b]9;4;0\x1b\\").expect("it is taken off");
        assert!(shown < taken, "{output:?}");
        delete(env);
    });
}
