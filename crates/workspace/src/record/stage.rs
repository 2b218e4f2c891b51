//! The stages of making and deleting a workspace, and how each one ended.

use std::fmt;

use abide_core::clock::Timestamp;

/// A stage of making or deleting a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Making: the branch and the worktree.
    MakeWorktree,
    /// Making: the main session.
    StartSession,
    /// Deleting: sessions are ended and their remains removed.
    StopSessions,
    /// Deleting: work that is nowhere else is kept in another place.
    KeepWork,
    /// Deleting: what is recorded in the worktree is kept in the state directory.
    KeepRecords,
    /// Deleting: the worktree is removed.
    RemoveWorktree,
    /// Deleting: the branch is removed.
    RemoveBranch,
    /// One of a newer release, as it was called there.
    Unknown(String),
}

const KNOWN: [Stage; 7] = [
    Stage::MakeWorktree,
    Stage::StartSession,
    Stage::StopSessions,
    Stage::KeepWork,
    Stage::KeepRecords,
    Stage::RemoveWorktree,
    Stage::RemoveBranch,
];

impl Stage {
    /// Returns the word under which it is stored and shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::MakeWorktree => "make-worktree",
            Self::StartSession => "start-session",
            Self::StopSessions => "stop-sessions",
            Self::KeepWork => "keep-work",
            Self::KeepRecords => "keep-records",
            Self::RemoveWorktree => "remove-worktree",
            Self::RemoveBranch => "remove-branch",
            Self::Unknown(word) => word,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for Stage {
    fn from(word: String) -> Self {
        let known = KNOWN.into_iter().find(|stage| stage.as_str() == word);
        known.unwrap_or(Self::Unknown(word))
    }
}

/// How a stage ended, if it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageOutcome {
    /// It goes on, or its process ended in it and nobody looked since.
    Running,
    /// It did what it is for.
    Done,
    /// It did not.
    Failed {
        /// Why not.
        problem: String,
    },
    /// Its process ended in it.
    Interrupted,
}

impl StageOutcome {
    /// Returns the word under which it is stored and shown.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed { .. } => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Returns why the stage failed, if it did.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Failed { problem } => Some(problem),
            Self::Running | Self::Done | Self::Interrupted => None,
        }
    }

    /// Reads what was stored; a word that is not known here tells of no success.
    pub(crate) fn stored(word: &str, problem: Option<String>) -> Self {
        match word {
            "running" => Self::Running,
            "done" => Self::Done,
            "interrupted" => Self::Interrupted,
            other => Self::Failed {
                problem: problem.unwrap_or_else(|| other.to_owned()),
            },
        }
    }
}

/// A stage that the making or deleting of a workspace went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRecord {
    /// The stage.
    pub stage: Stage,
    /// How it ended.
    pub outcome: StageOutcome,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended, if that is known.
    pub ended_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_read_as_it_was_written_and_a_newer_one_is_kept() {
        for stage in KNOWN {
            assert_eq!(Stage::from(stage.as_str().to_owned()), stage);
        }
        let newer = Stage::from("ask-a-person".to_owned());
        assert_eq!(newer.as_str(), "ask-a-person");
    }
}
