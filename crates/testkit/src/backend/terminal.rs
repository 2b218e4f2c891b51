//! The end of a fake session's terminal that its program has.

use std::sync::Arc;

use abide_core::size::TermSize;

use super::session::FakeSession;

/// What a fake program reads from and prints to.
#[derive(Debug)]
pub(super) struct Terminal {
    session: Arc<FakeSession>,
}

impl Terminal {
    pub(super) fn new(session: Arc<FakeSession>) -> Self {
        Self { session }
    }

    /// Prints text as a terminal's line discipline does: each line feed after a return.
    pub(super) fn print(&self, text: &str) {
        self.session.print(text.replace('\n', "\r\n").as_bytes());
    }

    /// Reads what was typed, at most `max` bytes, at least one.
    pub(super) async fn read(&self, max: usize) -> Vec<u8> {
        self.session
            .when(|state| {
                let taken = state.input.len().min(max);
                (taken != 0).then(|| state.input.drain(..taken).collect())
            })
            .await
    }

    /// Reads what was typed up to the end of a line, which is left out.
    pub(super) async fn read_line(&self) -> String {
        let mut line = Vec::new();
        loop {
            let byte = self.read(1).await[0];
            if matches!(byte, b'\r' | b'\n') {
                return String::from_utf8_lossy(&line).into_owned();
            }
            line.push(byte);
        }
    }

    pub(super) fn size(&self) -> TermSize {
        self.session.look(|state| state.size)
    }

    /// Waits until the size is another than `known`.
    pub(super) async fn resized(&self, known: TermSize) -> TermSize {
        self.session
            .when(|state| (state.size != known).then_some(state.size))
            .await
    }

    pub(super) fn pid(&self) -> u32 {
        self.session.pid
    }
}
