//! `abide wait`: until a session ends, falls silent, prints something, or does something else.

#[cfg(test)]
mod fixture;
mod matcher;
mod states;
mod watch;

use std::time::Duration;

use abide_core::{backend::ExitOutcome, replay::Offset};
use abide_workspace::{Target, Workspaces, service::Found};

use self::{
    matcher::Matcher,
    states::{Came, Follower, Wanted},
    watch::{Reached, Watch},
};
use crate::{compose::Context, duration::DurationArg, error::CliError, exit::Exit, output};

/// Wait until a session ends, falls silent, prints something, or is working, waiting or idle
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints the offset reached in the session's output, also when time runs out (code 124); `--exit` \
prints how the program ended, and `--state` what the session does. The code is 0 however the program \
ended, and 6 if that is not known: its holder was killed, or the machine restarted.

`--match` looks at text as it is printed, without escape sequences; `^` and `$` match at lines, \
and `$` also where the output stands still. What the screen shows already counts, so that nothing \
is missed between `send` and `wait`. With `--since`, only what came after that offset counts. If \
the session ends without a match, or does none of what `--state` waits for, the code is 1.

`--state` knows what `abide list` shows, and is told as it changes. What the session does already \
counts: after `send` wait until it is working first.

Examples:
  abide wait build --exit && abide capture build
  abide wait api --match 'listening on \\S+' --timeout 30s
  abide send api 'make' --enter && abide wait api --idle 2s
  abide wait agent --state waiting,idle --timeout 1h

  at=$(abide wait api --idle 0s)   # only what is printed from here on
  abide send api 'make test' --enter
  abide wait api --match 'passed|FAILED' --since \"$at\"")]
#[command(group = clap::ArgGroup::new("until").required(true))]
pub(crate) struct Wait {
    /// Workspace, or workspace/session; any part of the name that only one has
    #[arg(value_name = "NAME")]
    target: Target,

    /// Wait for the program to end; one that has ended already counts
    #[arg(long, group = "until")]
    exit: bool,

    /// Wait until nothing was printed for this long, counted from now
    #[arg(long, group = "until", value_name = "DURATION")]
    idle: Option<DurationArg>,

    /// Wait for text that matches this regular expression
    #[arg(long = "match", group = "until", value_name = "REGEX", value_parser = matcher::parse)]
    pattern: Option<regex::bytes::Regex>,

    /// Wait until the session does one of these
    #[arg(long, group = "until", value_name = "STATE", value_delimiter = ',')]
    state: Vec<Wanted>,

    /// Match only what was printed after this offset
    #[arg(long, value_name = "OFFSET", conflicts_with_all = ["exit", "idle", "state"])]
    since: Option<u64>,

    /// Give up after this long, with code 124
    #[arg(long, value_name = "DURATION")]
    timeout: Option<DurationArg>,
}

/// What is waited for.
#[derive(Debug)]
enum Until {
    Idle(Duration),
    Match(Box<Matcher>),
}

impl Until {
    fn describe(&self) -> String {
        match self {
            Self::Idle(_) => "fall silent".into(),
            Self::Match(_) => "print a match".into(),
        }
    }
}

impl Wait {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspaces = context.workspaces().await?;
        let found = workspaces.resolve(&self.target).await?;
        let target = found.target();
        let Some(mut until) = self.until() else {
            return self.follow(context, &workspaces, &found).await;
        };
        let mut watch = Watch::new(&workspaces, &found);
        let waited = watch.until(&mut until, self.since.map(Offset::new));
        let reached = match self.timeout {
            Some(limit) => tokio::time::timeout(limit.0, waited).await,
            None => Ok(waited.await),
        };
        match reached {
            Ok(Ok(Reached::At(offset))) => output::line(&offset.to_string())?,
            Ok(Ok(Reached::Ended(ended))) => match until {
                Until::Idle(_) => output::line(&ended.offset.to_string())?,
                Until::Match(_) => {
                    output::line(&ended.offset.to_string())?;
                    let outcome = ended.outcome.to_string();
                    return Err(CliError::EndedUnmatched { target, outcome });
                }
            },
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                output::line(&watch.offset().to_string())?;
                let what = until.describe();
                return Err(CliError::WaitTimedOut { target, what });
            }
        }
        Ok(Exit::SUCCESS)
    }

    /// Returns what the output is to be followed for; none if it is not.
    fn until(&self) -> Option<Until> {
        match (&self.pattern, self.idle) {
            (Some(pattern), _) => Some(Until::Match(Box::new(Matcher::new(pattern.clone())))),
            (None, Some(idle)) => Some(Until::Idle(idle.0)),
            (None, None) => None,
        }
    }

    /// Waits for what the session does, without its output.
    async fn follow(
        &self,
        context: &Context,
        workspaces: &Workspaces,
        found: &Found,
    ) -> Result<Exit, CliError> {
        let target = found.target();
        let wanted = match self.exit {
            true => &[Wanted::Exited][..],
            false => &self.state,
        };
        let mut follower = Follower::new(workspaces, found, &*context.clock);
        let waited = follower.until(wanted);
        let came = match self.timeout {
            Some(limit) => tokio::time::timeout(limit.0, waited).await,
            None => Ok(waited.await),
        };
        match came {
            Ok(Ok(Came::State(state))) => output::line(state.as_str())?,
            Ok(Ok(Came::Ended(ended))) => {
                let outcome = ended.outcome.to_string();
                output::line(&outcome)?;
                if !wanted.contains(&Wanted::Exited) {
                    return Err(CliError::EndedUnmatched { target, outcome });
                }
                if let ExitOutcome::Lost { .. } = ended.outcome {
                    return Err(CliError::OutcomeUnknown { target, outcome });
                }
            }
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                let reached = match self.exit {
                    true => states::offset(workspaces, found)
                        .await
                        .map(|at| at.to_string()),
                    false => Some(follower.state().to_string()),
                };
                if let Some(reached) = reached {
                    output::line(&reached)?;
                }
                let what = states::in_words(wanted);
                return Err(CliError::WaitTimedOut { target, what });
            }
        }
        Ok(Exit::SUCCESS)
    }
}
