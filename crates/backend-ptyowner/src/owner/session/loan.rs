//! A client lends its terminal: output goes there at once, and keys come from there at once.

use std::sync::Arc;

use abide_core::id::ClientId;
use bytes::Bytes;
use interprocess::local_socket::tokio::Stream;
use tracing::{debug, info};

use super::Session;
use crate::{
    owner::{input::Author, terminal},
    sys::{self, lent::LentTerminal},
    wire::{
        codec,
        event::{Answer, Attached, Event, Failure, Reply},
        frame::Kind,
        request::{Attach, LoanStep, Terminal},
    },
};

/// Keys that may wait for a program that does not read, in bytes. What is typed beyond is for the
/// client to keep, which looks for its own keys in it.
const MAX_WAITING_KEYS: usize = 64 * 1024;

/// The terminal of the client with control, while keys are read from it.
pub(super) struct Keys {
    client: ClientId,
    terminal: Arc<LentTerminal>,
    /// The client's connection.
    stream: Arc<Stream>,
}

impl Keys {
    /// Waits for keys; empty once the terminal is gone, or cannot be read, or the keys are not for
    /// this client.
    ///
    /// That a client was killed, or stopped, shows only when it is looked at. What is typed then is
    /// for somebody else, who finds it where it is; a client that goes on asks for its keys to be read
    /// again.
    ///
    /// Cancel safety: safe to drop; nothing is read then.
    async fn read(&self) -> Bytes {
        let is_there = || sys::endpoint::is_attentive(&self.stream);
        self.terminal.read(is_there).await.unwrap_or_else(|err| {
            debug!(client = %self.client, error = %err, "the lent terminal cannot be read");
            Bytes::new()
        })
    }
}

/// Waits for keys; for ever if none are read.
pub(super) async fn typed(keys: Option<&Keys>) -> Bytes {
    match keys {
        Some(keys) => keys.read().await,
        None => std::future::pending().await,
    }
}

impl<T: terminal::Terminal> Session<T> {
    /// Attaches a client that offers its terminal: to the terminal, or as one that does not.
    pub(super) fn attach_terminal(
        &mut self,
        client: ClientId,
        id: u32,
        attach: &Attach,
        offer: &Terminal,
    ) {
        if let Err(failure) = self.may_attach(client, attach.mode) {
            let result = Err(failure);
            return self.clients.reply(client, &Reply { id, result });
        }
        let terminal = match LentTerminal::open(offer) {
            Ok(terminal) if !self.life.is_over() => Arc::new(terminal),
            Ok(_) => return self.attach(client, id, attach),
            Err(err) => {
                info!(%client, error = %err, "its terminal cannot be used from here");
                return self.attach(client, id, attach);
            }
        };
        let result = self.let_in(client, attach).map(|controls| {
            let size = self.screen.size().into();
            Answer::Lent(Attached { controls, size })
        });
        if result.is_ok() {
            self.clients.offer(client, terminal, attach.scrollback);
        }
        self.clients.reply(client, &Reply { id, result });
    }

    pub(super) fn step_loan(
        &mut self,
        client: ClientId,
        step: LoanStep,
    ) -> Result<Answer, Failure> {
        match step {
            LoanStep::Begin => self.begin_loan(client)?,
            LoanStep::TakeKeys => self.take_keys(client),
            LoanStep::End => self.end_loan(client),
        }
        Ok(Answer::Done)
    }

    fn begin_loan(&mut self, client: ClientId) -> Result<(), Failure> {
        let scrollback = self.clients.begin_loan(client).ok_or(Failure::NoLoan)?;
        let snapshot = match self.screen.page_first(scrollback) {
            Some(page) => {
                self.send_snapshot(client, &page);
                self.screen.rest()
            }
            None => self.screen.snapshot(scrollback),
        };
        self.send_snapshot(client, &snapshot);
        self.clients.watch(client, scrollback);
        self.take_keys(client);
        if self.life.is_over() {
            self.end_loans();
            self.tell_end(client);
        }
        info!(%client, "attached, on its own terminal");
        Ok(())
    }

    fn take_keys(&mut self, client: ClientId) {
        if self.clients.is_controller(client)
            && let Some((terminal, stream)) = self.clients.lent_terminal(client)
        {
            self.keys = Some(Keys {
                client,
                terminal,
                stream,
            });
        }
    }

    /// Gives the terminal back; says what it shows, or would have if it had taken everything.
    pub(super) fn end_loan(&mut self, client: ClientId) {
        let Some(skipped) = self.clients.give_back(client) else {
            return;
        };
        self.forget_keys(client);
        if let Some(skipped) = skipped {
            // The terminal may be in the middle of anything.
            self.clients.send_event(client, &Event::Lagged { skipped });
        }
        let page = self.screen.page();
        self.send_snapshot(client, &page);
    }

    /// Reads no more keys of this client; what it typed last is still typed.
    pub(super) fn forget_keys(&mut self, client: ClientId) {
        self.keys.take_if(|keys| keys.client == client);
    }

    /// Types keys, unless the client wants to see them first.
    pub(super) fn on_keys(&mut self, typed: Bytes) {
        let Some(keys) = &self.keys else {
            return;
        };
        let client = keys.client;
        if typed.is_empty() {
            self.forget_keys(client);
            return;
        }
        let is_stuck = MAX_WAITING_KEYS < self.input.waiting_of(Author::Keys(client)) + typed.len();
        if !is_stuck && !keys.terminal.are_for_client(&typed) {
            self.activity.typed(&typed);
            self.input.push(Author::Keys(client), typed);
            self.type_now();
            return;
        }
        self.forget_keys(client);
        let event = Event::Keys {
            data: typed.to_vec(),
        };
        self.clients
            .push(client, codec::encode(Kind::Event, &event));
    }

    /// Tells the clients with a lent terminal what it shows at the end, so that they can leave it.
    pub(super) fn end_loans(&mut self) {
        for client in self.clients.lenders() {
            self.forget_keys(client);
            let page = self.screen.page();
            let event = self.snapshot_event(page.len());
            self.clients.send_last_page(client, &event, &page);
        }
    }
}
