//! Private directories and files.
//!
//! A directory made here belongs to this user, and it and all that will be in it are open to this
//! user and the system alone, whatever the directories above it say. Files need no access list of
//! their own.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{self, Seek as _, Write as _},
    os::windows::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use interprocess::os::windows::security_descriptor::AsSecurityDescriptor as _;
use windows_sys::Win32::{
    Security::SECURITY_ATTRIBUTES,
    Storage::FileSystem::{
        CreateDirectoryW, FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS,
        FILE_FLAG_OPEN_REPARSE_POINT, READ_CONTROL,
    },
};

use super::{
    account,
    handle::{check, terminated},
};

/// Extensions of what the system itself can start; the others of `PATHEXT` need an interpreter.
const STARTABLE: [&str; 4] = ["com", "exe", "bat", "cmd"];

/// What stands in `PATHEXT` where the variable is missing.
const DEFAULT_PATHEXT: &str = ".COM;.EXE;.BAT;.CMD";

/// How often a file is moved anew because somebody deleted the directory that it moves to.
const MOVE_ATTEMPTS: usize = 10;

/// Makes the directory and those above it, private to this user, unless they exist; then checks it.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    create_missing(&std::path::absolute(path)?)?;
    check_private_dir(path)
}

fn create_missing(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        create_missing(above)?;
    }
    match create_one(path) {
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn create_one(path: &Path) -> io::Result<()> {
    let descriptor = account::private_dir(&account::own()?)?;
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.as_sd().cast_mut(),
        bInheritHandle: 0,
    };
    let path = terminated(verbatim(path).as_os_str())?;
    // SAFETY: the path ends in zero; the descriptor is whole and outlives the call.
    check(unsafe { CreateDirectoryW(path.as_ptr(), &raw const attributes) })
}

/// Returns an absolute path in the form whose length the system does not limit.
fn verbatim(path: &Path) -> PathBuf {
    let Some(text) = path.to_str() else {
        return path.to_owned();
    };
    match text.strip_prefix(r"\\") {
        Some(rest) if rest.starts_with(['?', '.']) => path.to_owned(),
        Some(share) => format!(r"\\?\UNC\{share}").into(),
        None => format!(r"\\?\{text}").into(),
    }
}

/// Checks that the path is a directory, not a link to one, of this user.
///
/// One that somebody else could have put there is refused. Who else has access to one that this
/// user made by other means is not asked: what is made in it here is closed to them.
pub fn check_private_dir(path: &Path) -> io::Result<()> {
    let dir = fs::OpenOptions::new()
        .access_mode(READ_CONTROL)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)?;
    let refuse = |reason: String| Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    let meta = fs::symlink_metadata(path)?;
    if meta.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return refuse("it is a link to another place".into());
    }
    if !meta.is_dir() {
        return refuse("it is not a directory".into());
    }
    let user = account::own()?;
    let owner = account::owner_of(&dir)?;
    if ![&*user, account::ADMINISTRATORS, account::SYSTEM].contains(&&*owner) {
        return refuse(format!(
            "it belongs to account {owner}, not to you (account {user})"
        ));
    }
    Ok(())
}

/// Gives a directory that is to be deleted another name, with all that is in it.
///
/// A directory in which a file is open cannot be renamed here, an open file can. So the files move
/// one by one, those of a directory in it too, the locks that say that somebody is at work last of all: `owner.lock`, then
/// `start.lock`. Whoever comes then may already use the directory, which stays in that case.
pub fn retire_dir(path: &Path, retired: &Path) -> io::Result<()> {
    let mut names = fs::read_dir(path)?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    let is_lock = |name: &OsString| Path::new(name).extension() == Some(OsStr::new("lock"));
    names.sort_by_key(|name| (is_lock(name), name.clone()));
    for name in names {
        let (from, to) = (path.join(&name), retired.join(&name));
        match fs::symlink_metadata(&from)?.is_dir() {
            true => retire_dir(&from, &to)?,
            false => move_file(&from, retired, &name)?,
        }
    }
    match fs::remove_dir(path) {
        Err(err) if err.kind() != io::ErrorKind::DirectoryNotEmpty => Err(err),
        _ => Ok(()),
    }
}

/// Moves a file into a directory that others may delete at any moment, since it is retired.
fn move_file(from: &Path, retired: &Path, name: &OsStr) -> io::Result<()> {
    let mut attempts = 0..MOVE_ATTEMPTS;
    loop {
        create_private_dir(retired)?;
        match fs::rename(from, retired.join(name)) {
            Err(err) if err.kind() == io::ErrorKind::NotFound && attempts.next().is_some() => {}
            other => return other,
        }
    }
}

/// Opens a private file that is written at its end.
pub fn open_private_log(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().create(true).append(true).open(path)
}

/// Makes a private file that is not there yet.
pub fn create_private_file(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(path)
}

/// Opens a private file that is written over from its start; makes it if it is missing.
pub fn open_private_file(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path)
}

/// Writes over the beginning of a file.
pub fn write_at_start(mut file: &fs::File, bytes: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(bytes)
}

/// Waits until what was written to the file is on the disk.
pub fn sync_file(path: &Path) -> io::Result<()> {
    // Only a handle that may write can be flushed.
    std::fs::OpenOptions::new()
        .write(true)
        .open(path)?
        .sync_data()
}

