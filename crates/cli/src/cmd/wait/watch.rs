//! Follows a session's output until what is waited for has come.

use abide_core::{
    backend::{
        AttachMode, AttachRequest, CaptureFormat, CaptureRequest, Ended, OutputEvent, OutputStream,
        Scrollback, SessionState,
    },
    replay::Offset,
};
use abide_workspace::{
    Workspaces,
    service::{Found, Observed},
};

use super::{Until, matcher::Screen};
use crate::{error::CliError, report};

/// Follows one session.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    workspaces: &'a Workspaces,
    found: &'a Found,
    offset: Offset,
}

/// What the waiting came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reached {
    /// It has come, at this offset of the output.
    At(Offset),
    /// The session ended, perhaps before it could come.
    Ended(Ended),
}

impl<'a> Watch<'a> {
    /// Returns one that has seen nothing yet.
    pub(super) fn new(workspaces: &'a Workspaces, found: &'a Found) -> Self {
        Self {
            workspaces,
            found,
            offset: Offset::START,
        }
    }

    /// Returns how far the output was seen.
    pub(super) fn offset(&self) -> Offset {
        self.offset
    }

    /// Follows the output until what is waited for has come or the session has ended.
    ///
    /// If dropped, [`Watch::offset`] says how far it got.
    pub(super) async fn until(
        &mut self,
        until: &mut Until,
        since: Option<Offset>,
    ) -> Result<Reached, CliError> {
        let mut from = since;
        if let (Until::Match(_), None) = (&until, since) {
            if self.is_on_screen(until).await? {
                return Ok(Reached::At(self.offset));
            }
            from = Some(self.offset);
        }
        let attachment = self.workspaces.attach(self.found, request(from)).await?;
        let mut output = attachment.output;
        // The first event says where the output stands; silence counts from there.
        let mut event = self.next(&mut *output).await?;
        loop {
            if let Some(reached) = self.take(event, until).await? {
                return Ok(reached);
            }
            let next = self.next(&mut *output);
            event = match until {
                Until::Match(_) => next.await?,
                Until::Idle(silence) => match tokio::time::timeout(*silence, next).await {
                    Ok(event) => event?,
                    Err(_) => return Ok(Reached::At(self.offset)),
                },
            };
        }
    }

    async fn next(&self, output: &mut dyn OutputStream) -> Result<OutputEvent, CliError> {
        match output.next().await {
            Ok(Some(event)) => Ok(event),
            // The stream is over only once the end was told; a lost connection may hide one.
            Ok(None) => self.end(None).await.map(OutputEvent::Ended),
            Err(error) => self.end(Some(error.into())).await.map(OutputEvent::Ended),
        }
    }

    async fn take(
        &mut self,
        event: OutputEvent,
        until: &mut Until,
    ) -> Result<Option<Reached>, CliError> {
        match event {
            OutputEvent::Output { offset, data } => {
                self.offset = offset.advanced(data.len());
                if let Until::Match(matcher) = until
                    && let Some(end) = matcher.feed(offset, &data)
                {
                    return Ok(Some(Reached::At(end)));
                }
            }
            OutputEvent::Snapshot { offset, .. } => {
                self.offset = offset;
                if self.is_on_screen(until).await? {
                    return Ok(Some(Reached::At(self.offset)));
                }
            }
            OutputEvent::Lagged { skipped } => report::say(&format!(
                "warning: {skipped} bytes of output came too fast to be looked at"
            )),
            OutputEvent::Ended(ended) => return Ok(Some(Reached::Ended(ended))),
            OutputEvent::Resized { .. }
            | OutputEvent::ControlLost { .. }
            | OutputEvent::Keys { .. } => {}
        }
        Ok(None)
    }

    /// Tells whether the match that is waited for, if one is, can be seen on the screen.
    ///
    /// Used where output was not seen, and so stands for it: at the start and after a gap.
    async fn is_on_screen(&mut self, until: &mut Until) -> Result<bool, CliError> {
        let Until::Match(matcher) = until else {
            return Ok(false);
        };
        let request = CaptureRequest {
            format: CaptureFormat::Text,
            history_lines: 0,
        };
        let capture = self.workspaces.capture(self.found, request).await?;
        self.offset = capture.offset;
        let (cursor_row, cursor_col, _) = capture.cursor;
        let screen = Screen {
            text: &capture.content,
            cols: capture.size.cols(),
            cursor_row,
            cursor_col,
        };
        Ok(matcher.see(&screen, capture.offset))
    }

    /// Asks how the session ended; if it has not, the connection was lost for another reason.
    async fn end(&self, lost: Option<abide_workspace::WorkspaceError>) -> Result<Ended, CliError> {
        if let Observed::Status(status) = self.workspaces.observe(self.found).await?
            && let SessionState::Ended(ended) = status.state
        {
            return Ok(ended);
        }
        Err(match lost {
            Some(error) => error.into(),
            None => CliError::ConnectionLost {
                target: self.found.target(),
            },
        })
    }
}

fn request(from: Option<Offset>) -> AttachRequest {
    AttachRequest {
        mode: AttachMode::View,
        size: None,
        from,
        scrollback: Scrollback::Keep,
        label: format!("abide wait (pid {})", std::process::id()),
        terminal: None,
    }
}

#[cfg(test)]
mod tests;
