//! What the child programs tell of themselves, checked against `/proc`.

use abide_core::size::TermSize;
use abide_testkit::{
    child::TREE_ROLES,
    programs,
    screen::{Screen, ScreenCommand},
    sys,
};

use super::start;

#[test]
fn env_tells_what_it_was_started_with() {
    let command = ScreenCommand::new(programs::path("testkit-env"))
        .args(["ASKED", "NOT_THERE", "PATH"])
        .env("ASKED", "for");
    let screen = Screen::spawn(&command, TermSize::clamped(60, 120));
    screen.wait_for_text("env done");
    let text = screen.text();
    let pid = screen.pid();
    for fact in [
        "env ASKED=for".to_owned(),
        "env NOT_THERE unset".to_owned(),
        "argv 1 ASKED".to_owned(),
        "size 120x60".to_owned(),
        format!("pid {pid}"),
        format!("sid {pid}"),
        format!("foreground {pid}"),
        "fd 0 /dev/pts/".to_owned(),
        "SigBlk 0000000000000000".to_owned(),
    ] {
        assert!(text.contains(&fact), "`{fact}` is missing:\n{text}");
    }
    screen.type_text("\r");
    assert_eq!(screen.wait_exit(), 0);
}

#[test]
fn tree_grows_processes_that_get_away_by_themselves() {
    let screen = start("testkit-tree", &[]);
    screen.wait_for_text("tree ready");
    let text = screen.text();
    let mut pids = Vec::new();
    for role in TREE_ROLES {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("tree {role} ")));
        let pid: u32 = line
            .unwrap_or_else(|| panic!("{role}: {text}"))
            .trim()
            .parse()
            .unwrap();
        assert!(sys::process_is_alive(pid), "{role}");
        assert!(sys::describe_process(pid).name.ends_with(role), "{role}");
        pids.push(pid);
    }
    screen.kill9();
    for pid in pids {
        sys::kill(pid).unwrap();
        assert!(
            sys::wait_until_gone(pid, std::time::Duration::from_secs(5)),
            "{pid}"
        );
    }
}
