//! The copy of the program that owners run from.
//!
//! The file of a running program cannot be replaced, and an owner runs for weeks. So owners run from
//! a copy in the user's local data, one for each build of the program, and the installed file is
//! free for an upgrade. The copy stands alone: libraries beside the program are not copied.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use abide_core::{
    clock::{Clock as _, SystemClock},
    id,
};
use tracing::debug;

use super::super::{files, os_bytes};

/// Age at which a copy of another build is removed, unless it runs.
const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Length of the part of a name that stands for the build, in bytes.
const BUILD_BYTES: usize = 8;

/// What tells one build of a program from another.
#[derive(Debug, Clone, Copy)]
struct Build<'a> {
    program: &'a Path,
    length: u64,
    modified: Duration,
}

/// Returns the path of a copy of the program that stays as it is, or the program itself where no
/// copy can be made: then an upgrade has to wait for the owner, and nothing else is lost.
pub(super) fn lasting(program: &Path) -> PathBuf {
    let Some(dir) = std::env::var_os("LOCALAPPDATA") else {
        return program.to_owned();
    };
    let dir = PathBuf::from(dir).join("abide").join("programs");
    copied(program, &dir).unwrap_or_else(|err| {
        debug!(error = %err, "cannot copy the program; the owner runs from the installed one");
        program.to_owned()
    })
}

fn copied(program: &Path, dir: &Path) -> io::Result<PathBuf> {
    if program.starts_with(dir) {
        return Ok(program.to_owned());
    }
    let meta = fs::metadata(program)?;
    let build = Build {
        program,
        length: meta.len(),
        modified: since_epoch(meta.modified()?),
    };
    let copy = dir.join(copy_name(build));
    if copy.is_file() {
        return Ok(copy);
    }
    files::create_private_dir(dir)?;
    make(program, &copy)?;
    remove_old(dir, &copy);
    Ok(copy)
}

/// Returns the name of a build's copy. It ends in `.exe` whatever the program's does.
fn copy_name(build: Build<'_>) -> String {
    let mut hash = blake3::Hasher::new();
    hash.update(&os_bytes::to_bytes(build.program.as_os_str()));
    hash.update(&build.length.to_le_bytes());
    hash.update(&build.modified.as_nanos().to_le_bytes());
    let hash = id::to_hex(&hash.finalize().as_bytes()[..BUILD_BYTES]);
    let stem = build
        .program
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    format!("{stem}-{}-{hash}.exe", env!("CARGO_PKG_VERSION"))
}

/// Copies under a name of its own first, so that nobody ever starts half a program.
fn make(program: &Path, copy: &Path) -> io::Result<()> {
    let partial = copy.with_extension(format!("{}.tmp", id::to_hex(&id::random_bytes::<8>())));
    let made = fs::copy(program, &partial).and_then(|_| fs::rename(&partial, copy));
    match made {
        Err(err) => {
            // Where another launcher was faster, its copy runs already and cannot be replaced.
            let _ = fs::remove_file(&partial);
            if copy.is_file() { Ok(()) } else { Err(err) }
        }
        Ok(()) => Ok(()),
    }
}

/// Removes the copies of other builds that are old. One that runs stays: the system keeps it.
fn remove_old(dir: &Path, current: &Path) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    let now = Duration::from_millis(SystemClock.now().as_millis());
    for entry in entries.flatten().filter(|entry| entry.path() != current) {
        let created = entry.metadata().and_then(|meta| meta.created());
        if created.is_ok_and(|created| is_old(since_epoch(created), now)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_old(created: Duration, now: Duration) -> bool {
    MAX_AGE < now.saturating_sub(created)
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(program: &str, length: u64, modified_nanos: u64) -> String {
        copy_name(Build {
            program: Path::new(program),
            length,
            modified: Duration::from_nanos(modified_nanos),
        })
    }

    /// proves E4
    #[test]
    fn every_build_of_a_program_has_a_copy_of_its_own() {
        let one = name(r"C:\bin\abide.exe", 10, 5);
        assert!(
            one.starts_with(concat!("abide-", env!("CARGO_PKG_VERSION"), "-")),
            "{one}"
        );
        assert!(one.ends_with(".exe"), "{one}");
        assert_eq!(one, name(r"C:\bin\abide.exe", 10, 5));
        for other in [
            name(r"C:\bin\abide.exe", 11, 5),
            name(r"C:\bin\abide.exe", 10, 6),
            name(r"D:\bin\abide.exe", 10, 5),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_copy_is_old_after_its_time_and_never_before_it_was_made() {
        let day = Duration::from_secs(24 * 60 * 60);
        assert!(!is_old(day, day * 31));
        assert!(is_old(day, day * 31 + Duration::from_nanos(1)));
        assert!(!is_old(day * 100, day));
    }

    /// proves E4
    #[test]
    fn a_program_is_copied_once_and_its_copy_is_not_copied_again() {
        let root = tempfile::tempdir().unwrap();
        let (program, dir) = (root.path().join("tool.exe"), root.path().join("copies"));
        fs::write(&program, "first").unwrap();
        let copy = copied(&program, &dir).unwrap();
        assert_eq!(fs::read(&copy).unwrap(), b"first");
        assert_eq!(copied(&program, &dir).unwrap(), copy);
        assert_eq!(copied(&copy, &dir).unwrap(), copy);
        fs::write(&program, "second build").unwrap();
        let second = copied(&program, &dir).unwrap();
        assert_eq!(fs::read(&second).unwrap(), b"second build");
        assert_eq!(fs::read(&copy).unwrap(), b"first");
        assert_eq!(
            fs::read_dir(&dir).unwrap().count(),
            2,
            "nothing half-made stays"
        );
    }
}
