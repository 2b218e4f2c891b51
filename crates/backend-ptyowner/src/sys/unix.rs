//! The platform surface on Unix.

pub(crate) mod endpoint;
pub(crate) mod exec;
pub(crate) mod lent;
pub(crate) mod process;
pub(crate) mod pty;
pub(crate) mod shutdown;
mod spawn;
pub(crate) mod tree;
pub(crate) mod watch;

pub(crate) use abide_local::{detach, files, os_bytes};
