//! The verbs, one file each: arguments, what they do, what they print.

mod activity;
mod adopt;
mod agents;
mod attach;
mod capture;
mod completions;
mod config;
mod delete;
mod describe;
mod diff;
mod doctor;
mod enter;
mod info;
mod last;
mod launch;
mod list;
mod log;
mod new;
mod open;
mod orphans;
mod reap;
mod recorded;
mod resume;
mod send;
mod stop;
mod summary;
mod wait;

use clap::Subcommand;

use crate::{compose::Context, error::CliError, exit::Exit};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(new::New),
    Attach(attach::Attach),
    Resume(resume::Resume),
    Last(last::Last),
    Open(open::Open),
    Launch(launch::Launch),
    List(list::List),
    Info(info::Info),
    Diff(diff::Diff),
    Log(log::Log),
    Summary(summary::Summary),
    Stop(stop::Stop),
    Delete(delete::Delete),
    Adopt(adopt::Adopt),
    Reap(reap::Reap),
    Capture(capture::Capture),
    Send(send::Send),
    Wait(wait::Wait),
    Agents(agents::Agents),
    Config(config::Config),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
}

impl Command {
    /// Does it.
    pub(crate) async fn run(self) -> Result<Exit, CliError> {
        // What only prints about the program itself needs no settings, or reads them by itself.
        match self {
            Self::Completions(command) => return command.run(),
            Self::Config(command) => return command.run().await,
            _ => {}
        }
        let context = Context::read()?;
        match self {
            Self::New(command) => command.run(&context).await,
            Self::Attach(command) => command.run(&context).await,
            Self::Resume(command) => command.run(&context).await,
            Self::Last(command) => command.run(&context).await,
            Self::Open(command) => command.run(&context).await,
            Self::Launch(command) => command.run(&context).await,
            Self::List(command) => command.run(&context).await,
            Self::Info(command) => command.run(&context).await,
            Self::Diff(command) => command.run(&context).await,
            Self::Log(command) => command.run(&context).await,
            Self::Summary(command) => command.run(&context).await,
            Self::Stop(command) => command.run(&context).await,
            Self::Delete(command) => command.run(&context).await,
            Self::Adopt(command) => command.run(&context).await,
            Self::Reap(command) => command.run(&context).await,
            Self::Capture(command) => command.run(&context).await,
            Self::Send(command) => command.run(&context).await,
            Self::Wait(command) => command.run(&context).await,
            Self::Agents(command) => command.run(&context).await,
            Self::Config(command) => command.run().await,
            Self::Doctor(command) => command.run(&context).await,
            Self::Completions(command) => command.run(),
        }
    }
}
