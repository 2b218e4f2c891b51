//! Prints `ready`, then `got LINE` for each line read; `exit CODE` ends it.
//!
//! `--no-echo` keeps the terminal from showing what is typed, so that nothing comes between the
//! letters of an answer. `--mark FILE` first adds a line with its process id to a file, so that starts can be counted.

#![forbid(unsafe_code)]

use std::{env, fs::OpenOptions, io::Write as _, process};

use abide_testkit::{
    child::{exit_code_in, read_line, say},
    sys::RawMode,
};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [flag, path] = args.as_slice()
        && flag == "--mark"
    {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .expect("the mark file can be opened");
        let line = format!("{}\n", process::id());
        file.write_all(line.as_bytes())
            .expect("the mark file can be written");
    }
    let quiet = args.iter().any(|arg| arg == "--no-echo");
    let _quiet = quiet.then(RawMode::without_echo);
    say("ready\n");
    while let Some(line) = read_line() {
        if let Some(code) = exit_code_in(&line) {
            process::exit(code);
        }
        say(&format!("got {line}\n"));
    }
}
