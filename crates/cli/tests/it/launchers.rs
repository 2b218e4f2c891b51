//! The command that starts a session is killed while the session is being started.

use std::{process::Stdio, time::Duration};

use abide_testkit::{env::TestEnv, gate::ProcessGate, programs};

/// Points of an owner's start, in order.
const POINTS: [&str; 6] = [
    "owner.start_locked",
    "owner.locked",
    "owner.bound",
    "owner.spawned",
    "owner.described",
    "owner.ready",
];

const DEADLINE: Duration = Duration::from_secs(20);

/// proves E2
#[test]
fn a_launcher_that_is_killed_leaves_one_session_that_the_next_command_finds() {
    for point in POINTS {
        let env = TestEnv::new();
        let gate = ProcessGate::new(&env.probe_dir(), point);
        let mut launcher = env.command(["new", "job", "--no-attach", "--"]);
        launcher.arg(programs::path("testkit-echo"));
        let mut launcher = launcher
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let owner = gate.wait_reached(DEADLINE);
        launcher.kill().unwrap();
        launcher.wait().unwrap();
        gate.release();
        drop(gate);

        let resumed = env.run(["resume", "job", "--no-attach"]);
        assert!(resumed.success(), "{point}: {resumed:?}");
        let sent = env.run(["send", "job", "hello", "--enter"]);
        assert!(sent.success(), "{point}: {sent:?}");
        let wait = [
            "wait",
            "job",
            "--match",
            "got hello",
            "--since",
            "0",
            "--timeout",
            "20s",
        ];
        let waited = env.run(wait);
        assert!(waited.success(), "{point}: {waited:?}");
        let holders = abide_testkit::sys::process_is_alive(owner);
        assert!(
            holders,
            "{point}: the first owner is gone, so there was a second"
        );
        let deleted = env.run(["delete", "job", "--force"]);
        assert!(deleted.success(), "{point}: {deleted:?}");
        env.finish();
    }
}
