//! Asks its terminal questions in raw mode, and prints what came back as hexadecimal digits.
//!
//! `testkit-query [NAME…]` asks those named, or all: `cpr`, `dsr`, `da1`, `da2`, `decrqm`,
//! `background`, `foreground`, `kitty`. For each it prints `NAME REPLY`, or `NAME none` if nothing
//! came within the patience, then `query done`.

#![forbid(unsafe_code)]

use std::{
    env,
    io::{self, Read as _},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::Duration,
};

use abide_core::id::to_hex;
use abide_testkit::{child::say, sys::RawMode};

/// Time to wait for the first byte of a reply.
const PATIENCE: Duration = Duration::from_millis(1000);

/// Time in which more bytes of the same reply may follow.
const REST: Duration = Duration::from_millis(50);

/// Reads that may wait to be looked at.
const QUEUE: usize = 16;

const QUERIES: [(&str, &str); 8] = [
    ("cpr", "\x1b[6n"),
    ("dsr", "\x1b[5n"),
    ("da1", "\x1b[c"),
    ("da2", "\x1b[>c"),
    ("decrqm", "\x1b[?2026$p"),
    ("background", "\x1b]11;?\x07"),
    ("foreground", "\x1b]10;?\x07"),
    ("kitty", "\x1b[?u"),
];

fn main() {
    let names: Vec<String> = env::args().skip(1).collect();
    let _raw = RawMode::enter();
    let typed = typed();
    for (name, query) in QUERIES {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            say(query);
            let reply = match reply(&typed) {
                reply if reply.is_empty() => "none".to_owned(),
                reply => to_hex(&reply),
            };
            say(&format!("{name} {reply}\r\n"));
        }
    }
    say("query done\r\n");
}

/// Reads stdin on a thread, for it cannot be waited for with a deadline; the thread ends with the
/// process.
fn typed() -> Receiver<Vec<u8>> {
    let (sender, receiver) = sync_channel(QUEUE);
    thread::spawn(move || {
        let mut bytes = [0; 1024];
        while let Ok(count @ 1..) = io::stdin().lock().read(&mut bytes) {
            if sender.send(bytes[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

fn reply(typed: &Receiver<Vec<u8>>) -> Vec<u8> {
    let mut reply = typed.recv_timeout(PATIENCE).unwrap_or_default();
    while let Ok(more) = typed.recv_timeout(REST) {
        reply.extend(more);
    }
    reply
}
