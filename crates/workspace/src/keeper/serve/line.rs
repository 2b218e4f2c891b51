//! Those who talk to a keeper: the one that started it over its pipes, others over its endpoint.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Write as _},
    thread,
};

use abide_local::endpoint;
use interprocess::local_socket::tokio::Stream;
use tokio::{
    io::{AsyncWriteExt as _, BufReader as AsyncBufReader},
    sync::mpsc,
    task::JoinSet,
};
use tracing::{debug, warn};

use super::Event;
use crate::keeper::{
    lines,
    protocol::{self, Reply, Request},
};

/// Most conversations at once; one more is refused.
const LINES: usize = 32;

/// Answers that wait for somebody to take them. Who takes none is cut off.
const REPLIES: usize = 8;

/// Names a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::keeper) struct LineId(u64);

enum Speaker {
    Pipe(File),
    Stream(mpsc::Sender<Reply>),
}

/// The conversations of a keeper.
pub(super) struct Lines {
    speakers: HashMap<LineId, Speaker>,
    events: mpsc::Sender<Event>,
    next: u64,
}

impl Lines {
    pub(super) fn new(events: mpsc::Sender<Event>) -> Self {
        Self {
            speakers: HashMap::new(),
            events,
            next: 0,
        }
    }

    /// Tells whether nobody is there.
    pub(super) fn is_empty(&self) -> bool {
        self.speakers.is_empty()
    }

    fn name(&mut self) -> LineId {
        self.next += 1;
        LineId(self.next)
    }

    /// Talks to whoever started this process.
    pub(super) fn add_pipe(&mut self, mut input: BufReader<File>, output: File) -> LineId {
        let line = self.name();
        let events = self.events.clone();
        let read = move || {
            while let Ok(Some(request)) = lines::next_blocking(&mut input) {
                if events.blocking_send(Event::Asked(line, request)).is_err() {
                    return;
                }
            }
            // A keeper that is gone needs to know nothing.
            let _ = events.blocking_send(Event::Hung(line));
        };
        // A pipe cannot be waited for everywhere; the thread ends with the launcher's interest.
        let reader = thread::Builder::new().name("launcher".into()).spawn(read);
        if let Err(err) = reader {
            warn!(error = %err, "cannot listen to the launcher");
        } else {
            self.speakers.insert(line, Speaker::Pipe(output));
        }
        line
    }

    /// Talks to somebody who connected.
    pub(super) fn add_stream(&mut self, accepted: io::Result<Stream>, tasks: &mut JoinSet<()>) {
        let stream = match accepted {
            Ok(stream) => stream,
            Err(err) => {
                warn!(error = %err, "cannot accept a connection");
                return;
            }
        };
        if LINES <= self.speakers.len() || !endpoint::is_same_user(&stream).unwrap_or(false) {
            debug!("refused a connection");
            return;
        }
        let line = self.name();
        let (from, mut to) = tokio::io::split(stream);
        let (replies, mut taken) = mpsc::channel::<Reply>(REPLIES);
        let events = self.events.clone();
        tasks.spawn(async move {
            let mut from = AsyncBufReader::new(from);
            while let Ok(Some(request)) = lines::next::<Request>(&mut from).await {
                if events.send(Event::Asked(line, request)).await.is_err() {
                    return;
                }
            }
            let _ = events.send(Event::Hung(line)).await;
        });
        tasks.spawn(async move {
            while let Some(reply) = taken.recv().await {
                if to.write_all(&protocol::to_line(&reply)).await.is_err() {
                    return;
                }
            }
        });
        self.speakers.insert(line, Speaker::Stream(replies));
    }

    /// Answers; who is gone or takes no answers is noticed by the end of the conversation.
    pub(super) fn tell(&mut self, line: LineId, reply: Reply) {
        let told = match self.speakers.get_mut(&line) {
            Some(Speaker::Pipe(output)) => output.write_all(&protocol::to_line(&reply)).is_ok(),
            Some(Speaker::Stream(replies)) => replies.try_send(reply).is_ok(),
            None => return,
        };
        if !told {
            debug!("an answer was not taken");
        }
    }

    /// Ends a conversation.
    pub(super) fn remove(&mut self, line: LineId) {
        self.speakers.remove(&line);
    }
}
