//! A test's place gives programs what they need, and finds what they leave.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(unix)]
mod unix;

use abide_testkit::{env::TestEnv, programs};

#[test]
fn a_program_runs_in_the_place_and_with_its_environment_alone() {
    let mut env = TestEnv::new();
    env.set("EXTRA", "more");
    let names = [
        "ABIDE_STATE_DIR",
        "ABIDE_RUNTIME_DIR",
        "HOME",
        "EXTRA",
        "CARGO",
    ];
    let mut command = env.program(programs::path("testkit-env"));
    command.args(names);
    let output = env.run_command(command, b"\n");
    assert!(output.success(), "{output}");
    let output = output.normalised(&env.normaliser());
    let facts: Vec<&str> = output.stdout.lines().take(5).collect();
    assert_eq!(
        facts,
        [
            "env ABIDE_STATE_DIR=[STATE]",
            "env ABIDE_RUNTIME_DIR=[RUNTIME]",
            "env HOME=[HOME]",
            "env EXTRA=more",
            "env CARGO unset",
        ]
    );
    assert!(output.stdout.contains("\ncwd [WORK]\n"), "{output}");
    let root = env.root().to_owned();
    env.finish();
    assert!(!root.exists());
}
