//! What is left on Unix: sockets, and output that a child of the program holds.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
};

use abide_testkit::{env::TestEnv, sys};

#[test]
fn a_socket_that_is_left_is_named_unless_it_may_be() {
    let leave = |env: &TestEnv| {
        let path = env.runtime_dir().join("left.sock");
        drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    };
    let env = TestEnv::new();
    leave(&env);
    let failure = catch_unwind(AssertUnwindSafe(|| env.finish())).unwrap_err();
    let text = failure.downcast_ref::<String>().unwrap();
    assert!(text.contains("left.sock"), "{text}");

    let env = TestEnv::new();
    leave(&env);
    env.tolerate_stale_sockets();
    env.finish();
}

#[test]
fn a_program_whose_child_keeps_its_output_is_reported() {
    let env = TestEnv::new();
    let mut command = env.program("/bin/sh");
    command.args(["-c", "echo started; sleep 30 & echo $! > child"]);
    let failure = catch_unwind(AssertUnwindSafe(|| env.run_command(command, b""))).unwrap_err();
    let text = failure.downcast_ref::<String>().unwrap();
    assert!(text.contains("still holds its stdout"), "{text}");
    assert!(text.contains("started"), "{text}");
    let child = fs::read_to_string(env.work_dir().join("child")).unwrap();
    sys::kill(child.trim().parse().unwrap()).unwrap();
    env.finish();
}
