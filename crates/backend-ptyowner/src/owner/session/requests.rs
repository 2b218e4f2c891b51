//! What clients ask for, and the answers.

use abide_core::id::ClientId;

use super::{Session, versions};
use crate::{
    owner::terminal::Terminal,
    wire::{
        event::{Answer, Captured, Failure, Reply, Running, Status},
        request::{Call, Capture, Format, Request, Size},
    },
};

impl<T: Terminal> Session<T> {
    pub(super) fn on_call(&mut self, client: ClientId, call: Call) {
        let id = call.id;
        let result = match call.request {
            Request::Status => Ok(Answer::Status(self.status(client))),
            Request::Attach(attach) => return self.attach(client, id, &attach),
            Request::Inject => self.inject(client),
            Request::Resize(size) => self.resize_for(client, size),
            Request::Capture(capture) => return self.capture(client, id, capture),
            Request::Stop(stop) => return self.stop(client, id, stop),
            Request::AttachTerminal(attach, terminal) => {
                return self.attach_terminal(client, id, &attach, &terminal);
            }
            Request::Watch => return self.observe(client, id),
            Request::Loan(step) => self.step_loan(client, step),
        };
        self.clients.reply(client, &Reply { id, result });
    }

    fn status(&mut self, client: ClientId) -> Status {
        if let Some(over) = self.life.over() {
            return versions::status(self.clients.version(client), over);
        }
        Status::Running(Running {
            pid: self.identity.child_pid,
            started_ms: self.identity.started_at.as_millis(),
            last_output_ms: self.last_output_at.map(|at| at.as_millis()),
            size: self.screen.size().into(),
            offset: self.history.end().get(),
            title: self.screen.title(),
            controller: self.clients.controller().map(Into::into),
            viewers: self.clients.viewers(),
            problem: self.journal.problem(),
        })
    }

    fn inject(&mut self, client: ClientId) -> Result<Answer, Failure> {
        if self.life.is_over() {
            return Err(Failure::Ended);
        }
        self.clients.let_inject(client);
        Ok(Answer::Done)
    }

    fn resize_for(&mut self, client: ClientId, size: Size) -> Result<Answer, Failure> {
        if !self.clients.is_controller(client) {
            return Err(Failure::NotController);
        }
        self.resize(size, Some(client));
        Ok(Answer::Done)
    }

    fn capture(&mut self, client: ClientId, id: u32, capture: Capture) {
        let offset = self.history.end().get();
        let title = self.screen.title();
        let (cursor, content, alternate) = render(self.screen.model(), capture);
        let answer = Answer::Captured(Captured {
            size: self.screen.size().into(),
            offset,
            cursor_row: cursor.0,
            cursor_col: cursor.1,
            cursor_visible: cursor.2,
            title,
            alternate,
            len: content.len() as u64,
        });
        self.clients.reply(
            client,
            &Reply {
                id,
                result: Ok(answer),
            },
        );
        self.clients.send_parts(client, &content);
    }
}

/// Renders a screen: cursor, content, and whether the alternate screen shows.
pub(crate) fn render(
    model: &mut abide_screen::ScreenModel,
    capture: Capture,
) -> ((u16, u16, bool), Vec<u8>, bool) {
    let history_lines = usize::try_from(capture.history_lines).unwrap_or(usize::MAX);
    let content = match capture.format {
        Format::Text => {
            let mut text = model.text(history_lines).join("\n").into_bytes();
            text.push(b'\n');
            text
        }
        Format::Ansi => model.ansi(history_lines),
    };
    let cursor = model.cursor();
    (
        (cursor.row, cursor.col, cursor.visible),
        content,
        model.is_alternate(),
    )
}
