//! A place with a backend in it, and what several tests do there.

use std::{path::PathBuf, sync::Arc, time::Duration};

use abide_backend_ptyowner::{Helper, OwnerBackend, OwnerSettings, Relay};
use abide_core::{
    backend::{
        AttachMode, AttachRequest, Attachment, BackendKind, Command, OutputEvent, Scrollback,
        SessionSpec, TerminalBackend as _,
    },
    id::SessionId,
};
use abide_testkit::{env::TestEnv, programs};

/// Longest wait of any test here.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Test directories, and the backend that keeps its sessions there.
pub(crate) struct Place {
    pub(crate) env: TestEnv,
    pub(crate) settings: OwnerSettings,
    pub(crate) backend: OwnerBackend,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::in_env(TestEnv::new())
    }

    pub(crate) fn in_env(env: TestEnv) -> Self {
        let mut settings = OwnerSettings::new(env.owners_dir(), env.runtime_dir());
        settings.helper = Helper::Program(programs::abide());
        Self::with(env, settings)
    }

    fn with(env: TestEnv, settings: OwnerSettings) -> Self {
        let backend = OwnerBackend::new(settings.clone());
        Self {
            env,
            settings,
            backend,
        }
    }

    /// Returns a place whose terminals are not its owners' own: the test kit of this crate holds them
    /// (`helper`).
    pub(crate) fn of_relays() -> Self {
        let env = TestEnv::new();
        let relay = Relay {
            kind: BackendKind::Tmux,
            word: "relay",
            source: b"settings of a test".to_vec(),
        };
        let mut settings = OwnerSettings::for_relays(env.owners_dir(), env.runtime_dir(), relay);
        settings.helper = Helper::Program(programs::path("examples/relay-helper"));
        Self::with(env, settings)
    }

    /// Returns a spec that runs a child program of the test kit.
    pub(crate) fn spec(&self, id: &str, program: &str, args: &[&str]) -> SessionSpec {
        self.command_spec(id, Command::new(programs::path(program), args))
    }

    /// Returns a spec that runs a shell script.
    pub(crate) fn script(&self, id: &str, script: &str) -> SessionSpec {
        self.command_spec(id, Command::new("sh", ["-c", script]))
    }

    pub(crate) fn command_spec(&self, id: &str, command: Command) -> SessionSpec {
        let env = self.env.session_environment();
        SessionSpec::new(session(id), command, self.env.work_dir(), env)
    }

    /// Returns where a session's files are.
    pub(crate) fn session_dir(&self, id: &str) -> PathBuf {
        self.env.owners_dir().join(id)
    }

    /// Returns a session's description as its owner wrote it.
    pub(crate) fn owner_file(&self, id: &str) -> serde_json::Value {
        let path = self.session_dir(id).join("owner.json");
        let text = std::fs::read_to_string(&path).expect("the session is described");
        serde_json::from_str(&text).expect("the description is JSON")
    }

    pub(crate) fn owner_pid(&self, id: &str) -> u32 {
        let pid = self.owner_file(id)["pid"].as_u64().expect("it has a pid");
        u32::try_from(pid).expect("a pid is small")
    }

    /// Attaches to view, or to control.
    pub(crate) async fn attach(&self, id: &str, mode: AttachMode) -> Attachment {
        let attached = self.backend.attach(&session(id), request(mode)).await;
        attached.unwrap_or_else(|err| panic!("cannot attach to `{id}`: {err:?}"))
    }

    /// Stops and removes a session, and checks that nothing is left of it.
    pub(crate) async fn clear(&self, id: &str) {
        let id = session(id);
        let stopped = self
            .backend
            .stop(&id, None, Duration::from_millis(200))
            .await;
        stopped.unwrap_or_else(|err| panic!("cannot stop `{id}`: {err:?}"));
        self.backend
            .remove(&id, None)
            .await
            .expect("what ended can be removed");
        assert!(!self.session_dir(id.as_str()).exists());
    }
}

pub(crate) fn session(id: &str) -> SessionId {
    id.parse().expect("a test's ids are ids")
}

pub(crate) fn request(mode: AttachMode) -> AttachRequest {
    AttachRequest {
        mode,
        size: None,
        from: None,
        scrollback: Scrollback::Replace,
        label: "a test".into(),
        terminal: None,
    }
}

/// Reads output until `reached` says so of all that came; returns that.
pub(crate) async fn read_until(
    attachment: &mut Attachment,
    what: &str,
    reached: impl Fn(&[u8]) -> bool,
) -> Vec<u8> {
    let mut seen = Vec::new();
    let read = async {
        while !reached(&seen) {
            match attachment
                .output
                .next()
                .await
                .expect("the connection lasts")
            {
                Some(OutputEvent::Snapshot { data, .. } | OutputEvent::Output { data, .. }) => {
                    seen.extend_from_slice(&data);
                }
                Some(_) => {}
                None => return false,
            }
        }
        true
    };
    let done = tokio::time::timeout(DEADLINE, read).await;
    let shown = String::from_utf8_lossy(&seen).into_owned();
    assert_eq!(done, Ok(true), "{what} did not come; seen:\n{shown}");
    seen
}

/// Waits until the text was printed, or is in the snapshot.
pub(crate) async fn read_text(attachment: &mut Attachment, text: &str) -> String {
    let has_text = |seen: &[u8]| String::from_utf8_lossy(seen).contains(text);
    let seen = read_until(attachment, &format!("`{text}`"), has_text).await;
    String::from_utf8_lossy(&seen).into_owned()
}

/// A backend in a place of its own, shared by several tasks.
pub(crate) fn shared(place: &Place) -> Arc<OwnerBackend> {
    Arc::new(place.backend.clone())
}
