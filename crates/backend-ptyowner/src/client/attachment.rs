//! An attachment to a live session.
//!
//! Output is read by whoever polls it, with no task and no queue in between: a caller that does not
//! poll is a slow client, and the owner deals with those. Input goes through one short queue, so
//! that frames of several callers are never mixed, and under a window, so that a program which does
//! not read stops its typist and nobody else.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use abide_core::{
    backend::{BackendError, InputSink, OutputEvent, OutputStream},
    id::SessionId,
    limits::INPUT_CHUNK_BYTES,
    replay::Offset,
    size::TermSize,
};
use async_trait::async_trait;
use bytes::{Buf as _, Bytes};
use tokio::sync::{Notify, mpsc};
use tokio_util::task::AbortOnDropHandle;

use super::connection::{ConnectError, SharedStream, next};
use crate::wire::{
    codec,
    error::WireError,
    event::Event,
    frame::{Frame, Kind},
    limits::INPUT_WINDOW_BYTES,
    request::{Call, Request},
    stream::FrameReader,
};

/// Frames on their way to the owner. A full queue makes the typist wait.
const QUEUE: usize = 8;

/// The number of a request whose reply nobody waits for.
const UNANSWERED: u32 = 0;

/// How much of the client's input the terminal took.
#[derive(Debug, Default)]
pub(crate) struct Window {
    sent: AtomicU64,
    taken: AtomicU64,
    changed: Notify,
}

impl Window {
    pub(crate) fn taken(&self, total: u64) {
        self.taken.store(total, Ordering::Relaxed);
        self.changed.notify_waiters();
    }

    fn room(&self) -> u64 {
        let sent = self.sent.load(Ordering::Relaxed);
        INPUT_WINDOW_BYTES.saturating_sub(sent - self.taken.load(Ordering::Relaxed))
    }

    /// Waits until something more may be sent; returns how much, at least one byte.
    async fn open(&self) -> u64 {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change in between is missed.
            changed.as_mut().enable();
            match self.room() {
                0 => changed.await,
                room => return room,
            }
        }
    }
}

/// The output of a live session.
pub(crate) struct LiveOutput {
    pub(crate) session: SessionId,
    pub(crate) frames: FrameReader<SharedStream>,
    pub(crate) window: Arc<Window>,
    pub(crate) state: State,
}

/// Where the stream is.
pub(crate) enum State {
    /// Between two events.
    Ready,
    /// Inside a snapshot, of which so much is there.
    Snapshot(crate::wire::event::Snapshot, bytes::BytesMut),
    /// After the session's end.
    Over,
}

#[async_trait]
impl OutputStream for LiveOutput {
    async fn next(&mut self) -> Result<Option<OutputEvent>, BackendError> {
        self.next_event().await.map_err(|err| BackendError::Failed {
            action: "go on watching",
            session: self.session.clone(),
            source: err.into(),
        })
    }
}

impl LiveOutput {
    async fn next_event(&mut self) -> Result<Option<OutputEvent>, ConnectError> {
        loop {
            if let State::Over = self.state {
                return Ok(None);
            }
            let frame = next(&mut self.frames).await?;
            if let Some(event) = self.take(frame)? {
                return Ok(Some(event));
            }
        }
    }

    fn take(&mut self, frame: Frame) -> Result<Option<OutputEvent>, ConnectError> {
        if let State::Snapshot(snapshot, data) = &mut self.state {
            if frame.kind != Kind::Part || snapshot.len < (data.len() + frame.body.len()) as u64 {
                return Err(WireError::UnexpectedKind(frame.kind).into());
            }
            data.extend_from_slice(&frame.body);
            return Ok(self.finish_snapshot());
        }
        match frame.kind {
            Kind::Output => output(frame.body).map(Some),
            Kind::Event => self.take_event(codec::decode(&frame)?),
            // The reply to a resize; the next one says what came of it.
            Kind::Reply => Ok(None),
            kind => Err(WireError::UnexpectedKind(kind).into()),
        }
    }

    fn take_event(&mut self, event: Event) -> Result<Option<OutputEvent>, ConnectError> {
        Ok(Some(match event {
            Event::Snapshot(snapshot) => {
                if crate::wire::limits::MAX_PARTS_BYTES < snapshot.len {
                    let (kind, field) = (Kind::Event, "len");
                    return Err(WireError::OutOfBounds { kind, field }.into());
                }
                self.state = State::Snapshot(snapshot, bytes::BytesMut::new());
                return Ok(self.finish_snapshot());
            }
            Event::InputTaken { total } => {
                self.window.taken(total);
                return Ok(None);
            }
            Event::Closing { reason } => return Err(ConnectError::Closed(reason)),
            Event::Lagged { skipped } => OutputEvent::Lagged { skipped },
            Event::Resized(size) => OutputEvent::Resized { size: size.into() },
            Event::ControlLost(holder) => OutputEvent::ControlLost { by: holder.into() },
            Event::Ended(ended) => {
                self.state = State::Over;
                OutputEvent::Ended(ended.into())
            }
        }))
    }

