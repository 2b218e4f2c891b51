//! What the person types, read by a thread of its own and only when it is asked for.
//!
//! The thread takes nothing from the terminal unless the viewer has asked, and nothing more once it
//! is stopped: what is typed after detaching is left for the shell.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use tokio::sync::mpsc;

use super::error::ViewerError;
use crate::sys::{self, Typed};

/// Questions and answers under way: never more than one.
const ONE: usize = 1;

/// Reads what is typed.
#[derive(Debug)]
pub(super) struct Keyboard {
    asks: SyncSender<usize>,
    answers: mpsc::Receiver<Typed>,
    asked: bool,
    waker: sys::Waker,
    thread: JoinHandle<()>,
}

impl Keyboard {
    /// Starts the thread.
    pub(super) fn start() -> Result<Self, ViewerError> {
        let failed = |source| ViewerError::Terminal {
            action: "read from",
            source,
        };
        let (keyboard, waker) = sys::keyboard().map_err(failed)?;
        let (asks, asked) = sync_channel(ONE);
        let (answer, answers) = mpsc::channel(ONE);
        let thread = thread::Builder::new()
            .name("keyboard".into())
            .spawn(move || serve(keyboard, &asked, &answer))
            .map_err(failed)?;
        Ok(Self {
            asks,
            answers,
            asked: false,
            waker,
            thread,
        })
    }

    /// Waits for input; at most `limit` bytes of it, or as many as the call before that was
    /// dropped had asked for.
    ///
    /// Cancel safety: safe to drop at any await; the next call has what came meanwhile.
    pub(super) async fn read(&mut self, limit: usize) -> Typed {
        if !self.asked {
            // There is room: the answer to the last was taken.
            self.asked = self.asks.try_send(limit).is_ok();
        }
        let typed = self.answers.recv().await;
        self.asked = false;
        // A thread that ended could not read any more.
        typed.unwrap_or(Typed::Closed)
    }

    /// Stops reading; returns when nothing is taken from the terminal any more, with what was taken
    /// last and not asked for yet.
    pub(super) fn stop(self) -> Option<Typed> {
        let Self {
            asks,
            mut answers,
            waker,
            thread,
            ..
        } = self;
        let notices = waker.wake();
        drop(asks);
        if notices && thread.join().is_err() {
            tracing::error!("the keyboard's thread panicked");
        }
        answers.try_recv().ok()
    }
}

fn serve(mut keyboard: sys::Keyboard, asked: &Receiver<usize>, answer: &mpsc::Sender<Typed>) {
    while let Ok(limit) = asked.recv() {
        let typed = keyboard.read(limit).unwrap_or_else(|error| {
            tracing::warn!(%error, "the terminal cannot be read");
            Typed::Closed
        });
        if typed == Typed::Woken || answer.blocking_send(typed).is_err() {
            return;
        }
    }
}
