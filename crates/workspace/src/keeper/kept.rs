//! What a keeper remembers of a record that is not complete.

use abide_core::{
    id::{RecordId, SessionId},
    record::Started,
};

use super::serve::LineId;
use crate::desk::Closed;

/// A record that is not complete.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) record: RecordId,
    pub(super) session: SessionId,
    /// The start that it is of, once known.
    pub(super) start: Option<Started>,
    /// Whether that is in the journal.
    pub(super) is_noted: bool,
    pub(super) phase: Phase,
    /// Why the files that are being listed at present are from after the session's beginning, if they
    /// are from then for another reason than that it took long.
    pub(super) late: Option<String>,
    /// Whether the files are being listed.
    pub(super) is_listing: bool,
    /// Who waits to be told that the keeper is ready.
    pub(super) waiting: Vec<LineId>,
    /// Who is going to start the session.
    pub(super) creators: Vec<LineId>,
    /// How its session ended, once known.
    pub(super) end: Option<Closed>,
    /// How many heartbeats came while it could not be completed.
    pub(super) failures: u32,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The files are being listed before the session begins.
    Opening,
    /// The session is about to be started.
    Awaited,
    /// Whoever was to start the session is gone.
    Looking,
    /// The session runs.
    Running,
    /// The record is being completed.
    Closing,
    /// That failed, and is tried again.
    Unclosed,
}

impl Kept {
    pub(super) fn new(record: RecordId, session: SessionId, phase: Phase) -> Self {
        Self {
            record,
            session,
            start: None,
            is_noted: false,
            phase,
            late: None,
            is_listing: false,
            waiting: Vec::new(),
            creators: Vec::new(),
            end: None,
            failures: 0,
        }
    }

    /// Tells whether the session's start is still to come.
    pub(super) fn is_unstarted(&self) -> bool {
        match self.phase {
            Phase::Opening | Phase::Awaited | Phase::Looking => self.start.is_none(),
            Phase::Running | Phase::Closing | Phase::Unclosed => false,
        }
    }

    /// Forgets somebody who ended the conversation; tells whether nobody is left who is going to
    /// start the session.
    pub(super) fn forget(&mut self, line: LineId) -> bool {
        self.waiting.retain(|waiting| *waiting != line);
        let before = self.creators.len();
        self.creators.retain(|creator| *creator != line);
        self.creators.is_empty() && before != 0 && self.is_unstarted()
    }
}