    /// Returns the snapshot if it is whole.
    fn finish_snapshot(&mut self) -> Option<OutputEvent> {
        let State::Snapshot(snapshot, data) = &mut self.state else {
            return None;
        };
        if (data.len() as u64) < snapshot.len {
            return None;
        }
        let event = OutputEvent::Snapshot {
            offset: Offset::new(snapshot.offset),
            size: snapshot.size.into(),
            data: std::mem::take(data).freeze(),
        };
        self.state = State::Ready;
        Some(event)
    }
}

fn output(mut body: Bytes) -> Result<OutputEvent, ConnectError> {
    if body.len() < size_of::<u64>() {
        let (kind, field) = (Kind::Output, "offset");
        return Err(WireError::OutOfBounds { kind, field }.into());
    }
    let offset = Offset::new(body.get_u64_le());
    Ok(OutputEvent::Output { offset, data: body })
}

/// The way to type into a live session.
pub(crate) struct LiveInput {
    session: SessionId,
    controls: bool,
    frames: mpsc::Sender<Bytes>,
    window: Arc<Window>,
    /// Typing one text at a time keeps the pieces of a long one together.
    turn: tokio::sync::Mutex<()>,
    _writer: AbortOnDropHandle<()>,
}

impl LiveInput {
    pub(crate) fn new(
        session: SessionId,
        controls: bool,
        stream: SharedStream,
        window: Arc<Window>,
    ) -> Self {
        let (frames, mut queued) = mpsc::channel::<Bytes>(QUEUE);
        let write = async move {
            while let Some(frame) = queued.recv().await {
                if stream.send(&frame).await.is_err() {
                    // The output's side reports how the connection ended.
                    break;
                }
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the handle aborts it when the input is dropped; it has no result")]
        let writer = AbortOnDropHandle::new(tokio::spawn(write));
        Self {
            session,
            controls,
            frames,
            window,
            turn: tokio::sync::Mutex::new(()),
            _writer: writer,
        }
    }

    fn check_control(&self, action: &'static str) -> Result<(), BackendError> {
        if self.controls {
            return Ok(());
        }
        Err(BackendError::Refused {
            action,
            session: self.session.clone(),
            reason: "this client only watches".into(),
        })
    }

    async fn queue(&self, action: &'static str, frame: Bytes) -> Result<(), BackendError> {
        self.frames.send(frame).await.map_err(|_| BackendError::Failed {
            action,
            session: self.session.clone(),
            source: ConnectError::Gone.into(),
        })
    }
}

#[async_trait]
impl InputSink for LiveInput {
    async fn write(&self, mut input: Bytes) -> Result<(), BackendError> {
        self.check_control("type into")?;
        let _turn = self.turn.lock().await;
        while !input.is_empty() {
            let room = usize::try_from(self.window.open().await).unwrap_or(usize::MAX);
            let piece = input.split_to(room.min(INPUT_CHUNK_BYTES).min(input.len()));
            self.window.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            self.queue("type into", codec::raw(Kind::Input, &piece)).await?;
        }
        Ok(())
    }

    async fn resize(&self, size: TermSize) -> Result<(), BackendError> {
        self.check_control("resize")?;
        let call = Call {
            id: UNANSWERED,
            request: Request::Resize(size.into()),
        };
        self.queue("resize", codec::encode(Kind::Call, &call)).await
    }
}

/// Types everything and waits until the terminal took it; `taken` says how far it is, in bytes.
pub(crate) async fn type_all(
    client: &mut super::OwnerClient,
    mut input: Bytes,
    taken: &mut u64,
) -> Result<(), ConnectError> {
    let total = input.len() as u64;
    let mut sent = 0_u64;
    while *taken < total {
        while !input.is_empty() && sent - *taken < INPUT_WINDOW_BYTES {
            let room = usize::try_from(INPUT_WINDOW_BYTES - (sent - *taken)).unwrap_or(usize::MAX);
            let piece = input.split_to(room.min(INPUT_CHUNK_BYTES).min(input.len()));
            client.stream.send(&codec::raw(Kind::Input, &piece)).await?;
            sent += piece.len() as u64;
        }
        let frame = next(&mut client.frames).await?;
        if frame.kind == Kind::Event
            && let Event::InputTaken { total } = codec::decode(&frame)?
        {
            *taken = total;
        }
    }
    Ok(())
}
