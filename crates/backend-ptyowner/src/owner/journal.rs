//! When the journal is written, and with what: as little as keeps it 250 ms behind the screen.
//!
//! ```text
//!          output, resize              deadline                   written
//! Idle ──────────────────► Due { at } ──────────► Writing ──────────────────► Idle, or Due again
//!                             ▲                      │ failed
//!                             └──── 1 s, 2 s, … ─────┘
//! ```
//!
//! One deadline for each time that something was printed, none while nothing is: an idle session
//! has no timer. What was printed since is taken from the history in memory. If it is not there any
//! more, or is more than a checkpoint is worth, or the segment is full, the next segment begins,
//! with a checkpoint in place of all that came before. So a flood costs a checkpoint for every
//! flush, however much it prints.
//!
//! The disk is a thread's business. While that is busy nothing is due, and a disk that fails costs
//! the journal alone: it is tried again later and begins anew then.

mod thread;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use abide_core::{id::Generation, probe::Probe, replay::Offset, size::TermSize};
use bytes::Bytes;
use tokio::time::Instant;
use tracing::{info, warn};

use self::thread::{Job, Thread};
use super::timer;
use crate::journal::record::Record;

/// Time from something new on the screen to its being written. Of the 250 ms promised, the rest is
/// the disk's.
const FLUSH_AFTER: Duration = Duration::from_millis(200);

/// Most output that one flush appends, in bytes. A checkpoint is no larger as a rule, and the
/// memory that waits for the disk is not history's.
const MAX_APPEND_BYTES: u64 = 1024 * 1024;

/// Most resizes between two flushes that are told one by one.
const MAX_RESIZES: usize = 64;

/// Time until a journal that could not be written is tried again; twice as long each time.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How often that is doubled. A journal that failed more often waits for further output as well.
const MAX_RETRIES: u32 = 6;

/// Time for the thread to take the journal away when the session is over.
const REMOVE_DEADLINE: Duration = Duration::from_secs(1);

/// The journal of one session; may be switched off.
pub(crate) struct Journal(Option<Keeping>);

struct Keeping {
    thread: Thread,
    stage: Stage,
    /// The segment that may be appended to; none means that the next flush begins one.
    segment: Option<Filling>,
    /// Resizes that are not in it yet.
    resizes: Vec<(Offset, TermSize)>,
    history_bytes: u64,
    failures: u32,
    /// Why it cannot be written at present.
    problem: Option<String>,
}

enum Stage {
    /// Everything is written, or given up until there is more.
    Idle,
    /// Something is to be written.
    Due { at: Instant },
    /// It is being written.
    Writing {
        began: Instant,
        /// What the segment will hold if it succeeds.
        then: Filling,
        /// Whether there is more since.
        changed: bool,
    },
}

/// How far a segment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Filling {
    /// The position after the last byte in it.
    end: Offset,
    /// Bytes that may still be appended.
    room: u64,
}

impl Journal {
    /// Returns a journal that nothing is written to.
    pub(crate) fn off() -> Self {
        Self(None)
    }

    /// Returns a journal in `dir` that is written when there is something to write.
    pub(crate) fn new(
        dir: PathBuf,
        generation: Generation,
        history_bytes: u64,
        probe: Arc<dyn Probe>,
    ) -> Self {
        Self(Some(Keeping {
            thread: Thread::New {
                dir,
                generation,
                probe,
            },
            stage: Stage::Idle,
            segment: None,
            resizes: Vec::new(),
            history_bytes,
            failures: 0,
            problem: None,
        }))
    }

    /// Says why the journal cannot be written, if it cannot.
    pub(crate) fn problem(&self) -> Option<String> {
        self.0.as_ref()?.problem.clone()
    }

    /// Notes that something was printed.
    pub(crate) fn printed(&mut self) {
        if let Some(keeping) = &mut self.0 {
            keeping.changed();
        }
    }

    /// Notes that the terminal got another size after `offset` bytes.
    pub(crate) fn resized(&mut self, offset: Offset, size: TermSize) {
        if let Some(keeping) = &mut self.0 {
            if keeping.resizes.len() < MAX_RESIZES {
                keeping.resizes.push((offset, size));
            }
            if keeping.has_too_many_resizes() {
                keeping.segment = None;
            }
            keeping.changed();
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.0.as_ref()?.stage {
            Stage::Due { at } => Some(at),
            Stage::Idle | Stage::Writing { .. } => None,
        }
    }

    /// Tells whether something is to be written now.
    pub(crate) fn is_due(&self) -> bool {
        self.deadline()
            .is_some_and(|at| at <= timer::after(Duration::ZERO))
    }

    /// Returns from where on the output is to be appended, if that is worth more than a checkpoint.
    pub(crate) fn appends_from(&self, end: Offset) -> Option<Offset> {
        let segment = self.0.as_ref()?.segment.as_ref()?;
        let missing = end.since(segment.end);
        (missing <= MAX_APPEND_BYTES.min(segment.room)).then_some(segment.end)
    }

    /// Has output appended: all from where [`Self::appends_from`] said.
    pub(crate) fn append(&mut self, output: Vec<Bytes>) {
        let Some(keeping) = &mut self.0 else { return };
        let Some(segment) = keeping.segment else {
            return;
        };
        let resizes = std::mem::take(&mut keeping.resizes);
        let (records, end) = records(segment.end, output, &resizes);
        let used: u64 = records.iter().map(Record::len).sum();
        let room = segment.room.saturating_sub(used);
        keeping.write(Job::Append(records), Filling { end, room });
    }

    /// Has the next segment begun with this checkpoint.
    pub(crate) fn begin(&mut self, offset: Offset, size: TermSize, state: Vec<Bytes>) {
        let Some(keeping) = &mut self.0 else { return };
        keeping.resizes.clear();
        let checkpoint = Record::Checkpoint {
            offset,
            size,
            state,
        };
        // Room for less would have most of what is written be checkpoints.
        let room = keeping.history_bytes.max(checkpoint.len());
        keeping.write(Job::Begin(checkpoint), Filling { end: offset, room });
    }

    /// Waits until what is being written is written, or could not be; for ever if nothing is.
    ///
    /// Cancel safety: safe to drop.
    pub(crate) async fn written(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Some(keeping) if matches!(keeping.stage, Stage::Writing { .. }) => {
                keeping.thread.done().await
            }
            Some(_) | None => std::future::pending().await,
        }
    }

