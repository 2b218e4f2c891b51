//! The programs that run inside sessions: this program again, under a hidden name.
//!
//! A child tells the bench over a loopback connection that it runs and when it started, does what
//! it is told, and tells when. Times are those of the clock all processes share. It ends when the
//! bench ends, whatever became of its terminal.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{self, Command};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::corpus::{Corpus, END_MARK};
use super::reaper;
use super::sys;

/// First argument by which this program knows that it is a child.
pub(crate) const NAME: &str = "bench-child";

/// Runs as a child if that is what this program was started for, else returns at once.
pub(crate) fn run_if_named() {
    let started = sys::now();
    let mut args = env::args().skip(1);
    if args.next().as_deref() != Some(NAME) {
        return;
    }
    let args: Vec<_> = args.collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let outcome = match args[..] {
        ["on-terminal", port, token, ref command @ ..] => on_terminal(port, token, command),
        ["reap", dir] => reaper::reap(dir),
        ["play", port, token] => play(port, token, started),
        _ => Err(anyhow::anyhow!("there is no such child: {args:?}")),
    };
    if let Err(err) = outcome {
        eprintln!("bench child: {err:#}");
        process::exit(1);
    }
    process::exit(0);
}

/// Takes the terminal on standard input as its own, tells the time, and becomes the command.
fn on_terminal(port: &str, token: &str, command: &[&str]) -> Result<()> {
    let [program, args @ ..] = command else {
        bail!("no command given");
    };
    sys::lead_terminal().context("cannot take the terminal")?;
    if port != "0" {
        let mut stream = connect(port)?;
        say(&mut stream, token, sys::now())?;
    }
    let err = sys::become_program(Command::new(program).args(args));
    Err(err).with_context(|| format!("cannot become `{program}`"))
}

/// Connects, says hello, and does what the bench asks for, line by line.
fn play(port: &str, token: &str, started: Duration) -> Result<()> {
    let mut stream = connect(port)?;
    say(&mut stream, token, started)?;
    let lines = BufReader::new(stream.try_clone().context("cannot share the connection")?).lines();
    for line in lines {
        let line = line.context("cannot hear the bench")?;
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["flood", corpus, bytes] => {
                let (begun, ended) = flood(corpus.parse()?, bytes.parse()?)?;
                answer(&mut stream, &[begun, ended])?;
            }
            ["flood-on", corpus] => flood_on(corpus.parse()?)?,
            ["print", hex] => {
                print(&decode(hex)?)?;
                answer(&mut stream, &[sys::now()])?;
            }
            ["be-raw"] => {
                sys::make_raw().context("cannot set the terminal")?;
                answer(&mut stream, &[sys::now()])?;
            }
            ["echo"] => {
                sys::make_raw().context("cannot set the terminal")?;
                answer(&mut stream, &[sys::now()])?;
                return echo();
            }
            ["exit", code] => {
                answer(&mut stream, &[sys::now()])?;
                process::exit(code.parse().context("not an exit code")?);
            }
            _ => bail!("asked for `{line}`"),
        }
    }
    Ok(())
}

fn connect(port: &str) -> Result<TcpStream> {
    let port: u16 = port.parse().context("not a port")?;
    let stream =
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("cannot reach the bench")?;
    stream
        .set_nodelay(true)
        .context("cannot set the connection")?;
    Ok(stream)
}

fn say(stream: &mut TcpStream, token: &str, at: Duration) -> Result<()> {
    let line = format!("{token} {} {}\n", process::id(), at.as_nanos());
    stream
        .write_all(line.as_bytes())
        .context("cannot say hello")
}

fn answer(stream: &mut TcpStream, times: &[Duration]) -> Result<()> {
    let times: Vec<_> = times
        .iter()
        .map(|time| time.as_nanos().to_string())
        .collect();
    let line = times.join(" ") + "\n";
    stream.write_all(line.as_bytes()).context("cannot answer")
}

/// Prints blocks until `bytes` are out, then the end mark; returns when it began and ended.
fn flood(corpus: Corpus, bytes: usize) -> Result<(Duration, Duration)> {
    let block = corpus.block();
    let begun = sys::now();
    let mut left = bytes;
    while 0 < left {
        // Only whole blocks: a cut inside a character or sequence would be another corpus.
        print(&block)?;
        left = left.saturating_sub(block.len());
    }
    print(format!("\x1b[0m\r\n{END_MARK}\r\n").as_bytes())?;
    Ok((begun, sys::now()))
}

/// Prints blocks until somebody ends this process.
fn flood_on(corpus: Corpus) -> Result<()> {
    let block = corpus.block();
    loop {
        print(&block)?;
    }
}

fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).context("cannot print")?;
    out.flush().context("cannot print")
}

/// Prints each byte that is typed.
fn echo() -> Result<()> {
    let mut stdin = io::stdin().lock();
    let mut bytes = [0; 4096];
    loop {
        let count = stdin.read(&mut bytes).context("cannot read the terminal")?;
        if count == 0 {
            return Ok(());
        }
        print(&bytes[..count])?;
    }
}

/// Returns the hexadecimal digits of some bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode(hex: &str) -> Result<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    let bytes = digits.map(|pair| {
        let pair = str::from_utf8(pair).context("not hexadecimal")?;
        u8::from_str_radix(pair, 16).context("not hexadecimal")
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_the_way_to_a_child() {
        let bytes = b"\x1b[1m\x00\xff";
        assert_eq!(decode(&encode(bytes)).unwrap(), bytes);
        assert!(decode("zz").is_err());
    }
}
