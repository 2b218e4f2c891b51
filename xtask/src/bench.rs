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
mod reaper;
mod stage;
mod stats;
mod sys;
mod table;
mod tool;
mod viewer;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process;
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
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: usize,
    /// Measure only this; may be repeated
    #[arg(long, value_name = "MEASURE")]
    only: Vec<String>,
    /// Measure only these tools; may be repeated
    #[arg(long, value_name = "TOOL")]
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
    #[arg(long)]
    write: bool,
}

/// Measures, and prints or writes what was found.
pub(crate) fn run(options: &Options) -> Result<()> {
    let measures = selected(&options.only)?;
    let mut figures = Figures::default();
    let reaper = Reaper::start()?;
    let tools = tools(options, reaper.dir(), &mut figures)?;
    let machine = machine::describe(&tools);
    let names: Vec<_> = tools.iter().map(|(tool, _)| *tool).collect();
    let mut stage = Stage::open()?;
    let runs = if options.quick { 1 } else { options.runs };
    for measure in measures {
        for number in 0..runs {
            // Each begins once, so that none always meets what another left behind.
            for at in 0..tools.len() {
                let (tool, program) = &tools[(at + number) % tools.len()];
                if (measure.suits)(*tool) {
                    eprintln!("{} run {} {}", measure.name, number + 1, tool.name());
                    let arena = Arena::open(*tool, program, reaper.dir())?;
                    let bench = Bench {
                        arena: &arena,
                        stage: &mut stage,
                        figures: &mut figures,
                        flood_bytes: options.flood_bytes(),
                        history_bytes: if options.quick {
                            25_000_000
                        } else {
                            100_000_000
                        },
                        keys: if options.quick { 200 } else { 1000 },
                    };
                    sample(measure, bench);
                }
            }
        }
    }
    drop(reaper);
    let table = table::markdown(&figures, &names);
    if options.json {
        println!("{}", json::write(&figures, &machine));
    } else {
        println!("{}", page::block(&table, &machine, figures.notes()));
    }
    if options.write {
        page::write(&page::block(&table, &machine, figures.notes()))?;
    }
    Ok(())
}

impl Options {
    fn flood_bytes(&self) -> usize {
        let megabytes = if self.quick { 8 } else { self.megabytes };
        megabytes * 1_000_000
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

fn selected(only: &[String]) -> Result<Vec<&'static Measure>> {
    static ALL: [Measure; measure::ALL.len()] = measure::ALL;
    let names: Vec<_> = ALL.iter().map(|measure| measure.name).collect();
    if let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) {
        bail!(
            "there is no measure `{unknown}`; there are: {}",
            names.join(", ")
        );
    }
    let wanted =
        |measure: &&Measure| only.is_empty() || only.iter().any(|name| name == measure.name);
    Ok(ALL.iter().filter(wanted).collect())
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
            Tool::Abide => Some(copied(&abide(options)?, dir)?),
            peer => tool::find(peer.name()),
        };
        match program {
            Some(program) => found.push((tool, program)),
            None => figures.note(format!("{} is not installed", tool.name())),
        }
    }
    Ok(found)
}

fn copied(program: &Path, dir: &Path) -> Result<PathBuf> {
    let copy = dir.join("abide");
    fs::copy(program, &copy).with_context(|| format!("cannot copy {}", program.display()))?;
    Ok(copy)
}

/// Returns the program that is measured, built if none was named.
fn abide(options: &Options) -> Result<PathBuf> {
    if let Some(program) = &options.program {
        return program
            .canonicalize()
            .with_context(|| format!("cannot find {}", program.display()));
    }
    let args = ["build", "--quiet", "--release", "--package", "abide-cli"];
    let mut build = process::command("cargo", &args);
    eprintln!("building the program that is measured");
    let status = build.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("the program that is measured does not build");
    }
    Ok(process::target_dir()?.join("release/abide"))
}
