//! Many processes want one session at once.

use std::{collections::BTreeSet, path::Path};

use abide_core::backend::{SessionState, TerminalBackend as _};

use crate::place::{DEADLINE, Place, session, shared};

/// Callers at once, as many as the machine is asked to be sure of.
const CALLERS: usize = 8;

/// How often.
const ROUNDS: usize = 100;

/// Counts live owners whose locks or logs are below the directory.
fn owners_below(dir: &Path) -> usize {
    let is_here = |target: &Path| target.starts_with(dir);
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let owners = processes.filter(|process| {
        let Ok(open) = std::fs::read_dir(process.path().join("fd")) else {
            return false;
        };
        open.flatten()
            .filter_map(|fd| std::fs::read_link(fd.path()).ok())
            .any(|target| is_here(&target) && target.ends_with("owner.lock"))
    });
    owners.count()
}

/// proves E1
#[tokio::test]
async fn heavy_many_callers_make_one_owner_a_hundred_times() {
    let place = Place::new();
    for round in 0..ROUNDS {
        let id = format!("a{round}");
        let spec = place.spec(&id, "testkit-echo", &[]);
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..CALLERS {
            let (backend, spec) = (shared(&place), spec.clone());
            calls.spawn(async move { backend.ensure(&spec).await });
        }
        let all = tokio::time::timeout(DEADLINE, calls.join_all()).await;
        let all: Vec<_> = all
            .expect("in time")
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let generations: BTreeSet<String> = all
            .iter()
            .map(|ensured| ensured.generation.to_string())
            .collect();
        assert_eq!(generations.len(), 1, "round {round}: {generations:?}");
        assert_eq!(
            all.iter().filter(|ensured| ensured.started).count(),
            1,
            "round {round}"
        );
        assert_eq!(owners_below(&place.session_dir(&id)), 1, "round {round}");
        let status = place.backend.status(&session(&id)).await.unwrap();
        assert!(matches!(status.state, SessionState::Running(_)));
        place.clear(&id).await;
    }
}
