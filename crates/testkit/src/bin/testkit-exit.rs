//! Prints its first argument and ends at once: `testkit-exit TEXT CODE|signal:NUMBER`.

#![forbid(unsafe_code)]

use std::{env, process};

use abide_testkit::{
    child::{say, signal_in},
    sys::end_by_signal,
};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [text, how] = args.as_slice() else {
        process::exit(2);
    };
    say(&format!("{text}\n"));
    if let Some(number) = signal_in(how) {
        end_by_signal(number);
    }
    process::exit(how.parse().unwrap_or(2));
}
