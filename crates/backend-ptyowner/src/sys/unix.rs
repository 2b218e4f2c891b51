//! The platform surface on Unix.

pub(crate) mod detach;
pub(crate) mod endpoint;
pub(crate) mod exec;
pub(crate) mod files;
pub(crate) mod lent;
pub(crate) mod os_bytes;
pub(crate) mod process;
pub(crate) mod pty;
pub(crate) mod shutdown;
mod spawn;
pub(crate) mod tree;
pub(crate) mod watch;
