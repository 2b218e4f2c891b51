//! One tool in a directory of its own, with the sessions started in it.
//!
//! Nothing of the user's is read or written: home, state, sockets and configuration are all in
//! the directory. Dropping the arena ends whatever was started in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::stage::{Player, Stage};
use super::tool::{Setting, Tool};
use super::viewer::Viewer;
use super::{child, procfs, programs, reaper, sys};

/// A place for one tool during one measurement.
#[derive(Debug)]
pub(crate) struct Arena {
    setting: Setting,
    own_program: PathBuf,
}

/// A session: its child, and the terminal that shows it, if one does.
#[derive(Debug)]
pub(crate) struct Session {
    /// What it is called.
    pub(crate) name: String,
    /// The child.
    pub(crate) player: Player,
    /// When the command that started it was executed.
    pub(crate) begun: Duration,
    viewer: Option<Viewer>,
}

impl Session {
    /// Returns the terminal that shows the session.
    pub(crate) fn viewer(&mut self) -> &mut Viewer {
        self.viewer
            .as_mut()
            .expect("the session was started as watched")
    }

    /// Takes the terminal away from the session, to be read elsewhere or dropped.
    pub(crate) fn take_viewer(&mut self) -> Option<Viewer> {
        self.viewer.take()
    }
}

impl Arena {
    /// Makes a directory inside `parent`, and the configuration in it.
    pub(crate) fn open(tool: Tool, program: &Path, parent: &Path) -> Result<Self> {
        let dir = tempfile::tempdir_in(parent).context("cannot make a directory for a tool")?;
        let dir = dir.keep();
        sys::make_private(&dir).context("cannot make a directory private")?;
        let setting = Setting {
            tool,
            program: program.to_owned(),
            dir,
        };
        fs::create_dir(setting.work_dir()).context("cannot make a directory to work in")?;
        if let Some((path, text)) = setting.config() {
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(Self {
            setting,
            own_program: programs::own_copy(parent),
        })
    }

    /// Returns the tool.
    pub(crate) fn tool(&self) -> Tool {
        self.setting.tool
    }

    /// Returns the tool's directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.setting.dir
    }

    /// Returns the tool's program.
    pub(crate) fn program(&self) -> &Path {
        &self.setting.program
    }

    /// Returns the command line of a child that calls under `token`.
    pub(crate) fn player(&self, stage: &Stage, token: &str) -> Vec<String> {
        let program = self.own_program.to_string_lossy().into_owned();
        vec![
            program,
            child::NAME.to_owned(),
            "play".to_owned(),
            stage.port().to_string(),
            token.to_owned(),
        ]
    }

    /// Starts a session that nobody watches, and waits for its child. A bare terminal is always
    /// watched.
    pub(crate) fn start(&self, stage: &mut Stage) -> Result<Session> {
        let token = stage.token();
        let player = self.player(stage, &token);
        self.start_with(stage, &token, &player)
    }

    /// Starts `words` in a session called `token`, under which a child among them calls.
    pub(crate) fn start_with(
        &self,
        stage: &mut Stage,
        token: &str,
        words: &[String],
    ) -> Result<Session> {
        let command = self.private(self.setting.create(token, words));
        let (begun, viewer) = if self.tool() == Tool::Raw {
            let launch = format!("{token}-launch");
            let call = Some((stage.port(), launch.as_str()));
            let viewer = Viewer::start(&self.own_program, &command, call)?;
            (stage.player(&launch)?.started, Some(viewer))
        } else {
            (self.run(command)?, None)
        };
        Ok(Session {
            name: token.to_owned(),
            player: stage.player(token)?,
            begun,
            viewer,
        })
    }

    /// Starts a session whose child ends at once.
    pub(crate) fn start_ending(&self, name: &str) -> Result<()> {
        let command = self.private(self.setting.create(name, &["true".to_owned()]));
        self.run(command).map(drop)
    }

    /// Starts a session and a terminal that shows it, and waits until it shows what the child
    /// prints.
    pub(crate) fn start_watched(&self, stage: &mut Stage) -> Result<Session> {
        let mut session = self.start(stage)?;
        self.watch(&mut session)?;
        Ok(session)
    }

