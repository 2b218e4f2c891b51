//! Windows, where there is no tmux.

/// Starts the command as it is.
pub(crate) fn in_own_group(_command: &mut std::process::Command) {}

/// Leaves the command as it is.
pub(crate) fn end_with_parent(_command: &mut std::process::Command) {}

/// A run by itself.
#[derive(Debug)]
pub(crate) struct Group;

impl Group {
    pub(crate) fn of(_leader: Option<u32>) -> Self {
        Self
    }

    pub(crate) fn leave(self) {}
}

/// Tells whether tmux can be had on this system.
pub(crate) fn is_supported() -> bool {
    false
}

/// Makes a file that is not there yet, with this content.
pub(crate) fn write_private(path: &std::path::Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(path)?;
    file.write_all(content)
}

/// Reads a file.
pub(crate) fn read_private(path: &std::path::Path, _max_bytes: u64) -> std::io::Result<Vec<u8>> {
    std::fs::read(path)
}

/// Returns text of the system's own.
pub(crate) fn os_string(bytes: &[u8]) -> std::ffi::OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Says that there is no tmux.
fn no_tmux() -> std::io::Error {
    std::io::Error::new(
        std::io::ErrorKind::Unsupported,
        "there is no tmux on this system",
    )
}

/// Fails: there is no tmux.
pub(crate) fn step_back() -> std::io::Result<()> {
    Err(no_tmux())
}

/// Fails: there is no tmux.
pub(crate) fn spawn_leader(
    _command: std::process::Command,
    _note_start: Vec<u8>,
) -> std::io::Result<u32> {
    Err(no_tmux())
}

/// Fails: there is no tmux.
pub(crate) fn reap_until(_child: u32) -> std::io::Result<abide_core::backend::ExitOutcome> {
    Err(no_tmux())
}

/// Waits for nothing.
pub(crate) fn reap_all() {}

/// Fails: there is no tmux.
pub(crate) fn print(_bytes: &[u8]) -> std::io::Result<()> {
    Err(no_tmux())
}

/// Ends this process.
pub(crate) fn end_like(outcome: &abide_core::backend::ExitOutcome) -> ! {
    std::process::exit(outcome.shell_code())
}
