//! The database itself: many writers, other releases, and places where it cannot be.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use abide_testkit::{backend::FakeBackend, clock::ManualClock};
use abide_workspace::{DATABASE_FILE, StoreError, WorkspaceError};
use rusqlite::Connection;

use crate::fixture::{Fixture, open};

/// Processes that write at once.
const WRITERS: usize = 8;

/// Workspaces that each of them makes.
const WRITES: usize = 25;

/// Tells this test, run again as another process, where to write.
const WRITE_TO: &str = "ABIDE_TEST_WRITE_TO";

/// proves W1
#[tokio::test]
async fn eight_processes_write_at_once_and_no_update_is_lost() {
    if let Some(place) = env::var_os(WRITE_TO) {
        return write(Path::new(&place)).await;
    }
    let root = tempfile::tempdir().unwrap();
    let name = "store::eight_processes_write_at_once_and_no_update_is_lost";
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            Command::new(env::current_exe().unwrap())
                .args(["--exact", name])
                .env(WRITE_TO, root.path())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for writer in writers {
        let output = writer.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    // Each name was chosen by reading all the others, so that a lost update shows as a gap.
    let fixture_clock = Arc::new(ManualClock::new());
    let workspaces = open(
        &root.path().join("state"),
        &FakeBackend::new(),
        &fixture_clock,
    )
    .await
    .unwrap();
    let list = workspaces.list().await.unwrap();
    let mut names: Vec<_> = list
        .iter()
        .map(|one| one.workspace.name.to_string())
        .collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    let mut expected = vec!["here".to_owned()];
    expected.extend((2..=WRITERS * WRITES).map(|number| format!("here-{number}")));
    assert_eq!(names, expected);
}

async fn write(place: &Path) {
    let clock = Arc::new(ManualClock::new());
    let workspaces = open(&place.join("state"), &FakeBackend::new(), &clock)
        .await
        .unwrap();
    let dir = place.join("here");
    fs::create_dir_all(&dir).unwrap();
    for _ in 0..WRITES {
        let spec = abide_workspace::service::NewWorkspace {
            name: None,
            dir: dir.clone(),
            worktree: None,
            backend: None,
            command: abide_core::backend::Command::new("testkit-echo", Vec::<String>::new()),
            agent: None,
            mode: abide_core::lease::Mode::Command,
            env: abide_core::env_policy::Environment::new(),
            size: abide_core::size::TermSize::DEFAULT,
            history_bytes: 1,
            journal: false,
            record: false,
        };
        workspaces.create(spec).await.unwrap();
    }
}

/// Brings the tables back to what they were at first.
const FIRST_RELEASE: &str = "
    DROP TABLE stages;
    ALTER TABLE workspaces DROP COLUMN repo;
    ALTER TABLE workspaces DROP COLUMN branch;
    ALTER TABLE workspaces DROP COLUMN base;
    ALTER TABLE workspaces DROP COLUMN owns_worktree;
    ALTER TABLE workspaces DROP COLUMN owns_branch;
    ALTER TABLE workspaces DROP COLUMN agent;
    ALTER TABLE workspaces DROP COLUMN record;
    ALTER TABLE workspaces DROP COLUMN stage;
    ALTER TABLE workspaces DROP COLUMN recovery;
    ALTER TABLE sessions DROP COLUMN agent;
    ALTER TABLE sessions DROP COLUMN mode;
    ALTER TABLE sessions DROP COLUMN journal;
    PRAGMA user_version = 1;";

/// A database of the first release knows no choice of a journal: every session in it has one.
#[tokio::test]
async fn a_database_of_an_earlier_release_is_read_and_the_choice_of_a_journal_is_kept() {
    let fixture = Fixture::new().await;
    let mut spec = fixture.spec(Some("older"), "testkit-echo");
    let older = fixture.workspaces.create(spec.clone()).await.unwrap();
    assert!(older.session.journal);
    let database = Connection::open(fixture.state_dir().join(DATABASE_FILE)).unwrap();
    database.execute_batch(FIRST_RELEASE).unwrap();
    drop(database);
    let workspaces = open(&fixture.state_dir(), &fixture.backend, &fixture.clock)
        .await
        .unwrap();
    spec.name = Some("newer".parse().unwrap());
    spec.journal = false;
    workspaces.create(spec).await.unwrap();
    let list = workspaces.list().await.unwrap();
    let mut journals: Vec<_> = list
        .iter()
        .map(|one| {
            (
                one.workspace.name.to_string(),
                one.sessions[0].session.journal,
            )
        })
        .collect();
    journals.sort();
    assert_eq!(journals, [("newer".into(), false), ("older".into(), true)]);
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_refused_with_both_numbers_and_left_alone() {
    let fixture = Fixture::new().await;
    let path = fixture.state_dir().join(DATABASE_FILE);
    let database = Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    let error = open(&fixture.state_dir(), &fixture.backend, &fixture.clock)
        .await
        .unwrap_err();
    let text = error.to_string();
    let named = text.contains("schema 99") && text.contains("up to 4");
    assert!(named && text.contains(DATABASE_FILE), "{text}");
    assert!(matches!(
        error,
        WorkspaceError::Store(StoreError::Newer { found: 99, .. })
    ));
    let found: i64 = database
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(found, 99);
}

#[tokio::test]
async fn a_place_that_cannot_hold_a_database_is_named_with_a_hint() {
    let root = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new());
    let backend = FakeBackend::new();
    fs::write(root.path().join("file"), "").unwrap();
    fs::create_dir_all(root.path().join("taken").join(DATABASE_FILE)).unwrap();
    fs::create_dir_all(root.path().join("other")).unwrap();
    fs::write(
        root.path().join("other").join(DATABASE_FILE),
        "not a database, but longer",
    )
    .unwrap();
    for name in ["file/state", "taken", "other"] {
        let error = open(&root.path().join(name), &backend, &clock)
            .await
            .unwrap_err();
        let store = match &error {
            WorkspaceError::Store(store) => store,
            other => panic!("{other:?}"),
        };
        let named = matches!(store, StoreError::Create { .. } | StoreError::Open { .. });
        assert!(named, "{name}: {store:?}");
        assert!(
            error.hint().unwrap().contains("ABIDE_STATE_DIR"),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn the_database_has_a_write_ahead_log() {
    let fixture = Fixture::new().await;
    fixture.create("api").await;
    let path = fixture.state_dir().join(DATABASE_FILE);
    let database = Connection::open(&path).unwrap();
    let journal: String = database
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
}
