//! What is secret stays out of what others can see.

use abide_core::{backend::TerminalBackend as _, env_policy::Environment};

use crate::place::Place;

const SECRET: &str = "a-value-that-nobody-else-may-see";

fn seen_in_proc(secret: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(secret))
        .collect()
}

/// proves T5
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_environment_is_on_no_command_line_in_no_server_and_in_no_file() {
    let place = Place::new();
    let mut spec = place.spec("env", "testkit-env", &["SECRET", "TMUX_PANE", "TERM"]);
    spec.env.set("SECRET", SECRET);
    spec.env.set("TERM", "dumb");
    let ensured = place.backend.ensure(&spec).await.unwrap();
    assert!(ensured.started);
    let screen = place.showing("env", "env done").await;
    assert!(screen.contains(&format!("env SECRET={SECRET}")), "{screen}");
    assert!(
        screen.contains("env TMUX_PANE=%"),
        "tools inside find tmux: {screen}"
    );
    assert!(
        !screen.contains("env TERM=dumb"),
        "the terminal says what it is: {screen}"
    );

    let noted = place.sessions_dir().join("env").join("pane");
    let noted = std::fs::read_to_string(noted).unwrap();
    let nonce = noted.split(' ').nth(1).unwrap();
    for secret in [SECRET, nonce] {
        assert_eq!(seen_in_proc(secret), Vec::<String>::new());
    }
    for verb in [
        &["show-environment", "-g"][..],
        &["show-environment", "-t", "=abide-env:"],
        &["show-options", "-g"],
        &["show-options", "-t", "=abide-env:"],
    ] {
        let shown = place.tmux(verb);
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(!shown.contains(SECRET), "{verb:?}: {shown}");
    }
    for file in std::fs::read_dir(place.sessions_dir().join("env"))
        .unwrap()
        .flatten()
    {
        let Ok(content) = std::fs::read(file.path()) else {
            continue;
        };
        let is_screen = content
            .windows(SECRET.len())
            .any(|part| part == SECRET.as_bytes());
        assert!(!is_screen, "{}", file.path().display());
    }
    place.clear("env").await;
    place.finish();
}

/// proves T5
#[tokio::test]
async fn credentials_of_the_caller_do_not_reach_the_server() {
    let place = Place::new();
    // What this process has besides would be in a server that it started by itself.
    place.start("one", "testkit-echo", &[]).await;
    let shown = place.tmux_said(&["show-environment", "-g"]);
    let names: Environment = shown
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let kept = [
        "HOME",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LLVM_PROFILE_FILE",
        "LOGNAME",
        "OLDPWD",
    ];
    let kept = [
        &kept[..],
        &["PATH", "PWD", "SHELL", "SHLVL", "TMPDIR", "TZ"],
    ]
    .concat();
    let kept = [
        &kept[..],
        &["USER", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "_"],
    ]
    .concat();
    for (name, _) in names.iter() {
        let name = name.to_str().unwrap();
        // A tmux that was brought along may need to be told where its libraries are.
        let is_brought = std::env::var_os("ABIDE_TEST_TMUX").is_some() && name.starts_with("LD_");
        assert!(
            is_brought || kept.contains(&name),
            "{name} is in the server's environment"
        );
    }
    place.clear("one").await;
    place.finish();
}
