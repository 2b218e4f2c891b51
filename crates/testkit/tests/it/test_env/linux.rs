//! What is left on Linux: processes, found by what they hold.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::Stdio,
};

use abide_testkit::{env::TestEnv, programs, sys};

#[test]
fn a_process_that_is_left_is_ended_and_named() {
    let env = TestEnv::new();
    let mut left = env
        .program(programs::path("testkit-deaf"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = left.id();
    let failure = catch_unwind(AssertUnwindSafe(|| env.finish())).unwrap_err();
    let text = failure.downcast_ref::<String>().unwrap();
    assert!(text.contains(&format!("process {pid} (")), "{text}");
    assert!(text.contains("testkit-deaf"), "{text}");
    left.wait().unwrap();
    assert!(!sys::process_is_alive(pid));
}
