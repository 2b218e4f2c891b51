//! The platform surface of this crate: private files, text of the system as numbers, and what the
//! system says of files in a tree and of a process.
//!
//! Both sides provide `create_private_dir`, `create_private_subdir`, `create_private_file`, `create_new_private_file`,
//! `is_own`, `close_to_others`, `sync_dir`, `to_units`, `from_units`, `check_executable`,
//! `program_names` and `process_facts`, for what git is asked `text_of_bytes`, `git_mode`,
//! `real_path`, `make_removable` and `ask_to_end`, in `tree` `entry`, `open_plain`, `plain`,
//! `tree_path` and `relative_path`, in `place` `machine`, `boot`, `host`, `user`, `started` and
//! `uptime_millis`, and in `wake` `Woken` and `ring`, with the same signatures.

use std::path::PathBuf;

use abide_core::backend::Command;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use self::unix::{
    ask_to_end, check_executable, close_to_others, create_new_private_file, create_private_dir,
    create_private_file, create_private_subdir, from_units, git_mode, is_own, make_removable,
    place, process_facts, program_names, real_path, sync_dir, text_of_bytes, to_units, tree, wake,
};
#[cfg(windows)]
pub(crate) use self::windows::{
    ask_to_end, check_executable, close_to_others, create_new_private_file, create_private_dir,
    create_private_file, create_private_subdir, from_units, git_mode, is_own, make_removable,
    place, process_facts, program_names, real_path, sync_dir, text_of_bytes, to_units, tree, wake,
};

/// What the system tells of a process, as far as it does.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProcessFacts {
    /// The directory that it is in.
    pub(crate) dir: Option<PathBuf>,
    /// What it runs.
    pub(crate) command: Option<Command>,
    /// Those variables of its environment that were asked for, as it was started with them.
    pub(crate) variables: Vec<(&'static str, String)>,
}

impl ProcessFacts {
    /// Returns the value of a variable that was asked for.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let mut variables = self.variables.iter();
        variables
            .find(|(candidate, _)| *candidate == name)
            .map(|(_, value)| value.as_str())
    }
}
