//! Launchers and owners that are killed at every point of a launch.

use std::time::Duration;

use abide_backend_ptyowner::{Helper, OwnerBackend, OwnerSettings};
use abide_core::backend::{
    AttachMode, BackendError, Command, Ensured, SessionSpec, SessionState, TerminalBackend as _,
};
use abide_testkit::{gate::ProcessGate, programs};
use tokio::task::JoinHandle;

use crate::place::{DEADLINE, Place, read_text, session, shared};

/// Points of an owner's start, in order.
const OWNER_POINTS: [&str; 6] = [
    "owner.start_locked",
    "owner.locked",
    "owner.bound",
    "owner.spawned",
    "owner.described",
    "owner.ready",
];

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Calls `ensure` in a task, which the test waits for or aborts.
#[expect(
    clippy::disallowed_methods,
    reason = "each test looks at the result of its one task"
)]
fn launching(place: &Place, spec: SessionSpec) -> JoinHandle<Result<Ensured, BackendError>> {
    let backend = shared(place);
    tokio::spawn(async move { backend.ensure(&spec).await })
}

/// Waits at a gate without holding up this test's own tasks.
async fn reached(gate: ProcessGate) -> (ProcessGate, u32) {
    let waiting = tokio::task::spawn_blocking(move || {
        let pid = gate.wait_reached(DEADLINE);
        (gate, pid)
    });
    waiting.await.unwrap()
}

/// proves E2, E3
#[tokio::test]
async fn an_owner_killed_at_any_point_is_reported_and_the_next_ensure_works() {
    for point in OWNER_POINTS {
        let place = Place::new();
        let spec = place.spec("a", "testkit-echo", &[]);
        let gate = ProcessGate::new(&place.env.probe_dir(), point);
        let launch = launching(&place, spec.clone());
        let (gate, pid) = reached(gate).await;
        kill(pid);
        let err = launch.await.unwrap().expect_err(point);
        assert!(
            matches!(err, BackendError::LaunchFailed { .. }),
            "{point}: {err:?}"
        );
        assert!(
            err.to_string().contains("ended without a word"),
            "{point}: {err}"
        );
        drop(gate);

        let mut again = spec.clone();
        if let Ok(status) = place.backend.status(&session("a")).await {
            assert!(
                matches!(status.state, SessionState::Ended(_)),
                "{point}: {status:?}"
            );
            again.replaces = status.generation;
        }
        let ensured = place.backend.ensure(&again).await;
        let ensured = ensured.unwrap_or_else(|err| panic!("{point}: {err:?}"));
        assert!(ensured.started, "{point}");
        place.env.tolerate_stale_sockets();
        place.clear("a").await;
    }
}

/// A launcher that is gone before its owner is ready: the owner is there for the next call.
///
/// proves E2
#[tokio::test]
async fn a_launcher_that_is_dropped_at_any_point_leaves_an_owner_that_is_found() {
    for point in OWNER_POINTS {
        let place = Place::new();
        let spec = place.spec("a", "testkit-echo", &[]);
        let gate = ProcessGate::new(&place.env.probe_dir(), point);
        let launch = launching(&place, spec.clone());
        let (gate, pid) = reached(gate).await;
        launch.abort();
        assert!(launch.await.unwrap_err().is_cancelled(), "{point}");
        gate.release();
        drop(gate);
        let ensured = place.backend.ensure(&spec).await;
        let ensured = ensured.unwrap_or_else(|err| panic!("{point}: {err:?}"));
        assert!(
            matches!(ensured.status.state, SessionState::Running(_)),
            "{point}"
        );
        assert_eq!(
            place.owner_pid("a"),
            pid,
            "{point}: there was a second owner"
        );
        place.clear("a").await;
    }
}

/// proves E1, E2
#[tokio::test]
async fn a_second_launch_waits_for_a_first_that_is_not_ready_and_answers_for_it() {
    let place = Place::new();
    let spec = place.spec("a", "testkit-echo", &[]);
    let gate = ProcessGate::new(&place.env.probe_dir(), "owner.spawned");
    let first = launching(&place, spec.clone());
    let (gate, pid) = reached(gate).await;
    let listed = place.backend.list().await.unwrap();
    assert!(
        matches!(listed[0].state, SessionState::Starting),
        "{listed:?}"
    );
    let second = place.backend.ensure(&spec);
    tokio::pin!(second);
    let early = tokio::time::timeout(Duration::from_millis(100), &mut second).await;
    assert!(early.is_err(), "it did not wait: {early:?}");
    gate.release();
    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap());
    assert_eq!(first.generation, second.generation);
    assert!(first.started && !second.started);
    assert_eq!(place.owner_pid("a"), pid);
    drop(gate);
    place.clear("a").await;
}

