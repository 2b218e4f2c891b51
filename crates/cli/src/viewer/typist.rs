//! Types into the session, in order, while the viewer goes on with everything else.
//!
//! A program that does not read holds up what is typed into it, but never the detach keys: those
//! are found before. What waits is bounded by [`MAX_WAITING_BYTES`]; past that the keyboard is
//! not read until the program does.

use std::{collections::VecDeque, future::Future, pin::Pin, task::Poll, time::Duration};

use abide_core::{
    backend::{BackendError, InputSink},
    size::TermSize,
};
use bytes::Bytes;
use tokio::time::timeout;

/// Input that may wait for the program. A paste of this size still leaves the detach keys heard.
const MAX_WAITING_BYTES: usize = 4 * 1024 * 1024;

/// How long what was typed before the detach keys may take to arrive.
const FLUSH_DEADLINE: Duration = Duration::from_millis(250);

type Underway<'a> = Pin<Box<dyn Future<Output = Result<(), BackendError>> + Send + 'a>>;

/// Types into a session, and sizes it.
pub(super) struct Typist<'a> {
    sink: &'a dyn InputSink,
    waiting: Vec<u8>,
    typing: Option<Underway<'a>>,
    sizes: VecDeque<TermSize>,
    sizing: Option<Underway<'a>>,
}

impl<'a> Typist<'a> {
    /// Types into this.
    pub(super) fn new(sink: &'a dyn InputSink) -> Self {
        Self {
            sink,
            waiting: Vec::new(),
            typing: None,
            sizes: VecDeque::new(),
            sizing: None,
        }
    }

    /// Types bytes, after those before.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend(bytes);
    }

    /// Gives the session a size; of several that wait the last is given.
    pub(super) fn resize(&mut self, size: TermSize) {
        self.sizes.clear();
        self.sizes.push_back(size);
    }

    /// Gives the session another size and then this one, so that its program draws again.
    pub(super) fn redraw(&mut self, size: TermSize) {
        let cols = size.cols();
        let other = if 1 < cols { cols - 1 } else { cols + 1 };
        self.sizes.clear();
        self.sizes.push_back(TermSize::clamped(size.rows(), other));
        self.sizes.push_back(size);
    }

    /// Forgets what waits: it may not be typed any more.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.sizes.clear();
    }

    /// Returns whether the session took everything.
    pub(super) fn is_idle(&self) -> bool {
        self.typing.is_none() && self.waiting.is_empty()
    }

    /// Returns whether more may be typed.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < MAX_WAITING_BYTES
    }

    /// Waits until the session took something; for ever if there is nothing to take.
    ///
    /// Cancel safety: safe to drop at any await; what is under way goes on with the next call.
    pub(super) async fn progress(&mut self) -> Result<(), BackendError> {
        std::future::poll_fn(|context| {
            let sink = self.sink;
            if self.typing.is_none() && !self.waiting.is_empty() {
                let bytes = Bytes::from(std::mem::take(&mut self.waiting));
                self.typing = Some(Box::pin(sink.write(bytes)));
            }
            if self.sizing.is_none() {
                let size = self.sizes.pop_front();
                self.sizing = size.map(|size| -> Underway<'a> { Box::pin(sink.resize(size)) });
            }
            for underway in [&mut self.sizing, &mut self.typing] {
                let Some(future) = underway else { continue };
                if let Poll::Ready(done) = future.as_mut().poll(context) {
                    *underway = None;
                    return Poll::Ready(done);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Waits until everything was taken, or a moment has passed.
    pub(super) async fn flush(&mut self) {
        let flushed = async {
            while self.typing.is_some() || !self.waiting.is_empty() {
                if self.progress().await.is_err() {
                    return;
                }
            }
        };
        if timeout(FLUSH_DEADLINE, flushed).await.is_err() {
            tracing::debug!("the program did not take all that was typed before detaching");
        }
    }
}
