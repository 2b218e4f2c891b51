//! The process: from its beginning to its log, and from the first request to its end.

use std::{
    error::Error as _,
    fs::File,
    io::{self, BufReader, IsTerminal as _, Write as _},
    process::ExitCode,
};

use abide_local::{FROM_LAUNCHER, detach, log};

use super::{
    KEEPER,
    address::Place,
    lines,
    protocol::{self, Keep, Reply, Request},
    serve::{self, Beginning, Outcome},
    timepiece,
};
use crate::{
    backends::Backends,
    desk::Tools,
    state_id::{self, StateIdError},
};

/// Most events that are taken from the system at once; the room for them stays allocated.
const IO_EVENTS: usize = 64;

/// Why a program cannot reach any session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotComposed {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Becomes a keeper if that is what the command line says; `None` for every other command line.
///
/// `backends` is called once, to reach the sessions that are to be kept. Call this first thing in
/// `main`, before any thread is started or descriptor opened: a keeper closes what it inherited and
/// leaves its launcher by a fork.
#[must_use]
pub fn become_keeper(backends: impl FnOnce() -> Result<Backends, NotComposed>) -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let is_asked = words.next().is_some_and(|word| word == KEEPER)
        && words.next().is_some_and(|word| word == FROM_LAUNCHER)
        && words.next().is_none();
    is_asked.then(|| run(backends))
}

fn run(backends: impl FnOnce() -> Result<Backends, NotComposed>) -> ExitCode {
    detach::close_inherited();
    if io::stdin().is_terminal() {
        return not_by_hand();
    }
    // All that needs no request comes before it: the launcher has other things to do meanwhile.
    if let Err(err) = detach::leave_launcher() {
        return failed(&format!("cannot leave the launcher: {err}"), None);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_io_events_per_tick(IO_EVENTS)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(err) => return failed(&format!("cannot set up the keeper: {err}"), None),
    };
    let tools = timepiece::tools();
    tools.probe.reached("keeper.started");
    let backends = match backends() {
        Ok(backends) => backends,
        Err(NotComposed { message, hint }) => return failed(&message, hint),
    };
    let pipes = detach::own_input().and_then(|input| Ok((input, detach::own_output()?)));
    let (input, output) = match pipes {
        Ok(pipes) => pipes,
        Err(err) => return failed(&format!("cannot talk to the launcher: {err}"), None),
    };
    let mut input = BufReader::new(input);
    let keep = match lines::next_blocking(&mut input) {
        Ok(Some(Request::Keep(keep))) => *keep,
        Ok(Some(_)) => return failed("the first thing asked of a keeper is to keep", None),
        // The launcher ended, or needs no keeper after all.
        Ok(None) => return not_by_hand(),
        Err(err) => return failed(&err.to_string(), None),
    };
    if let Err(err) = open_log(&keep) {
        let message = format!(
            "cannot write a log in `{}`: {err}",
            keep.state_dir.as_path().display()
        );
        return failed(&message, None);
    }
    let state = match state_id::find_or_make(keep.state_dir.as_path()) {
        Ok(state) => Some(state),
        Err(err) => return refused(&err, output),
    };
    let beginning = Beginning {
        keep,
        input,
        output,
        tools: Tools { state, ..tools },
        backends,
    };
    let outcome = runtime.block_on(serve::serve(beginning));
    // A walk of a large tree may still be at it; nothing of it is wanted.
    runtime.shutdown_background();
    match outcome {
        Outcome::Left => ExitCode::SUCCESS,
        Outcome::NotGranted | Outcome::Superseded | Outcome::GaveUp => ExitCode::FAILURE,
    }
}

/// Lets what this process has to say go to the log, and lets go of the launcher's streams, of which
/// there are copies.
fn open_log(keep: &Keep) -> io::Result<()> {
    let place = Place::new(keep.state_dir.as_path(), keep.dir.as_path());
    let file = place.open_log()?;
    detach::redirect_input_and_errors(&file)?;
    detach::redirect_output(&file)?;
    log::start(log::Log::new(file))
}

fn not_by_hand() -> ExitCode {
    let _ = writeln!(
        io::stderr(),
        "error: this is run by a launcher, not by hand"
    );
    ExitCode::from(2)
}

/// Says that it cannot tell for which state directory it would keep.
fn refused(err: &StateIdError, mut launcher: File) -> ExitCode {
    let cause = err.source().map(|source| format!(": {source}"));
    let reply = Reply::Failed {
        message: format!("{err}{}", cause.unwrap_or_default()),
        hint: Some(err.hint()),
    };
    let _ = launcher.write_all(&protocol::to_line(&reply));
    ExitCode::FAILURE
}

/// Tells the launcher, before it is talked to in earnest; one that is gone needs no answer.
fn failed(message: &str, hint: Option<String>) -> ExitCode {
    let reply = Reply::Failed {
        message: message.to_owned(),
        hint,
    };
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(&protocol::to_line(&reply));
    let _ = stdout.flush();
    ExitCode::FAILURE
}
