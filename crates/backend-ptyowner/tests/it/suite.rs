//! The contract of every backend, kept by owners.
//!
//! The suite proves E1, O3, O9, O10, O12, O14, O15, O16 and O17 as far as any backend promises
//! them; the other files here prove what only owners promise.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use abide_backend_ptyowner::OwnerBackend;
use abide_core::{backend::TerminalBackend, env_policy::Environment};
use abide_testkit::{conformance::Subject, conformance_tests, env::TestEnv};
use async_trait::async_trait;

use crate::place::Place;

/// A place whose sessions' owners have terminals of their own, or of somebody else.
pub(crate) struct OwnerSubject {
    backend: OwnerBackend,
    dir: PathBuf,
    environment: Environment,
    env: Mutex<TestEnv>,
}

impl OwnerSubject {
    pub(crate) fn at(place: Place) -> Self {
        let Place { env, backend, .. } = place;
        Self {
            backend,
            dir: env.work_dir(),
            environment: env.session_environment(),
            env: Mutex::new(env),
        }
    }
}

#[async_trait]
impl Subject for OwnerSubject {
    fn backend(&self) -> Arc<dyn TerminalBackend> {
        Arc::new(self.backend.clone())
    }

    fn directory(&self) -> &Path {
        &self.dir
    }

    fn environment(&self) -> Environment {
        self.environment.clone()
    }

    async fn finish(self: Box<Self>) {
        assert_eq!(self.backend.list().await.expect("it can be listed"), []);
        let env = self.env.into_inner().expect("nobody panicked");
        let owners = env.owners_dir();
        let left = std::fs::read_dir(&owners).map_or(0, Iterator::count);
        assert_eq!(
            left,
            0,
            "directories of sessions are left in {}",
            owners.display()
        );
        env.finish();
    }
}

conformance_tests!(|| OwnerSubject::at(Place::new()));
