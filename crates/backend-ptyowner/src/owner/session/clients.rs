//! Who is connected, what each may do, and what each is still to be sent.

mod observers;

use std::{collections::BTreeMap, sync::Arc};

use abide_core::{backend::Holder, clock::Timestamp, id::ClientId};
use bytes::Bytes;
use interprocess::local_socket::tokio::Stream;

use super::versions;
use crate::{
    owner::outbox::{Outbox, Pushed},
    sys::lent::LentTerminal,
    wire::{
        codec,
        error::WireError,
        event::{Event, Over, Reply},
        frame::Kind,
        limits::INPUT_WINDOW_BYTES,
        request::Scrollback,
    },
};

/// Input taken before a client with control is told so again, in bytes.
const ACKNOWLEDGE_BYTES: u64 = INPUT_WINDOW_BYTES / 4;

/// Longest part of a snapshot or rendering in one frame, in bytes.
const PART_BYTES: usize = 64 * 1024;

/// Everybody who is connected.
#[derive(Default)]
pub(super) struct Clients {
    all: BTreeMap<ClientId, Client>,
    controller: Option<Holder>,
}

struct Client {
    label: String,
    version: u16,
    stream: Arc<Stream>,
    outbox: Arc<Outbox>,
    /// Whether it is told of activity and of the end, without output.
    observes: bool,
    watching: Option<Watching>,
    /// The terminal that it offered, and what snapshots do with lines above its page.
    loan: Option<(Arc<LentTerminal>, Scrollback)>,
    typing: Typing,
    input: InputCount,
}

/// How a client that watches is doing.
#[derive(Clone, Copy)]
struct Watching {
    scrollback: Scrollback,
    flow: Flow,
}

#[derive(Clone, Copy)]
enum Flow {
    /// It gets every byte.
    Streaming,
    /// It gets nothing until it has taken what is queued.
    Lagging { skipped: u64 },
}

/// Whether a client may type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typing {
    /// Never could.
    Never,
    /// Could, until another took control; what was under way is dropped.
    Lost,
    /// With control: sees its input by its effect.
    Control,
    /// Without watching: waits to be told that it was typed.
    Inject,
}

/// What a client had that left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Control,
    Injector,
    Viewer,
}

/// Input of one client since it connected, in bytes.
#[derive(Default)]
struct InputCount {
    received: u64,
    taken: u64,
    acknowledged: u64,
}

impl Client {
    /// Tells whether it watches, or is about to on its own terminal.
    fn is_attached(&self) -> bool {
        self.watching.is_some() || self.loan.is_some()
    }
}

impl Clients {
    pub(super) fn join(
        &mut self,
        client: ClientId,
        label: String,
        version: u16,
        stream: Arc<Stream>,
        outbox: Arc<Outbox>,
    ) {
        let joined = Client {
            label,
            version,
            stream,
            outbox,
            observes: false,
            watching: None,
            loan: None,
            typing: Typing::Never,
            input: InputCount::default(),
        };
        self.all.insert(client, joined);
    }

    /// Forgets the client; returns what it had.
    pub(super) fn leave(&mut self, client: ClientId) -> Left {
        let left = self.all.remove(&client);
        if self.is_controller(client) {
            self.controller = None;
            return Left::Control;
        }
        match left {
            Some(Client {
                typing: Typing::Inject,
                ..
            }) => Left::Injector,
            _ => Left::Viewer,
        }
    }

    pub(super) fn controller(&self) -> Option<&Holder> {
        self.controller.as_ref()
    }

    pub(super) fn is_controller(&self, client: ClientId) -> bool {
        self.controller
            .as_ref()
            .is_some_and(|holder| holder.client == client)
    }

    /// Tells whether the client watches, or is about to on its own terminal.
    pub(super) fn is_attached(&self, client: ClientId) -> bool {
        self.all.get(&client).is_some_and(Client::is_attached)
    }

