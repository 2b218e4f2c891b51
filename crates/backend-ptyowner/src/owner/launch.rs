//! From a launch request to a session that is held, or to nothing at all.
//!
//! ```text
//! start.lock ─► does an owner hold it? ─► program, directory ─► owner.lock ─► source: is there one?
//!            ─► socket ─► child ─► owner.json ─► (ready) ─► start.lock is given back
//! ```
//!
//! Whoever starts or removes a session holds `start.lock`, so that at most one of them is at work;
//! `owner.lock` is what says that an owner lives. Killed at any point, this leaves no owner and the
//! state of the earlier start, or one owner that can be found, or, if the terminal is not the
//! owner's own, a terminal that the next launch finds.

mod hold;
mod known;
mod locks;
mod record;
mod reply;
mod request;

use std::{fs::File, path::PathBuf, sync::Arc};

use abide_core::{env_policy::Environment, id::Generation, lock::KernelLock, probe::Probe};
use abide_local::log::{self, Log};

use self::{
    hold::{Launching, Ready},
    known::{Known, Unheld},
    reply::failed,
    request::{Request, Start},
};
use super::{
    address::Address,
    listener::Secrets,
    session::Session,
    source::{Existing, NotRunnable, Place, Source, SourceError, Wanted},
    terminal::Terminal,
};
use crate::{
    causes::with_causes,
    probe,
    state::SessionDir,
    sys::{self, shutdown::Shutdown},
    wire::launch::{LaunchReply, LaunchRequest},
};

/// A start that succeeded, up to the point where it is announced.
pub(crate) struct Started<T> {
    pub(crate) session: Session<T>,
    pub(crate) address: Address,
    pub(crate) secrets: Secrets,
    pub(crate) log: File,
    pub(crate) probe: Arc<dyn Probe>,
    pub(crate) owner_lock: KernelLock,
    /// Whether the terminal was made, and not joined.
    pub(crate) is_new: bool,
}

/// Starts the session, or joins it, or says why not; what this call made is taken away again then.
///
/// The second of the two is `start.lock`, to be given back when the start was announced.
pub(crate) async fn start<S: Source>(
    request: LaunchRequest,
) -> Result<(Started<S::Terminal>, KernelLock), LaunchReply> {
    let request = Request::parse(request)?;
    let none = Environment::new();
    let env = request.start.as_ref().map_or(&none, |start| &start.env);
    let probe = probe::for_session(env);
    let start_lock = locks::take_start(&request.dir)?;
    probe.reached("owner.start_locked");
    let last = match known::look(&request)? {
        Known::Answers => return Err(LaunchReply::Existing),
        Known::Unheld(last) if !S::Terminal::OUTLIVES_OWNER && !last.is_replaced => {
            // It went with its owner, and is not to be followed.
            return Err(LaunchReply::Existing);
        }
        Known::Unheld(last) => Some(last),
        Known::Nothing => None,
    };
    let launching = Launching {
        request: &request,
        last: last.as_deref(),
        probe,
        clock: probe::clock_for_session(env),
    };
    match launching.begin::<S>().await {
        Ok(started) => Ok((started, start_lock)),
        Err(reply) => {
            if last.is_none() && reply != LaunchReply::Existing {
                // Still under `start.lock`. A directory that stays describes no start.
                let retired = request.dir.retire();
                drop(start_lock);
                let _ = retired.and_then(|retired| request.dir.delete_retired(&retired));
            }
            Err(reply)
        }
    }
}

