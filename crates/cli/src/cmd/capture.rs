//! `abide capture`: prints what a session's screen shows.

use abide_core::backend::{self, CaptureFormat, CaptureRequest};
use abide_workspace::Target;
use serde::Serialize;

use crate::{compose::Context, error::CliError, exit::Exit, output};

/// Print a session's screen, or its last one if it has ended
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  abide capture api
  abide capture api --history 500 | grep -i error
  abide capture api --json | jq .cursor")]
pub(crate) struct Capture {
    /// Workspace, or workspace/session; any part of the name that only one has
    #[arg(value_name = "NAME")]
    target: Target,

    /// Keep colours and attributes, as escape sequences
    #[arg(long, conflicts_with = "json")]
    ansi: bool,

    /// Print as JSON, with the cursor, the title and the offset that the screen stands for
    #[arg(long)]
    json: bool,

    /// Include lines above the screen, as many as this at most
    #[arg(long, value_name = "LINES", default_value_t = 0)]
    history: u32,
}

#[derive(Serialize)]
struct Screen {
    generation: String,
    cols: u16,
    rows: u16,
    offset: u64,
    cursor: Cursor,
    title: Option<String>,
    alternate: bool,
    content: String,
}

#[derive(Serialize)]
struct Cursor {
    row: u16,
    col: u16,
    visible: bool,
}

impl Capture {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspaces = context.workspaces().await?;
        let found = workspaces.resolve(&self.target).await?;
        let request = CaptureRequest {
            format: match self.ansi {
                true => CaptureFormat::Ansi,
                false => CaptureFormat::Text,
            },
            history_lines: self.history,
        };
        let capture = workspaces.capture(&found, request).await?;
        match self.json {
            true => output::json(&screen(capture))?,
            false => output::bytes(&capture.content)?,
        }
        Ok(Exit::SUCCESS)
    }
}

fn screen(capture: backend::Capture) -> Screen {
    let (row, col, visible) = capture.cursor;
    Screen {
        generation: capture.generation.to_string(),
        cols: capture.size.cols(),
        rows: capture.size.rows(),
        offset: capture.offset.get(),
        cursor: Cursor { row, col, visible },
        title: capture.title,
        alternate: capture.alternate,
        content: String::from_utf8_lossy(&capture.content).into_owned(),
    }
}
