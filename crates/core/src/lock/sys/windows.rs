//! By what the system says of two handles; a path has to be opened for that.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

use same_file::Handle;

/// Tells whether `path` leads to the file; an error of the kind `NotFound` if it leads nowhere.
pub(in crate::lock) fn leads_to(path: &Path, file: &File) -> io::Result<bool> {
    let held = Handle::from_file(file.try_clone()?)?;
    Ok(Handle::from_path(path)? == held)
}

/// Does nothing: access is inherited from the directory.
pub(in crate::lock) fn make_private(_options: &mut OpenOptions) {}
