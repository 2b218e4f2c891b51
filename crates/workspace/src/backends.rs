//! The backends of this machine: whether each can be used, and which one new sessions get.
//!
//! A backend is looked at when somebody needs it and not before: a command about a session of one
//! must not run the other. What was found usable stays so for the life of the set; what was not
//! is looked at again each time, because it may have come since.

mod choice;

use std::{fmt, sync::Arc};

use abide_core::backend::{BackendKind, TerminalBackend};
use async_trait::async_trait;
use tokio::sync::OnceCell;

pub use self::choice::{Choice, Looked, NoBackend, ParsePreferenceError, Preference, Why, choose};

/// A backend that may be there.
#[async_trait]
pub trait Candidate: fmt::Debug + Send + Sync {
    /// Returns which backend this is.
    fn kind(&self) -> BackendKind;

    /// Finds out whether the backend can be used here now.
    ///
    /// Starts nothing that stays, and has a deadline of its own. Safe to drop at any await.
    ///
    /// # Errors
    ///
    /// [`Unusable`] says why it cannot.
    async fn find(&self) -> Result<Usable, Unusable>;
}

/// A backend that can be used.
#[derive(Debug, Clone)]
pub struct Usable {
    /// The backend.
    pub backend: Arc<dyn TerminalBackend>,
    /// Its version, for people.
    pub version: String,
}

/// Why a backend cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unusable {
    /// What stands in the way.
    pub reason: String,
    /// What to do about it, where something can be done.
    pub hint: Option<String>,
}

/// The backends of this machine, at most one of each kind; clones share what was found.
#[derive(Debug, Clone)]
pub struct Backends(Arc<Set>);

#[derive(Debug)]
struct Set {
    members: Vec<Member>,
    preference: Preference,
}

#[derive(Debug)]
struct Member {
    candidate: Box<dyn Candidate>,
    found: OnceCell<Usable>,
}

impl Backends {
    /// Returns the set of these, with what new sessions get unless somebody says otherwise.
    #[must_use]
    pub fn new(candidates: Vec<Box<dyn Candidate>>, preference: Preference) -> Self {
        let members = candidates.into_iter().map(|candidate| Member {
            candidate,
            found: OnceCell::new(),
        });
        Self(Arc::new(Set {
            members: members.collect(),
            preference,
        }))
    }

    /// Returns the set of this one alone, which is taken to be usable.
    #[must_use]
    pub fn only(backend: Arc<dyn TerminalBackend>) -> Self {
        let preference = Preference::Only(backend.kind());
        Self::new(vec![Box::new(Present(backend))], preference)
    }

    /// Returns what new sessions get unless somebody says otherwise.
    #[must_use]
    pub fn preference(&self) -> Preference {
        self.0.preference
    }

    /// Tells whether there is a backend of this kind to be looked at.
    #[must_use]
    pub fn have(&self, kind: BackendKind) -> bool {
        self.member(kind).is_some()
    }

    /// Returns the backend of this kind, if it can be used now. Safe to drop at any await.
    ///
    /// # Errors
    ///
    /// [`Unusable`] says why it cannot.
    pub async fn get(&self, kind: BackendKind) -> Result<&Usable, Unusable> {
        let member = self.member(kind).ok_or_else(|| Unusable {
            reason: format!("there is no backend `{kind}` on this system"),
            hint: None,
        })?;
        let find = || member.candidate.find();
        member.found.get_or_try_init(find).await
    }

    /// Chooses the backend that a new session gets, looking at no more of them than it takes.
    ///
    /// # Errors
    ///
    /// [`NoBackend`] when none of those that may be taken can be used.
    pub async fn choose(&self, preference: Preference) -> Result<(Choice, &Usable), NoBackend> {
        let mut looked = Vec::new();
        for kind in preference.order() {
            let found = self.get(*kind).await;
            looked.push(Looked {
                kind: *kind,
                found: found.as_ref().map(|_| ()).map_err(Unusable::clone),
            });
            if let Ok(usable) = found {
                return choose(preference, &looked).map(|choice| (choice, usable));
            }
        }
        Err(choose(preference, &looked).expect_err("none of them was found usable"))
    }

    fn member(&self, kind: BackendKind) -> Option<&Member> {
        let mut members = self.0.members.iter();
        members.find(|member| member.candidate.kind() == kind)
    }
}

/// A backend that is there because its program says so.
#[derive(Debug)]
struct Present(Arc<dyn TerminalBackend>);

#[async_trait]
impl Candidate for Present {
    fn kind(&self) -> BackendKind {
        self.0.kind()
    }

    async fn find(&self) -> Result<Usable, Unusable> {
        Ok(Usable {
            backend: Arc::clone(&self.0),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}
