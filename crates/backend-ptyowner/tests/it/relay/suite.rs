//! The contract of every backend, kept by relays.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use abide_backend_ptyowner::OwnerBackend;
use abide_core::{backend::TerminalBackend, env_policy::Environment};
use abide_testkit::{conformance::Subject, conformance_tests, env::TestEnv};
use async_trait::async_trait;

use crate::place::Place;

struct RelaySubject {
    backend: OwnerBackend,
    dir: PathBuf,
    environment: Environment,
    env: Mutex<TestEnv>,
}

impl RelaySubject {
    fn new() -> Self {
        let Place { env, backend, .. } = Place::of_relays();
        Self {
            backend,
            dir: env.work_dir(),
            environment: env.session_environment(),
            env: Mutex::new(env),
        }
    }
}

#[async_trait]
impl Subject for RelaySubject {
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
        self.env.into_inner().expect("nobody panicked").finish();
    }
}

conformance_tests!(RelaySubject::new);
