//! Orphans: sessions that a backend holds and no row knows.
//!
//! They come from a database that was lost, or put back from an older copy. Backends list only
//! what is theirs by directory or by marker, so nothing else is ever an orphan.
//!
//! Backends list first and the rows are read then: a row comes before its session, so a session
//! that somebody makes meanwhile has its row by the time that rows are read. Adopting and reaping
//! are ordered by a lock, ask the session itself, and read the rows once more.

mod adopt;
mod reap;

use std::path::PathBuf;

use abide_core::{
    backend::{BackendKind, Command, Listed, SessionState},
    id::{SessionId, WorkspaceId},
};

pub use self::adopt::Adoption;
use super::Workspaces;
use crate::{
    claim::Claim,
    error::{OrphanError, WorkspaceError},
    name::WorkspaceName,
    sys::{self, ProcessFacts},
};

// The variables by which a session was told who it is.
const SESSION: &str = "ABIDE_SESSION";
const NAME: &str = "ABIDE_NAME";
const WORKSPACE: &str = "ABIDE_WORKSPACE";
const DIR: &str = "ABIDE_DIR";

/// A session that no row knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// What a list shows of it.
    pub status: Listed,
    /// What its workspace was called, if the system tells.
    pub name: Option<WorkspaceName>,
    /// The directory of its workspace, or else the one that its program is in, if the system tells.
    pub dir: Option<PathBuf>,
    /// What it runs, if the system tells.
    pub command: Option<Command>,
    /// The workspace that it was made for, if the system tells.
    workspace: Option<WorkspaceId>,
}

/// A backend that could not be asked for orphans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unasked {
    /// The backend.
    pub kind: BackendKind,
    /// Why it could not.
    pub reason: String,
}

/// The sessions that no row knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orphans {
    /// Those that were seen, in order of id.
    pub sessions: Vec<Orphan>,
    /// Backends that may have more.
    pub unasked: Vec<Unasked>,
}

impl Workspaces {
    /// Lists the sessions that no row knows. Changes nothing.
    ///
    /// # Errors
    ///
    /// When the database cannot be read. A backend that cannot be asked is told, and no error.
    pub async fn orphans(&self) -> Result<Orphans, WorkspaceError> {
        let kinds = [BackendKind::Owner, BackendKind::Tmux];
        let (owner, tmux) = tokio::join!(self.look(kinds[0]), self.look(kinds[1]));
        let mut orphans = Orphans::default();
        for (kind, sight) in kinds.into_iter().zip([owner, tmux]) {
            match sight {
                Ok(statuses) => {
                    let seen = statuses.into_values().map(Orphan::of);
                    orphans.sessions.extend(seen);
                }
                Err(reason) if self.backends.have(kind) => {
                    orphans.unasked.push(Unasked { kind, reason });
                }
                Err(_) => {}
            }
        }
        let known = self.store.session_ids().await?;
        orphans
            .sessions
            .retain(|orphan| !known.contains(&orphan.status.session));
        orphans
            .sessions
            .sort_by(|a, b| a.status.session.cmp(&b.status.session));
        Ok(orphans)
    }

    /// Finds the orphan whose id is `text`, or begins with it.
    async fn orphan(&self, text: &str) -> Result<Orphan, WorkspaceError> {
        let mut fitting = self.orphans().await?.sessions;
        fitting.retain(|orphan| is_meant(text, &orphan.status.session));
        match (fitting.pop(), fitting.is_empty()) {
            (None, _) => Err(self.no_orphan(text).await?),
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                fitting.push(last);
                let names = fitting
                    .iter()
                    .map(|orphan| orphan.status.session.to_string());
                Err(WorkspaceError::Ambiguous {
                    what: "orphan",
                    text: text.to_owned(),
                    names: names.collect(),
                })
            }
        }
    }

    /// Says why there is no orphan of that id.
    async fn no_orphan(&self, text: &str) -> Result<WorkspaceError, WorkspaceError> {
        if let Ok(session) = text.parse::<SessionId>() {
            let workspace = self.store.workspace_of(session.clone()).await?;
            if let Some(workspace) = workspace {
                let name = workspace.name;
                return Ok(OrphanError::Known { session, name }.into());
            }
        }
        let text = text.to_owned();
        Ok(OrphanError::None { text }.into())
    }

    /// Takes the lock on orphans. Does not wait: somebody who has it may take long.
    fn claim_orphans(&self) -> Result<Claim, WorkspaceError> {
        Claim::orphans(&self.state_dir)
            .map_err(|source| OrphanError::Lock {
                source: source.into(),
            })?
            .ok_or_else(|| OrphanError::Claimed.into())
    }
}

