//! `abide`: durable terminal workspaces. Parses the command line, runs the command, ends with its code.

#![deny(unsafe_code)]

mod agent;
mod args;
mod cmd;
mod compose;
mod config;
mod dirs;
mod duration;
mod environment;
mod error;
mod exit;
mod host;
mod keeper;
mod keys;
mod logging;
mod output;
mod report;
mod setting;
mod sys;
mod viewer;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Args, error::CliError, exit::Exit};

fn main() -> ExitCode {
    if let Some(code) = compose::become_helper() {
        return code;
    }
    let args = Args::parse();
    logging::start();
    report::ended(run(args)).into()
}

fn run(args: Args) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let result = runtime.block_on(args.command.run());
    // A read of standard input may hang for ever; nothing waits for it.
    runtime.shutdown_background();
    result
}
