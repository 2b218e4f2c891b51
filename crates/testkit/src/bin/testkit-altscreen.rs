//! Enters the alternate screen, names and paints it, waits for a key, and leaves it.

#![forbid(unsafe_code)]

use std::io::{self, Read as _};

use abide_testkit::{
    child::{ALTSCREEN_ENTER, ALTSCREEN_LEAVE, say},
    sys::RawMode,
};

fn main() {
    {
        let _raw = RawMode::enter();
        // In raw mode nothing puts a return before a line feed.
        say(&ALTSCREEN_ENTER.replace('\n', "\r\n"));
        // Whatever comes, a key or the end of the terminal, it is over.
        let _ = io::stdin().lock().read(&mut [0]);
    }
    say(ALTSCREEN_LEAVE);
}
