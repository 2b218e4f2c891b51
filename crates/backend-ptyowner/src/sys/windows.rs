//! The platform surface on Windows.

mod account;
pub(crate) mod detach;
pub(crate) mod endpoint;
pub(crate) mod exec;
pub(crate) mod files;
mod gate;
mod handle;
pub(crate) mod lent;
pub(crate) mod os_bytes;
pub(crate) mod process;
pub(crate) mod pty;
pub(crate) mod shutdown;
pub(crate) mod tree;
pub(crate) mod watch;
