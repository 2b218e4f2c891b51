//! What a tmux command is aimed at: an id that tmux gave out, or a whole name, never a part of one.
//!
//! tmux takes most of its targets for patterns: `ab` also means a session `abc`. Ids (`$1`, `@1`,
//! `%1`) mean one thing each for the life of a server. A name is made exact by a leading `=`, but
//! only where a session is expected: where a window or a pane is, tmux first takes `=name` for a
//! window and then for the beginning of a session's name. So names are used for sessions alone.

use std::{fmt, str::FromStr};

use abide_core::id::SessionId;

/// What every session of ours is called before its id.
const NAME_PREFIX: &str = "abide-";

/// A text that is no id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no id of a tmux {kind}")]
pub(crate) struct ParseTargetError {
    text: String,
    kind: &'static str,
}

macro_rules! target_id {
    ($(#[$doc:meta])* $name:ident, $sigil:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($sigil, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseTargetError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let digits = text.strip_prefix($sigil).filter(|digits| {
                    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
                });
                let number = digits.and_then(|digits| digits.parse().ok());
                number.map(Self).ok_or_else(|| ParseTargetError {
                    text: text.to_owned(),
                    kind: $kind,
                })
            }
        }
    };
}

target_id!(
    /// A session of the server.
    TmuxSession,
    "$",
    "session"
);
target_id!(
    /// A window of the server.
    Window,
    "@",
    "window"
);
target_id!(
    /// A pane of the server.
    Pane,
    "%",
    "pane"
);

/// The name under which a session of ours is kept in tmux.
///
/// An id has no character that means something in a target, and tmux changes none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionName(String);

impl SessionName {
    pub(crate) fn of(session: &SessionId) -> Self {
        Self(format!("{NAME_PREFIX}{session}"))
    }

    /// Returns the id that a name of ours was made of.
    pub(crate) fn id_in(name: &str) -> Option<SessionId> {
        name.strip_prefix(NAME_PREFIX)?.parse().ok()
    }

    /// Returns the name itself, as it is given to a new session.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the target that means this session and no other; for commands that expect a session.
    pub(crate) fn exact(&self) -> String {
        format!("={}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves T2
    #[test]
    fn a_target_is_an_id_or_a_whole_name() {
        let session: SessionId = "a-1".parse().unwrap();
        let name = SessionName::of(&session);
        assert_eq!(name.exact(), "=abide-a-1");
        assert_eq!(SessionName::id_in(name.as_str()), Some(session));
        assert_eq!("$7".parse::<TmuxSession>().unwrap().to_string(), "$7");
        assert_eq!("@0".parse::<Window>().unwrap().to_string(), "@0");
        assert_eq!("%12".parse::<Pane>().unwrap().to_string(), "%12");
        for text in ["", "$", "7", "@7", "$-1", "$+1", "$7 ", "$99999999999"] {
            assert!(text.parse::<TmuxSession>().is_err(), "{text:?}");
        }
    }

    /// proves T2
    #[test]
    fn dots_and_colons_are_in_no_name() {
        for name in ["abide-a.b", "abide-a:b", "abide-", "a", "abide-A", "abid"] {
            assert_eq!(SessionName::id_in(name), None, "{name}");
        }
    }
}
