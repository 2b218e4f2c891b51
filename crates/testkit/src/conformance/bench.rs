//! What promises are tested with: a subject, ways to start sessions in it, and ways to wait.

use std::{fmt, future::poll_fn, path::PathBuf, pin::pin, sync::Arc, task::Poll, time::Duration};

use abide_core::{
    backend::{
        AttachMode, AttachRequest, BackendError, CaptureFormat, CaptureRequest, Command, Ended,
        Ensured, Running, Scrollback, SessionSpec, SessionState, TerminalBackend,
    },
    clock::{Clock as _, SystemClock},
    id::{Generation, SessionId},
};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{DEADLINE, Differences, Subject, Viewer};
use crate::programs;

/// Time between two looks at something that cannot be waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Time that sessions get to end when a test clears up.
const CLEAR_GRACE: Duration = Duration::from_millis(100);

/// A subject under test.
pub struct Bench {
    subject: Box<dyn Subject>,
    backend: Arc<dyn TerminalBackend>,
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bench")
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}

/// A session that a promise started.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The start.
    pub generation: Generation,
}

impl Bench {
    pub(super) fn new(subject: Box<dyn Subject>) -> Self {
        let backend = subject.backend();
        Self { subject, backend }
    }

    pub(super) fn into_subject(self) -> Box<dyn Subject> {
        self.subject
    }

    /// Returns the backend under test.
    #[must_use]
    pub fn backend(&self) -> &dyn TerminalBackend {
        &*self.backend
    }

    /// Returns another handle to it, as another process would have.
    #[must_use]
    pub fn another(&self) -> Arc<dyn TerminalBackend> {
        self.subject.backend()
    }

    /// Returns where the subject differs.
    #[must_use]
    pub fn differences(&self) -> Differences {
        self.subject.differences()
    }

    /// Tells whether a process is alive.
    #[must_use]
    pub fn process_is_alive(&self, pid: u32) -> bool {
        self.subject.process_is_alive(pid)
    }