/// Does nothing: the file system keeps a journal of its names, and a directory cannot be synced.
pub fn sync_dir(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Tells whether this user may go into the directory; its first process finds out.
pub fn check_enterable(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Tells whether the file at the path is a program that the system can start.
///
/// Windows has no right to execute that is worth asking for: the name decides.
pub fn check_executable(path: &Path) -> io::Result<()> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if !is_startable(path) {
        let known = STARTABLE.join(", .");
        return Err(io::Error::other(format!(
            "its name ends in none of .{known}"
        )));
    }
    Ok(())
}

/// Names under which a program of this name may be found in a directory.
pub fn program_names(name: &OsStr) -> Vec<OsString> {
    names_with(name, std::env::var_os("PATHEXT").as_deref())
}

/// Returns the name itself if it is whole, then the name with each extension, in their order.
fn names_with(name: &OsStr, extensions: Option<&OsStr>) -> Vec<OsString> {
    let whole = is_startable(Path::new(name)).then(|| name.to_owned());
    let extensions = extensions
        .unwrap_or(OsStr::new(DEFAULT_PATHEXT))
        .to_string_lossy();
    let completed = extensions
        .split(';')
        .filter(|extension| is_startable(Path::new(&format!("x{extension}"))))
        .map(|extension| {
            let mut name = name.to_owned();
            name.push(extension);
            name
        });
    whole.into_iter().chain(completed).collect()
}

fn is_startable(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        STARTABLE
            .iter()
            .any(|startable| extension.eq_ignore_ascii_case(startable))
    })
}

#[cfg(test)]
mod tests {
    use abide_core::lock::{KernelLock, LockState};

    use super::*;

    fn names(name: &str, extensions: Option<&str>) -> Vec<OsString> {
        names_with(OsStr::new(name), extensions.map(OsStr::new))
    }

    /// proves O3
    #[test]
    fn a_name_is_completed_by_the_extensions_that_can_be_started() {
        let found = names("git", Some(".COM;.EXE;.VBS;.js;.Cmd;"));
        assert_eq!(found, ["git.COM", "git.EXE", "git.Cmd"]);
        assert_eq!(
            names("git", None),
            ["git.COM", "git.EXE", "git.BAT", "git.CMD"]
        );
    }

    /// proves O3
    #[test]
    fn only_a_name_that_can_be_started_is_tried_as_it_is() {
        assert_eq!(names("npm.cmd", Some(".EXE")), ["npm.cmd", "npm.cmd.EXE"]);
        assert_eq!(names("python3.11", Some(".EXE")), ["python3.11.EXE"]);
    }

    #[test]
    fn a_long_path_is_written_so_that_the_system_takes_it() {
        let verbatim = |path| verbatim(Path::new(path));
        assert_eq!(verbatim(r"C:\a").as_os_str(), r"\\?\C:\a");
        assert_eq!(
            verbatim(r"\\server\share\a").as_os_str(),
            r"\\?\UNC\server\share\a"
        );
        assert_eq!(verbatim(r"\\?\C:\a").as_os_str(), r"\\?\C:\a");
        assert_eq!(verbatim(r"\\.\pipe\a").as_os_str(), r"\\.\pipe\a");
    }

    #[test]
    fn a_private_directory_is_made_with_those_above_it_and_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir
            .path()
            .join("a")
            .join("b")
            .join("x".repeat(200))
            .join("y".repeat(100));
        create_private_dir(&deep).unwrap();
        create_private_dir(&deep).unwrap();
        fs::write(deep.join("file"), "text").unwrap();
        assert_eq!(fs::read(deep.join("file")).unwrap(), b"text");
    }

    #[test]
    fn a_directory_is_retired_while_its_locks_are_held() {
        let root = tempfile::tempdir().unwrap();
        let (dir, retired) = (root.path().join("dir"), root.path().join("retired"));
        create_private_dir(&dir).unwrap();
        fs::write(dir.join("file"), "text").unwrap();
        create_private_dir(&dir.join("below")).unwrap();
        let open = fs::File::create(dir.join("below").join("open")).unwrap();
        let lock = KernelLock::acquire(&dir.join("start.lock")).unwrap();
        retire_dir(&dir, &retired).unwrap();
        assert!(!dir.exists());
        assert_eq!(fs::read(retired.join("file")).unwrap(), b"text");
        let state = KernelLock::look(&retired.join("start.lock")).unwrap();
        assert_eq!(state, LockState::Held);
        assert!(retired.join("below").join("open").exists());
        drop((lock, open));
        let absent = retire_dir(&dir, &retired).unwrap_err();
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_file_is_no_private_directory() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let refused = check_private_dir(&file).unwrap_err();
        assert!(refused.to_string().contains("not a directory"), "{refused}");
        assert!(create_private_dir(&file.join("below")).is_err());
    }

    /// proves O3
    #[test]
    fn what_cannot_be_started_is_no_program() {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("script.sh");
        fs::write(&script, "").unwrap();
        let refused = check_executable(&script).unwrap_err();
        assert!(refused.to_string().contains(".exe"), "{refused}");
        assert!(
            check_executable(dir.path())
                .unwrap_err()
                .to_string()
                .contains("not a file")
        );
        check_executable(&std::env::current_exe().unwrap()).unwrap();
    }
}
