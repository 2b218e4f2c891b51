//! Catches every signal that can be caught, prints `deaf`, and waits.

#![forbid(unsafe_code)]

use abide_testkit::{
    child::{linger, say},
    sys::ignore_signals,
};

fn main() {
    ignore_signals();
    say("deaf\n");
    linger();
}
