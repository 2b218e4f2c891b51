//! What the child of an owner finds, and how it ends.

use std::time::Duration;

use abide_core::{
    backend::{AttachMode, ExitOutcome, LostReason, SessionState, TerminalBackend as _},
    clock::{Clock as _, SystemClock},
    size::TermSize,
};

use crate::place::{DEADLINE, Place, read_text, request, session};

/// Kills the owner of a session with SIGKILL and waits until the kernel says that it is gone.
pub(crate) async fn kill_owner(place: &Place, id: &str) {
    let pid = i32::try_from(place.owner_pid(id)).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let gone = async {
        loop {
            let status = place.backend.status(&session(id)).await;
            if matches!(
                status.map(|status| status.state),
                Ok(SessionState::Ended(_))
            ) {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, gone)
        .await
        .expect("a killed owner is gone");
}

/// proves O2
#[tokio::test]
async fn the_child_starts_with_its_size_its_names_its_session_and_nothing_of_the_owners() {
    let place = Place::new();
    let names = ["TERM", "COLORTERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"];
    let mut spec = place.spec("a", "testkit-env", &names);
    spec.size = TermSize::clamped(33, 101);
    place.backend.ensure(&spec).await.unwrap();
    let mut attachment = place.attach("a", AttachMode::View).await;
    let seen = read_text(&mut attachment, "env done").await;
    for fact in [
        "env TERM=xterm-256color",
        "env COLORTERM=truecolor",
        "env TERM_PROGRAM=abide",
        concat!("env TERM_PROGRAM_VERSION=", env!("CARGO_PKG_VERSION")),
        "size 101x33",
    ] {
        assert!(seen.contains(fact), "`{fact}` is missing:\n{seen}");
    }
    assert_leads_its_session_with_default_signals(&seen);
    place.clear("a").await;
}

fn assert_leads_its_session_with_default_signals(seen: &str) {
    let fact = |name: &str| {
        let mut lines = seen.lines().map(str::trim_end);
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found
            .unwrap_or_else(|| panic!("`{name}` is missing:\n{seen}"))
            .to_owned()
    };
    let pid = fact("pid");
    for name in ["pgid", "sid", "foreground", "terminal-sid"] {
        assert_eq!(fact(name), pid, "{name}");
    }
    let set = |name| u64::from_str_radix(fact(name).trim(), 16).expect("a set of signals");
    assert_eq!(set("SigBlk"), 0);
    // Rust's runtime ignores SIGPIPE (13) in the child program itself.
    assert_eq!(set("SigIgn") & !(1 << 12), 0);
    let fds: Vec<&str> = seen
        .lines()
        .filter(|line| line.starts_with("fd "))
        .collect();
    let numbers = fds.iter().filter_map(|line| line.split_whitespace().nth(1));
    assert_eq!(numbers.collect::<Vec<_>>(), ["0", "1", "2"], "{fds:?}");
}

/// proves O14
#[tokio::test]
async fn a_child_that_closes_its_terminal_and_lives_on_is_still_running() {
    let place = Place::new();
    let script = "trap 'exit 9' TERM; exec <&- >&- 2>&-; while :; do read x < /dev/tty && \
                  echo \"heard $x\" > /dev/tty && exit 4; done";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut attachment = place.attach("a", AttachMode::Control).await;
    attachment.input.write("word\n".into()).await.unwrap();
    read_text(&mut attachment, "heard word").await;
    assert_eq!(ended(&place, "a").await, ExitOutcome::Exited { code: 4 });
    place.clear("a").await;
}

/// proves O14
#[tokio::test]
async fn a_grandchild_that_keeps_the_terminal_open_does_not_hold_up_the_end() {
    let place = Place::new();
    let script = "trap '' HUP; sleep 300 & echo pid $!; exit 6";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut attachment = place.attach("a", AttachMode::View).await;
    let begin = SystemClock.now();
    let seen = read_text(&mut attachment, "pid ").await;
    assert_eq!(ended(&place, "a").await, ExitOutcome::Exited { code: 6 });
    let took = SystemClock.now().since(begin);
    assert!(took < Duration::from_secs(5), "{took:?}");
    let pid = seen.split("pid ").nth(1).unwrap();
    let pid: String = pid.chars().take_while(char::is_ascii_digit).collect();
    // Nobody asked for it to be ended; like a job that ignores the hangup, it goes on.
    let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    place.clear("a").await;
}

async fn ended(place: &Place, id: &str) -> ExitOutcome {
    let mut attachment = place
        .backend
        .attach(&session(id), request(AttachMode::View))
        .await
        .unwrap();
    let watch = async {
        loop {
            match attachment.output.next().await.unwrap() {
                Some(abide_core::backend::OutputEvent::Ended(ended)) => return ended.outcome,
                Some(_) => {}
                None => panic!("no end was told"),
            }
        }
    };
    tokio::time::timeout(DEADLINE, watch)
        .await
        .expect("the session ends")
}

/// proves O14, O15
#[tokio::test]
async fn output_of_a_command_that_ends_at_once_is_whole_and_its_code_exact() {
    let place = Place::new();
    for round in 0..50 {
        let id = format!("a{round}");
        let script =
            format!("head -c 20000 /dev/zero | tr '\\0' x; echo; echo last {round}; exit 7");
        place
            .backend
            .ensure(&place.script(&id, &script))
            .await
            .unwrap();
        let mut attachment = place.attach(&id, AttachMode::View).await;
        read_text(&mut attachment, &format!("last {round}")).await;
        assert_eq!(ended(&place, &id).await, ExitOutcome::Exited { code: 7 });
        place.clear(&id).await;
    }
}

/// proves O16
#[tokio::test]
async fn a_session_whose_owner_was_killed_is_lost_and_says_so() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    kill_owner(&place, "a").await;
    let status = place.backend.status(&session("a")).await.unwrap();
    let SessionState::Ended(ended) = status.state else {
        panic!("{status:?}");
    };
    let reason = LostReason::HolderDied;
    assert_eq!(ended.outcome, ExitOutcome::Lost { reason });
    place.env.tolerate_stale_sockets();
    place.clear("a").await;
}

/// proves E4
#[tokio::test]
async fn the_owner_belongs_to_nobody() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let pid = place.owner_pid("a");
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    assert_ne!(
        fields[1],
        std::process::id().to_string(),
        "its parent is the launcher"
    );
    assert_eq!(fields[3], pid.to_string(), "it leads no session of its own");
    assert_eq!(fields[4], "0", "it has a controlling terminal");
    let cwd = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    assert_eq!(cwd.to_str(), Some("/"));
    let log = place.session_dir("a").join("log");
    for (fd, expected) in [
        ("0", std::path::Path::new("/dev/null")),
        ("1", &log),
        ("2", &log),
    ] {
        let target = std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).unwrap();
        assert_eq!(target, expected, "descriptor {fd}");
    }
    let argv = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    assert!(
        argv.ends_with(b"\0owner\0--from-launcher\0"),
        "{}",
        String::from_utf8_lossy(&argv)
    );
    place.clear("a").await;
}

