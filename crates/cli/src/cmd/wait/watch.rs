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

use super::Until;
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
                Until::Exit | Until::Match(_) => next.await?,
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
            OutputEvent::Resized { .. } | OutputEvent::ControlLost { .. } => {}
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
        matcher.restart();
        Ok(matcher.is_in(&capture.content))
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
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use abide_core::{
        backend::{Command, ExitOutcome, Running},
        env_policy::Environment,
        size::TermSize,
    };
    use abide_testkit::{backend::FakeBackend, clock::ManualClock};
    use abide_workspace::service::NewWorkspace;
    use tempfile::TempDir;

    use super::*;
    use crate::cmd::wait::{Matcher, matcher};

    const DEADLINE: Duration = Duration::from_secs(10);

    /// Bytes that the fake shell prints before anything else.
    const PROMPT: u64 = 2;

    struct Fixture {
        _root: TempDir,
        backend: FakeBackend,
        workspaces: Workspaces,
        found: Found,
    }

    impl Fixture {
        async fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let backend = FakeBackend::new();
            let (state, clock) = (root.path().join("s"), Arc::new(ManualClock::new()));
            let workspaces = Workspaces::open(state, Arc::new(backend.clone()), clock)
                .await
                .unwrap();
            let created = workspaces
                .create(NewWorkspace {
                    name: None,
                    dir: root.path().to_owned(),
                    command: Command::new("testkit-quiet", Vec::<String>::new()),
                    env: Environment::new(),
                    size: TermSize::DEFAULT,
                    history_bytes: 1 << 20,
                })
                .await
                .unwrap();
            let found = Found {
                workspace: created.workspace,
                session: created.session,
            };
            let fixture = Self { _root: root, backend, workspaces, found };
            let prompted = async {
                while fixture.running().await.is_none_or(|running| running.offset.get() < PROMPT) {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(DEADLINE, prompted).await.expect("there is a prompt");
            fixture
        }

        fn print(&self, text: &str) {
            self.backend.print(&self.found.session.id, text.as_bytes());
        }

        fn end(&self, code: i32) {
            let outcome = ExitOutcome::Exited { code };
            self.backend.end(&self.found.session.id, outcome);
        }

        /// Waits while `meanwhile` happens, which begins once somebody watches.
        async fn wait(&self, mut until: Until, since: Option<u64>, meanwhile: impl FnOnce()) -> Reached {
            let mut watch = Watch::new(&self.workspaces, &self.found);
            let waiting = watch.until(&mut until, since.map(Offset::new));
            let doing = async {
                while !self.is_watched().await {
                    tokio::task::yield_now().await;
                }
                meanwhile();
            };
            let both = async {
                tokio::pin!(waiting);
                tokio::select! {
                    biased;
                    reached = &mut waiting => reached,
                    () = doing => waiting.await,
                }
            };
            tokio::time::timeout(DEADLINE, both).await.expect("it comes in time").unwrap()
        }

        async fn is_watched(&self) -> bool {
            let running = self.running().await;
            running.is_some_and(|running| 0 < running.viewers)
        }

        async fn running(&self) -> Option<Running> {
            match self.workspaces.status(&self.found).await.unwrap().state {
                SessionState::Running(running) => Some(running),
                _ => None,
            }
        }
    }

    fn a_match(pattern: &str) -> Until {
        Until::Match(Box::new(Matcher::new(matcher::parse(pattern).unwrap())))
    }

    fn at(offset: u64) -> Reached {
        Reached::At(Offset::new(PROMPT + offset))
    }

    #[tokio::test]
    async fn what_the_screen_shows_already_counts_as_printed() {
        let fixture = Fixture::new().await;
        fixture.print("server ready\r\n");
        assert_eq!(fixture.wait(a_match("ready$"), None, || {}).await, at(14));
    }

    #[tokio::test]
    async fn a_match_printed_later_in_pieces_is_found_where_it_ends() {
        let fixture = Fixture::new().await;
        fixture.print("starting\r\n");
        let reached = fixture
            .wait(a_match("ready"), None, || {
                fixture.print("rea");
                fixture.print("dy to go");
            })
            .await;
        assert_eq!(reached, at(15));
    }

    #[tokio::test]
    async fn with_an_offset_only_what_came_after_it_counts() {
        let fixture = Fixture::new().await;
        fixture.print("ready 1\r\n");
        let reached = fixture
            .wait(a_match("ready"), Some(PROMPT + 9), || fixture.print("ready 2\r\n"))
            .await;
        assert_eq!(reached, at(14));
        assert_eq!(fixture.wait(a_match("ready"), Some(0), || {}).await, at(5));
    }

    #[tokio::test]
    async fn an_end_is_told_to_whoever_waits_and_to_whoever_comes_later() {
        let fixture = Fixture::new().await;
        let outcome = |reached| match reached {
            Reached::Ended(ended) => ended.outcome,
            Reached::At(offset) => panic!("at {offset}"),
        };
        let ended = fixture.wait(Until::Exit, None, || fixture.end(3)).await;
        assert_eq!(outcome(ended), ExitOutcome::Exited { code: 3 });
        for until in [Until::Exit, a_match("never"), Until::Idle(DEADLINE)] {
            let ended = fixture.wait(until, None, || {}).await;
            assert_eq!(outcome(ended), ExitOutcome::Exited { code: 3 });
        }
    }

    #[tokio::test]
    async fn silence_counts_from_the_last_output() {
        let fixture = Fixture::new().await;
        fixture.print("busy");
        let silence = Duration::from_millis(50);
        let reached = fixture
            .wait(Until::Idle(silence), None, || fixture.print(" again"))
            .await;
        assert_eq!(reached, at(10));
        assert_eq!(fixture.wait(Until::Idle(Duration::ZERO), None, || {}).await, at(10));
    }

    #[tokio::test]
    async fn how_far_it_got_is_known_when_time_runs_out() {
        let fixture = Fixture::new().await;
        fixture.print("some");
        let mut watch = Watch::new(&fixture.workspaces, &fixture.found);
        let mut until = a_match("never");
        let waited = tokio::time::timeout(Duration::from_millis(50), watch.until(&mut until, None));
        assert!(waited.await.is_err());
        assert_eq!(Reached::At(watch.offset()), at(4));
    }
}
