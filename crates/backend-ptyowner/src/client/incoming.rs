//! What an owner tells an attached client: frames put together to events.

use std::collections::VecDeque;

use abide_core::{backend::OutputEvent, replay::Offset};
use bytes::{Buf as _, Bytes, BytesMut};

use super::{
    connection::{ConnectError, SharedStream, next},
    missed::Reached,
};
use crate::wire::{
    codec,
    error::WireError,
    event::{Event, Snapshot},
    frame::{Frame, Kind},
    limits::MAX_PARTS_BYTES,
    stream::FrameReader,
};

/// Output that a waiting typist keeps for the one who polls, in bytes.
const KEEP_BYTES: usize = 1024 * 1024;

/// One thing that came.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// For the one who polls.
    Event(OutputEvent),
    /// For the typist: so much of its input was taken in all, in bytes.
    InputTaken { total: u64 },
}

/// The reading half of a conversation.
#[derive(Debug)]
pub(crate) struct Reader {
    frames: FrameReader<SharedStream>,
    state: State,
    reached: Reached,
    kept: VecDeque<OutputEvent>,
    kept_bytes: usize,
}

/// Where the stream is.
#[derive(Debug)]
enum State {
    /// Between two events.
    Ready,
    /// Inside a snapshot, of which so much is there.
    Snapshot(Snapshot, BytesMut),
    /// After the session's end.
    Over,
}

impl Reader {
    /// Reads for one who has seen everything before `from`.
    pub(crate) fn new(frames: FrameReader<SharedStream>, from: Option<Offset>) -> Self {
        Self {
            frames,
            state: State::Ready,
            reached: Reached::new(from),
            kept: VecDeque::new(),
            kept_bytes: 0,
        }
    }

    /// Tells whether nothing will come any more but what was kept.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Returns how far all that was read reaches.
    pub(crate) fn reached(&self) -> Reached {
        self.reached
    }

    /// Keeps an event for the one who polls.
    pub(crate) fn keep(&mut self, event: OutputEvent) {
        self.kept_bytes += weight(&event);
        self.kept.push_back(event);
    }

    /// Tells whether no more may be kept.
    pub(crate) fn is_full(&self) -> bool {
        KEEP_BYTES <= self.kept_bytes
    }

    /// Takes the oldest event that was kept.
    pub(crate) fn kept(&mut self) -> Option<OutputEvent> {
        let event = self.kept.pop_front()?;
        self.kept_bytes -= weight(&event);
        Some(event)
    }

    /// Waits for the next thing that comes.
    ///
    /// Cancel safety: safe to drop at any await.
    pub(crate) async fn read(&mut self) -> Result<Incoming, ConnectError> {
        loop {
            let frame = next(&mut self.frames).await?;
            if let Some(incoming) = self.take(frame)? {
                if let Incoming::Event(event) = &incoming {
                    self.reached.note(event);
                }
                return Ok(incoming);
            }
        }
    }

    fn take(&mut self, frame: Frame) -> Result<Option<Incoming>, ConnectError> {
        if let State::Snapshot(snapshot, data) = &mut self.state {
            if frame.kind != Kind::Part {
                return Err(WireError::UnexpectedKind(frame.kind).into());
            }
            data.extend_from_slice(&frame.body);
            if snapshot.len < data.len() as u64 {
                return Err(out_of_bounds(Kind::Part, "length"));
            }
            return Ok(self.whole_snapshot());
        }
        match frame.kind {
            Kind::Output => output(frame.body).map(|event| Some(Incoming::Event(event))),
            Kind::Event => self.take_event(codec::decode(&frame)?),
            // The reply to a resize that nobody waits for.
            Kind::Reply => Ok(None),
            kind => Err(WireError::UnexpectedKind(kind).into()),
        }
    }

    fn take_event(&mut self, event: Event) -> Result<Option<Incoming>, ConnectError> {
        Ok(Some(Incoming::Event(match event {
            Event::InputTaken { total } => return Ok(Some(Incoming::InputTaken { total })),
            Event::Closing { reason } => return Err(ConnectError::Closed(reason)),
            Event::Snapshot(snapshot) if MAX_PARTS_BYTES < snapshot.len => {
                return Err(out_of_bounds(Kind::Event, "length"));
            }
            Event::Snapshot(snapshot) => {
                self.state = State::Snapshot(snapshot, BytesMut::new());
                return Ok(self.whole_snapshot());
            }
            Event::Lagged { skipped } => OutputEvent::Lagged { skipped },
            Event::Keys { data } => OutputEvent::Keys { data: data.into() },
            Event::Resized(size) => OutputEvent::Resized { size: size.into() },
            Event::ControlLost(holder) => OutputEvent::ControlLost { by: holder.into() },
            Event::Ended(ended) => {
                self.state = State::Over;
                OutputEvent::Ended(ended.into())
            }
            Event::Over(over) => {
                self.state = State::Over;
                OutputEvent::Ended(over.into())
            }
            // Only one who asked for it is told, on a connection of its own.
            Event::Activity(_) => return Ok(None),
        })))
    }

    /// Returns the snapshot if all of it is there.
    fn whole_snapshot(&mut self) -> Option<Incoming> {
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
        Some(Incoming::Event(event))
    }
}

fn weight(event: &OutputEvent) -> usize {
    match event {
        OutputEvent::Snapshot { data, .. }
        | OutputEvent::Output { data, .. }
        | OutputEvent::Keys { data } => data.len(),
        OutputEvent::Lagged { .. }
        | OutputEvent::Resized { .. }
        | OutputEvent::ControlLost { .. }
        | OutputEvent::Ended(_) => 0,
    }
}

fn output(mut body: Bytes) -> Result<OutputEvent, ConnectError> {
    if body.len() < size_of::<u64>() {
        return Err(out_of_bounds(Kind::Output, "offset"));
    }
    let offset = Offset::new(body.get_u64_le());
    Ok(OutputEvent::Output { offset, data: body })
}

fn out_of_bounds(kind: Kind, field: &'static str) -> ConnectError {
    WireError::OutOfBounds { kind, field }.into()
}
