//! Names of workspaces, sessions and agents, and the targets that people write.
//!
//! A name may hold spaces and any script; what it may not hold is what would make it unsafe to
//! print (control characters), impossible to address (`/`) or mistaken for an option (`-`).

use std::{ffi::OsStr, fmt, str::FromStr};

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 64;

/// The name of a workspace's first session.
const MAIN: &str = "main";

/// The name of a workspace whose directory gives none.
const NAMELESS: &str = "workspace";

/// The name of a session whose program gives none.
const NAMELESS_SESSION: &str = "session";

/// A text that is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a name: {reason}", text.escape_debug())]
pub struct ParseNameError {
    text: String,
    reason: &'static str,
}

fn check(text: String) -> Result<String, ParseNameError> {
    let reason = if text.is_empty() {
        "it is empty"
    } else if MAX_NAME_CHARS < text.chars().count() {
        "it is longer than 64 characters"
    } else if text.chars().any(char::is_control) {
        "it holds a control character"
    } else if text.contains('/') {
        "it holds a `/`, which separates workspace and session"
    } else if text.starts_with('-') {
        "it begins with `-`, as options do"
    } else if text == "." || text == ".." {
        "it means a directory"
    } else {
        return Ok(text);
    };
    Err(ParseNameError { text, reason })
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Returns the name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseNameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                check(text.to_owned()).map(Self)
            }
        }
    };
}

name!(
    /// The name by which people call a workspace; unique within a state directory.
    WorkspaceName
);
name!(
    /// The name of a session; unique within its workspace.
    SessionName
);
name!(
    /// The name of an agent or shell that sessions run.
    AgentName
);

impl WorkspaceName {
    /// Returns the name that a workspace of this directory gets when nobody names it.
    #[must_use]
    pub fn of_directory(base_name: Option<&OsStr>) -> Self {
        Self(tamed(base_name).unwrap_or_else(|| NAMELESS.into()))
    }

    /// Returns this name with a number behind it, still short enough to be a name.
    #[must_use]
    pub fn numbered(&self, number: usize) -> Self {
        Self(numbered(&self.0, number))
    }
}

impl SessionName {
    /// Returns the name of the session that every workspace has.
    #[must_use]
    pub fn main() -> Self {
        Self(MAIN.into())
    }

    /// Returns the name that a session gets when nobody names it: that of what it runs.
    #[must_use]
    pub fn of_program(base_name: Option<&OsStr>) -> Self {
        Self(tamed(base_name).unwrap_or_else(|| NAMELESS_SESSION.into()))
    }

    /// Returns this name with a number behind it, still short enough to be a name.
    #[must_use]
    pub fn numbered(&self, number: usize) -> Self {
        Self(numbered(&self.0, number))
    }
}

impl From<&AgentName> for SessionName {
    fn from(name: &AgentName) -> Self {
        Self(name.0.clone())
    }
}

/// Makes a name of a text that may hold what no name holds.
fn tamed(text: Option<&OsStr>) -> Option<String> {
    let text = text.map(OsStr::to_string_lossy).unwrap_or_default();
    let tame = |c: char| if c.is_control() || c == '/' { '-' } else { c };
    let tamed: String = text.chars().map(tame).take(MAX_NAME_CHARS).collect();
    check(tamed.trim_start_matches('-').to_owned()).ok()
}

fn numbered(name: &str, number: usize) -> String {
    let suffix = format!("-{number}");
    let room = MAX_NAME_CHARS - suffix.len();
    name.chars().take(room).chain(suffix.chars()).collect()
}

/// What a person names to say which session is meant: `workspace` or `workspace/session`.
///
/// Either part may be abbreviated; see [`crate::lookup`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What was written for the workspace.
    pub workspace: String,
    /// What was written for the session; the main one if nothing was.
    pub session: Option<String>,
}

impl FromStr for Target {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (workspace, session) = match text.split_once('/') {
            Some((workspace, session)) => (workspace, Some(session)),
            None => (text, None),
        };
        Ok(Self {
            workspace: check(workspace.to_owned())?,
            session: session.map(|name| check(name.to_owned())).transpose()?,
        })
    }
}

impl From<&WorkspaceName> for Target {
    fn from(name: &WorkspaceName) -> Self {
        Self {
            workspace: name.as_str().to_owned(),
            session: None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.workspace)?;
        match &self.session {
            Some(session) => write!(f, "/{session}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_spaces_and_any_script_but_nothing_unsafe() {
        for text in [
            "a",
            "my project",
            "проект",
            "日本",
            "a.b",
            "...",
            &"é".repeat(64),
        ] {
            assert!(text.parse::<WorkspaceName>().is_ok(), "{text}");
        }
        for text in [
            "",
            "-a",
            ".",
            "..",
            "a/b",
            "a\nb",
            "a\u{1b}[m",
            &"é".repeat(65),
        ] {
            assert!(text.parse::<WorkspaceName>().is_err(), "{text:?}");
        }
        let refused = "a\u{1b}[31m".parse::<WorkspaceName>().unwrap_err();
        assert!(!refused.to_string().contains('\u{1b}'), "{refused}");
    }

    #[test]
    fn a_directory_always_gives_a_name() {
        let name = |text: &str| WorkspaceName::of_directory(Some(OsStr::new(text))).0;
        assert_eq!(name("abide"), "abide");
        assert_eq!(name("--odd\tname"), "odd-name");
        assert_eq!(name("--"), NAMELESS);
        assert_eq!(name(".."), NAMELESS);
        assert_eq!(name(&"x".repeat(200)).len(), 64);
        assert_eq!(WorkspaceName::of_directory(None).0, NAMELESS);
    }

    #[test]
    fn a_program_always_gives_a_name() {
        let name = |text: &str| SessionName::of_program(Some(OsStr::new(text))).0;
        assert_eq!(name("cargo"), "cargo");
        assert_eq!(name("-sh"), "sh");
        assert_eq!(SessionName::of_program(None).0, NAMELESS_SESSION);
    }

    #[test]
    fn a_numbered_name_is_still_a_name() {
        let long = WorkspaceName("é".repeat(64)).numbered(12);
        assert!(long.as_str().parse::<WorkspaceName>().is_ok());
        assert!(long.as_str().ends_with("-12"));
    }

    #[test]
    fn a_target_is_a_workspace_and_perhaps_a_session() {
        let target: Target = "my project/agent".parse().unwrap();
        assert_eq!(target.workspace, "my project");
        assert_eq!(target.session.as_deref(), Some("agent"));
        assert_eq!(target.to_string(), "my project/agent");
        assert_eq!("x".parse::<Target>().unwrap().session, None);
        for text in ["", "/", "a/", "/b", "a/b/c", "-x"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
