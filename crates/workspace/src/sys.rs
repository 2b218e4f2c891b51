//! The platform surface of this crate: private files, text of the system as numbers, and what the
//! system says of files in a tree.
//!
//! Both sides provide `create_private_dir`, `create_private_file`, `sync_dir`, `to_units` and
//! `from_units`, and in `tree` `entry`, `open_plain`, `tree_path` and `relative_path`, with the same
//! signatures.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use self::unix::{
    create_private_dir, create_private_file, from_units, sync_dir, to_units, tree,
};
#[cfg(windows)]
pub(crate) use self::windows::{
    create_private_dir, create_private_file, from_units, sync_dir, to_units, tree,
};
