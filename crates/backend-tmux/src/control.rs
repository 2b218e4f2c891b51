//! One control-mode client: tmux's way to be looked at by a program.

mod client;
pub(crate) mod octal;
pub(crate) mod parse;

pub(crate) use self::client::ControlClient;
