//! Tries inputs on each target for so many minutes; `cargo xtask fuzz` runs it.

#![forbid(unsafe_code)]

use std::{panic, process::ExitCode, time::Duration};

use abide_fuzzing::{TARGETS, Target, run};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Look for bytes that break what must hold for all bytes")]
struct Args {
    /// Minutes for each target
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    minutes: f64,
    /// Try this target; may be given several times
    #[arg(long, value_name = "T", value_parser = target)]
    target: Vec<Target>,
}

fn target(name: &str) -> Result<Target, String> {
    let found = TARGETS.iter().find(|target| target.name == name);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        format!("there are: {}", names.join(", "))
    })
}

fn main() -> ExitCode {
    let args = Args::parse();
    // A finding is reported once, when it is as small as it gets.
    panic::set_hook(Box::new(|_| {}));
    let targets = match args.target.is_empty() {
        true => TARGETS.to_vec(),
        false => args.target,
    };
    let time = Duration::from_secs_f64(args.minutes.max(0.0) * 60.0);
    let mut is_clean = true;
    for target in targets {
        let report = run::for_a_time(target, time);
        println!(
            "{:<10} {:>10} cases in {:.0} s, {}",
            target.name,
            report.cases,
            time.as_secs_f64(),
            match &report.finding {
                None => "no finding".to_owned(),
                Some(finding) => format!(
                    "FOUND: {}\n  b\"{}\"",
                    finding.reason,
                    finding.input.escape_ascii()
                ),
            }
        );
        is_clean &= report.finding.is_none();
    }
    if is_clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
