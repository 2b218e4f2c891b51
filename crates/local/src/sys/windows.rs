//! The platform surface on Windows, where it has two modules more.

pub mod account;
pub mod detach;
pub mod endpoint;
pub mod files;
pub mod handle;
pub mod os_bytes;
