//! What the machine gives: a shell, directories, the name of a terminal, what a logout does, and
//! whether there can be a tmux.

mod sys;

pub(crate) use self::sys::{
    absolute_dir, default_shell, lingers, logout_ends_processes, may_have_tmux, name_case,
    permissions, private_runtime_dir, terminal_name,
};
