//! The platform surface of this crate: private files, and text of the system as numbers.
//!
//! Both sides provide `create_private_dir`, `create_private_file`, `to_units` and `from_units`
//! with the same signatures.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use self::unix::{create_private_dir, create_private_file, from_units, to_units};
#[cfg(windows)]
pub(crate) use self::windows::{create_private_dir, create_private_file, from_units, to_units};
