//! The platform surface on Windows.

pub(crate) mod endpoint;
pub(crate) mod exec;
mod gate;
pub(crate) mod lent;
pub(crate) mod process;
pub(crate) mod pty;
pub(crate) mod shutdown;
pub(crate) mod tree;
pub(crate) mod watch;

use abide_local::handle;
pub(crate) use abide_local::{detach, files, os_bytes};
