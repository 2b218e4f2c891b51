//! Prints a numbered line every two milliseconds, by its own timer: a gap in them is a gap in
//! what was delivered.

#![forbid(unsafe_code)]

use abide_testkit::child::{COUNT_PACE, LIFETIME, count_line, pause, say};

fn main() {
    let lines = LIFETIME.as_millis() / COUNT_PACE.as_millis();
    for number in 0..u64::try_from(lines).expect("a short life") {
        say(&count_line(number));
        pause(COUNT_PACE);
    }
}
