//! Many processes want one session at once.

use std::{collections::BTreeSet, path::Path, process::Stdio};

use abide_backend_ptyowner::{Helper, OwnerBackend, OwnerSettings};
use abide_core::backend::{Command, SessionSpec, SessionState, TerminalBackend as _};
use abide_testkit::programs;

use crate::place::{Place, session};

/// Callers at once, as many as the machine is asked to be sure of.
const CALLERS: usize = 8;

/// How often.
const ROUNDS: usize = 100;

/// Counts live owners whose locks or logs are below the directory.
fn owners_below(dir: &Path) -> usize {
    let is_here = |target: &Path| target.starts_with(dir);
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let owners = processes.filter(|process| {
        let Ok(open) = std::fs::read_dir(process.path().join("fd")) else {
            return false;
        };
        open.flatten()
            .filter_map(|fd| std::fs::read_link(fd.path()).ok())
            .any(|target| is_here(&target) && target.ends_with("owner.lock"))
    });
    owners.count()
}

/// Names the session, and its place, that a copy of this test is to call `ensure` for.
const CALL_FOR: &str = "ABIDE_TEST_CALL_FOR";

/// Calls `ensure` in this process, and says which start answered and whether the call made it.
async fn call(place: &str) {
    let mut words = place.split('\n');
    let mut word = || words.next().expect("a caller is told its place");
    let (owners, runtime, work, id) = (word(), word(), word(), word());
    let mut settings = OwnerSettings::new(owners.into(), runtime.into());
    settings.helper = Helper::Program(programs::abide());
    let command = Command::new(programs::path("testkit-echo"), [""; 0]);
    let env = std::env::vars_os()
        .filter(|(name, _)| name == "PATH")
        .collect();
    let spec = SessionSpec::new(session(id), command, work.into(), env);
    let ensured = OwnerBackend::new(settings).ensure(&spec).await.unwrap();
    println!("\nensured {} {}", ensured.generation, ensured.started);
}

/// proves E1
#[tokio::test]
async fn heavy_eight_processes_make_one_owner_of_a_new_session_a_hundred_times() {
    if let Ok(place) = std::env::var(CALL_FOR) {
        return call(&place).await;
    }
    let name = "races::heavy_eight_processes_make_one_owner_of_a_new_session_a_hundred_times";
    let place = Place::new();
    let dirs = [
        place.env.owners_dir(),
        place.env.runtime_dir(),
        place.env.work_dir(),
    ];
    let dirs = dirs.map(|dir| dir.to_str().unwrap().to_owned()).join("\n");
    for round in 0..ROUNDS {
        let id = format!("a{round}");
        let start = || {
            let mut caller = std::process::Command::new(std::env::current_exe().unwrap());
            caller.args(["--exact", name, "--nocapture"]);
            caller.env(CALL_FOR, format!("{dirs}\n{id}"));
            caller
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            caller.spawn().unwrap()
        };
        let callers: Vec<_> = (0..CALLERS).map(|_| start()).collect();
        let mut generations = BTreeSet::new();
        let mut started = 0;
        for caller in callers {
            let output = caller.wait_with_output().unwrap();
            assert!(output.status.success(), "round {round}: {output:?}");
            let said = String::from_utf8(output.stdout).unwrap();
            let answer = said.lines().find_map(|line| line.strip_prefix("ensured "));
            let (generation, made) = answer.unwrap().split_once(' ').unwrap();
            generations.insert(generation.to_owned());
            started += usize::from(made == "true");
        }
        assert_eq!(generations.len(), 1, "round {round}: {generations:?}");
        assert_eq!(started, 1, "round {round}");
        assert_eq!(owners_below(&place.session_dir(&id)), 1, "round {round}");
        let status = place.backend.status(&session(&id)).await.unwrap();
        assert!(matches!(status.state, SessionState::Running(_)));
        place.clear(&id).await;
    }
}
