//! A place with a tmux server of its own, which is seen to be gone afterwards.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use abide_backend_ptyowner::Helper;
use abide_backend_tmux::{TmuxBackend, TmuxSettings};
use abide_core::{
    backend::{
        CaptureFormat, CaptureRequest, Command as SessionCommand, Ended, Ensured, Running,
        SessionSpec, SessionState, TerminalBackend as _,
    },
    id::SessionId,
};
use abide_testkit::{
    conformance::{eventually, within},
    env::TestEnv,
    programs, sys,
};

/// Which tmux the tests use.
pub(crate) fn tmux() -> OsString {
    std::env::var_os("ABIDE_TEST_TMUX").unwrap_or_else(|| "tmux".into())
}

/// A backend, and everything that it keeps.
pub(crate) struct Place {
    pub(crate) env: TestEnv,
    pub(crate) backend: TmuxBackend,
    socket: PathBuf,
    ended: bool,
}

impl Place {
    pub(crate) fn new() -> Self {
        let env = TestEnv::new();
        let socket = env.runtime_dir().join("tmux");
        let config = env.root().join("tmux.conf");
        std::fs::write(&config, "").unwrap();
        let place = Self {
            backend: TmuxBackend::new(settings(&env, words(&socket, &config))),
            env,
            socket,
            ended: false,
        };
        assert!(place.socket.as_os_str().len() < 100, "the path is short");
        place
    }

    /// Returns the configuration that the server reads when it starts.
    pub(crate) fn config(&self) -> PathBuf {
        self.env.root().join("tmux.conf")
    }

    pub(crate) fn sessions_dir(&self) -> PathBuf {
        self.env.state_dir().join("tmux")
    }

    /// Returns a backend on the same sessions that runs tmux by other words.
    pub(crate) fn backend_with(&self, tmux: Vec<OsString>) -> TmuxBackend {
        TmuxBackend::new(settings(&self.env, tmux))
    }

    /// Returns the words that run tmux here.
    pub(crate) fn words(&self) -> Vec<OsString> {
        words(&self.socket, &self.config())
    }

    /// Runs tmux against this place's server.
    pub(crate) fn tmux(&self, args: &[&str]) -> Output {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(args);
        command.env_remove("TMUX").env_remove("TMUX_PANE");
        command.output().unwrap()
    }

    /// Runs tmux, which must succeed; returns what it printed.
    pub(crate) fn tmux_said(&self, args: &[&str]) -> String {
        let output = self.tmux(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Returns a spec that runs a child program of the test kit.
    pub(crate) fn spec(&self, id: &str, program: &str, args: &[&str]) -> SessionSpec {
        SessionSpec::new(
            named(id),
            SessionCommand::new(programs::path(program), args),
            self.env.work_dir(),
            self.env.session_environment(),
        )
    }

    /// Starts a child program of the test kit.
    pub(crate) async fn start(&self, id: &str, program: &str, args: &[&str]) -> Ensured {
        let spec = self.spec(id, program, args);
        let ensured = within("ensure", self.backend.ensure(&spec)).await;
        ensured.unwrap_or_else(|err| panic!("cannot start `{id}`: {err:?}"))
    }

    /// Returns what a session is doing.
    pub(crate) async fn state(&self, id: &str) -> SessionState {
        let status = within("status", self.backend.status(&named(id))).await;
        status
            .unwrap_or_else(|err| panic!("cannot look at `{id}`: {err:?}"))
            .state
    }

    /// Returns what is known of a session that runs.
    pub(crate) async fn running(&self, id: &str) -> Running {
        match self.state(id).await {
            SessionState::Running(running) => running,
            state => panic!("`{id}` should run: {state:?}"),
        }
    }

    /// Waits for the end of a session.
    pub(crate) async fn ended(&self, id: &str) -> Ended {
        eventually("its end", async || match self.state(id).await {
            SessionState::Ended(ended) => Ok(ended),
            state => Err(format!("{state:?}")),
        })
        .await
    }

    /// Waits until a session's screen shows a text; returns the screen.
    pub(crate) async fn showing(&self, id: &str, text: &str) -> String {
        let request = CaptureRequest {
            format: CaptureFormat::Text,
            history_lines: 1000,
        };
        eventually(&format!("`{text}`"), async || {
            let capture = self.backend.capture(&named(id), request).await;
            let capture = capture.map_err(|err| format!("{err:?}"))?;
            let screen = String::from_utf8_lossy(&capture.content).into_owned();
            match screen.contains(text) {
                true => Ok(screen),
                false => Err(screen),
            }
        })
        .await
    }

    /// Stops and removes a session.
    pub(crate) async fn clear(&self, id: &str) {
        let session = named(id);
        let grace = Duration::from_millis(200);
        let stopped = within("stop", self.backend.stop(&session, None, grace)).await;
        stopped.unwrap_or_else(|err| panic!("cannot stop `{id}`: {err:?}"));
        let removed = self.backend.remove(&session, None).await;
        removed.unwrap_or_else(|err| panic!("cannot remove `{id}`: {err:?}"));
    }

    /// Returns the process of a session's relay.
    pub(crate) fn relay_pid(&self, id: &str) -> u32 {
        let path = self.sessions_dir().join(id).join("owner.json");
        let text = std::fs::read_to_string(path).unwrap();
        let (_, rest) = text.split_once("\"pid\":").unwrap();
        let rest = rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
        rest[..end].parse().unwrap()
    }

    /// Kills a session's relay, as a crash would.
    pub(crate) async fn kill_relay(&self, id: &str) {
        let pid = self.relay_pid(id);
        self.env.tolerate_stale_sockets();
        sys::kill(pid).unwrap();
        gone(pid).await;
    }

    /// Returns the words that run a script in place of tmux; `$TMUX_REAL` is how to run that.
    pub(crate) fn wrapper(&self, name: &str, script: &str) -> Vec<OsString> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.env.root().join(name);
        let words = self.words();
        let real: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        let script = script.replace("$TMUX_REAL", &real.join(" "));
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        vec![path.into()]
    }

    /// Ends the server and checks that nothing is left.
    pub(crate) fn finish(mut self) {
        self.end_server();
        let env = std::mem::take(&mut self.env);
        env.finish();
    }

    fn end_server(&mut self) {
        if !self.ended {
            self.ended = true;
            // There may be none any more.
            self.tmux(&["kill-server"]);
            let _ = std::fs::remove_file(&self.socket);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.end_server();
    }
}

fn settings(env: &TestEnv, tmux: Vec<OsString>) -> TmuxSettings {
    let mut settings = TmuxSettings::new(env.state_dir(), env.runtime_dir());
    settings.tmux = tmux;
    settings.helper = Helper::Program(programs::abide());
    settings
}

fn words(socket: &Path, config: &Path) -> Vec<OsString> {
    vec![
        tmux(),
        "-S".into(),
        socket.into(),
        "-f".into(),
        config.into(),
    ]
}

/// Waits until a process is gone.
pub(crate) async fn gone(pid: u32) {
    eventually("the end of a process", async || {
        let is_gone = !sys::process_is_alive(pid);
        is_gone
            .then_some(())
            .ok_or(format!("process {pid} is there"))
    })
    .await;
}

/// Returns a session id.
pub(crate) fn named(id: &str) -> SessionId {
    id.parse().unwrap()
}
