//! The platform surface: every function that both sides provide, under the same names and with
//! the same signatures.
//!
//! | module | what it does |
//! |---|---|
//! | `detach` | makes the process belong to nobody; starts one that will |
//! | `endpoint` | local sockets and named pipes: bind, connect, check the caller, clean up |
//! | `files` | private directories and files |
//! | `os_bytes` | paths and variables as bytes |

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use self::unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use self::windows::*;
