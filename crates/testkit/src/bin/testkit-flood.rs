//! Prints `ready`, waits for a line, prints numbered lines as fast as it can, then `flood done`.
//!
//! `testkit-flood LINES|forever [--now] [--stay]`: `--now` does not wait for a line first,
//! `--stay` waits for one at the end.

#![forbid(unsafe_code)]

use std::env;

use abide_testkit::child::{flood_line, flood_lines, say, wait_for_line};

/// Lines printed by one write.
const BATCH: u64 = 64;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    say("ready\n");
    if !args.contains(&"--now") {
        wait_for_line();
    }
    let lines = flood_lines(&args);
    let mut number = 0;
    while number < lines {
        let end = lines.min(number.saturating_add(BATCH));
        let batch: String = (number + 1..=end).map(flood_line).collect();
        say(&batch);
        number = end;
    }
    say("flood done\n");
    if args.contains(&"--stay") {
        wait_for_line();
    }
}
