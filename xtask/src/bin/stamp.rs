//! The smallest child of the bench: tells when its first instruction ran, and waits.
//!
//! A program of its own, because starting a large one would be a part of what is measured.

#![forbid(unsafe_code)]

use std::env;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process;

use bench::sys;

#[path = "../bench"]
mod bench {
    #[expect(dead_code, reason = "the bench itself uses the rest")]
    pub(crate) mod sys;
}

fn main() -> io::Result<()> {
    let started = sys::now();
    let mut args = env::args().skip(1);
    let port = args.next().and_then(|port| port.parse::<u16>().ok());
    let (Some(port), Some(token)) = (port, args.next()) else {
        return Err(io::Error::other("usage: stamp PORT TOKEN"));
    };
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let line = format!("{token} {} {}\n", process::id(), started.as_nanos());
    stream.write_all(line.as_bytes())?;
    // The bench ends it by hanging up.
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}
