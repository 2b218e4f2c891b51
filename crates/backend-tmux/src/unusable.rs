//! Why tmux cannot be used here.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::Path,
    time::Duration,
};

/// Why tmux cannot be used here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// There is no such program.
    #[error("there is no program `{}`{}", program.display(), searched(program))]
    NotFound {
        /// The first word of the configured command.
        program: OsString,
    },
    /// It is too old.
    #[error("tmux {found} is too old; 3.0 or newer is needed")]
    TooOld {
        /// The version found.
        found: String,
    },
    /// It is something else.
    #[error("`{} -V` does not answer as tmux does: {said}", program.display())]
    NotTmux {
        /// The first word of the configured command.
        program: OsString,
        /// What it said.
        said: String,
    },
    /// It gave no answer.
    #[error("`{} -V` gave no answer within {} ms", program.display(), waited.as_millis())]
    Unanswered {
        /// The first word of the configured command.
        program: OsString,
        /// How long it was waited for.
        waited: Duration,
    },
    /// It cannot be run.
    #[error("cannot run `{}`", program.display())]
    Failed {
        /// The first word of the configured command.
        program: OsString,
        /// Why.
        source: io::Error,
    },
    /// There is no tmux for this system.
    #[error("there is no tmux on this system")]
    Platform,
}

impl Unusable {
    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { .. } | Self::TooOld { .. } => {
                Some("install tmux 3.0 or newer; sessions that tmux holds go on meanwhile".into())
            }
            Self::NotTmux { program, .. }
            | Self::Unanswered { program, .. }
            | Self::Failed { program, .. } => Some(format!(
                "run `{} -V` by hand to see what it says",
                program.display()
            )),
            Self::Platform => None,
        }
    }
}

/// Says where a program was looked for: a bare name on PATH, anything else where it says.
fn searched(program: &OsStr) -> &'static str {
    match Path::new(program).components().count() {
        1 => " on PATH",
        _ => "",
    }
}
