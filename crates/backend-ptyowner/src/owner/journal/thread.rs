//! The thread that waits for the disk, so that nobody else does. It is started by the first thing
//! to write, and has one thing to do at a time.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use abide_core::{id::Generation, probe::Probe};
use tokio::sync::mpsc;

use crate::journal::{record::Record, segment::Segments};

/// Jobs that wait: the last one, to remove everything, behind the one that is under way.
const JOBS: usize = 1;

/// Results that nobody took yet; as many as there can be.
const RESULTS: usize = 2;

/// Its stack, in bytes. It calls the file system and little else.
const STACK_BYTES: usize = 256 * 1024;

/// Something to do with the disk.
#[derive(Debug)]
pub(super) enum Job {
    /// Begins a segment with a checkpoint.
    Begin(Record),
    /// Writes at its end.
    Append(Vec<Record>),
    /// Takes the journal away.
    Remove,
}

/// The thread, for the task that gives it work.
pub(super) enum Thread {
    /// There was nothing to write yet.
    New {
        dir: PathBuf,
        generation: Generation,
        probe: Arc<dyn Probe>,
    },
    Running(Running),
}

pub(super) struct Running {
    jobs: SyncSender<Job>,
    done: mpsc::Receiver<io::Result<()>>,
}

impl Thread {
    /// Gives the thread something to do; [`Self::done`] says what came of it.
    pub(super) fn start(&mut self, job: Job) -> io::Result<()> {
        if let Self::New {
            dir,
            generation,
            probe,
        } = self
        {
            let segments = Segments::new(dir.clone(), *generation, Arc::clone(probe));
            *self = Self::Running(run(segments)?);
        }
        match self {
            Self::Running(running) => running.jobs.try_send(job).map_err(|_| gone()),
            Self::New { .. } => Err(gone()),
        }
    }

    /// Waits for the end of what was started. Safe to drop.
    pub(super) async fn done(&mut self) -> io::Result<()> {
        match self {
            Self::Running(running) => running.done.recv().await.unwrap_or_else(|| Err(gone())),
            Self::New { .. } => Err(gone()),
        }
    }

    /// Has the journal removed, behind what is under way, and waits for that.
    pub(super) async fn remove(mut self, is_writing: bool) -> io::Result<()> {
        if !matches!(self, Self::Running(_)) {
            return Ok(());
        }
        self.start(Job::Remove)?;
        if is_writing {
            // What is removed next need not have been written.
            let _ = self.done().await;
        }
        self.done().await
    }
}

fn run(mut segments: Segments) -> io::Result<Running> {
    let (jobs, work) = sync_channel(JOBS);
    let (results, done) = mpsc::channel(RESULTS);
    thread::Builder::new()
        .name("journal".into())
        .stack_size(STACK_BYTES)
        .spawn(move || serve(&mut segments, &work, &results))?;
    Ok(Running { jobs, done })
}

fn serve(segments: &mut Segments, work: &Receiver<Job>, results: &mpsc::Sender<io::Result<()>>) {
    while let Ok(job) = work.recv() {
        let result = match job {
            Job::Begin(checkpoint) => segments.begin(&checkpoint),
            Job::Append(records) => segments.append(&records),
            Job::Remove => segments.remove(),
        };
        if results.blocking_send(result).is_err() {
            break;
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the journal's thread is not there")
}
