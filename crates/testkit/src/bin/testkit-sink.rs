//! Reads so many bytes in raw mode, and prints how many there were and their hash.
//!
//! `testkit-sink BYTES [--slow]`: `--slow` pauses before each read.

#![forbid(unsafe_code)]

use std::{
    env,
    io::{self, Read as _},
    time::Duration,
};

use abide_testkit::{
    child::{Fnv, pause, say, sink_line},
    sys::RawMode,
};

/// Pause of a slow reader between two reads.
const SLOW_READ: Duration = Duration::from_millis(1);

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let wanted: usize = args.first().and_then(|n| n.parse().ok()).unwrap_or(0);
    let slow = args.iter().any(|arg| arg == "--slow");
    let mut hash = Fnv::default();
    let mut read = 0;
    {
        let _raw = RawMode::enter();
        say("ready\r\n");
        let mut bytes = vec![0; 4096];
        while read < wanted {
            if slow {
                pause(SLOW_READ);
            }
            let most = bytes.len().min(wanted - read);
            match io::stdin().lock().read(&mut bytes[..most]) {
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    hash.write(&bytes[..count]);
                    read += count;
                }
            }
        }
    }
    say(&sink_line(read, &hash));
}
