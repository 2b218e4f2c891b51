//! `abide send`: types into a session without attaching to it.

use std::io::{self, IsTerminal, Read};

use abide_core::limits::INPUT_CHUNK_BYTES;
use abide_workspace::{Target, Workspaces, service::Found};
use bytes::Bytes;

use crate::{compose::Context, error::CliError, exit::Exit, keys::Key};

/// Type into a session without attaching to it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Text comes first, then the keys in their order, then Enter. Without text, keys and Enter, what \
is piped in is sent as it is; `-` for the text does so too.

Examples:
  abide send api 'cargo test' --enter
  abide send api --keys C-c --keys Up --enter
  abide send api < script.txt

Keys: Enter, Tab, BTab, Escape, Space, BSpace, Up, Down, Left, Right, Home, End, Insert, Delete, \
PageUp, PageDown, F1 to F12, or any character; with C- (Ctrl), M- (Alt) or S- (Shift) before it")]
pub(crate) struct Send {
    /// Workspace, or workspace/session; any part of the name that only one has
    #[arg(value_name = "NAME")]
    target: Target,

    /// Text to type; `-` for standard input
    #[arg(allow_hyphen_values = true)]
    text: Option<String>,

    /// Press Enter at the end
    #[arg(long)]
    enter: bool,

    /// Press a key, such as `C-c` or `Up`; may be repeated
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    keys: Vec<Key>,
}

/// What is typed before keys and Enter.
#[derive(Debug, PartialEq, Eq)]
enum Text {
    Given(String),
    Stdin,
}

impl Send {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let text = self.text(io::stdin().is_terminal())?;
        let workspaces = context.workspaces().await?;
        let found = workspaces.resolve(&self.target).await?;
        let mut input = match text {
            Text::Given(text) => text.into_bytes(),
            Text::Stdin => {
                send_stdin(&workspaces, &found).await?;
                Vec::new()
            }
        };
        input.extend(self.keys.iter().flat_map(Key::bytes));
        input.extend(self.enter.then_some(b'\r'));
        if !input.is_empty() {
            workspaces.send(&found, input.into()).await?;
        }
        Ok(Exit::SUCCESS)
    }

    fn text(&self, is_terminal: bool) -> Result<Text, CliError> {
        match self.text.as_deref() {
            Some("-") => Ok(Text::Stdin),
            Some(text) => Ok(Text::Given(text.to_owned())),
            None if self.enter || !self.keys.is_empty() => Ok(Text::Given(String::new())),
            None if is_terminal => Err(CliError::NothingToSend),
            None => Ok(Text::Stdin),
        }
    }
}

/// Sends standard input to its end, a piece at a time.
async fn send_stdin(workspaces: &Workspaces, found: &Found) -> Result<(), CliError> {
    loop {
        // Nothing else happens meanwhile in this program, so the read may block it.
        let mut piece = vec![0; INPUT_CHUNK_BYTES];
        let read = io::stdin().read(&mut piece).map_err(CliError::Input)?;
        if read == 0 {
            return Ok(());
        }
        piece.truncate(read);
        workspaces.send(found, Bytes::from(piece)).await?;
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{args::Args, cmd::Command};

    fn parse(words: &[&str]) -> Send {
        let words = ["abide", "send", "x"].iter().chain(words);
        match Args::try_parse_from(words).unwrap().command {
            Command::Send(send) => send,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn standard_input_is_read_only_when_nothing_else_is_to_be_sent() {
        let given = |text: &str| Text::Given(text.to_owned());
        assert_eq!(parse(&["hello"]).text(false).unwrap(), given("hello"));
        assert_eq!(parse(&["-x"]).text(false).unwrap(), given("-x"));
        assert_eq!(parse(&["-"]).text(true).unwrap(), Text::Stdin);
        assert_eq!(parse(&[]).text(false).unwrap(), Text::Stdin);
        assert_eq!(parse(&["--enter"]).text(false).unwrap(), given(""));
        assert_eq!(parse(&["--keys", "C-c"]).text(false).unwrap(), given(""));
        assert!(parse(&[]).text(true).is_err());
    }

    #[test]
    fn keys_are_kept_in_order() {
        let send = parse(&["--keys", "Up", "--keys", "C-c", "--enter"]);
        let bytes: Vec<u8> = send.keys.iter().flat_map(Key::bytes).copied().collect();
        assert_eq!(bytes, b"\x1b[A\x03");
    }
}
