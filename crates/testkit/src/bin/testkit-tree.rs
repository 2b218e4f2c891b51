//! Makes children that are hard to find, prints `tree ROLE PID` for each, then `tree ready`.
//!
//! | role | how it gets away |
//! |---|---|
//! | `own-group` | leads its own process group |
//! | `own-session` | leads its own session |
//! | `double-fork` | its parent has ended |
//! | `deaf` | catches every signal, and its parent has ended |

#![forbid(unsafe_code)]

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{self, Command, Stdio},
};

use abide_testkit::{
    child::{TREE_ROLES, linger, say},
    sys::{ignore_signals, own_group, own_session},
};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        None => grow(),
        Some("between") => between(&args[1]),
        Some(role) => leaf(role),
    }
}

/// Starts one process of each role, and waits until each has said that it is there.
#[expect(
    clippy::zombie_processes,
    reason = "whoever ends this program's session ends its children too"
)]
fn grow() {
    for role in TREE_ROLES {
        let mut command = this_program();
        match role {
            "own-group" => own_group(command.arg(role)),
            "own-session" => {
                command.arg(role);
            }
            _ => {
                command.args(["between", role]);
            }
        }
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let mut line = String::new();
        let out = child.stdout.take().expect("it was piped");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("a child says its name");
        say(&line);
        if command.get_args().any(|arg| arg == "between") {
            child.wait().expect("the one between ends at once");
        }
    }
    say("tree ready\n");
    linger();
}

/// Starts the leaf and ends, so that nobody is the leaf's parent.
fn between(role: &str) {
    let started = this_program().arg(role).spawn();
    drop(started.expect("this program can be started again"));
}

fn leaf(role: &str) {
    match role {
        "own-session" => own_session(),
        "deaf" => ignore_signals(),
        _ => {}
    }
    say(&format!("tree {role} {}\n", process::id()));
    linger();
}

fn this_program() -> Command {
    Command::new(env::current_exe().expect("a program knows its own path"))
}