    /// Returns how many watch without control, or are about to.
    pub(super) fn viewers(&self) -> u32 {
        let viewers = self
            .all
            .iter()
            .filter(|(id, client)| client.is_attached() && !self.is_controller(**id));
        u32::try_from(viewers.count()).unwrap_or(u32::MAX)
    }

    /// Gives control to the client; whoever had it is told, goes on watching, and is returned.
    pub(super) fn give_control(&mut self, client: ClientId, now: Timestamp) -> Option<ClientId> {
        let taker = self.all.get_mut(&client)?;
        taker.typing = Typing::Control;
        let holder = Holder {
            client,
            label: taker.label.clone(),
            since: now,
        };
        let lost = Event::ControlLost((&holder).into());
        let loser = self.controller.replace(holder);
        let loser = loser.filter(|loser| loser.client != client);
        let loser = loser?.client;
        if let Some(loser) = self.all.get_mut(&loser) {
            loser.typing = Typing::Lost;
            loser.outbox.push(codec::encode(Kind::Event, &lost));
        }
        Some(loser)
    }

    pub(super) fn let_inject(&mut self, client: ClientId) {
        if let Some(client) = self.all.get_mut(&client) {
            client.typing = Typing::Inject;
        }
    }

    /// Lets the client see output from now on.
    pub(super) fn watch(&mut self, client: ClientId, scrollback: Scrollback) {
        if let Some(client) = self.all.get_mut(&client) {
            client.watching = Some(Watching {
                scrollback,
                flow: Flow::Streaming,
            });
        }
    }

    /// Keeps the terminal that the client offers, until it says that the loan begins.
    pub(super) fn offer(
        &mut self,
        client: ClientId,
        terminal: Arc<LentTerminal>,
        scrollback: Scrollback,
    ) {
        if let Some(client) = self.all.get_mut(&client) {
            client.loan = Some((terminal, scrollback));
        }
    }

    /// Lets everything go to the client's own terminal from now on, if it offered one; returns what
    /// snapshots do with the lines that it has.
    pub(super) fn begin_loan(&mut self, client: ClientId) -> Option<Scrollback> {
        let client = self.all.get(&client)?;
        let (terminal, scrollback) = client.loan.as_ref()?;
        client.outbox.lend(Arc::clone(terminal));
        Some(*scrollback)
    }

    /// Returns the client's own terminal, while it is lent, and its connection.
    pub(super) fn lent_terminal(
        &self,
        client: ClientId,
    ) -> Option<(Arc<LentTerminal>, Arc<Stream>)> {
        let client = self.all.get(&client)?;
        let (terminal, _) = client.loan.as_ref()?;
        let both = || (Arc::clone(terminal), Arc::clone(&client.stream));
        client.outbox.is_lent().then(both)
    }

    /// Ends the loan, if there is one; returns how much output the terminal was not shown, if any.
    pub(super) fn give_back(&mut self, client: ClientId) -> Option<Option<u64>> {
        let client = self.all.get_mut(&client)?;
        client.loan.take()?;
        let dropped = client.outbox.give_back();
        let skipped = match &mut client.watching {
            Some(watching) => match std::mem::replace(&mut watching.flow, Flow::Streaming) {
                Flow::Streaming => dropped,
                Flow::Lagging { skipped } => Some(skipped),
            },
            None => dropped,
        };
        Some(skipped)
    }

    /// Tells whether a client's terminal was taken, and the loan has not begun.
    pub(super) fn is_one_about_to_lend(&self) -> bool {
        let is_about_to = |client: &Client| client.loan.is_some() && client.watching.is_none();
        self.all.values().any(is_about_to)
    }

