//! Scores snapshots, for `cargo xtask fidelity`: prints Markdown, and fails if a recording of a
//! real program, or one of the smallest streams, differs at some cut.
//!
//! ```text
//!  recordings (real programs, now) ─┐            ┌─ a second model, at every byte
//!  streams (generated, or smallest) ┴─ cuts ────►┤
//!                                                └─ xterm.js, at hundreds of cuts (JUDGE)
//! ```
//!
//! Arguments: `[--quick] [--only NAME]... [JUDGE]`, where JUDGE is the directory of `judge.mjs`;
//! without it only the first judge sits.

#[path = "../../tests/it/grammar.rs"]
mod grammar;
#[path = "../../tests/it/judge.rs"]
mod judge;
#[path = "../../tests/it/smallest.rs"]
mod smallest;

mod report;
mod sample;
mod xterm;

use std::{path::PathBuf, process::ExitCode};

use self::{
    judge::Score,
    sample::{Sample, Thoroughness},
};

/// A sample and what each judge found.
struct Judged {
    sample: Sample,
    model: Score,
    xterm: Option<Score>,
}

fn main() -> ExitCode {
    let mut thoroughness = Thoroughness::Full;
    let (mut judge_dir, mut only) = (None, Vec::new());
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--quick" {
            thoroughness = Thoroughness::Quick;
        } else if argument == "--only" {
            only.extend(arguments.next().and_then(|name| name.into_string().ok()));
        } else {
            judge_dir = Some(PathBuf::from(argument));
        }
    }
    let mut failed = false;
    let able = judge_dir.as_deref().map(xterm::check_that_it_can_fail);
    if let Some(Err(why)) = &able {
        eprintln!("error: {why}");
        failed = true;
    }
    let wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    let recordings = sample::recordings(wanted);
    for (name, program) in &recordings.skipped {
        eprintln!("skipped `{name}`: `{program}` is not installed");
    }
    let judged = |samples: Vec<Sample>| judge_all(samples, judge_dir.as_deref(), thoroughness);
    let recorded = judged(recordings.made);
    let generated = judged(sample::features(thoroughness, wanted));
    let smallest = judged(sample::smallest(wanted));
    for one in recorded.iter().chain(&smallest) {
        failed |= 0 < tell(one);
    }
    if !only.is_empty() {
        // Whoever asks for a feature by its name wants to see what differs.
        generated.iter().for_each(|one| {
            tell(one);
        });
    }
    print!(
        "{}",
        report::markdown(&recorded, &recordings.skipped, &smallest, &generated)
    );
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Puts samples before both judges, which sit at the same time.
fn judge_all(
    samples: Vec<Sample>,
    dir: Option<&std::path::Path>,
    how: Thoroughness,
) -> Vec<Judged> {
    let (models, xterms) = std::thread::scope(|scope| {
        let xterm = scope.spawn(|| dir.map(|dir| xterm::judge(dir, &samples, how)));
        let models: Vec<Score> = samples
            .iter()
            .map(|sample| sample.judge_by_model(how))
            .collect();
        (
            models,
            xterm
                .join()
                .expect("the judge's thread reports failures by panicking"),
        )
    });
    let mut xterms = xterms.map(Vec::into_iter);
    let judged = samples
        .into_iter()
        .zip(models)
        .map(|(sample, model)| Judged {
            sample,
            model,
            xterm: xterms.as_mut().and_then(Iterator::next),
        });
    judged.collect()
}

/// Prints the first differences; returns how many it printed.
fn tell(judged: &Judged) -> usize {
    let Judged {
        sample,
        model,
        xterm,
    } = judged;
    let mut told = 0;
    for (judge, score) in [("model", Some(model)), ("xterm.js", xterm.as_ref())] {
        let misses = score.into_iter().flat_map(|score| &score.misses);
        for (at, what) in misses.take(8) {
            eprintln!("{}, cut at {at}, {judge}: {what}", sample.name);
            told += 1;
        }
    }
    told
}