/// An owner that is killed while it records its end: the end is lost, and said to be.
///
/// proves O15
#[tokio::test]
async fn an_owner_killed_before_its_end_is_recorded_leaves_a_lost_session() {
    let place = Place::new();
    let gate = ProcessGate::new(&place.env.probe_dir(), "owner.ending");
    let launch = launching(&place, place.script("a", "exit 3"));
    let (gate, pid) = reached(gate).await;
    kill(pid);
    // The end came before the launcher could ask, or after; either way the session was started.
    let launched = launch.await.unwrap();
    assert!(launched.is_ok(), "{launched:?}");
    let lost = async {
        loop {
            match place.backend.status(&session("a")).await.unwrap().state {
                SessionState::Ended(ended) => return ended,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    let ended = tokio::time::timeout(DEADLINE, lost)
        .await
        .expect("the owner is gone");
    assert_eq!(ended.ended_at, None);
    drop(gate);
    place.env.tolerate_stale_sockets();
    place.clear("a").await;
}

/// What is found and still does not run is named, with the reason, and nothing is left of the start.
///
/// proves O3, E3
#[cfg(unix)]
#[tokio::test]
async fn a_program_that_cannot_be_run_is_named_and_leaves_nothing() {
    let place = Place::new();
    let script = program(&place, "#!/no/such/interpreter\n");
    let spec = place.command_spec("a", Command::new(&script, [""; 0]));
    let err = place.backend.ensure(&spec).await.unwrap_err();
    let BackendError::ProgramNotFound { reason, .. } = &err else {
        panic!("instead: {err:?}");
    };
    assert!(reason.contains(script.to_str().unwrap()), "{reason}");
    assert!(reason.contains("interpreter"), "{reason}");
    assert!(!place.session_dir("a").exists());
}

/// proves O3
#[cfg(unix)]
#[tokio::test]
async fn a_script_that_names_no_interpreter_is_run_by_the_shell() {
    let place = Place::new();
    let script = program(&place, "echo \"here $PWD: $1\"; exit 7\n");
    let spec = place.command_spec("a", Command::new(&script, ["word"]));
    place.backend.ensure(&spec).await.unwrap();
    let mut attachment = place.attach("a", AttachMode::View).await;
    let seen = read_text(&mut attachment, ": word").await;
    let here = format!("here {}: word", place.env.work_dir().display());
    assert!(seen.contains(&here), "{seen}");
    drop(attachment);
    place.clear("a").await;
}

/// Writes a program's file that this user may run.
#[cfg(unix)]
fn program(place: &Place, text: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = place.env.work_dir().join("program");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// A process that was started ahead takes the start that comes, and one that nothing comes for ends.
///
/// proves E2
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_that_was_started_ahead_becomes_the_owner_or_ends() {
    let place = Place::new();
    let mut settings = OwnerSettings::new(place.env.owners_dir(), place.env.runtime_dir());
    settings.helper = Helper::Program(programs::abide());
    let backend = OwnerBackend::new(settings);
    let spec = place.spec("a", "testkit-echo", &[]);

    backend.expect_start();
    let ahead = waiting_for_this_process().await;
    let started = backend.ensure(&spec).await.unwrap();
    assert!(started.started);
    assert_eq!(
        place.owner_pid("a"),
        ahead,
        "another process took the start"
    );

    backend.expect_start();
    let ahead = waiting_for_this_process().await;
    let found = backend.ensure(&spec).await.unwrap();
    assert_eq!(found.generation, started.generation);
    drop(backend);
    let ended = async {
        while abide_testkit::sys::process_is_alive(ahead) {
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(DEADLINE, ended).await;
    assert!(
        ended.is_ok(),
        "process {ahead} waits for a launcher that is gone"
    );
    place.clear("a").await;
}

/// Waits for the one owner that has left this process and reads what this process writes.
#[cfg(target_os = "linux")]
async fn waiting_for_this_process() -> u32 {
    let pipe = |fd: std::path::PathBuf| {
        let target = std::fs::read_link(fd).ok()?;
        target.to_str()?.starts_with("pipe:").then_some(target)
    };
    let find = || {
        let own = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let own: Vec<_> = own.filter_map(|fd| pipe(fd.path())).collect();
        // Not by `getsid`, which answers 0 for a session whose leader another namespace has.
        let leads_its_session = |pid: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
            fields.split_whitespace().nth(3) == Some(pid.to_string().as_str())
        };
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let waits = processes.filter(|process| {
            let words = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            words.ends_with(b"\0owner\0--from-launcher\0")
                && pipe(process.path().join("fd/0")).is_some_and(|pipe| own.contains(&pipe))
        });
        let pids = waits.filter_map(|process| process.file_name().to_str()?.parse().ok());
        pids.collect::<Vec<u32>>()
            .into_iter()
            .find(leads_its_session)
    };
    let found = async {
        loop {
            match find() {
                Some(pid) => return pid,
                None => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(DEADLINE, found)
        .await
        .expect("a process is started ahead")
}
