//! Makes the owner belong to nobody: own session, no terminal, no descriptor of its launcher.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::fd::{AsFd as _, AsRawFd as _},
    path::Path,
    process::{Command, Stdio},
};

/// Returns the commands that start a new owner, ready for its standard input and output, the best
/// first. The next is tried if one ends without a word.
///
/// Where the user's systemd instance outlives the user's logins (`loginctl enable-linger`), the
/// owner gets a scope of its own there, out of reach of the end of the login that it was started
/// from. Where it does not, such a scope would end with the last login, and a plain process
/// outlives it unless the system kills what users leave behind (logind.conf(5),
/// `KillUserProcesses=`).
pub fn helper_commands(program: &Path, args: &[&str]) -> Vec<Command> {
    let scope = scope_words(
        std::env::var_os("XDG_RUNTIME_DIR").as_deref(),
        std::env::var_os("USER")
            .as_deref()
            .map(|user| Path::new(LINGER_DIR).join(user))
            .as_deref(),
        find_in_path("systemd-run").as_deref(),
    );
    let in_scope = scope.map(|words| {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(program);
        command
    });
    let mut commands: Vec<Command> = in_scope
        .into_iter()
        .chain([Command::new(program)])
        .collect();
    for command in &mut commands {
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
    }
    commands
}

/// Holds a file for each user whose systemd instance outlives the user's logins.
const LINGER_DIR: &str = "/var/lib/systemd/linger";

/// Returns the words to put before a program so that it runs in its own scope, if this user has an
/// instance of systemd and it stays.
fn scope_words(
    runtime_dir: Option<&OsStr>,
    linger_file: Option<&Path>,
    systemd_run: Option<&Path>,
) -> Option<Vec<OsString>> {
    let private_socket = Path::new(runtime_dir?).join("systemd/private");
    if !private_socket.exists() || !linger_file?.exists() {
        return None;
    }
    let mut words = vec![systemd_run?.as_os_str().to_owned()];
    words.extend(["--user", "--scope", "--quiet", "--collect", "--"].map(OsString::from));
    Some(words)
}

fn find_in_path(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|candidate| super::files::check_executable(candidate).is_ok())
}

/// Tells whether a variable of that name is the known one.
pub fn is_variable(name: &OsStr, known: &str) -> bool {
    name == known
}

/// Lets go of the process that was spawned: it ends as soon as the owner has left it.
pub async fn let_go(mut spawned: tokio::process::Child) -> io::Result<()> {
    spawned.wait().await?;
    Ok(())
}

/// Closes every descriptor but the standard three.
///
/// Must be called before anything else opens one that is to stay.
pub fn close_inherited() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let open: Vec<i32> = match std::fs::read_dir("/dev/fd") {
        Ok(entries) => entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect(),
        Err(_) => (3..i32::try_from(limit.unwrap_or(1024)).unwrap_or(1024)).collect(),
    };
    for fd in open.into_iter().filter(|fd| 2 < *fd) {
        // SAFETY: this process has just begun and holds no descriptor of its own beyond the
        // standard three; the one that listed the directory is closed already.
        unsafe { libc::close(fd) };
    }
}

/// Leaves the launcher's session, process group and directory; the caller goes on in a new
/// process whose parent is not the launcher.
///
/// Must be called while the process has one thread.
pub fn leave_launcher() -> io::Result<()> {
    // SAFETY: the process has one thread, so the copy is whole; the parent calls only `_exit`.
    let pid = unsafe { libc::fork() };
    match pid {
        -1 => return Err(io::Error::last_os_error()),
        0 => {}
        // SAFETY: ends this copy at once; nothing here needs to be cleaned up.
        _ => unsafe { libc::_exit(0) },
    }
    rustix::process::setsid()?;
    rustix::process::chdir("/")?;
    ignore_signals();
    Ok(())
}

/// Ignores what is meant for somebody at a terminal, which the owner has none of, and what would end
/// it for nothing; so is SIGXFSZ, with which a full disk would be deadly. Only being told to end counts (`shutdown`).
fn ignore_signals() {
    let ignored = [
        libc::SIGHUP,
        libc::SIGINT,
        libc::SIGPIPE,
        libc::SIGUSR1,
        libc::SIGUSR2,
        libc::SIGXFSZ,
    ];
    for signal in ignored {
        // SAFETY: ignoring a signal is always sound; the child gets the defaults back.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Returns standard input as a file of its own, which stays when standard input is pointed elsewhere.
///
/// # Errors
///
/// When there is none.
pub fn own_input() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Returns standard output as a file of its own, which stays when standard output is pointed
/// elsewhere.
///
/// # Errors
///
/// When there is none.
pub fn own_output() -> io::Result<File> {
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Points standard input at nothing and standard error at the log.
pub fn redirect_input_and_errors(log: &File) -> io::Result<()> {
    let null = File::open("/dev/null")?;
    replace(null.as_raw_fd(), 0)?;
    replace(log.as_raw_fd(), 2)
}

/// Points standard output at the log, which closes the pipe to the launcher.
pub fn redirect_output(log: &File) -> io::Result<()> {
    replace(log.as_raw_fd(), 1)
}

fn replace(from: i32, to: i32) -> io::Result<()> {
    // SAFETY: `from` is open; `to` is one of the standard three, which nothing here owns.
    match unsafe { libc::dup2(from, to) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves E4
    #[test]
    fn the_owner_gets_a_scope_only_where_the_users_systemd_outlives_the_login() {
        let dir = tempfile::tempdir().unwrap();
        let runtime = Some(dir.path().as_os_str());
        let linger = dir.path().join("linger");
        let run = Some(Path::new("/usr/bin/systemd-run"));
        assert_eq!(scope_words(runtime, Some(&linger), run), None);
        std::fs::create_dir(dir.path().join("systemd")).unwrap();
        std::fs::write(dir.path().join("systemd/private"), "").unwrap();
        assert_eq!(scope_words(runtime, Some(&linger), run), None);
        std::fs::write(&linger, "").unwrap();
        let words = scope_words(runtime, Some(&linger), run).unwrap();
        assert_eq!(words[0], "/usr/bin/systemd-run");
        assert!(words.contains(&"--scope".into()) && words.last().unwrap() == "--");
        assert_eq!(scope_words(runtime, Some(&linger), None), None);
        assert_eq!(scope_words(runtime, None, run), None);
        assert_eq!(scope_words(None, Some(&linger), run), None);
    }
}
