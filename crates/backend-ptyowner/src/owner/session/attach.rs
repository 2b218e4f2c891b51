//! Clients come, see, take control and leave.

use abide_core::{id::ClientId, replay::Offset, size::TermSize};
use tracing::{info, warn};

use super::{Session, clients::Left};
use crate::{
    owner::{
        input::Author,
        screen::Answering,
        terminal::{self, Terminal},
    },
    wire::{
        event::{Answer, Attached, Event, Failure, Reply, Snapshot},
        limits::MAX_VIEWERS,
        request::{Attach, Mode, Scrollback, Size},
    },
};

/// What is counted for output that was lost, in bytes.
const UNKNOWN_LOSS: usize = 1;

impl<T: Terminal> Session<T> {
    /// Attaches the client: the reply, then a snapshot or the output from where it left off.
    pub(super) fn attach(&mut self, client: ClientId, id: u32, attach: &Attach) {
        let controls = match self.let_in(client, attach) {
            Ok(controls) => controls,
            Err(failure) => {
                let result = Err(failure);
                return self.clients.reply(client, &Reply { id, result });
            }
        };
        let size = self.screen.size().into();
        let result = Ok(Answer::Attached(Attached { controls, size }));
        self.clients.reply(client, &Reply { id, result });
        let held = attach
            .from
            .and_then(|from| self.history.frames_since(Offset::new(from)));
        match held {
            Some(frames) => {
                for frame in frames {
                    self.clients.push(client, frame);
                }
            }
            None => {
                let snapshot = self.screen.snapshot(attach.scrollback);
                self.send_snapshot(client, &snapshot);
            }
        }
        self.clients.watch(client, attach.scrollback);
        self.tell_end(client);
        info!(%client, controls, "attached");
    }

    /// Gives the client control, if it wants it and may have it; returns whether it has.
    pub(super) fn let_in(&mut self, client: ClientId, attach: &Attach) -> Result<bool, Failure> {
        self.may_attach(client, attach.mode)?;
        let controls = attach.mode != Mode::View && !self.life.is_over();
        if controls {
            if let Some(loser) = self.clients.give_control(client, self.identity.clock.now()) {
                // Nobody waits behind the paste of one who has no say any more.
                self.input.forget(Author::Client(loser));
                self.input.forget(Author::Keys(loser));
                self.forget_keys(loser);
                if MAX_VIEWERS < self.clients.onlookers() {
                    // Viewers, however many, keep nobody from control.
                    self.end_loan(loser);
                    self.clients.cut_off(loser, too_many());
                }
            }
            self.screen.set_answering(Answering::Controller);
            if let Some(size) = attach.size {
                self.resize(size, Some(client));
            }
        }
        Ok(controls)
    }

    pub(super) fn may_attach(&self, client: ClientId, mode: Mode) -> Result<(), Failure> {
        if self.clients.is_attached(client) || self.clients.is_observing(client) {
            return Err(Failure::AlreadyAttached);
        }
        let is_full = MAX_VIEWERS <= self.clients.onlookers();
        match (mode, self.clients.controller()) {
            (Mode::View, _) if is_full => Err(Failure::System(too_many())),
            (Mode::Control, Some(holder)) => Err(Failure::Busy(holder.into())),
            (Mode::Control | Mode::View | Mode::Steal, _) => Ok(()),
        }
    }

    /// Forgets the client; from now on the owner answers for it if it had control.
    ///
    /// What a person typed before they detached is still typed; what a client that only typed has
    /// given up on is not, since it will report that it was not.
    pub(super) fn on_left(&mut self, client: ClientId) {
        self.forget_keys(client);
        match self.clients.leave(client) {
            Left::Control => self.screen.set_answering(Answering::Owner),
            Left::Injector => self.input.forget(Author::Client(client)),
            Left::Viewer => {}
        }
        self.forget_stopper(client);
        self.on_relieved();
    }

    /// Gives a client that lagged what it needs to go on.
    pub(super) fn resync(&mut self, client: ClientId) {
        if let Some((skipped, scrollback)) = self.clients.catch_up(client) {
            self.clients.send_event(client, &Event::Lagged { skipped });
            self.send_resync(client, scrollback);
        }
    }

    /// Goes on with what the terminal shows now, after output was lost on its way here.
    pub(super) fn on_lost(&mut self, now: &terminal::Screen) {
        info!("output was lost on its way here");
        // How much it was, nobody knows. A position that is not counted could be asked for.
        self.history.skip(UNKNOWN_LOSS);
        self.reserve();
        let at = self.identity.clock.now();
        self.last_output_at = Some(at);
        self.activity.lost();
        self.activity.printed(&[], at);
        self.on_resized(now.size, None);
        self.screen.clear(now.size);
        self.screen.seed(&now.content);
        self.journal.printed();
        for client in self.clients.skip(UNKNOWN_LOSS as u64) {
            self.resync(client);
        }
    }

    fn send_resync(&mut self, client: ClientId, scrollback: Scrollback) {
        let snapshot = self.screen.resync(scrollback);
        self.send_snapshot(client, &snapshot);
    }

    pub(super) fn send_snapshot(&self, client: ClientId, snapshot: &[u8]) {
        let event = self.snapshot_event(snapshot.len());
        self.clients.send_snapshot(client, &event, snapshot);
    }

    pub(super) fn snapshot_event(&self, len: usize) -> Event {
        Event::Snapshot(Snapshot {
            offset: self.history.end().get(),
            size: self.screen.size().into(),
            len: len as u64,
        })
    }

    /// Gives the terminal a size, if it is a new one, and tells the others.
    pub(super) fn resize(&mut self, size: Size, by: Option<ClientId>) {
        let size = TermSize::from(size);
        if size == self.screen.size() || self.life.is_over() {
            return;
        }
        if let Err(err) = self.terminal.resize(size) {
            warn!(error = %err, "cannot resize the terminal");
            return;
        }
        self.on_resized(size, by);
    }

    /// Notes the terminal's size, and tells those who watch, but one.
    pub(super) fn on_resized(&mut self, size: TermSize, by: Option<ClientId>) {
        if size == self.screen.size() {
            return;
        }
        self.screen.resize(size);
        self.journal.resized(self.history.end(), size);
        self.clients.tell_watching(&Event::Resized(size.into()), by);
    }
}

pub(super) fn too_many() -> String {
    format!("{MAX_VIEWERS} clients watch it already, as many as may")
}
