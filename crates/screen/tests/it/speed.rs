//! How fast output is taken in; run by hand, in a release build. `FLOOD` names one kind of output.

use std::time::{Duration, Instant};

use abide_core::size::TermSize;
use abide_screen::{
    History, QueryScanner, ScreenLimits, ScreenModel, Scrollback, SignalScanner, SnapshotOptions,
};

use crate::floods;

/// Output that is fed for one figure, in bytes.
const AMOUNT: usize = 64 * 1024 * 1024;

/// What the kernel gives at once of a terminal's output, as a rule, in bytes.
const READ: usize = 4096;

/// Returns the time that this thread had on a processor, where the system tells.
fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = stat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock of the product counts in milliseconds"
)]
fn time(work: impl FnOnce()) -> Duration {
    let (start, before) = (Instant::now(), processor_time());
    work();
    match (before, processor_time()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed(),
    }
}

fn report(what: &str, bytes: usize, took: Duration) {
    let nanos = took.as_nanos() as f64;
    println!(
        "{what:38} {:8.0} MB/s {:6.2} ns/byte",
        bytes as f64 / nanos * 1e3,
        nanos / bytes as f64
    );
}

#[test]
#[ignore = "prints figures, which mean something in a release build only"]
fn figures() {
    let wanted = std::env::var("FLOOD").unwrap_or_default();
    for (name, piece) in floods::all() {
        if !name.contains(&wanted) {
            continue;
        }
        for size in [TermSize::clamped(50, 80), TermSize::clamped(50, 200)] {
            let output = piece.repeat(AMOUNT / piece.len() / 4);
            let mut model = ScreenModel::new(size, ScreenLimits::default());
            let took = time(|| {
                for _ in 0..4 {
                    output.chunks(READ).for_each(|chunk| model.feed(chunk));
                }
            });
            report(
                &format!("feed {name} {}", size.cols()),
                4 * output.len(),
                took,
            );
            let mut scanner = QueryScanner::new();
            let took = time(|| {
                for chunk in output.chunks(READ) {
                    std::hint::black_box(scanner.scan(chunk));
                }
            });
            report("     scan", output.len(), took);
            let mut scanner = SignalScanner::new();
            let took = time(|| {
                for chunk in output.chunks(READ) {
                    scanner.scan(chunk, |signal| {
                        std::hint::black_box(signal);
                    });
                }
            });
            report("     scan for signals", output.len(), took);
            snapshots(&mut model);
        }
    }
}

fn snapshots(model: &mut ScreenModel) {
    println!("     title      {:?}", time(|| drop(model.title())));
    println!("     checkpoint {:?}", time(|| drop(model.checkpoint())));
    println!("     catch up   {:?}", time(|| drop(model.catch_up())));
    let mut snapshot = |history| {
        let options = SnapshotOptions {
            history,
            scrollback: Scrollback::Replace,
        };
        let mut len = 0;
        let took = time(|| len = model.snapshot(options).len());
        println!("     snapshot   {took:?} {len} bytes, {history:?}");
    };
    snapshot(History::Lines(0));
    snapshot(History::All);
    let mut rows = 0;
    let took = time(|| rows = model.text(usize::MAX).len());
    println!("     text       {took:?} {rows} rows");
    let took = time(|| model.resize(TermSize::clamped(60, model.size().cols() + 7)));
    println!("     resize     {took:?}");
}
