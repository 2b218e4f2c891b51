//! The chores of this repository, run as `cargo xtask CHORE`.
//!
//! Each chore is one module. This crate depends on no other crate of the workspace, so that it
//! still builds when one of them does not.

#![forbid(unsafe_code)]

mod bench;
mod ci;
mod cross;
mod fidelity;
mod fuzz;
mod process;
mod stress;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Run a chore of this repository")]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run every step of continuous integration, in order, up to the first failure
    Ci(ci::Options),
    /// Check the rules of this repository that a program can check
    Tidy(tidy::Options),
    /// Build for Windows and check for macOS from another system
    Cross(cross::Options),
    /// Measure sessions beside those of other tools
    Bench(bench::Options),
    /// Score snapshots against terminals that saw everything
    Fidelity(fidelity::Options),
    /// Repeat tests while every core is kept busy
    Stress(stress::Options),
    /// Look for bytes that break what must hold for all bytes
    Fuzz(fuzz::Options),
    /// Keep one core busy until standard input ends
    #[command(hide = true)]
    Spin,
}

fn main() -> ExitCode {
    bench::child::run_if_named();
    let outcome = match Args::parse().chore {
        Chore::Ci(options) => ci::run(&options),
        Chore::Tidy(options) => tidy::run(&options),
        Chore::Cross(options) => cross::run(&options),
        Chore::Bench(options) => bench::run(&options),
        Chore::Fidelity(options) => fidelity::run(&options),
        Chore::Stress(options) => stress::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Spin => stress::spin(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("error: {err:#}");
            ExitCode::FAILURE
        }
    }
}
