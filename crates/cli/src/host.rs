//! What the machine gives: a shell, directories, the name of a terminal, what a logout does.

mod sys;

pub(crate) use self::sys::{
    absolute_dir, default_shell, lingering, name_case, permissions, private_runtime_dir,
    terminal_name,
};

/// What becomes of a user's processes when the user logs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lingering {
    /// They go on.
    Enabled,
    /// The system may end them; it depends on its settings.
    Disabled,
    /// It cannot be told.
    Unknown,
}
