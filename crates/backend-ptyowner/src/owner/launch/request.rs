//! The launch request, parsed, and what can be checked of it before anything is locked.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use abide_core::{
    env_policy::Environment,
    id::{Generation, SessionId},
    size::TermSize,
};

use super::reply::failed;
use crate::{
    owner::program,
    state::{Keeps, SessionDir},
    sys,
    wire::launch::{self, LAUNCH_VERSION, Launch, LaunchReply, LaunchRequest},
};

/// The request, parsed.
pub(super) struct Request {
    pub(super) dir: SessionDir,
    pub(super) runtime_dir: PathBuf,
    pub(super) session: SessionId,
    /// Settings of the source.
    pub(super) source: Vec<u8>,
    /// The start that is wanted; none if there is only something to be joined.
    pub(super) start: Option<Start>,
}

/// A start that is wanted.
pub(super) struct Start {
    pub(super) argv: Vec<OsString>,
    pub(super) cwd: PathBuf,
    pub(super) env: Environment,
    pub(super) size: TermSize,
    pub(super) keeps: Keeps,
    pub(super) replaces: Option<Generation>,
}

impl Request {
    pub(super) fn parse(request: LaunchRequest) -> Result<Self, LaunchReply> {
        if request.version != LAUNCH_VERSION {
            return Err(failed(&format!(
                "launcher and owner are of different releases (launch version {} and {LAUNCH_VERSION})",
                request.version
            )));
        }
        let session: SessionId = request
            .session
            .parse()
            .map_err(|err| failed(&format!("{err}")))?;
        let os = sys::os_bytes::from_bytes;
        let owners_dir = PathBuf::from(os(request.owners_dir));
        let start = match request.wanted {
            Launch::Start(start) => Some(Start::parse(*start)?),
            Launch::Join => None,
        };
        Ok(Self {
            dir: SessionDir::new(&owners_dir, &session),
            runtime_dir: PathBuf::from(os(request.runtime_dir)),
            session,
            source: request.source,
            start,
        })
    }

    /// Tells whether a start that is over is to be followed by a new one.
    pub(super) fn replaces(&self, generation: Generation) -> bool {
        let start = self.start.as_ref();
        start.is_some_and(|start| start.replaces == Some(generation))
    }
}

impl Start {
    fn parse(mut start: launch::Start) -> Result<Self, LaunchReply> {
        let os = sys::os_bytes::from_bytes;
        let argv: Vec<OsString> = std::mem::take(&mut start.argv)
            .into_iter()
            .map(os)
            .collect();
        if argv.is_empty() {
            return Err(failed("no program was named"));
        }
        let env = std::mem::take(&mut start.env)
            .into_iter()
            .map(|(name, value)| (os(name), os(value)))
            .collect();
        Ok(Self {
            argv,
            cwd: PathBuf::from(os(std::mem::take(&mut start.cwd))),
            env,
            size: TermSize::clamped(start.size.0, start.size.1),
            keeps: Keeps {
                history_bytes: start.history_bytes,
                journal: start.journal,
            },
            replaces: start.replaces.map(Generation::from_bytes),
        })
    }

    /// Returns the program's path, if program and directory can be used.
    pub(super) fn program(&self) -> Result<PathBuf, LaunchReply> {
        let path = program::resolve(&self.argv[0], self.env.get("PATH"))
            .map_err(|reason| LaunchReply::ProgramNotFound { reason })?;
        check_directory(&self.cwd)?;
        Ok(path)
    }
}

fn check_directory(cwd: &Path) -> Result<(), LaunchReply> {
    let refuse = |reason: String| Err(LaunchReply::BadDirectory { reason });
    if !cwd.is_absolute() {
        return refuse("it is not an absolute path".into());
    }
    match std::fs::metadata(cwd) {
        Ok(meta) if meta.is_dir() => {
            sys::files::check_enterable(cwd).or_else(|err| refuse(err.to_string()))
        }
        Ok(_) => refuse("it is not a directory".into()),
        Err(err) => refuse(err.to_string()),
    }
}
