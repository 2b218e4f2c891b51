//! Where the session is drawn: the person's terminal, written by a thread of its own.
//!
//! A terminal may be blocked for as long as a person likes. Then the thread waits, and the viewer
//! goes on to hear keys and signals. Little is queued here: what a session printed long ago must
//! not stand between a person's ctrl-c and its effect.

use std::{
    io::Write,
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::error::ViewerError;
use crate::sys;

/// Writes that may wait while another is under way.
const QUEUED_WRITES: usize = 1;

/// How long a blocked terminal is waited for when the viewer leaves it.
const DRAIN_DEADLINE: Duration = Duration::from_secs(2);

/// The person's terminal, to write to.
#[derive(Debug)]
pub(super) struct Canvas {
    queue: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

#[derive(Debug)]
enum Job {
    Write(Bytes),
    /// Answers when everything before it was written.
    Mark(oneshot::Sender<()>),
}

/// A place among what is written.
#[derive(Debug)]
pub(super) struct Mark(oneshot::Receiver<()>);

impl Mark {
    /// Waits until the terminal took everything before it, however long that takes.
    ///
    /// Safe to drop at any await; not to be called again once it has returned.
    pub(super) async fn passed(&mut self) -> Result<(), Gone> {
        (&mut self.0).await.map_err(|_| Gone)
    }
}

/// The terminal is gone, or does not take any more.
#[derive(Debug)]
pub(super) struct Gone;

impl Canvas {
    /// Starts the thread.
    pub(super) fn start() -> Result<Self, ViewerError> {
        let failed = |source| ViewerError::Terminal {
            action: "write to",
            source,
        };
        let screen = sys::Screen::open().map_err(failed)?;
        let (queue, jobs) = mpsc::channel(QUEUED_WRITES);
        let thread = thread::Builder::new()
            .name("canvas".into())
            .spawn(move || serve(screen, jobs))
            .map_err(failed)?;
        Ok(Self { queue, thread })
    }

    /// Waits until a write would not wait. Safe to drop at any await.
    pub(super) async fn room(&self) -> Result<(), Gone> {
        self.queue.reserve().await.map(drop).map_err(|_| Gone)
    }

    /// Waits until the terminal is gone. Safe to drop at any await.
    pub(super) async fn gone(&self) {
        self.queue.closed().await;
    }

    /// Writes, after all that was written before; waits while there is no room.
    pub(super) async fn write(&self, bytes: Bytes) -> Result<(), Gone> {
        self.queue.send(Job::Write(bytes)).await.map_err(|_| Gone)
    }

    /// Puts a mark behind all that was written before; waits while there is no room.
    pub(super) async fn mark(&self) -> Result<Mark, Gone> {
        let (mark, passed) = oneshot::channel();
        let marked = self.queue.send(Job::Mark(mark)).await;
        marked.map(|()| Mark(passed)).map_err(|_| Gone)
    }

    /// Writes the last bytes, and waits until the terminal took everything, or does not.
    pub(super) async fn flush(&self, last: Bytes) -> Result<(), Gone> {
        let flushed = async {
            self.write(last).await?;
            self.mark().await?.passed().await
        };
        timeout(DRAIN_DEADLINE, flushed).await.unwrap_or(Err(Gone))
    }

    /// Flushes as [`Self::flush`] does, and ends the thread unless the terminal blocks it.
    pub(super) async fn finish(self, last: Bytes) -> Result<(), Gone> {
        let flushed = self.flush(last).await;
        let Self { queue, thread } = self;
        drop(queue);
        // A blocked thread ends with the process.
        if flushed.is_ok() && thread.join().is_err() {
            tracing::error!("the canvas's thread panicked");
        }
        flushed
    }
}

fn serve(mut screen: sys::Screen, mut jobs: mpsc::Receiver<Job>) {
    while let Some(job) = jobs.blocking_recv() {
        match job {
            Job::Write(bytes) => {
                if let Err(error) = screen.write_all(&bytes) {
                    tracing::debug!(%error, "the terminal is gone");
                    return;
                }
            }
            // Nobody waits any more if this fails.
            Job::Mark(mark) => drop(mark.send(())),
        }
    }
}
