//! `abide wait`: until a session ends, falls silent, or prints something.

mod matcher;
mod watch;

use std::time::Duration;

use abide_core::replay::Offset;
use abide_workspace::Target;

use self::{
    matcher::Matcher,
    watch::{Reached, Watch},
};
use crate::{compose::Context, duration::DurationArg, error::CliError, exit::Exit, output};

/// Wait until a session ends, falls silent, or prints something
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints the offset reached in the session's output, also when time runs out (code 124); `--exit` \
prints how the program ended.

`--match` looks at text as it is printed, without escape sequences; `^` and `$` match at lines, \
and `$` also where the output stands still. What the screen shows already counts, so that nothing \
is missed between `send` and `wait`. With `--since`, only what came after that offset counts. If \
the session ends without a match, the code is 1.

Examples:
  abide wait build --exit && abide capture build
  abide wait api --match 'listening on \\S+' --timeout 30s
  abide send api 'make' --enter && abide wait api --idle 2s

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

    /// Match only what was printed after this offset
    #[arg(long, value_name = "OFFSET", conflicts_with_all = ["exit", "idle"])]
    since: Option<u64>,

    /// Give up after this long, with code 124
    #[arg(long, value_name = "DURATION")]
    timeout: Option<DurationArg>,
}

/// What is waited for.
#[derive(Debug)]
enum Until {
    Exit,
    Idle(Duration),
    Match(Box<Matcher>),
}

impl Until {
    fn describe(&self) -> String {
        match self {
            Self::Exit => "end".into(),
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
        let mut watch = Watch::new(&workspaces, &found);
        let mut until = self.until();
        let waited = watch.until(&mut until, self.since.map(Offset::new));
        let reached = match self.timeout {
            Some(limit) => tokio::time::timeout(limit.0, waited).await,
            None => Ok(waited.await),
        };
        match reached {
            Ok(Ok(Reached::At(offset))) => output::line(&offset.to_string())?,
            Ok(Ok(Reached::Ended(ended))) => match until {
                Until::Exit => output::line(&ended.outcome.to_string())?,
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

    fn until(&self) -> Until {
        match (&self.pattern, self.idle) {
            (Some(pattern), _) => Until::Match(Box::new(Matcher::new(pattern.clone()))),
            (None, Some(idle)) => Until::Idle(idle.0),
            (None, None) => Until::Exit,
        }
    }
}
