//! Making and deleting that stop at any point: what is stored then, and who goes on.

use std::{fs, path::Path, sync::Arc};

use abide_core::{
    clock::Timestamp,
    env_policy::Environment,
    lease::FencingToken,
    limits,
    probe::Probe,
    record::{Event, Summary, summaries},
};
use abide_workspace::{
    WorkspaceError,
    journal::{JOURNAL_FILE, Journal, Writer},
    record::{Stage, WorkspaceState},
    service::Force,
};
use futures_util::FutureExt as _;

use super::repo::{Repo, make, wanted};
use crate::fixture::{Fixture, target};

/// Ends whoever reaches a point, as a kill would, without any of what comes after.
#[derive(Debug)]
struct Killer(&'static str);

impl Probe for Killer {
    fn reached(&self, point: &'static str) {
        if point == self.0 {
            std::panic::panic_any(point);
        }
    }
}

/// Writes a record to the journal of a workspace, as its keeper would.
fn record(dir: &Path, id: &str) -> Summary {
    let own = dir.join(".abide");
    fs::create_dir_all(&own).unwrap();
    let mut journal = Journal::open(&own.join(JOURNAL_FILE)).unwrap();
    let writer = Writer {
        record: id.parse().unwrap(),
        epoch: FencingToken::LAST,
        at: Timestamp::from_millis(5),
    };
    journal.append(&writer, vec![Event::Finalized]).unwrap();
    let all = Journal::open(&own.join(JOURNAL_FILE)).unwrap();
    summaries(all.found().entries()).pop().unwrap()
}

async fn killed_at<T>(point: &'static str, doing: impl Future<Output = T>) {
    let ended = std::panic::AssertUnwindSafe(doing).catch_unwind().await;
    let reached = ended
        .map(drop)
        .expect_err("it is killed")
        .downcast::<&str>();
    assert_eq!(*reached.expect("by the probe"), point);
}

const MAKING: [(&str, Option<Stage>); 5] = [
    ("create.added", Some(Stage::MakeWorktree)),
    ("setup.stored", Some(Stage::MakeWorktree)),
    ("setup.branch", Some(Stage::MakeWorktree)),
    ("setup.worktree", Some(Stage::MakeWorktree)),
    ("create.started", Some(Stage::StartSession)),
];

const DELETING: [(&str, Stage); 10] = [
    ("delete.blocked", Stage::StopSessions),
    ("delete.stopped", Stage::StopSessions),
    ("delete.keeping", Stage::KeepWork),
    ("delete.kept", Stage::KeepWork),
    ("delete.copied", Stage::KeepRecords),
    ("delete.recorded", Stage::KeepRecords),
    ("delete.aside", Stage::RemoveWorktree),
    ("delete.forgotten", Stage::RemoveWorktree),
    ("delete.worktree", Stage::RemoveWorktree),
    ("delete.branch", Stage::RemoveBranch),
];

/// proves W2
#[tokio::test]
async fn making_that_stops_anywhere_is_shown_with_its_stage_and_can_be_entered_or_deleted() {
    for go_on in [true, false] {
        for (point, stage) in MAKING {
            let fixture = Fixture::new().await;
            let repo = Repo::new(&fixture);
            repo.git(["branch", "mine"]);
            let killed = fixture.reopened().await.with_probe(Arc::new(Killer(point)));
            killed_at(point, killed.create(wanted(&fixture, &repo.dir, "api"))).await;
            let next = fixture.reopened().await;
            let found = next.resolve(&target("api")).await.unwrap();
            assert_eq!(found.workspace.state, WorkspaceState::Error, "{point}");
            assert_eq!(found.workspace.stage, stage, "{point}");
            if go_on {
                let (found, _) = next.restart(&found, Environment::new()).await.unwrap();
                assert_eq!(found.workspace.state, WorkspaceState::Ready, "{point}");
                let found = next.resolve(&target("api")).await.unwrap();
                assert!(found.workspace.dir.join("tracked").exists(), "{point}");
                assert_eq!(found.workspace.stage, None);
                assert_eq!(repo.worktrees(), 1, "{point}");
                assert_eq!(repo.branches(), ["abide/api", "main", "mine"], "{point}");
            }
            next.delete(&target("api"), Force::Yes).await.unwrap();
            assert_eq!(repo.branches(), ["main", "mine"], "{point}");
            assert_eq!(repo.worktrees(), 0, "{point}");
            let worktrees = fixture.state_dir().join("worktrees");
            let left = worktrees.read_dir().map_or(0, Iterator::count);
            assert_eq!(left, 0, "{point}");
        }
    }
}

/// proves W2, W5
#[tokio::test]
async fn deleting_that_stops_anywhere_is_shown_with_its_stage_and_goes_on() {
    for force in [Force::No, Force::Yes] {
        for (point, stage) in DELETING {
            let fixture = Fixture::new().await;
            let repo = Repo::new(&fixture);
            let made = make(&fixture, &repo, "api").await.workspace;
            fs::write(made.dir.join("precious"), "x").unwrap();
            let record = record(&made.dir, "r-1");
            let killed = fixture.reopened().await.with_probe(Arc::new(Killer(point)));
            killed_at(point, killed.delete(&target("api"), Force::Yes)).await;
            let next = fixture.reopened().await;
            let found = next.resolve(&target("api")).await.unwrap();
            assert_eq!(found.workspace.state, WorkspaceState::Error, "{point}");
            assert_eq!(found.workspace.stage.as_ref(), Some(&stage), "{point}");
            let mut gone = next.delete(&target("api"), force).await;
            if let Err(WorkspaceError::Running { .. } | WorkspaceError::HasWork { .. }) = gone {
                // Nothing was decided yet when it was killed.
                assert!(
                    force == Force::No && made.dir.join("precious").exists(),
                    "{point}"
                );
                gone = next.delete(&target("api"), Force::Yes).await;
            }
            let recovered = gone.unwrap().recovered.expect("the work was kept");
            let kept = format!("{}:precious", recovered.reference);
            assert_eq!(repo.git(["show", &kept]), "x", "{point}");
            assert_eq!(
                (repo.branches(), repo.worktrees()),
                (vec!["main".into()], 0),
                "{point}"
            );
            let worktrees = fixture.state_dir().join("worktrees");
            assert_eq!(worktrees.read_dir().unwrap().count(), 0, "{point}");
            let gone = next.gone().await.unwrap();
            assert_eq!(gone.len(), 1, "{point}");
            assert_eq!((gone[0].name.as_str(), &gone[0].dir), ("api", &made.dir));
            let kept = next.records_of_gone(&gone[0]).await.unwrap();
            assert_eq!(kept.summaries, [record], "{point}");
        }
    }
}

/// proves W2
#[tokio::test]
async fn a_deletion_that_stopped_can_be_taken_back_as_long_as_git_knows_the_worktree() {
    for (point, _) in DELETING {
        let fixture = Fixture::new().await;
        let repo = Repo::new(&fixture);
        let made = make(&fixture, &repo, "api").await.workspace;
        fs::write(made.dir.join("precious"), "x").unwrap();
        let first = record(&made.dir, "r-1");
        let killed = fixture.reopened().await.with_probe(Arc::new(Killer(point)));
        killed_at(point, killed.delete(&target("api"), Force::Yes)).await;
        let next = fixture.reopened().await;
        let found = next.resolve(&target("api")).await.unwrap();
        assert_eq!(next.gone().await.unwrap(), [], "it is still there: {point}");
        let mut expected = vec![first];
        let entered = next.restart(&found, Environment::new()).await;
        let is_known = [
            "delete.blocked",
            "delete.stopped",
            "delete.keeping",
            "delete.kept",
            "delete.copied",
            "delete.recorded",
            "delete.aside",
        ];
        match entered {
            Ok((found, _)) => {
                assert!(is_known.contains(&point), "{point}");
                assert_eq!(found.workspace.state, WorkspaceState::Ready);
                assert_eq!(fs::read(made.dir.join("precious")).unwrap(), b"x");
                assert_eq!(repo.worktrees(), 1);
                expected.push(record(&made.dir, "r-2"));
            }
            Err(WorkspaceError::HalfDeleted { .. }) => {
                assert!(!is_known.contains(&point), "{point}");
            }
            Err(other) => panic!("{point}: {other:?}"),
        }
        next.delete(&target("api"), Force::Yes).await.unwrap();
        let gone = next.gone().await.unwrap();
        let kept = next.records_of_gone(&gone[0]).await.unwrap();
        assert_eq!(kept.summaries, expected, "{point}");
    }
}

/// proves W5
#[tokio::test]
async fn records_that_cannot_be_kept_stop_a_deletion_unless_it_is_forced_and_that_is_said() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await;
    record(&made.workspace.dir, "r-1");
    let api = target("api");
    let found = fixture.workspaces.resolve(&api).await.unwrap();
    fixture
        .workspaces
        .stop(&found, limits::STOP_GRACE)
        .await
        .unwrap();
    fs::write(fixture.state_dir().join("records"), "in the way").unwrap();
    let refused = fixture.workspaces.delete(&api, Force::No).await;
    let refused = refused.unwrap_err();
    let WorkspaceError::Stuck { stage, source, .. } = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(*stage, Stage::KeepRecords);
    assert!(
        matches!(**source, WorkspaceError::RecordsNotKept { .. }),
        "{source:?}"
    );
    assert!(refused.hint().unwrap().contains("--force"), "{refused:?}");
    assert!(made.workspace.dir.join("tracked").exists());
    let forced = fixture.workspaces.delete(&api, Force::Yes).await.unwrap();
    let said = forced.left.join("; ");
    assert!(said.contains("its records went with it"), "{said}");
    assert!(!made.workspace.dir.exists());
}