    /// Returns a path in the subject's directory.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.subject.directory().join(name)
    }

    /// Returns a spec that runs a child program of the test kit.
    #[must_use]
    pub fn spec(&self, id: &str, program: &str, args: &[&str]) -> SessionSpec {
        SessionSpec::new(
            named(id),
            Command::new(programs::path(program), args),
            self.subject.directory().to_owned(),
            self.subject.environment(),
        )
    }

    /// Returns a spec of an echo that marks each of its starts in a file, and that file.
    #[must_use]
    pub fn marking_spec(&self, id: &str) -> (SessionSpec, PathBuf) {
        let mark = self.file(&format!("{id}.mark"));
        let path = mark.to_str().expect("a test's paths are text");
        (self.spec(id, "testkit-echo", &["--mark", path]), mark)
    }

    /// Starts what a spec says, which must not have been started before.
    pub async fn ensure(&self, spec: &SessionSpec) -> Session {
        let ensured = self.ensured(spec).await;
        assert!(ensured.started, "it is new: {ensured:?}");
        Session {
            id: spec.session.clone(),
            generation: ensured.generation,
        }
    }

    /// Calls `ensure`, which must succeed.
    pub async fn ensured(&self, spec: &SessionSpec) -> Ensured {
        let ensured = within("ensure", self.backend.ensure(spec)).await;
        ensured.unwrap_or_else(|err| panic!("cannot start `{}`: {err:?}", spec.session))
    }

    /// Starts a child program of the test kit under an id.
    pub async fn start(&self, id: &str, program: &str, args: &[&str]) -> Session {
        self.ensure(&self.spec(id, program, args)).await
    }

    /// Starts a child program and waits until its screen shows `text`.
    pub async fn start_showing(
        &self,
        id: &str,
        program: &str,
        args: &[&str],
        text: &str,
    ) -> Session {
        let session = self.start(id, program, args).await;
        self.watch(&session).await.until_text(text).await;
        session
    }

    /// Starts a child program that ends, and waits for its end.
    pub async fn start_ending(&self, id: &str, program: &str, args: &[&str]) -> (Session, Ended) {
        let session = self.start(id, program, args).await;
        let ended = self.ended(&session.id).await;
        (session, ended)
    }

    /// Attaches to view.
    pub async fn watch(&self, session: &Session) -> Viewer {
        self.attach(session, request(AttachMode::View)).await
    }

    /// Attaches to control.
    pub async fn control(&self, session: &Session) -> Viewer {
        self.attach(session, request(AttachMode::Control)).await
    }

    /// Attaches, which must succeed.
    pub async fn attach(&self, session: &Session, request: AttachRequest) -> Viewer {
        match self.try_attach(session, request).await {
            Ok(viewer) => viewer,
            Err(err) => panic!("cannot attach to `{}`: {err:?}", session.id),
        }
    }

    /// Attaches, if the backend lets it.
    ///
    /// # Errors
    ///
    /// As the backend's `attach`.
    pub async fn try_attach(
        &self,
        session: &Session,
        request: AttachRequest,
    ) -> Result<Viewer, BackendError> {
        let from = request.from;
        let attachment = within("attach", self.backend.attach(&session.id, request)).await?;
        assert_eq!(attachment.generation, session.generation);
        Ok(Viewer::new(attachment, from))
    }

    /// Observes a session, which must be there.
    pub async fn state(&self, id: &SessionId) -> SessionState {
        let status = within("status", self.backend.status(id)).await;
        status
            .unwrap_or_else(|err| panic!("cannot observe `{id}`: {err:?}"))
            .state
    }

    /// Observes a session, which must run.
    pub async fn running(&self, id: &SessionId) -> Running {
        match self.state(id).await {
            SessionState::Running(running) => running,
            state => panic!("`{id}` should run: {state:?}"),
        }
    }

    /// Waits until a session has ended, without attaching to it.
    pub async fn ended(&self, id: &SessionId) -> Ended {
        eventually(&format!("the end of `{id}`"), async || {
            match self.state(id).await {
                SessionState::Ended(ended) => Ok(ended),
                state => Err(format!("{state:?}")),
            }
        })
        .await
    }

    /// Returns the text on a session's screen.
    pub async fn text(&self, id: &SessionId) -> String {
        let capture = within(
            "capture",
            self.backend.capture(id, page(CaptureFormat::Text)),
        )
        .await;
        let capture = capture.unwrap_or_else(|err| panic!("cannot capture `{id}`: {err:?}"));
        String::from_utf8_lossy(&capture.content).into_owned()
    }

    /// Stops and removes every session.
    pub(super) async fn clear(&self) -> Result<(), BackendError> {
        let clear = async {
            for status in self.backend.list().await? {
                let session = status.session;
                self.backend.stop(&session, None, CLEAR_GRACE).await?;
                self.backend.remove(&session, None).await?;
            }
            Ok(())
        };
        within("clearing away every session", clear).await
    }
}

/// Returns a request to attach, with nothing special about it.
#[must_use]
pub(super) fn request(mode: AttachMode) -> AttachRequest {
    AttachRequest {
        mode,
        size: None,
        from: None,
        scrollback: Scrollback::Replace,
        label: "conformance".into(),
        terminal: None,
    }
}

/// Returns a request to capture the page.
#[must_use]
pub(super) fn page(format: CaptureFormat) -> CaptureRequest {
    CaptureRequest {
        format,
        history_lines: 0,
    }
}

/// Returns a session id.
///
/// # Panics
///
/// When `id` is none.
#[must_use]
pub(super) fn named(id: &str) -> SessionId {
    id.parse().expect("the suite's ids are ids")
}

/// Waits for `future`.
///
/// # Panics
///
/// When it takes longer than [`DEADLINE`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(DEADLINE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what}: not within {DEADLINE:?}"),
    }
}

/// Looks again and again until there is what is looked for.
///
/// # Panics
///
/// When there is not within [`DEADLINE`]; says what the last look saw.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let started = SystemClock.now();
    let mut ticks = interval(LOOK_AGAIN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match look().await {
            Ok(found) => return found,
            Err(seen) => assert!(
                SystemClock.now().since(started) < DEADLINE,
                "{what}: not within {DEADLINE:?}; seen last: {seen}"
            ),
        }
    }
}

/// Polls `future` at most `times` times, then drops it; `None` if it was not ready by then.
pub async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|context| {
        polls += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if times <= polls => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
