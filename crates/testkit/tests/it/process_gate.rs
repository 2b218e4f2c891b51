//! A gate holds another process: here a shell that does what an owner does at a probe point.

use std::{
    fs,
    process::{Child, Command},
    time::Duration,
};

use abide_testkit::{env::TestEnv, gate::ProcessGate};

const DEADLINE: Duration = Duration::from_secs(10);

/// Starts a shell that reaches the point, then writes the file `passed`. It waits there itself: a
/// program that waited for it would live on when the shell is killed.
fn reach(env: &TestEnv) -> Child {
    let script = "if [ -p point ]; then echo $$ > point; read -r end < point.go; fi; : > passed";
    let mut shell = env.program("/bin/sh");
    shell.args(["-c", script]).current_dir(env.probe_dir());
    shell.spawn().expect("every Unix has a shell")
}

#[test]
fn a_process_is_held_at_the_point_until_it_is_released() {
    let env = TestEnv::new();
    let gate = ProcessGate::new(&env.probe_dir(), "point");
    for _ in 0..2 {
        let mut shell = reach(&env);
        assert_eq!(gate.wait_reached(DEADLINE), shell.id());
        assert!(shell.try_wait().unwrap().is_none());
        let passed = env.probe_dir().join("passed");
        assert!(!passed.exists(), "it is held");
        gate.release();
        assert!(shell.wait().unwrap().success());
        fs::remove_file(passed).unwrap();
    }
    drop(gate);
    assert_eq!(fs::read_dir(env.probe_dir()).unwrap().count(), 0);
    assert!(
        reach(&env).wait().unwrap().success(),
        "nobody is held without a gate"
    );
    env.finish();
}

#[test]
fn a_dropped_gate_lets_go_whom_it_holds() {
    let env = TestEnv::new();
    let gate = ProcessGate::new(&env.probe_dir(), "point");
    let mut shell = reach(&env);
    let _ = gate.wait_reached(DEADLINE);
    drop(gate);
    assert!(shell.wait().unwrap().success());
    env.finish();
}

#[test]
fn a_dropped_gate_lets_go_whom_nobody_waited_for() {
    let env = TestEnv::new();
    let gate = ProcessGate::new(&env.probe_dir(), "point");
    let mut shell = reach(&env);
    // As far as this, it has seen the gate: its start shows in that it is asleep in an open.
    let asleep = || fs::read_to_string(format!("/proc/{}/stat", shell.id())).unwrap();
    while cfg!(target_os = "linux") && !asleep().contains(") S ") {
        std::thread::yield_now();
    }
    drop(gate);
    assert!(shell.wait().unwrap().success());
    env.finish();
}

#[test]
fn a_process_that_was_killed_at_the_point_needs_no_release() {
    let env = TestEnv::new();
    let gate = ProcessGate::new(&env.probe_dir(), "point");
    let mut shell = reach(&env);
    let pid = gate.wait_reached(DEADLINE);
    let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(killed.unwrap().success());
    shell.wait().unwrap();
    drop(gate);
    env.finish();
}

#[test]
#[should_panic(expected = "nobody reached `point` within 10ms")]
fn a_point_that_nobody_reaches_fails_at_the_deadline() {
    let env = TestEnv::new();
    let gate = ProcessGate::new(&env.probe_dir(), "point");
    let _ = gate.wait_reached(Duration::from_millis(10));
}
