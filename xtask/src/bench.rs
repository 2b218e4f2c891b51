//! Measures abide beside other tools that keep sessions, and prints a table.
//!
//! Everything is measured in one run, tool after tool and then again, so that all meet the same
//! machine; a figure is the median of the runs. Tools that are not installed are named and left
//! out. What is started lives in a directory of its own and ends with the bench, however that ends.

mod arena;
pub(crate) mod child;
mod corpus;
mod figures;
mod json;
mod machine;
mod measure;
mod pace;
mod page;
mod procfs;
mod programs;
mod reaper;
mod stage;
mod stats;
mod sys;
mod table;
mod tool;
mod viewer;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use arena::Arena;
use figures::Figures;
use measure::{Bench, Measure};
use reaper::Reaper;
use stage::Stage;
use tool::Tool;

/// What to measure, how often, and what to do with the figures.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// Measure only this; may be repeated
    #[arg(long, value_name = "MEASURE", value_parser = PossibleValuesParser::new(measure::names()))]
    only: Vec<String>,
    /// Measure only this tool; may be repeated
    #[arg(long, value_name = "TOOL", value_parser = PossibleValuesParser::new(Tool::ALL.map(Tool::name)))]
    tool: Vec<String>,
    /// Measure once, with less output and fewer keys
    #[arg(long)]
    quick: bool,
    /// Measure this program instead of building one
    #[arg(long, value_name = "FILE", env = "ABIDE_BENCH_PROGRAM")]
    program: Option<PathBuf>,
    /// Bytes of a flood, in millions
    #[arg(long, value_name = "MB", default_value_t = 32)]
    megabytes: usize,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Put the table into docs/performance.md
    #[arg(long, conflicts_with_all = ["quick", "only", "tool"])]
    write: bool,
}

/// Measures, and prints or writes what was found.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut figures = Figures::default();
    let reaper = Reaper::start()?;
    programs::copy_own(reaper.dir())?;
    let tools = tools(options, reaper.dir(), &mut figures)?;
    let machine = machine::describe(&tools);
    let mut stage = Stage::open()?;
    let columns: Vec<_> = tools.iter().map(|(tool, _)| *tool).collect();
    for measure in selected(&options.only) {
        let known = figures.lines().count();
        rounds(
            measure,
            options,
            &tools,
            reaper.dir(),
            &mut stage,
            &mut figures,
        )?;
        // Much later comes the whole table; whoever does not wait has seen this much.
        for row in table::rows(&figures, &columns).skip(known) {
            eprint!("{row}");
        }
    }
    drop(reaper);
    let table = table::markdown(&figures, &columns);
    let block = page::block(&table, &machine, figures.notes());
    if options.json {
        println!("{}", json::write(&figures, &machine));
    } else {
        println!("{block}");
    }
    if options.write {
        page::write(&block)?;
    }
    Ok(())
}

/// Takes every sample of a measure.
fn rounds(
    measure: &Measure,
    options: &Options,
    tools: &[(Tool, PathBuf)],
    dir: &Path,
    stage: &mut Stage,
    figures: &mut Figures,
) -> Result<()> {
    for number in 0..options.rounds() {
        // Each begins once, so that none always meets what another left behind.
        for at in 0..tools.len() {
            let (tool, program) = &tools[(at + number) % tools.len()];
            if !(measure.suits)(*tool) {
                continue;
            }
            eprintln!("{} run {} {}", measure.name, number + 1, tool.name());
            let arena = Arena::open(*tool, program, dir)?;
            let bench = Bench {
                arena: &arena,
                stage: &mut *stage,
                figures: &mut *figures,
                flood_bytes: options.or_quick(options.megabytes, 8) * 1_000_000,
                history_bytes: options.or_quick(100, 25) * 1_000_000,
                keys: options.or_quick(1000, 200),
            };
            sample(measure, bench);
        }
    }
    Ok(())
}

impl Options {
    fn rounds(&self) -> usize {
        self.or_quick(usize::from(self.runs), 1)
    }

    fn or_quick(&self, usual: usize, quick: usize) -> usize {
        if self.quick { quick } else { usual }
    }
}

/// Takes a sample; a tool that cannot give one is named in a remark.
fn sample(measure: &Measure, mut bench: Bench<'_>) {
    if let Err(err) = (measure.run)(&mut bench) {
        let note = format!("{}: {} failed: {err:#}", measure.name, bench.tool().name());
        eprintln!("{note}");
        bench.figures.note(note);
    }
}

fn selected(only: &[String]) -> impl Iterator<Item = &'static Measure> {
    static ALL: [Measure; measure::ALL.len()] = measure::ALL;
    ALL.iter()
        .filter(|measure| only.is_empty() || only.iter().any(|name| name == measure.name))
}

/// Returns the tools that are there, with their programs.
///
/// Of the one that is judged a copy inside `dir` is measured: a build may go on meanwhile.
fn tools(options: &Options, dir: &Path, figures: &mut Figures) -> Result<Vec<(Tool, PathBuf)>> {
    let mut found = Vec::new();
    for tool in Tool::ALL {
        let named = |name: &String| name == tool.name();
        if !options.tool.is_empty() && !options.tool.iter().any(named) {
            continue;
        }
        let program = match tool {
            Tool::Raw => Some(PathBuf::new()),
            Tool::Abide => Some(programs::abide(options.program.as_deref(), dir)?),
            peer => tool::find(peer.name()),
        };
        match program {
            Some(program) => found.push((tool, program)),
            None => figures.note(format!("{} is not installed", tool.name())),
        }
    }
    Ok(found)
}