    /// Returns those whose terminal is lent.
    pub(super) fn lenders(&self) -> Vec<ClientId> {
        let lends = |client: &Client| client.outbox.is_lent();
        self.all
            .iter()
            .filter(|(_, client)| lends(client))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Sends a snapshot to where the client sees it.
    pub(super) fn send_snapshot(&self, client: ClientId, event: &Event, snapshot: &[u8]) {
        let Some(found) = self.all.get(&client) else {
            return;
        };
        if found.outbox.is_lent() {
            let snapshot = Bytes::copy_from_slice(snapshot);
            found.outbox.push_snapshot(snapshot);
        } else {
            self.send_page(client, event, snapshot);
        }
    }

    /// Sends a snapshot through the connection.
    fn send_page(&self, client: ClientId, event: &Event, snapshot: &[u8]) {
        self.send_event(client, event);
        self.send_parts(client, snapshot);
    }

    /// Says through the connection what the lent terminal shows, once it shows everything.
    pub(super) fn send_last_page(&self, client: ClientId, event: &Event, page: &[u8]) {
        let Some(client) = self.all.get(&client) else {
            return;
        };
        client.outbox.push_last(codec::encode(Kind::Event, event));
        for part in page.chunks(PART_BYTES) {
            client.outbox.push_last(codec::raw(Kind::Part, part));
        }
    }

    /// Tells one who watches of the end, once it was sent everything before.
    pub(super) fn send_last(&self, client: ClientId, over: &Over) {
        if let Some(client) = self.all.get(&client) {
            let event = versions::ended(client.version, over);
            client.outbox.push_last(codec::encode(Kind::Event, &event));
        }
    }

    /// Tells all who watch of the end, once each was sent everything before.
    pub(super) fn tell_last(&self, over: &Over) {
        for (id, client) in &self.all {
            if client.watching.is_some() || client.observes {
                self.send_last(*id, over);
            }
        }
    }

    /// Sends output to all who watch. Never waits: who cannot keep up lags. Tells whether one of
    /// them could, if the child waited a moment.
    pub(super) fn send_output(&mut self, frame: &Bytes, len: usize) -> bool {
        let mut is_full = false;
        for client in self.all.values_mut() {
            let Some(watching) = &mut client.watching else {
                continue;
            };
            watching.flow = match watching.flow {
                Flow::Streaming => match client.outbox.push_output(frame, len) {
                    Pushed::Sent => Flow::Streaming,
                    Pushed::Full => {
                        is_full = true;
                        Flow::Streaming
                    }
                    Pushed::Lagging { skipped } => Flow::Lagging { skipped },
                },
                Flow::Lagging { skipped } => Flow::Lagging {
                    skipped: skipped + len as u64,
                },
            };
        }
        is_full
    }

    /// Notes that so much output was sent to nobody; returns those who can be told at once. The
    /// others lag, and are told when they have caught up.
    pub(super) fn skip(&mut self, len: u64) -> Vec<ClientId> {
        let mut told = Vec::new();
        for (id, client) in &mut self.all {
            let Some(watching) = &mut client.watching else {
                continue;
            };
            let skipped = match watching.flow {
                Flow::Streaming => {
                    told.push(*id);
                    len
                }
                Flow::Lagging { skipped } => skipped + len,
            };
            watching.flow = Flow::Lagging { skipped };
        }
        told
    }

    /// Tells whether the child had better wait for one of them.
    pub(super) fn is_one_full(&self) -> bool {
        self.all.values().any(|client| client.outbox.is_full())
    }

    /// Lets a client that lagged see output again; returns how much it missed and what to do with
    /// its terminal's lines. `None` if it did not lag.
    pub(super) fn catch_up(&mut self, client: ClientId) -> Option<(u64, Scrollback)> {
        let watching = self.all.get_mut(&client)?.watching.as_mut()?;
        let Flow::Lagging { skipped } = watching.flow else {
            return None;
        };
        watching.flow = Flow::Streaming;
        Some((skipped, watching.scrollback))
    }

    /// Returns those who lag.
    pub(super) fn lagging(&self) -> Vec<ClientId> {
        let lags = |client: &Client| {
            matches!(
                client.watching,
                Some(Watching {
                    flow: Flow::Lagging { .. },
                    ..
                })
            )
        };
        self.all
            .iter()
            .filter(|(_, client)| lags(client))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Counts input that came; tells whether it is to be typed. Who sends more than its window
    /// allows, or may not type at all, is cut off.
    pub(super) fn accept_input(&mut self, client: ClientId, len: usize) -> bool {
        let Some(sender) = self.all.get_mut(&client) else {
            return false;
        };
        let violation = match sender.typing {
            Typing::Lost => return false,
            Typing::Never => WireError::UnexpectedKind(Kind::Input),
            Typing::Control | Typing::Inject => {
                sender.input.received += len as u64;
                if sender.input.received - sender.input.taken <= INPUT_WINDOW_BYTES {
                    return true;
                }
                WireError::WindowOverrun
            }
        };
        let reason = violation.to_string();
        sender
            .outbox
            .push(codec::encode(Kind::Event, &Event::Closing { reason }));
        sender.outbox.close();
        false
    }

    /// Counts input that the terminal took, and tells the client when it needs to know.
    pub(super) fn input_taken(&mut self, client: ClientId, count: usize) {
        let Some(client) = self.all.get_mut(&client) else {
            return;
        };
        client.input.taken += count as u64;
        let InputCount {
            received,
            taken,
            acknowledged,
        } = client.input;
        let waits_for_the_last = client.typing == Typing::Inject && taken == received;
        let due = waits_for_the_last || ACKNOWLEDGE_BYTES <= taken - acknowledged;
        if due {
            client.input.acknowledged = taken;
            let event = Event::InputTaken { total: taken };
            client.outbox.push(codec::encode(Kind::Event, &event));
        }
    }

    pub(super) fn send_event(&self, client: ClientId, event: &Event) {
        self.push(client, codec::encode(Kind::Event, event));
    }

    pub(super) fn reply(&self, client: ClientId, reply: &Reply) {
        self.push(client, codec::encode(Kind::Reply, reply));
    }

    /// Sends content that the message before announced.
    pub(super) fn send_parts(&self, client: ClientId, content: &[u8]) {
        for part in content.chunks(PART_BYTES) {
            self.push(client, codec::raw(Kind::Part, part));
        }
    }

    pub(super) fn push(&self, client: ClientId, frame: Bytes) {
        if let Some(client) = self.all.get(&client) {
            client.outbox.push(frame);
        }
    }

    /// Tells all who watch, but one.
    pub(super) fn tell_watching(&self, event: &Event, except: Option<ClientId>) {
        let frame = codec::encode(Kind::Event, event);
        for (id, client) in &self.all {
            if client.watching.is_some() && Some(*id) != except {
                client.outbox.push(frame.clone());
            }
        }
    }

    /// Ends a client's connection once it was told why, and all that was queued before; it watches no
    /// more.
    pub(super) fn cut_off(&mut self, client: ClientId, reason: String) {
        if let Some(client) = self.all.get_mut(&client) {
            client.watching = None;
            let closing = Event::Closing { reason };
            client
                .outbox
                .push_last(codec::encode(Kind::Event, &closing));
            client.outbox.close();
        }
    }

    /// Ends every connection once it was sent what is queued for it.
    pub(super) fn close_all(&self) {
        for client in self.all.values() {
            client.outbox.close();
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::owner::outbox::Next;

    /// proves O9
    #[tokio::test]
    async fn a_sender_is_told_of_its_last_byte_while_others_still_wait_for_theirs() {
        let mut clients = Clients::default();
        let (a, b) = (ClientId::new(1), ClientId::new(2));
        let outbox = Arc::new(Outbox::default());
        let (stream, _other) = tokio::net::UnixStream::pair().unwrap();
        let stream = Arc::new(Stream::UdSocket(stream.into()));
        clients.join(a, "a".into(), 1, Arc::clone(&stream), Arc::clone(&outbox));
        clients.join(b, "b".into(), 1, stream, Arc::new(Outbox::default()));
        for client in [a, b] {
            clients.let_inject(client);
            assert!(clients.accept_input(client, 10));
        }
        clients.input_taken(a, 10);
        let told = codec::encode(Kind::Event, &Event::InputTaken { total: 10 });
        let next = outbox.next().await;
        assert!(
            matches!(&next, Next::Send(sent) if *sent == told),
            "{next:?}"
        );
    }
}
