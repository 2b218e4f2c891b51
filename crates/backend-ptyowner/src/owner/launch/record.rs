//! Records the end of a start that no owner saw.

use abide_core::{replay::Offset, size::TermSize};
use abide_screen::{History, Scrollback, SnapshotOptions};

use super::{
    hold::{Launching, Start},
    known::Unheld,
    reply::refused,
};
use crate::{
    journal::reader,
    owner::{screen::limits, source::Found},
    state::{ExitFile, SCHEMA, ScreenMark, StateError},
    wire::launch::LaunchReply,
};

/// The child of a start whose end is all that is known of it.
const NO_PROCESS: u32 = 0;

impl Launching<'_> {
    /// Records what the source found; describes the start first if nobody did.
    pub(super) fn record_found(&self, found: Found) -> Result<(), LaunchReply> {
        let is_described = self
            .last
            .is_some_and(|last| last.file.generation == found.generation);
        let described = match is_described {
            true => Ok(()),
            false => self
                .describe(&Start {
                    generation: found.generation,
                    started_at: found.started_at,
                    child_pid: NO_PROCESS,
                    size: found
                        .screen
                        .as_ref()
                        .map_or(TermSize::DEFAULT, |screen| screen.size),
                    endpoint: "",
                    joinable: None,
                })
                .map(drop),
        };
        described
            .and_then(|()| self.record(found))
            .map_err(|err| refused(&err))
    }

    /// Records that a start is gone of which its source knows nothing.
    pub(super) fn record_lost(&self, last: &Unheld) -> Result<(), LaunchReply> {
        let found = Found {
            generation: last.file.generation,
            outcome: last.file.lost(),
            started_at: last.file.started_at,
            ended_at: None,
            screen: None,
        };
        self.record(found).map_err(|err| refused(&err))
    }

    /// The last screen is the one that was found, or else what the journal holds.
    fn record(&self, found: Found) -> Result<(), StateError> {
        let dir = &self.request.dir;
        let restored = reader::restore(
            &dir.journal(),
            found.generation,
            limits(self.keeps().history_bytes),
        )?;
        let offset = restored
            .as_ref()
            .map_or(Offset::START, reader::Restored::end);
        let (size, screen) = match (found.screen, restored) {
            (Some(screen), _) => (screen.size, screen.content),
            (None, Some(mut restored)) => {
                let screen = restored.screen.snapshot(SnapshotOptions {
                    history: History::All,
                    scrollback: Scrollback::Replace,
                });
                (restored.screen.size(), screen)
            }
            (None, None) => (
                self.last.map_or(TermSize::DEFAULT, |last| last.file.size),
                Vec::new(),
            ),
        };
        let exit = ExitFile {
            schema: SCHEMA,
            generation: found.generation,
            outcome: found.outcome,
            cause: None,
            started_at: found.started_at,
            ended_at: found.ended_at.map(|at| at.max(found.started_at)),
            offset,
            size,
            screen: Some(ScreenMark::of(&screen)),
        };
        dir.write_end(&exit, &screen)?;
        dir.sync_end()
    }
}
