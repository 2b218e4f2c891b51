//! Whether the directories of workspaces are there. What cannot be told counts as there.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::timeout;

use crate::{
    error::WorkspaceError,
    record::{Workspace, WorkspaceState},
};

/// Time for a list to be told which directories are gone. One look takes a microsecond or two, but
/// for ever where a file system does not answer.
const LOOK_DEADLINE: Duration = Duration::from_millis(100);

/// Most looks of a process at a time, hanging ones included; one more sees every directory there.
const MAX_LOOKS: usize = 16;

/// Looks that have not ended.
static LOOKS: AtomicUsize = AtomicUsize::new(0);

/// Refuses a workspace whose directory is not there any more. One of which that cannot be told, or
/// that is being made or deleted, passes.
///
/// # Errors
///
/// [`WorkspaceError::DirectoryGone`].
pub fn check_dir(workspace: &Workspace) -> Result<(), WorkspaceError> {
    match is_settled(workspace) {
        true => refuse_gone(workspace),
        false => Ok(()),
    }
}

/// Tells whether a workspace should have its directory.
pub(super) fn is_settled(workspace: &Workspace) -> bool {
    match workspace.state {
        WorkspaceState::Ready => true,
        WorkspaceState::Creating | WorkspaceState::Deleting | WorkspaceState::Error => false,
    }
}

/// Tells whether there is no directory of that path; false if that cannot be told.
pub(super) fn is_gone(dir: &Path) -> bool {
    match std::fs::metadata(dir) {
        Ok(metadata) => !metadata.is_dir(),
        Err(err) => matches!(
            err.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        ),
    }
}

/// Refuses to do what needs a workspace's directory, if that is gone.
pub(super) fn refuse_gone(workspace: &Workspace) -> Result<(), WorkspaceError> {
    match is_gone(&workspace.dir) {
        false => Ok(()),
        true => Err(WorkspaceError::DirectoryGone {
            name: workspace.name.clone(),
            dir: workspace.dir.clone(),
        }),
    }
}

/// Tells of each directory whether it is gone, in their order. Those behind one that the system
/// takes too long for count as there.
pub(super) async fn gone_among(dirs: Vec<PathBuf>) -> Vec<bool> {
    let gone: Arc<[AtomicBool]> = dirs.iter().map(|_| AtomicBool::new(false)).collect();
    let has_room = LOOKS.fetch_add(1, Ordering::SeqCst) < MAX_LOOKS;
    if !has_room || dirs.is_empty() {
        LOOKS.fetch_sub(1, Ordering::SeqCst);
    } else {
        let told = Arc::clone(&gone);
        let look = tokio::task::spawn_blocking(move || {
            for (dir, gone) in dirs.iter().zip(&*told) {
                gone.store(is_gone(dir), Ordering::SeqCst);
            }
            LOOKS.fetch_sub(1, Ordering::SeqCst);
        });
        // One that hangs goes on by itself; what it found until then counts.
        let _ = timeout(LOOK_DEADLINE, look).await;
    }
    gone.iter()
        .map(|gone| gone.load(Ordering::SeqCst))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_removed_or_no_directory_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        std::fs::write(&file, "").unwrap();
        let dirs = vec![
            root.path().to_owned(),
            root.path().join("none"),
            file.clone(),
            file.join("below"),
            root.path().join("."),
        ];
        assert_eq!(gone_among(dirs).await, [false, true, true, true, false]);
        assert!(gone_among(Vec::new()).await.is_empty());
    }
}
