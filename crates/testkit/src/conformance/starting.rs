//! Promises of `ensure`: one start, whoever asks and however often.

use std::{fs, path::Path, sync::Arc};

use abide_core::{
    backend::{BackendError, Command, Ensured, ErrorKind, ExitOutcome, SessionSpec, SessionState},
    id::Generation,
};
use tokio::task::JoinSet;

use super::{
    Bench,
    bench::{eventually, polled, within},
};
use crate::programs;

/// Callers at once.
const CALLERS: usize = 8;

/// Points at which a start is dropped.
const DROPS: usize = 16;

/// proves E1
pub async fn many_callers_at_once_make_one_start(bench: Arc<Bench>) {
    let (spec, mark) = bench.marking_spec("many");
    let answers = ensure_at_once(&bench, &spec).await;
    expect_one_start(&answers);
    for answer in &answers {
        assert!(
            matches!(answer.status.state, SessionState::Running(_)),
            "{answer:?}"
        );
        assert_eq!(answer.status.generation, Some(answer.generation));
    }
    expect_marks(&mark, 1).await;
}

/// proves E1
pub async fn a_running_session_answers_for_itself(bench: Arc<Bench>) {
    let (mut spec, mark) = bench.marking_spec("again");
    let first = bench.ensured(&spec).await;
    let second = bench.ensured(&spec).await;
    assert!(first.started && !second.started, "{first:?} {second:?}");
    assert_eq!(first.generation, second.generation);
    // Also when it is told to follow itself: it has not ended.
    spec.replaces = Some(first.generation);
    let third = bench.ensured(&spec).await;
    assert_eq!((third.started, third.generation), (false, first.generation));
    expect_marks(&mark, 1).await;
}

/// proves E1
pub async fn an_ended_session_is_not_started_again_unasked(bench: Arc<Bench>) {
    let spec = bench.spec("over", "testkit-exit", &["gone", "7"]);
    let session = bench.ensure(&spec).await;
    bench.ended(&session.id).await;
    for replaces in [None, Some(Generation::from_bytes([1; 16]))] {
        let spec = SessionSpec {
            replaces,
            ..spec.clone()
        };
        let answers = ensure_at_once(&bench, &spec).await;
        for answer in answers {
            assert_eq!(
                (answer.started, answer.generation),
                (false, session.generation)
            );
            let SessionState::Ended(ended) = &answer.status.state else {
                panic!("its end is the answer: {answer:?}");
            };
            assert_eq!(ended.outcome, ExitOutcome::Exited { code: 7 });
        }
    }
}

/// proves E1
pub async fn many_callers_that_follow_an_ended_start_make_one(bench: Arc<Bench>) {
    let (mut spec, mark) = bench.marking_spec("next");
    let session = bench.ensure(&spec).await;
    expect_marks(&mark, 1).await;
    let grace = super::DEADLINE;
    let stopped = bench.backend().stop(&session.id, None, grace).await;
    stopped.expect("it can be stopped");
    spec.replaces = Some(session.generation);
    let answers = ensure_at_once(&bench, &spec).await;
    let generation = expect_one_start(&answers);
    assert_ne!(generation, session.generation, "each start has its own");
    expect_marks(&mark, 2).await;
}

/// proves O3
pub async fn a_program_that_is_not_there_leaves_no_trace(bench: Arc<Bench>) {
    let no_program = bench.file("no-program");
    let directory = bench.file("a-directory");
    fs::create_dir(&directory).expect("the subject's directory can be written to");
    let relative = Path::new("a-directory").join("program");
    for program in [no_program, directory, relative, "testless-program".into()] {
        let mut spec = bench.spec("absent", "testkit-echo", &[]);
        spec.command = Command::new(&program, [""; 0]);
        let err = refusal(&bench, &spec).await;
        assert_eq!(err.kind(), ErrorKind::ProgramNotFound, "{err:?}");
        let text = format!("{err}; {}", err.hint().unwrap_or_default());
        let name = program.display().to_string();
        assert!(text.contains(&name), "`{name}` is not in: {text}");
        expect_no_trace(&bench, &spec).await;
    }
}

