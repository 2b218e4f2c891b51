//! `abide config`: where the configuration is, and what is set by whom.

mod explain;

use crate::{compose::Context, dirs::Dirs, error::CliError, exit::Exit, output};

/// Show what is set, and where that is said
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  abide config explain
  abide config explain agents.claude
  $EDITOR \"$(abide config path)\"")]
pub(crate) struct Config {
    #[command(subcommand)]
    verb: Verb,
}

/// What is to be shown.
#[derive(Debug, clap::Subcommand)]
enum Verb {
    Explain(explain::Explain),
    Path(Path),
}

/// Print the path of the configuration file, which may be missing
#[derive(Debug, clap::Args)]
struct Path {}

impl Config {
    pub(super) async fn run(self) -> Result<Exit, CliError> {
        match self.verb {
            Verb::Explain(explain) => explain.run(&Context::read()?).await,
            // Of use above all where the file cannot be read.
            Verb::Path(Path {}) => {
                let dirs = Dirs::from_env(|name| std::env::var_os(name))?;
                output::line(&dirs.config.path().to_string_lossy())?;
                Ok(Exit::SUCCESS)
            }
        }
    }
}
