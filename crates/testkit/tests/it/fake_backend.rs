//! The fake backend keeps the contract, and breaks it when it is told to.

use std::{path::Path, sync::Arc};

use abide_core::backend::TerminalBackend;
use abide_testkit::{backend::FakeBackend, conformance::Subject, conformance_tests};
use async_trait::async_trait;
use tempfile::TempDir;

struct FakeSubject {
    backend: FakeBackend,
    dir: TempDir,
}

impl FakeSubject {
    fn new() -> Self {
        Self {
            backend: FakeBackend::new(),
            dir: tempfile::tempdir().expect("a temporary directory"),
        }
    }
}

#[async_trait]
impl Subject for FakeSubject {
    fn backend(&self) -> Arc<dyn TerminalBackend> {
        Arc::new(self.backend.clone())
    }

    fn directory(&self) -> &Path {
        self.dir.path()
    }

    fn process_is_alive(&self, pid: u32) -> bool {
        self.backend.has_process(pid)
    }

    async fn finish(self: Box<Self>) {
        let listed = self.backend.list().await.expect("it can be listed");
        assert_eq!(listed, []);
    }
}

conformance_tests!(FakeSubject::new);
