//! The contract of [`TerminalBackend`] as tests: what every backend must pass.
//!
//! A backend's crate runs the suite with one file in `tests/it` (and `mod conformance;` in its
//! `main.rs`):
//!
//! ```ignore
//! use abide_testkit::{conformance::Subject, conformance_tests};
//!
//! struct MySubject { /* a place of its own, the backend in it */ }
//!
//! #[async_trait::async_trait]
//! impl Subject for MySubject {
//!     fn backend(&self) -> Arc<dyn TerminalBackend> { /* a new handle to the same sessions */ }
//!     fn directory(&self) -> &Path { /* where sessions run */ }
//!     async fn finish(self: Box<Self>) { /* check that nothing is left */ }
//! }
//!
//! conformance_tests!(MySubject::new);
//! ```
//!
//! The macro makes a module `conformance` with one test for each promise, so that each is shown,
//! chosen and repeated by itself. Each test makes its own subject, inside a runtime of one
//! thread. When a promise was kept or broken, every session is stopped and removed, and the
//! subject looks whether anything is left.
//!
//! A subject says where it differs, with [`Differences`]; a promise that cannot hold there is
//! skipped, and says so.

mod bench;
mod list;
mod viewer;

pub mod attaching;
pub mod capturing;
pub mod controlling;
pub mod ending;
pub mod observing;
pub mod starting;
pub mod typing;
pub mod watching;

use std::{panic, path::Path, sync::Arc, time::Duration};

use abide_core::{backend::TerminalBackend, env_policy::Environment};
use async_trait::async_trait;
use tokio::{
    runtime::Builder,
    task::{JoinSet, LocalSet},
    time::timeout,
};

pub use self::{
    bench::{Bench, Session, eventually, polled, within},
    viewer::Viewer,
};
use crate::sys;

/// Longest time that any one wait of the suite lasts.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Longest time that one promise takes in all.
const PROMISE_DEADLINE: Duration = Duration::from_secs(90);

/// Where a backend or its system differs from what the suite otherwise expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Differences {
    /// Whether a signal can end a program, and is reported as that.
    pub signals: bool,
    /// Whether output reaches clients as the very bytes that the program printed.
    pub exact_output: bool,
    /// Whether a program can have its terminal raw.
    pub raw_mode: bool,
    /// How long `send` may take to give up on a program that does not read; `None` if it is too
    /// long to be waited for here.
    pub send_gives_up_within: Option<Duration>,
}

impl Differences {
    /// A backend on Unix that differs in nothing.
    pub const NONE: Self = Self {
        signals: true,
        exact_output: true,
        raw_mode: true,
        send_gives_up_within: Some(DEADLINE),
    };

    /// A pseudoconsole: it draws anew what the program printed, and knows no signals.
    pub const CONSOLE: Self = Self {
        signals: false,
        exact_output: false,
        raw_mode: false,
        send_gives_up_within: None,
    };
}

/// A backend in a place of its own, to be put to the test.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Returns a new handle to the sessions of this subject, as another process would have one.
    fn backend(&self) -> Arc<dyn TerminalBackend>;

    /// Returns a directory for sessions to run in, and for the suite to make files in.
    fn directory(&self) -> &Path;

    /// Returns what the suite's sessions have as their environment.
    ///
    /// A subject in a [`TestEnv`](crate::env::TestEnv) gives that one's, so that a process that is
    /// left is found by it.
    fn environment(&self) -> Environment {
        let path = std::env::var_os("PATH").unwrap_or_default();
        [("PATH".into(), path)].into_iter().collect()
    }

    /// Says where the subject differs.
    fn differences(&self) -> Differences {
        sys::DIFFERENCES
    }

    /// Tells whether a process that a session reported, or one of its children, is alive.
    fn process_is_alive(&self, pid: u32) -> bool {
        sys::process_is_alive(pid)
    }

    /// Panics if anything is left of sessions that were all stopped and removed.
    async fn finish(self: Box<Self>);
}

/// Runs one promise on a new subject; see [`conformance_tests!`](crate::conformance_tests).
///
/// # Panics
///
/// When the promise is not kept, or something is left afterwards.
pub fn run<S, P, F>(make: impl FnOnce() -> S, promise: P)
where
    S: Subject + 'static,
    P: FnOnce(Arc<Bench>) -> F,
    F: Future<Output = ()> + 'static,
{
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a test has a runtime");
    LocalSet::new().block_on(&runtime, async {
        let bench = Arc::new(Bench::new(Box::new(make())));
        // In a task, so that a broken promise leaves time to clean up.
        let mut tasks = JoinSet::new();
        tasks.spawn_local(timeout(PROMISE_DEADLINE, promise(Arc::clone(&bench))));
        let kept = tasks.join_next().await.expect("there is one task");
        let cleared = bench.clear().await;
        match kept {
            Ok(Ok(())) => {}
            Ok(Err(_)) => panic!("the promise was not settled within {PROMISE_DEADLINE:?}"),
            Err(broken) => panic::resume_unwind(broken.into_panic()),
        }
        if let Err(err) = cleared {
            panic!("sessions could not be cleared away afterwards: {err}");
        }
        let bench = Arc::into_inner(bench).expect("the promise is over");
        bench.into_subject().finish().await;
    });
}
