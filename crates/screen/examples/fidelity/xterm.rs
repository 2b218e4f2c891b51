//! The second judge: xterm.js, run by Node.js in a process of its own.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use abide_core::size::TermSize;
use abide_screen::ScreenModel;
use serde_json::{Value, json};

use super::judge::{ALL, LIMITS, Score};
use super::sample::{Sample, Thoroughness, sum};

/// Judges every sample; one score for each, in order.
pub(super) fn judge(dir: &Path, samples: &[Sample], how: Thoroughness) -> Vec<Score> {
    let outputs = samples
        .iter()
        .flat_map(|sample| sample.outputs.iter().map(move |output| (sample, output)));
    let tasks =
        outputs.map(|(sample, output)| task(sample.size, output, &sample.cuts(output, how)));
    let mut scores = ask(dir, tasks).into_iter();
    let totals = samples
        .iter()
        .map(|sample| sum(scores.by_ref().take(sample.outputs.len())));
    totals.collect()
}

/// Shows the judge snapshots that are wrong, each in another way; it must find every one wrong.
pub(super) fn check_that_it_can_fail(dir: &Path) -> Result<(), String> {
    let output = b"\x1b[1mtext\x1b[m\r\n\x1b]2;title\x07\x1b[3;5r\x1b[?2004h\x1b[4 q\x1b[2;3H";
    let size = TermSize::clamped(6, 20);
    let mut model = ScreenModel::new(size, LIMITS);
    model.feed(output);
    let right = String::from_utf8(model.snapshot(ALL)).expect("it is text");
    let wrongs = wrong_snapshots(&right);
    let shown = wrongs.iter().map(|(_, wrong)| wrong).chain([&right]);
    let tasks = shown.map(|snapshot| {
        let cuts = [(output.len(), snapshot.clone().into_bytes())];
        task(size, output, &cuts)
    });
    let mut scores = ask(dir, tasks);
    let sound = scores.pop().ok_or("the judge answers nothing")?;
    if let Some((_, what)) = sound.misses.first() {
        return Err(format!("the judge finds fault where there is none: {what}"));
    }
    let mut found = wrongs.iter().zip(&scores);
    match found.find(|(_, score)| score.misses.is_empty()) {
        Some(((what, _), _)) => Err(format!("the judge does not see that {what} is wrong")),
        None => Ok(()),
    }
}

/// Returns snapshots that are wrong, and in what.
fn wrong_snapshots(right: &str) -> Vec<(&'static str, String)> {
    let with = |end: &str| format!("{right}{end}");
    vec![
        ("a character", right.replace("text", "test")),
        ("an attribute", right.replace("[0;1m", "[0;3m")),
        ("the title", with("\x1b]2;other\x07\x1b[2;3H")),
        ("the margins", with("\x1b[2;5r\x1b[2;3H")),
        ("the cursor", with("\x1b[2;4H")),
        ("a mode", with("\x1b[?2004l")),
        ("the cursor's style", with("\x1b[3 q")),
        ("the colours", with("\x1b]4;1;#123456\x07")),
        ("an answer", with("\x1b[5n")),
        ("the saved cursor", with("\x1b7")),
        ("the pen", with("\x1b[7m")),
        ("a tab stop", with("\x1bH")),
        ("a charset", with("\x1b)0")),
        (
            "the scrollback",
            with("\x1b[r\x1b[6;1H\n\x1b[3;5r\x1b[2;3H"),
        ),
        (
            "a wrap",
            with("\x1b[1;20Hxy\x1b[1;20H\x1b[X\x1b[2;1H\x1b[X\x1b[2;3H"),
        ),
    ]
}

/// Puts tasks before the judge; one score for each, in order.
fn ask(dir: &Path, tasks: impl Iterator<Item = Value> + Send) -> Vec<Score> {
    let mut node = Command::new("node")
        .arg(dir.join("judge.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|err| panic!("cannot run `node`: {err}"));
    let mut stdin = node.stdin.take().expect("it was asked for");
    let answers = BufReader::new(node.stdout.take().expect("it was asked for"));
    let scores = std::thread::scope(|scope| {
        let asking = scope.spawn(move || {
            let mut count = 0;
            for task in tasks {
                writeln!(stdin, "{task}").expect("node reads until there is no more");
                count += 1;
            }
            count
        });
        let lines = answers.lines().map(|line| line.expect("node writes UTF-8"));
        let scores: Vec<_> = lines.map(|line| score(&line)).collect();
        let asked: usize = asking.join().expect("it only writes");
        assert_eq!(scores.len(), asked, "node answers each task");
        scores
    });
    let status = node.wait().expect("node was started");
    assert!(status.success(), "node ended with {status}");
    scores
}

fn task(size: TermSize, output: &[u8], cuts: &[(usize, Vec<u8>)]) -> Value {
    let cuts = cuts
        .iter()
        .map(|(at, snapshot)| json!({ "at": at, "snapshot": base64(snapshot) }));
    json!({
        "rows": size.rows(),
        "cols": size.cols(),
        "scrollback": LIMITS.lines,
        "output": base64(output),
        "cuts": cuts.collect::<Vec<_>>(),
    })
}

/// Returns what the judge answered as a score.
fn score(line: &str) -> Score {
    let answer: Value = serde_json::from_str(line).expect("node writes JSON");
    let mut score = Score::default();
    for cut in answer["cuts"].as_array().expect("an answer has cuts") {
        let at = cut["at"]
            .as_u64()
            .and_then(|at| at.try_into().ok())
            .unwrap_or(0);
        let typed = cut["typed"].as_str().unwrap_or_default();
        score.cuts += 1;
        match (typed, cut["now"].as_str()) {
            ("", None) => score.at_once += 1,
            ("", Some(now)) => score.miss(at, now),
            (typed, _) => score.miss(at, &format!("typed {}", typed.escape_debug())),
        }
        match cut["later"].as_str() {
            None => score.later += 1,
            Some(later) => score.miss(at, &format!("after the rest: {later}")),
        }
    }
    score
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = DIGITS[(bits >> shift & 63) as usize];
            text.push(if at <= three.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}
