//! Where a record's keeper was, and whether a record that is open may be closed from here.
//!
//! A workspace's directory can be reached from several machines, and from several state directories
//! of one. Whether a session lives can only be told where it was started; so what another began is
//! left alone.

use serde::{Deserialize, Serialize};

use super::Summary;
use crate::{id::StateId, lease::Place};

/// Where a keeper was, and whose sessions it kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its machine.
    #[serde(flatten)]
    pub place: Place,
    /// The state directory whose sessions it kept; none where it was not noted yet.
    #[serde(default)]
    pub state: Option<StateId>,
    /// Its user.
    pub user: String,
}

/// Who kept a record last, as far as it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// A keeper of this machine and this state directory.
    Ours,
    /// Another.
    Anothers,
    /// A keeper of a host of this name; for which state directory was not noted.
    Unsaid,
}

impl Origin {
    fn whose(&self, here: &Place, state: Option<&StateId>) -> Whose {
        match (&self.state, state) {
            (Some(own), Some(state)) if own == state && self.place.may_be_machine_of(here) => {
                Whose::Ours
            }
            (None, _) if self.place.host == here.host => Whose::Unsaid,
            (Some(_) | None, _) => Whose::Anothers,
        }
    }
}

impl Summary {
    /// Returns who began the record, or went on with it last; `None` if that is damaged.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        match &self.ownership {
            super::Ownership::Adopted { by, .. } => Some(&by.origin),
            super::Ownership::Created => self.opened.as_ref().map(|opened| &opened.origin),
        }
    }

    /// Tells whether a record was kept on another machine or for another state directory than these,
    /// so that what became of its session cannot be told here.
    ///
    /// Of a record that does not say for which state directory it was kept, whether the session is
    /// known decides.
    #[must_use]
    pub fn is_anothers(&self, here: &Place, state: Option<&StateId>, is_known: bool) -> bool {
        self.origin()
            .is_some_and(|origin| match origin.whose(here, state) {
                Whose::Ours => false,
                Whose::Anothers => true,
                Whose::Unsaid => !is_known,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str, boot: &str) -> Place {
        Place {
            machine: Some(format!("machine of {name}")),
            boot: Some(boot.to_owned()),
            host: name.to_owned(),
        }
    }

    #[test]
    fn only_the_same_machine_and_the_same_state_directory_are_ours() {
        let state = |text: &str| text.parse::<StateId>().unwrap();
        let here = place("here", "1");
        let old = Place {
            machine: None,
            boot: None,
            host: "here".to_owned(),
        };
        let elsewhere = Place {
            host: "there".to_owned(),
            ..old.clone()
        };
        let cases = [
            (place("here", "1"), Some("s-1"), Whose::Ours),
            (place("here", "earlier"), Some("s-1"), Whose::Ours),
            (place("here", "1"), Some("s-2"), Whose::Anothers),
            (place("there", "2"), Some("s-1"), Whose::Anothers),
            // Where a machine has no id, its name and the state directory are all that there is.
            (old.clone(), Some("s-1"), Whose::Ours),
            (elsewhere.clone(), Some("s-1"), Whose::Anothers),
            (old, None, Whose::Unsaid),
            (elsewhere, None, Whose::Anothers),
        ];
        for (place, of, expected) in cases {
            let origin = Origin {
                place,
                state: of.map(state),
                user: "u".to_owned(),
            };
            assert_eq!(
                origin.whose(&here, Some(&state("s-1"))),
                expected,
                "{origin:?}"
            );
            assert_ne!(origin.whose(&here, None), Whose::Ours, "{origin:?}");
        }
    }
}
