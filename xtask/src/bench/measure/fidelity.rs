//! What one who comes back sees, against a terminal that never left.
//!
//! The judge is the screen model of this repository, fed once with what the program printed and
//! once with what the attaching client showed.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Bench;
use crate::bench::figures::{Line, Target, Unit};
use crate::bench::tool::Tool;
use crate::bench::viewer::{COLS, ROWS};
use crate::bench::{child, programs};
use crate::process;

/// Silence that means that a client has shown all it will show.
const QUIET: Duration = Duration::from_millis(300);

/// Leaves and comes back to each of the two kinds of program.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    for (name, output) in [("shell", shell()), ("full-screen program", full_screen())] {
        let mut session = bench.arena.start(bench.stage)?;
        // One terminal was there all along, so that the program's size is settled.
        let mut first = bench.arena.attach(&session.name, None)?;
        first.settle(QUIET)?;
        // What tools tell the program (of the focus, say) must not be echoed onto the page.
        session.player.tell("be-raw")?;
        session.player.times::<1>()?;
        session
            .player
            .tell(&format!("print {}", child::encode(output.as_bytes())))?;
        session.player.times::<1>()?;
        first.settle(QUIET)?;
        first.type_in(bench.tool().detach_keys())?;
        first.until_end()?;
        let mut viewer = bench.arena.attach(&session.name, None)?;
        let shown = viewer.gather(QUIET)?;
        report(bench, name, &judge(bench, output.as_bytes(), &shown)?);
    }
    Ok(())
}

/// Returns what the judge says of what was printed and what was shown.
fn judge(bench: &Bench<'_>, printed: &[u8], shown: &[u8]) -> Result<String> {
    let file = |name: &str, bytes: &[u8]| {
        let path = bench.arena.dir().join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        Ok::<_, anyhow::Error>(path.to_string_lossy().into_owned())
    };
    let (printed, shown) = (file("printed", printed)?, file("shown", shown)?);
    let size = format!("{COLS}x{ROWS}");
    process::read(&mut process::command(
        &programs::judge()?,
        &[&size, &printed, &shown],
    ))
}

fn report(bench: &mut Bench<'_>, name: &str, verdict: &str) {
    let counted = [
        ("characters", "characters of the page wrong"),
        ("rows", "rows wrong, with attributes"),
        ("modes", "modes wrong"),
        ("lines", "lines of history lacking"),
    ];
    for (word, title) in counted {
        let line = Line::new(
            format!("after reattach, {name}: {title}"),
            Unit::Count,
            Target::AtMost(0.0),
        );
        let said = verdict
            .lines()
            .find_map(|line| line.strip_prefix(word)?.trim().parse().ok());
        bench
            .figures
            .add(&line, bench.tool(), said.unwrap_or(f64::INFINITY));
    }
    let line = Line::new(
        format!("after reattach, {name}: anything at all differs"),
        Unit::Count,
        Target::AtMost(0.0),
    );
    let first = verdict.lines().find_map(|line| line.strip_prefix("first "));
    let differs = f64::from(u8::from(first != Some("none")));
    if let (Some(first), Tool::Abide) = (first.filter(|first| *first != "none"), bench.tool()) {
        bench
            .figures
            .note(format!("after reattach, {name}: abide differs in {first}"));
    }
    bench.figures.add(&line, bench.tool(), differs);
}

/// Returns a session at a coloured prompt: more lines than a page, a title, a half-typed command.
fn shell() -> String {
    let mut text = "\x1b]0;~/work: bash\x07".to_owned();
    for number in 0..300 {
        text += "\x1b[1;32muser@host\x1b[0m:\x1b[1;34m~/work\x1b[0m$ make\r\n";
        text += &format!(
            "\x1b[38;5;208mwarning\x1b[0m: unused {number}\r\n  \x1b[4m--> größe.c\x1b[0m 端末 🙂\r\n"
        );
    }
    text + "\x1b[?2004h\x1b[5 q\x1b[1;32muser@host\x1b[0m:\x1b[1;34m~/work\x1b[0m$ git com"
}

/// Returns a full-screen program: an editor with a status line, mouse, keypad and a region.
fn full_screen() -> String {
    let mut text =
        "$ edit notes\r\n\x1b[?1049h\x1b[?1h\x1b=\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[?1004h"
            .to_owned();
    text += "\x1b]2;notes - edit\x07\x1b[2J\x1b[2;22r\x1b[2 q";
    for row in 1..=22 {
        text += &format!(
            "\x1b[{row};1H\x1b[38;5;243m{row:>3} \x1b[0m\x1b[3{}m",
            row % 8
        );
        text += "│ \x1b[1mfn\x1b[22m näme\x1b[3m(端末)\x1b[0m \x1b[48;2;40;40;60m{ 42 }\x1b[0m";
    }
    text + "\x1b[23;1H\x1b[7m notes [+]            12,5   All \x1b[0m\x1b[12;9H"
}