impl Launching<'_> {
    async fn begin<S: Source>(&self) -> Result<Started<S::Terminal>, LaunchReply> {
        let program = match self.request.start.as_ref().map(Start::program) {
            // Where something may live that can be joined, it does not matter yet.
            Some(Err(reply)) if !S::Terminal::OUTLIVES_OWNER => return Err(reply),
            program => program,
        };
        let owner_lock = locks::take_owner(&self.request.dir)?;
        self.probe.reached("owner.locked");
        let log = open_log(&self.request.dir)?;
        let Ready {
            session,
            address,
            secrets,
            is_new,
        } = self.settle::<S>(program).await?;
        Ok(Started {
            session,
            address,
            secrets,
            log,
            probe: Arc::clone(&self.probe),
            owner_lock,
            is_new,
        })
    }

    /// Joins what there is, or records what there was, or starts anew.
    async fn settle<S: Source>(
        &self,
        program: Option<Result<PathBuf, LaunchReply>>,
    ) -> Result<Ready<S::Terminal>, LaunchReply> {
        let shutdown = Shutdown::new()
            .map_err(|err| failed(&format!("cannot watch for a shutdown: {err}")))?;
        let mut source = S::from_settings(&self.request.source).map_err(unable)?;
        let last = self.last.map(Unheld::last);
        let place = Place {
            session: &self.request.session,
            dir: self.request.dir.path(),
            last: last.as_ref(),
            probe: &*self.probe,
        };
        match source.existing(&place).await.map_err(unable)? {
            Existing::Lives(joined) => return self.hold_joined(*joined, shutdown),
            Existing::Ended(found) => {
                let is_followed = self.request.replaces(found.generation);
                if !is_followed {
                    self.record_found(*found)?;
                }
                source.forget(&place).await;
                if !is_followed {
                    return Err(LaunchReply::Existing);
                }
            }
            Existing::Nothing => {
                if let Some(last) = self.last.filter(|last| !last.is_replaced) {
                    self.record_lost(last)?;
                    return Err(LaunchReply::Existing);
                }
            }
        }
        let (Some(start), Some(program)) = (&self.request.start, program) else {
            return Err(LaunchReply::Nothing);
        };
        self.start_new(&mut source, &place, start, &program?, shutdown)
            .await
    }

    async fn start_new<S: Source>(
        &self,
        source: &mut S,
        place: &Place<'_>,
        start: &Start,
        program: &std::path::Path,
        shutdown: Shutdown,
    ) -> Result<Ready<S::Terminal>, LaunchReply> {
        if let Some(last) = self.last {
            // Its owner is gone: this one holds the lock.
            Address::clear_left(&self.request.dir, &last.file);
        }
        let generation = Generation::random();
        let address = self.bind(generation)?;
        let wanted = Wanted {
            generation,
            started_at: self.clock.now(),
            program,
            argv: &start.argv,
            cwd: &start.cwd,
            env: &start.env,
            size: start.size,
            history_bytes: start.keeps.history_bytes,
        };
        match source.start(place, &wanted).await {
            Ok(made) => {
                self.probe.reached("owner.spawned");
                self.hold_new(made, &wanted, address, shutdown)
            }
            Err(err) => {
                address.leave();
                Err(unable(err))
            }
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what an error is mapped with"
)]
fn unable(err: SourceError) -> LaunchReply {
    match err.downcast_ref::<NotRunnable>() {
        Some(program) if program.is_of_the_program() => LaunchReply::ProgramNotFound {
            reason: program.to_string(),
        },
        Some(program) => failed(&program.to_string()),
        None => failed(&with_causes(&*err)),
    }
}

/// Opens the log and lets this process's errors, and its traces, go there.
fn open_log(dir: &SessionDir) -> Result<File, LaunchReply> {
    let open = || {
        let log = sys::files::open_private_log(&dir.log())?;
        sys::detach::redirect_input_and_errors(&log)?;
        Ok(log)
    };
    let log = open().map_err(|err: std::io::Error| {
        failed(&format!("cannot write `{}`: {err}", dir.log().display()))
    })?;
    let writer = log.try_clone().map(Log::new);
    let writer = writer.map_err(|err| failed(&format!("cannot write a log: {err}")))?;
    log::start(writer).map_err(|err| failed(&format!("cannot write a log: {err}")))?;
    Ok(log)
}
