//! The platform surface of [`super`]; both sides provide the same functions.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use self::unix::{
    absolute_dir, default_shell, lingers, logout_ends_processes, may_have_tmux, name_case,
    permissions, private_runtime_dir, terminal_name,
};
#[cfg(windows)]
pub(crate) use self::windows::{
    absolute_dir, default_shell, lingers, logout_ends_processes, may_have_tmux, name_case,
    permissions, private_runtime_dir, terminal_name,
};
