//! Many processes want one session at once.

use std::process::{Child, Stdio};

use abide_testkit::{env::TestEnv, programs};

/// Processes at once.
const PROCESSES: usize = 8;

/// How often.
const ROUNDS: usize = 100;

/// Returns the owners that hold a session's lock, by process id.
pub(crate) fn owners(env: &TestEnv) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let holds_a_lock = |pid: &u32| {
        let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
            return false;
        };
        open.flatten()
            .filter_map(|fd| std::fs::read_link(fd.path()).ok())
            .any(|target| target.starts_with(env.owners_dir()) && target.ends_with("owner.lock"))
    };
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    pids.filter(holds_a_lock).collect()
}

fn resume(env: &TestEnv) -> Child {
    let mut command = env.command(["resume", "job", "--no-attach"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn generation(env: &TestEnv) -> String {
    let info = env.run(["info", "job", "--json"]);
    let info: serde_json::Value = serde_json::from_str(&info.stdout).unwrap();
    assert_eq!(info["session"]["status"]["state"], "running", "{info}");
    info["session"]["generation"].as_str().unwrap().to_owned()
}

/// proves E1
#[test]
fn heavy_eight_processes_make_one_owner_a_hundred_times() {
    let env = TestEnv::new();
    let program = programs::path("testkit-echo");
    let words = ["new", "job", "--no-attach", "--"].map(std::ffi::OsString::from);
    assert!(env.run(words.into_iter().chain([program.into()])).success());
    let mut last = generation(&env);
    for round in 0..ROUNDS {
        assert!(
            env.run(["stop", "job", "--grace", "1s"]).success(),
            "round {round}"
        );
        let callers: Vec<Child> = (0..PROCESSES).map(|_| resume(&env)).collect();
        for caller in callers {
            let output = caller.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "round {round}: {said}");
        }
        let now = generation(&env);
        assert_ne!(now, last, "round {round}: it was not started again");
        assert_eq!(owners(&env).len(), 1, "round {round}");
        last = now;
    }
    assert!(env.run(["delete", "job", "--force"]).success());
    env.finish();
}