    /// Notes what [`Self::written`] returned.
    pub(crate) fn on_written(&mut self, written: io::Result<()>) {
        if let Some(keeping) = &mut self.0 {
            keeping.on_written(written);
        }
    }

    /// Takes the journal away: the session's end is recorded.
    pub(crate) async fn remove(&mut self) {
        let Some(keeping) = self.0.take() else { return };
        let is_writing = matches!(keeping.stage, Stage::Writing { .. });
        match tokio::time::timeout(REMOVE_DEADLINE, keeping.thread.remove(is_writing)).await {
            Ok(Ok(())) => {}
            Ok(Err(err)) => warn!(error = %err, "the journal is not removed"),
            Err(_) => warn!("the journal is not removed in time"),
        }
    }
}

impl Keeping {
    /// Tells whether only a checkpoint can say what became of the size.
    fn has_too_many_resizes(&self) -> bool {
        self.resizes.len() == MAX_RESIZES
    }

    fn changed(&mut self) {
        match &mut self.stage {
            Stage::Idle => {
                self.stage = Stage::Due {
                    at: timer::after(self.delay()),
                }
            }
            Stage::Due { .. } => {}
            Stage::Writing { changed, .. } => *changed = true,
        }
    }

    /// Returns how long to wait with what is to be written.
    fn delay(&self) -> Duration {
        match self.failures {
            0 => FLUSH_AFTER,
            failures => RETRY_AFTER * 2_u32.pow((failures - 1).min(MAX_RETRIES)),
        }
    }

    fn write(&mut self, job: Job, then: Filling) {
        self.segment = None;
        self.stage = Stage::Writing {
            began: timer::after(Duration::ZERO),
            then,
            changed: false,
        };
        if let Err(err) = self.thread.start(job) {
            self.on_written(Err(err));
        }
    }

    fn on_written(&mut self, written: io::Result<()>) {
        let Stage::Writing {
            began,
            then,
            changed,
        } = self.stage
        else {
            return;
        };
        match written {
            Ok(()) => {
                if self.failures != 0 {
                    info!("the journal is written again");
                }
                self.failures = 0;
                self.problem = None;
                self.segment = (!self.has_too_many_resizes()).then_some(then);
                self.stage = match changed {
                    true => Stage::Due {
                        at: began + FLUSH_AFTER,
                    },
                    false => Stage::Idle,
                };
            }
            Err(err) => {
                if self.failures == 0 {
                    warn!(error = %err, "the journal cannot be written; the session goes on");
                }
                self.failures = self.failures.saturating_add(1);
                self.problem = Some(format!("its history cannot be kept on disk: {err}"));
                self.stage = match self.failures <= MAX_RETRIES {
                    true => Stage::Due {
                        at: timer::after(self.delay()),
                    },
                    false => Stage::Idle,
                };
            }
        }
    }
}

/// Returns output and resizes in their order, and the position after the last byte.
fn records(
    from: Offset,
    output: Vec<Bytes>,
    resizes: &[(Offset, TermSize)],
) -> (Vec<Record>, Offset) {
    let mut records = Vec::new();
    let mut resizes = resizes.iter().peekable();
    let (mut offset, mut end) = (from, from);
    let mut bytes = Vec::new();
    let mut output = output.into_iter();
    let mut chunk = Bytes::new();
    loop {
        while let Some((_, size)) = resizes.next_if(|(at, _)| *at <= end) {
            if !bytes.is_empty() {
                let bytes = std::mem::take(&mut bytes);
                records.push(Record::Output { offset, bytes });
            }
            offset = end;
            records.push(Record::Resize {
                offset,
                size: *size,
            });
        }
        if chunk.is_empty() {
            match output.next() {
                Some(next) => chunk = next,
                None => break,
            }
        }
        let until_resize = resizes.peek().map_or(u64::MAX, |(at, _)| at.since(end));
        let len = usize::try_from(until_resize).map_or(chunk.len(), |most| most.min(chunk.len()));
        let piece = chunk.split_to(len);
        end = end.advanced(piece.len());
        bytes.push(piece);
    }
    if !bytes.is_empty() {
        records.push(Record::Output { offset, bytes });
    }
    (records, end)
}

#[cfg(test)]
mod tests;