    /// Makes a terminal show the session, and waits until it shows what the child prints.
    pub(crate) fn watch(&self, session: &mut Session) -> Result<()> {
        const READY: &[u8] = b"~~READY~~";
        if session.viewer.is_none() {
            session.viewer = Some(self.attach(&session.name, None)?);
            // Some clear the screen a while after they have started.
            session.viewer().settle(Duration::from_millis(100))?;
        }
        let what = format!("print {}", child::encode(READY));
        session.player.tell(&what)?;
        session.viewer().until(READY)?;
        session.player.times::<1>()?;
        session.viewer().settle(Duration::from_millis(20))
    }

    /// Starts the program that shows a session, on a terminal of its own.
    pub(crate) fn attach(&self, name: &str, call: Option<(u16, &str)>) -> Result<Viewer> {
        let command = self.private(self.setting.attach(name));
        Viewer::start(&self.own_program, &command, call)
    }

    /// Runs the command that lists sessions; nothing for a tool that has none.
    pub(crate) fn list(&self) -> Result<Option<Duration>> {
        let Some(command) = self.setting.list() else {
            return Ok(None);
        };
        let mut command = self.private(command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let begun = sys::now();
        let output = command.output().context("cannot list the sessions")?;
        let took = sys::now() - begun;
        // `screen -ls` has always ended with 1, whatever it found.
        if !output.status.success() && self.tool() != Tool::Screen {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("cannot list the sessions: {}", said.trim());
        }
        Ok(Some(took))
    }

    /// Returns the processes of the tool itself: owners, servers, clients.
    pub(crate) fn processes(&self) -> Result<Vec<u32>> {
        if self.tool() == Tool::Raw {
            return Ok(Vec::new());
        }
        let program = fs::canonicalize(&self.setting.program).context("cannot find the tool")?;
        procfs::processes(|pid| {
            procfs::program(pid).as_ref() == Some(&program) && self.is_ours(pid)
        })
    }

    /// Tells whether a process was started here.
    ///
    /// Owners of abide keep no environment, but run a copy of the program that only this bench
    /// has, and it measures in one place at a time.
    fn is_ours(&self, pid: u32) -> bool {
        let own_copy = self.tool() == Tool::Abide;
        reaper::carries(pid, &self.setting.dir)
            || own_copy && reaper::runs_from(pid, &self.setting.program)
    }

    /// Adds what keeps a command inside this directory.
    pub(crate) fn private(&self, mut command: Command) -> Command {
        let dir = &self.setting.dir;
        command.current_dir(self.setting.work_dir());
        for name in [
            "TMUX",
            "TMUX_PANE",
            "STY",
            "ABIDE_SESSION",
            "DISPLAY",
            "XDG_RUNTIME_DIR",
        ] {
            command.env_remove(name);
        }
        command
            .env(reaper::VARIABLE, dir)
            .env("HOME", dir)
            .env("XDG_CONFIG_HOME", dir)
            .env("ABIDE_BACKEND", "owner")
            .env("ABIDE_STATE_DIR", dir.join("state"))
            .env("ABIDE_RUNTIME_DIR", dir.join("run"))
            .env("ABDUCO_SOCKET_DIR", dir)
            .env("SCREENDIR", dir)
            .env("TERM", "xterm-256color")
            .env("SHELL", "/bin/sh")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs a command to its end; returns when it was started.
    fn run(&self, mut command: Command) -> Result<Duration> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let name = self.tool().name();
        // Its errors go to a file: a pipe would be kept open by what it leaves behind.
        let path = self.setting.dir.join("errors");
        let errors = fs::File::create(&path).context("cannot make a file for errors")?;
        command.stderr(errors);
        let begun = sys::now();
        let status = command
            .status()
            .with_context(|| format!("cannot run {name}"))?;
        if !status.success() {
            let said = fs::read_to_string(&path).unwrap_or_default();
            bail!("{name} did not start a session: {}", said.trim());
        }
        Ok(begun)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let dir = &self.setting.dir;
        let ended = reaper::end_all(|pid| self.is_ours(pid));
        let removed = ended.and_then(|()| fs::remove_dir_all(dir).context("cannot remove it"));
        if let Err(err) = removed {
            eprintln!("cannot clean up {}: {err:#}", dir.display());
        }
    }
}