/// Tells whether a text names a session: its id, or enough of its beginning.
fn is_meant(text: &str, session: &SessionId) -> bool {
    let is_beginning = MIN_BEGINNING <= text.len() && session.as_str().starts_with(text);
    is_beginning || session.as_str() == text
}

/// Shortest beginning of an id that names a session. A shorter one, given once more, may well fit
/// another session than the one that it ended.
const MIN_BEGINNING: usize = 4;

impl Orphan {
    fn of(status: Listed) -> Self {
        let facts = match &status.state {
            SessionState::Running(running) => {
                sys::process_facts(running.pid, &[SESSION, NAME, WORKSPACE, DIR])
            }
            SessionState::Starting | SessionState::Ended(_) | SessionState::Unresponsive { .. } => {
                ProcessFacts::default()
            }
        };
        Self::told(status, facts)
    }

    /// Takes what the system tells of the session's process.
    fn told(status: Listed, facts: ProcessFacts) -> Self {
        // A program may have an environment that was made for another session.
        let is_its = facts.variable(SESSION) == Some(status.session.as_str());
        let told = |name| facts.variable(name).filter(|_| is_its);
        let dir = told(DIR).map(PathBuf::from);
        let is_there = |dir: &PathBuf| dir.is_absolute() && dir.is_dir();
        Self {
            name: told(NAME).and_then(|name| name.parse().ok()),
            workspace: told(WORKSPACE).and_then(|id| id.parse().ok()),
            dir: dir.filter(is_there).or_else(|| facts.dir.clone()),
            command: facts.command,
            status,
        }
    }
}

#[cfg(test)]
mod tests {
    use abide_core::id::Generation;

    use super::*;

    fn told(session: &str) -> Orphan {
        let status = Listed {
            session: "abc".parse::<SessionId>().unwrap(),
            backend: BackendKind::Owner,
            generation: Some(Generation::random()),
            state: SessionState::Starting,
        };
        let here = std::env::temp_dir().to_string_lossy().into_owned();
        let facts = ProcessFacts {
            dir: Some("/its/own".into()),
            command: None,
            variables: vec![
                (SESSION, session.into()),
                (NAME, "api".into()),
                (WORKSPACE, "w1".into()),
                (DIR, here),
            ],
        };
        Orphan::told(status, facts)
    }

    #[test]
    fn a_session_is_meant_by_enough_of_its_beginning() {
        let session: SessionId = "0123456789".parse().unwrap();
        for (text, meant) in [
            ("0123456789", true),
            ("0123", true),
            ("012", false),
            ("1234", false),
            ("", false),
        ] {
            assert_eq!(is_meant(text, &session), meant, "{text}");
        }
        assert!(is_meant("abc", &"abc".parse().unwrap()));
    }

    #[test]
    fn a_program_is_believed_only_of_its_own_session() {
        let own = told("abc");
        assert_eq!(own.name, Some("api".parse().unwrap()));
        assert_eq!(own.workspace, Some("w1".parse().unwrap()));
        assert_eq!(own.dir, Some(std::env::temp_dir()));
        let other = told("abcd");
        assert_eq!((other.name, other.workspace), (None, None));
        assert_eq!(other.dir, Some("/its/own".into()));
    }
}