/// proves E5
#[tokio::test]
async fn no_value_of_the_environment_is_on_a_command_line_in_a_log_or_in_a_file() {
    let place = Place::new();
    let mut spec = place.spec("a", "testkit-env", &["SECRET_OF_TEST"]);
    spec.env.set("SECRET_OF_TEST", "hunter2hunter2");
    place.backend.ensure(&spec).await.unwrap();
    let mut attachment = place.attach("a", AttachMode::View).await;
    read_text(&mut attachment, "env SECRET_OF_TEST=hunter2hunter2").await;
    drop(attachment);
    for entry in std::fs::read_dir("/proc").unwrap() {
        let argv = std::fs::read(entry.unwrap().path().join("cmdline")).unwrap_or_default();
        assert!(!contains(&argv, b"hunter2hunter2"), "on a command line");
    }
    for file in std::fs::read_dir(place.session_dir("a")).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            !contains(&bytes, b"hunter2hunter2"),
            "in {}",
            path.display()
        );
    }
    place.clear("a").await;
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// proves O16
#[tokio::test]
async fn a_child_that_outlived_its_owner_is_named_by_a_stop() {
    let place = Place::new();
    let script = "trap '' HUP; echo ready; exec sleep 300";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut attachment = place.attach("a", AttachMode::View).await;
    read_text(&mut attachment, "ready").await;
    drop(attachment);
    kill_owner(&place, "a").await;
    let report = place
        .backend
        .stop(&session("a"), None, DEADLINE)
        .await
        .unwrap();
    let [survivor] = &report.survivors[..] else {
        panic!("{report:?}");
    };
    assert_eq!(survivor.name, "sleep");
    let pid = rustix::process::Pid::from_raw(i32::try_from(survivor.pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    place.env.tolerate_stale_sockets();
    place.clear("a").await;
}

/// proves O4
#[tokio::test]
async fn an_owner_whose_directory_was_removed_by_hand_ends_with_its_child() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.script("a", "read go"))
        .await
        .unwrap();
    let pid = place.owner_pid("a");
    let mut attachment = place.attach("a", AttachMode::Control).await;
    std::fs::remove_dir_all(place.session_dir("a")).unwrap();
    attachment.input.write("go\n".into()).await.unwrap();
    while attachment.output.next().await.unwrap().is_some() {}
    let gone =
        tokio::task::spawn_blocking(move || abide_testkit::sys::wait_until_gone(pid, DEADLINE));
    gone.await.unwrap();
    assert!(
        !abide_testkit::sys::process_is_alive(pid),
        "the owner stays for nobody"
    );
}