/// proves O3
pub async fn a_program_is_found_on_the_path_of_the_session(bench: Arc<Bench>) {
    let name = programs::path("testkit-echo");
    let mut spec = bench.spec("found", "testkit-echo", &[]);
    spec.command = Command::new(name.file_name().expect("a program's path"), [""; 0]);
    spec.env.set("PATH", programs::dir());
    let session = bench.ensure(&spec).await;
    bench.watch(&session).await.until_text("ready").await;
}

/// proves O3
pub async fn a_directory_that_cannot_be_entered_leaves_no_trace(bench: Arc<Bench>) {
    let file = bench.file("a-file");
    fs::write(&file, "").expect("the subject's directory can be written to");
    for cwd in [bench.file("no-directory"), file, "relative".into()] {
        let mut spec = bench.spec("nowhere", "testkit-echo", &[]);
        spec.cwd.clone_from(&cwd);
        let err = refusal(&bench, &spec).await;
        let named = matches!(&err, BackendError::BadDirectory { path, .. } if *path == cwd);
        assert!(named, "{err:?}");
        expect_no_trace(&bench, &spec).await;
    }
}

/// proves E2
pub async fn a_start_that_is_dropped_anywhere_is_answered_for_by_the_next(bench: Arc<Bench>) {
    for times in 1..=DROPS {
        let (spec, mark) = bench.marking_spec(&format!("dropped-{times}"));
        let dropped = polled(times, bench.backend().ensure(&spec)).await;
        let answer = bench.ensured(&spec).await;
        if let Some(Ok(first)) = dropped {
            assert_eq!(first.generation, answer.generation, "after {times} polls");
            assert!(!answer.started, "after {times} polls: {answer:?}");
        }
        expect_marks(&mark, 1).await;
        let again = bench.ensured(&spec).await;
        assert_eq!(
            (again.started, again.generation),
            (false, answer.generation)
        );
        let state = bench.state(&spec.session).await;
        assert!(matches!(state, SessionState::Running(_)), "{state:?}");
    }
}

async fn ensure_at_once(bench: &Bench, spec: &SessionSpec) -> Vec<Ensured> {
    let mut calls = JoinSet::new();
    for _ in 0..CALLERS {
        let (backend, spec) = (bench.another(), spec.clone());
        calls.spawn(async move { backend.ensure(&spec).await });
    }
    let answers = within("every caller's answer", calls.join_all()).await;
    let answers: Result<_, _> = answers.into_iter().collect();
    answers.unwrap_or_else(|err: BackendError| panic!("a caller was refused: {err:?}"))
}

fn expect_one_start(answers: &[Ensured]) -> Generation {
    let started = answers.iter().filter(|answer| answer.started).count();
    assert_eq!(started, 1, "one caller made the start: {answers:?}");
    let generation = answers[0].generation;
    for answer in answers {
        assert_eq!(answer.generation, generation, "{answers:?}");
    }
    generation
}

/// Waits until the file has as many marks as there should be; more than that is a start too many.
async fn expect_marks(mark: &Path, wanted: usize) {
    eventually("a mark of each start", async || {
        let marks = fs::read_to_string(mark).unwrap_or_default();
        let count = marks.lines().count();
        assert!(count <= wanted, "{count} starts instead of {wanted}");
        (count == wanted).then_some(()).ok_or(marks)
    })
    .await;
}

async fn refusal(bench: &Bench, spec: &SessionSpec) -> BackendError {
    match within("ensure", bench.backend().ensure(spec)).await {
        Ok(ensured) => panic!("`{:?}` should be refused: {ensured:?}", spec.command),
        Err(err) => err,
    }
}

async fn expect_no_trace(bench: &Bench, spec: &SessionSpec) {
    let status = bench.backend().status(&spec.session).await;
    let gone =
        matches!(&status, Err(BackendError::NotFound { session }) if *session == spec.session);
    assert!(gone, "{status:?}");
    let listed = bench.backend().list().await.expect("it can be listed");
    assert_eq!(listed, [], "nothing is left");
}
