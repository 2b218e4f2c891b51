//! Prints what it was started with, a fact a line, then `env done`, and waits for a line.
//!
//! `testkit-env [NAME…]` prints `env NAME=VALUE` or `env NAME unset` for each name, or all of the
//! environment as `env NAME=VALUE` without any; then its arguments, its directory, and what
//! the system knows of its process and its terminal. Rust's runtime itself ignores SIGPIPE before
//! `main`, so that one bit of `SigIgn` says nothing.

#![forbid(unsafe_code)]

use std::env;

use abide_testkit::{
    child::{say, wait_for_line},
    sys::{process_facts, terminal_size},
};

fn main() {
    let names: Vec<String> = env::args().skip(1).collect();
    for name in &names {
        match env::var_os(name) {
            Some(value) => say(&format!("env {name}={}\n", value.display())),
            None => say(&format!("env {name} unset\n")),
        }
    }
    if names.is_empty() {
        for (name, value) in env::vars_os() {
            say(&format!("env {}={}\n", name.display(), value.display()));
        }
    }
    for (index, arg) in env::args_os().enumerate() {
        say(&format!("argv {index} {}\n", arg.display()));
    }
    match env::current_dir() {
        Ok(dir) => say(&format!("cwd {}\n", dir.display())),
        Err(err) => say(&format!("cwd unknown: {err}\n")),
    }
    match terminal_size() {
        Some(size) => say(&format!("size {size}\n")),
        None => say("size unknown\n"),
    }
    for fact in process_facts() {
        say(&format!("{fact}\n"));
    }
    say("env done\n");
    wait_for_line();
}
