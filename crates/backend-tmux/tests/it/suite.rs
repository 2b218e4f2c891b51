//! The contract of every backend, kept inside tmux.
//!
//! proves T8

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use abide_backend_tmux::TmuxBackend;
use abide_core::{
    backend::{BackendKind, TerminalBackend},
    env_policy::Environment,
};
use abide_testkit::{
    conformance::{Differences, Subject},
    conformance_tests,
};
use async_trait::async_trait;

use crate::place::Place;

struct TmuxSubject {
    backend: TmuxBackend,
    dir: PathBuf,
    environment: Environment,
    place: Mutex<Place>,
}

impl TmuxSubject {
    fn new() -> Self {
        let place = Place::new();
        Self {
            backend: place.backend.clone(),
            dir: place.env.work_dir(),
            environment: place.env.session_environment(),
            place: Mutex::new(place),
        }
    }
}

#[async_trait]
impl Subject for TmuxSubject {
    fn backend(&self) -> Arc<dyn TerminalBackend> {
        assert_eq!(self.backend.kind(), BackendKind::Tmux);
        Arc::new(self.backend.clone())
    }

    fn directory(&self) -> &Path {
        &self.dir
    }

    fn environment(&self) -> Environment {
        self.environment.clone()
    }

    fn differences(&self) -> Differences {
        Differences {
            // tmux takes whatever is typed, and never says whether it was read.
            send_gives_up_within: None,
            ..Differences::NONE
        }
    }

    async fn finish(self: Box<Self>) {
        assert_eq!(self.backend.list().await.expect("it can be listed"), []);
        let place = self.place.into_inner().expect("nobody panicked");
        let left = std::fs::read_dir(place.sessions_dir()).map_or(0, Iterator::count);
        assert_eq!(left, 0, "directories of sessions are left");
        place.finish();
    }
}

conformance_tests!(TmuxSubject::new);
