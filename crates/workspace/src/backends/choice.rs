//! Which backend a new session gets: what was asked for and what can be used → one, and why. Pure.

use std::{fmt, str::FromStr};

use abide_core::backend::{BackendKind, UnknownBackend};

use super::Unusable;

/// The word for [`Preference::Auto`].
const AUTO: &str = "auto";

/// Which backend somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preference {
    /// tmux where it can be used, else the owner.
    #[default]
    Auto,
    /// This one or none.
    Only(BackendKind),
}

impl Preference {
    /// The words that name a preference.
    pub const WORDS: [&str; 3] = [AUTO, "tmux", "owner"];

    /// Returns the backends that may be taken, best first.
    #[must_use]
    pub fn order(&self) -> &[BackendKind] {
        match self {
            Self::Auto => &[BackendKind::Tmux, BackendKind::Owner],
            Self::Only(kind) => std::slice::from_ref(kind),
        }
    }
}

impl fmt::Display for Preference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str(AUTO),
            Self::Only(kind) => kind.fmt(f),
        }
    }
}

/// A word that names no preference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no backend; expected `auto`, `tmux` or `owner`", .0.escape_debug())]
pub struct ParsePreferenceError(String);

impl FromStr for Preference {
    type Err = ParsePreferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            AUTO => Ok(Self::Auto),
            _ => text
                .parse()
                .map(Self::Only)
                .map_err(|UnknownBackend(text)| ParsePreferenceError(text)),
        }
    }
}

/// What a look at one backend brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The backend.
    pub kind: BackendKind,
    /// Whether it can be used.
    pub found: Result<(), Unusable>,
}

/// The backend that a new session gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The backend.
    pub kind: BackendKind,
    /// Why it is this one.
    pub why: Why,
}

/// Why a backend was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It was asked for.
    Asked,
    /// It is the first that `auto` looks at.
    Preferred,
    /// One that `auto` looks at before it cannot be used.
    Instead {
        /// That one.
        of: BackendKind,
        /// Why it cannot be used.
        unusable: Unusable,
    },
}

/// None of the backends that may be taken can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", said(*preference))]
pub struct NoBackend {
    /// What was asked for.
    pub preference: Preference,
    /// Why not: each that was looked at, and what stands in its way.
    #[source]
    pub unusable: AllUnusable,
}

/// What stands in the way of each of several backends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", listed(.0))]
pub struct AllUnusable(pub Vec<(BackendKind, Unusable)>);

impl NoBackend {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        let mut hints = self.unusable.0.iter();
        let known = hints.find_map(|(_, unusable)| unusable.hint.clone());
        match (known, self.preference) {
            (Some(hint), _) => hint,
            (None, Preference::Only(_)) => {
                "choose another with `--backend`, or let `auto` choose; `abide doctor` shows more"
                    .into()
            }
            (None, Preference::Auto) => "`abide doctor` shows more".into(),
        }
    }
}

/// Chooses the first backend that may be taken and was found usable; one that was not looked at
/// is not taken.
///
/// # Errors
///
/// [`NoBackend`] when there is none.
pub fn choose(preference: Preference, looked: &[Looked]) -> Result<Choice, NoBackend> {
    let mut unusable = Vec::new();
    for kind in preference.order() {
        match looked.iter().find(|looked| looked.kind == *kind) {
            Some(Looked { found: Ok(()), .. }) => {
                let why = why(preference, unusable.into_iter().next());
                return Ok(Choice { kind: *kind, why });
            }
            Some(Looked {
                found: Err(reason), ..
            }) => unusable.push((*kind, reason.clone())),
            None => {}
        }
    }
    let unusable = AllUnusable(unusable);
    Err(NoBackend {
        preference,
        unusable,
    })
}

fn why(preference: Preference, passed_over: Option<(BackendKind, Unusable)>) -> Why {
    match (preference, passed_over) {
        (Preference::Only(_), _) => Why::Asked,
        (Preference::Auto, None) => Why::Preferred,
        (Preference::Auto, Some((of, unusable))) => Why::Instead { of, unusable },
    }
}

fn said(preference: Preference) -> String {
    match preference {
        Preference::Auto => "no backend can be used".into(),
        Preference::Only(kind) => format!("the backend `{kind}` cannot be used"),
    }
}

fn listed(unusable: &[(BackendKind, Unusable)]) -> String {
    let listed: Vec<_> = unusable
        .iter()
        .map(|(kind, unusable)| format!("{kind}: {unusable}"))
        .collect();
    listed.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(kind: BackendKind, reason: Option<&str>) -> Looked {
        let found = reason.map_or(Ok(()), |reason| Err(unusable(reason)));
        Looked { kind, found }
    }

    fn unusable(reason: &str) -> Unusable {
        Unusable {
            reason: reason.into(),
            hint: None,
        }
    }

    /// proves S1
    #[test]
    fn auto_takes_tmux_where_it_can_be_used_else_the_owner_and_says_why() {
        use BackendKind::{Owner, Tmux};
        let both = [looked(Tmux, None), looked(Owner, None)];
        let chosen = choose(Preference::Auto, &both).unwrap();
        assert_eq!((chosen.kind, chosen.why), (Tmux, Why::Preferred));

        let without = [looked(Tmux, Some("too old")), looked(Owner, None)];
        let chosen = choose(Preference::Auto, &without).unwrap();
        let why = Why::Instead {
            of: Tmux,
            unusable: unusable("too old"),
        };
        assert_eq!((chosen.kind, chosen.why), (Owner, why));

        let neither = [looked(Tmux, Some("too old")), looked(Owner, Some("full"))];
        let error = choose(Preference::Auto, &neither).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "tmux: too old; owner: full");
    }

    /// proves S1
    #[test]
    fn one_that_is_asked_for_is_taken_or_nothing_is() {
        use BackendKind::{Owner, Tmux};
        let all = [looked(Tmux, Some("too old")), looked(Owner, None)];
        let chosen = choose(Preference::Only(Owner), &all).unwrap();
        assert_eq!((chosen.kind, chosen.why), (Owner, Why::Asked));
        let error = choose(Preference::Only(Tmux), &all).unwrap_err();
        assert_eq!(error.to_string(), "the backend `tmux` cannot be used");
        assert_eq!(error.unusable.0, [(Tmux, unusable("too old"))]);
        assert!(error.hint().contains("--backend"));
    }

    #[test]
    fn every_word_is_read_as_it_is_written_and_others_are_refused() {
        for word in Preference::WORDS {
            assert_eq!(word.parse::<Preference>().unwrap().to_string(), word);
        }
        let error = "Tmux".parse::<Preference>().unwrap_err().to_string();
        assert!(
            error.contains("`Tmux`") && error.contains("`auto`"),
            "{error}"
        );
    }
}
