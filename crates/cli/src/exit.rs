//! The codes with which `abide` ends.

use std::process::ExitCode;

use abide_workspace::WorkspaceErrorKind;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit(u8);

impl Exit {
    /// It did what was asked.
    pub(crate) const SUCCESS: Self = Self(0);
    /// It could not.
    pub(crate) const FAILURE: Self = Self(1);
    /// The command line cannot be understood, or asks for what cannot be.
    pub(crate) const USAGE: Self = Self(2);
    /// There is no workspace or session of that name.
    pub(crate) const NOT_FOUND: Self = Self(3);
    /// Somebody else has it, or it runs still.
    pub(crate) const BUSY: Self = Self(4);
    /// The backend cannot be used, or does not answer.
    pub(crate) const BACKEND: Self = Self(5);
    /// The session is over, and how it ended is not known.
    pub(crate) const LOST: Self = Self(6);
    /// `wait` ran out of time.
    pub(crate) const TIMED_OUT: Self = Self(124);
    /// The program to run was not found.
    pub(crate) const PROGRAM_NOT_FOUND: Self = Self(127);

    /// There are differences, and `--exit-code` asked.
    pub(crate) const DIFFERENT: Self = Self(1);

    /// Returns the code with which a session's program ended, as far as a code can hold it.
    pub(crate) fn of_program(code: i32) -> Self {
        // Windows has codes beyond a byte; none of them may look like success.
        Self(u8::try_from(code).unwrap_or(u8::MAX))
    }
}

impl From<WorkspaceErrorKind> for Exit {
    fn from(kind: WorkspaceErrorKind) -> Self {
        match kind {
            WorkspaceErrorKind::NotFound => Self::NOT_FOUND,
            WorkspaceErrorKind::Busy => Self::BUSY,
            WorkspaceErrorKind::BackendUnavailable => Self::BACKEND,
            WorkspaceErrorKind::ProgramNotFound => Self::PROGRAM_NOT_FOUND,
            WorkspaceErrorKind::Ambiguous
            | WorkspaceErrorKind::Refused
            | WorkspaceErrorKind::Failed => Self::FAILURE,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// The codes, for the end of the help.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done
  1    failed
  2    the command line is wrong
  3    no such workspace or session
  4    busy: someone else has control, or it runs still
  5    the backend cannot be used, or does not answer
  6    the session is over, and how it ended is not known
  124  `wait` ran out of time
  127  the program to run was not found
  `attach --exit-code` ends with the code of the session's program,
  `diff --exit-code` with 1 if there are changes";

#[cfg(test)]
mod tests {
    use super::*;

    /// proves C1
    #[test]
    fn every_kind_of_error_has_its_documented_code() {
        use WorkspaceErrorKind as Kind;
        for (kind, code) in [
            (Kind::NotFound, 3),
            (Kind::Ambiguous, 1),
            (Kind::Busy, 4),
            (Kind::Refused, 1),
            (Kind::BackendUnavailable, 5),
            (Kind::ProgramNotFound, 127),
            (Kind::Failed, 1),
        ] {
            assert_eq!(Exit::from(kind), Exit(code), "{kind:?}");
        }
    }

    #[test]
    fn a_code_beyond_a_byte_is_still_a_failure() {
        assert_eq!(Exit::of_program(0), Exit::SUCCESS);
        assert_eq!(Exit::of_program(137), Exit(137));
        assert_eq!(Exit::of_program(-1), Exit(255));
        assert_eq!(Exit::of_program(256), Exit(255));
    }
}
