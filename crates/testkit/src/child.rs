//! What child programs print and understand, and how they do it without disturbing anybody.
//!
//! A child program never panics because its terminal is gone, and never outlives a test for long:
//! whatever waits, waits for [`LIFETIME`] at most.

use std::{
    fmt,
    io::{self, BufRead as _, Write as _},
    process,
    time::Duration,
};

/// Longest time that a child program lives, so that a test that fails leaves nothing for ever.
pub const LIFETIME: Duration = Duration::from_secs(180);

/// Time between two lines of `testkit-count`.
pub const COUNT_PACE: Duration = Duration::from_millis(2);

/// Bytes of one line of `testkit-count` and `testkit-flood` on the terminal, its end included.
pub const LINE_BYTES: usize = 16;

/// The alternate screen of `testkit-altscreen`: text, title and colour.
pub const ALTSCREEN_ENTER: &str =
    "before\n\x1b[?1049h\x1b]2;alternate title\x07\x1b[2J\x1b[H\x1b[31malternate\x1b[0m";

/// What `testkit-altscreen` prints once a key was typed.
pub const ALTSCREEN_LEAVE: &str = "\x1b[?1049lafter\n";

/// The processes that `testkit-tree` makes besides itself, in order.
pub const TREE_ROLES: [&str; 4] = ["own-group", "own-session", "double-fork", "deaf"];

/// Prints text at once; ends the program quietly if nobody can read it any more.
pub fn say(text: &str) {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if written.is_err() {
        process::exit(1);
    }
}

/// Reads a line from the terminal, without its end; `None` once there is no more.
#[must_use = "or wait with `wait_for_line`"]
pub fn read_line() -> Option<String> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}

/// Waits until a line was typed, or the terminal is gone.
pub fn wait_for_line() {
    let _ = read_line();
}

/// Pauses a child program; real time is what it is for.
#[expect(
    clippy::disallowed_methods,
    reason = "a child program paces itself; nothing waits for it by sleeping"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Does nothing until something ends the program, or its [`LIFETIME`] is over.
pub fn linger() -> ! {
    pause(LIFETIME);
    process::exit(0)
}

/// Returns the code of a line `exit CODE`.
#[must_use]
pub fn exit_code_in(line: &str) -> Option<i32> {
    line.strip_prefix("exit ")?.trim().parse().ok()
}

/// Returns the number of a word `signal:NUMBER`.
#[must_use]
pub fn signal_in(word: &str) -> Option<i32> {
    word.strip_prefix("signal:")?.parse().ok()
}

/// Returns line `number` of `testkit-count`, counted from zero.
#[must_use]
pub fn count_line(number: u64) -> String {
    format!("{number:014}\n")
}

/// Returns the byte that `testkit-count` prints at an offset.
#[must_use]
pub fn count_byte(offset: u64) -> u8 {
    let line = count_line(offset / LINE_BYTES as u64).replace('\n', "\r\n");
    line.as_bytes()[usize::try_from(offset % LINE_BYTES as u64).expect("below 16")]
}

/// Returns line `number` of `testkit-flood`, counted from one.
#[must_use]
pub fn flood_line(number: u64) -> String {
    format!("flood {number:08}\n")
}

/// Returns how many lines a flood with these arguments prints.
#[must_use]
pub fn flood_lines(args: &[&str]) -> u64 {
    match args.first() {
        Some(&"forever") => u64::MAX,
        Some(lines) => lines.parse().unwrap_or(0),
        None => 0,
    }
}

/// Returns what `testkit-sink` prints once it has read all.
#[must_use]
pub fn sink_line(bytes: usize, hash: &Fnv) -> String {
    format!("sink {bytes} {hash}\n")
}

/// The 64-bit FNV-1a hash: tells changed input from unchanged, and no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Takes in the next bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl fmt::Display for Fnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_counter_has_the_length_that_offsets_are_computed_with() {
        for number in [0, 1, 99_999_999] {
            assert_eq!(count_line(number).len() + 1, LINE_BYTES);
            assert_eq!(flood_line(number).len() + 2, LINE_BYTES + 1);
        }
        assert_eq!(count_byte(16 * 7 + 13), b'7');
        assert_eq!(count_byte(16 * 7 + 15), b'\n');
    }

    #[test]
    fn the_hash_is_the_published_one() {
        let mut hash = Fnv::default();
        hash.write(b"foobar");
        assert_eq!(hash.to_string(), "85944171f73967e8");
    }
}
