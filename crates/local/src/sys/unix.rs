//! The platform surface on Unix.

pub mod detach;
pub mod endpoint;
pub mod files;
pub mod os_bytes;
