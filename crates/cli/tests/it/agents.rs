//! Agents as programs on PATH: found or not, given what is theirs, and told who they are.

use std::{fs, os::unix::fs::PermissionsExt};

use abide_testkit::env::TestEnv;
use serde_json::Value;

use crate::tmux::{fails, ok};

/// Says its version, or that it is here, and repeats what it is told.
pub(crate) const AGENT: &str = "\
test \"$1\" = --version && { echo '9.9.9 (test)'; exit; }
echo \"$0\" is here: \"$@\"
while read word; do test $word = end && exit 7; echo got $word; done
";

/// Puts programs in front of what is on PATH: scripts, by name.
pub(crate) fn install(env: &mut TestEnv, scripts: &[(&str, &str)]) {
    let dir = env.root().join("agents");
    fs::create_dir(&dir).unwrap();
    for (name, script) in scripts {
        let path = dir.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::var_os("PATH").unwrap();
    let dirs = [dir].into_iter().chain(std::env::split_paths(&path));
    env.set("PATH", std::env::join_paths(dirs).unwrap());
}

pub(crate) fn json(env: &TestEnv, args: &[&str]) -> Value {
    serde_json::from_str(&ok(env.run(args))).unwrap()
}

#[track_caller]
pub(crate) fn wait_for(env: &TestEnv, name: &str, text: &str) {
    ok(env.run(["wait", name, "--match", text, "--timeout", "20s"]));
}

/// proves A1, A2
#[test]
fn agents_are_listed_with_where_they_are_or_why_they_cannot_be_run() {
    let mut env = TestEnv::new();
    install(&mut env, &[("claude", AGENT)]);
    let data = env.root().join("data");
    fs::write(&data, "").unwrap();
    let config = format!(
        "agent = 'mine'\n[agents.codex]\ncommand = '/no/such/codex'\n[agents.mine]\n\
         command = '{}'\nlabel = 'Mine'\n",
        data.display()
    );
    fs::write(env.config_file(), config).unwrap();
    let listed = json(&env, &["agents", "--json"]);
    let agents = listed["agents"].as_array().unwrap();
    let agent = |name: &str| agents.iter().find(|agent| agent["name"] == name).unwrap();
    let claude = env.root().join("agents").join("claude");
    assert_eq!(agent("claude")["program"], claude.to_str().unwrap());
    assert_eq!(agent("claude")["available"], true);
    assert_eq!(agent("claude")["source"], "built-in");
    assert_eq!(agent("codex")["source"], "built-in, configured");
    assert!(
        agent("codex")["reason"]
            .as_str()
            .unwrap()
            .contains("/no/such/codex")
    );
    assert_eq!(agent("mine")["default"], true);
    assert_eq!(agent("mine")["source"], "configuration");
    assert!(
        agent("mine")["reason"]
            .as_str()
            .unwrap()
            .contains("cannot be run")
    );
    let gemini = agent("gemini")["reason"].as_str().unwrap();
    assert!(
        gemini.contains("PATH") && gemini.contains("/bin"),
        "{gemini}"
    );
    assert_eq!(agent("shell")["program"], "/bin/sh");
    let table = ok(env.run(["agents"]));
    assert!(table.contains("mine (default)"), "{table}");
    assert!(table.contains("unavailable: it is not on PATH"), "{table}");
    env.finish();
}

/// proves A2
#[test]
fn an_agent_that_was_asked_for_is_checked_and_its_code_says_whether_it_is_there() {
    let mut env = TestEnv::new();
    let spies = "echo key=$ANTHROPIC_API_KEY args=$*";
    install(
        &mut env,
        &[
            ("claude", spies),
            ("codex", "sleep 1000"),
            ("aider", "exit 3"),
        ],
    );
    env.set("ANTHROPIC_API_KEY", "hunter2hunter2");
    let checked = ok(env.run(["agents", "check", "claude"]));
    assert!(
        checked.contains("version      key= args=--version\n"),
        "{checked}"
    );
    assert!(checked.contains("ANTHROPIC_API_KEY (set)"), "{checked}");
    assert!(!checked.contains("hunter"), "{checked}");
    let late = ok(env.run(["agents", "check", "codex"]));
    assert!(
        late.contains("not told: it said nothing within 5s"),
        "{late}"
    );
    let failed = json(&env, &["agents", "check", "aider", "--json"]);
    let problem = &failed["agents"][0]["version_problem"];
    assert!(problem.as_str().unwrap().contains('3'), "{failed}");

    let missing = env.run(["agents", "check", "gemini"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.stdout.contains("unavailable"), "{missing:?}");
    fails(&env.run(["agents", "check", "cluade"]), 2, "`abide agents`");
    let all = json(&env, &["agents", "check", "--json"]);
    assert_eq!(all["agents"].as_array().unwrap().len(), 6);
    env.finish();
}

/// proves A2
#[test]
fn an_agent_that_is_not_there_is_not_started_and_leaves_nothing() {
    let env = TestEnv::new();
    let owners = || fs::read_dir(env.owners_dir()).map_or(0, Iterator::count);
    let here = || fs::read_dir(env.work_dir()).unwrap().count();
    fails(
        &env.run(["new", "x", "--agent", "codex", "--no-attach"]),
        127,
        "PATH",
    );
    fails(&env.run(["info", "x"]), 3, "x");
    fails(
        &env.run(["new", "x", "--agent", "cluade", "--no-attach"]),
        2,
        "claude",
    );
    assert_eq!((owners(), here()), (0, 0));

    ok(env.run(["new", "x", "--no-attach"]));
    let (owned, files) = (owners(), here());
    for words in [
        vec!["launch", "x", "--agent", "codex", "--no-attach"],
        vec!["launch", "x/codex", "--agent", "codex", "--no-attach"],
        vec!["launch", "x/codex", "--no-attach", "--", "no-such-program"],
        vec!["launch", "x/codex", "--no-attach", "--", "./codex"],
    ] {
        fails(&env.run(&words), 127, "");
        fails(&env.run(["info", "x/codex"]), 3, "codex");
        assert_eq!((owners(), here()), (owned, files), "{words:?}");
    }
    let listed = json(&env, &["list", "--json"]);
    let sessions = listed["workspaces"][0]["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 1, "{listed}");
    ok(env.run(["delete", "x", "--force"]));
    env.finish();
}

/// proves A1
#[test]
fn an_option_is_heard_before_a_variable_the_workspace_and_the_configuration() {
    let mut env = TestEnv::new();
    let scripts = ["claude", "codex", "gemini", "aider"].map(|name| (name, AGENT));
    install(&mut env, &scripts);
    fs::write(env.config_file(), "agent = 'aider'\n").unwrap();
    let made = |env: &TestEnv, words: &[&str]| -> String {
        let printed = ok(env.run([words, &["--no-attach"]].concat()));
        let info = json(env, &["info", printed.trim_end(), "--json"]);
        info["session"]["agent"].as_str().unwrap_or("-").to_owned()
    };
    assert_eq!(made(&env, &["new", "a"]), "aider");
    assert_eq!(made(&env, &["new", "b", "--agent", "gemini"]), "gemini");
    assert_eq!(made(&env, &["new", "c", "--shell"]), "shell");
    assert_eq!(
        made(&env, &["launch", "b"]),
        "gemini",
        "as the workspace says"
    );
    assert_eq!(made(&env, &["launch", "b/x", "--agent", "codex"]), "codex");
    env.set("ABIDE_AGENT", "claude");
    assert_eq!(made(&env, &["launch", "b"]), "claude");
    assert_eq!(made(&env, &["launch", "b", "--agent", "codex"]), "codex");
    assert_eq!(made(&env, &["launch", "b", "--shell"]), "shell");
    let printed = ok(env.run(["launch", "b", "--no-attach", "--", "sleep", "1000"]));
    assert_eq!(printed, "b/sleep\n");
    env.set("ABIDE_AGENT", "cluade");
    fails(&env.run(["new", "d", "--no-attach"]), 2, "ABIDE_AGENT");
    let listed = ok(env.run(["list"]));
    assert!(
        listed.contains("AGENT") && listed.contains("b/codex"),
        "{listed}"
    );
    assert!(ok(env.run(["info", "b"])).contains("agent       gemini"));
    env.finish();
}

/// proves A3, E5
#[test]
fn an_agent_is_told_who_it_is_and_given_what_is_its_own_and_nothing_else() {
    let mut env = TestEnv::new();
    let told = "echo n=$ABIDE_NAME d=$ABIDE_DIR w=$ABIDE_WORKSPACE s=$ABIDE_SESSION.
echo a=$ANTHROPIC_API_KEY o=$OPENAI_API_KEY g=$GH_TOKEN p=$PAGER k=$KEY.
read word";
    install(&mut env, &[("claude", told), ("codex", told)]);
    let secrets = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GH_TOKEN"];
    for (number, name) in secrets.into_iter().enumerate() {
        env.set(name, format!("hunter{number}hunter"));
    }
    let config = "[agents.codex.env]\nPAGER = 'hunter9hunter'\nKEY = { from = 'GH_TOKEN' }\n\
                  ABIDE_NAME = 'mine'\nABIDE_WORKSPACE = 'a lie'\nABIDE_SESSION = 'a lie'\n";
    fs::write(env.config_file(), config).unwrap();
    ok(env.run([
        "new",
        "x",
        "--size",
        "200x20",
        "--agent",
        "claude",
        "--no-attach",
    ]));
    wait_for(&env, "x", "a=hunter0hunter o= g= p= k=\\.");
    ok(env.run([
        "launch",
        "x/other",
        "--size",
        "200x20",
        "--agent",
        "codex",
        "--no-attach",
    ]));
    let given = "a= o=hunter1hunter g= p=hunter9hunter k=hunter2hunter\\.";
    wait_for(&env, "x/other", given);
    let info = json(&env, &["info", "x/other", "--json"]);
    let id = |what: &str| info[what]["id"].as_str().unwrap().to_owned();
    let screen = ok(env.run(["capture", "x/other"]));
    let (workspace, session) = (id("workspace"), id("session"));
    let work = env.work_dir();
    let expected = format!("n=mine d={} w={workspace} s={session}.", work.display());
    assert!(screen.contains(&expected), "no {expected} in {screen}");

    // Started again, it is given the same.
    ok(env.run(["send", "x/other", "go", "--enter"]));
    ok(env.run(["wait", "x/other", "--exit", "--timeout", "20s"]));
    ok(env.run(["resume", "x/other", "--no-attach"]));
    wait_for(&env, "x/other", given);
    ok(env.run(["send", "x/other", "go", "--enter"]));
    ok(env.run(["wait", "x/other", "--exit", "--timeout", "20s"]));
    ok(env.run(["launch", "x/other", "--no-attach"]));
    wait_for(&env, "x/other", given);
    ok(env.run(["send", "x/other", "go", "--enter"]));
    ok(env.run(["wait", "x/other", "--exit", "--timeout", "20s"]));
    ok(env.run(["launch", "x/other", "--env", "PAGER=most", "--no-attach"]));
    wait_for(&env, "x/other", "p=most k=hunter2hunter");

    for words in [
        vec!["info", "x/other", "--json"],
        vec!["list", "--json"],
        vec!["agents", "--json"],
        vec!["agents"],
        vec!["agents", "check", "--json"],
        vec!["config", "explain"],
        vec!["config", "explain", "--json"],
        vec!["doctor"],
    ] {
        let output = env.run(&words);
        let printed = output.stdout + &output.stderr;
        assert!(!printed.contains("hunter"), "{words:?}: {printed}");
    }
    let database = fs::read(env.state_dir().join("abide.db-wal")).unwrap();
    assert!(!String::from_utf8_lossy(&database).contains("hunter"));
    env.finish();
}

/// proves A2
#[test]
fn a_program_that_lacks_the_right_to_be_run_is_not_to_be_installed() {
    let mut env = TestEnv::new();
    install(&mut env, &[("claude", AGENT)]);
    let program = env.root().join("agents").join("claude");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).unwrap();
    let mended = format!("`chmod +x {}`", program.display());
    for words in [
        &["new", "api", "--agent", "claude", "--no-attach"][..],
        &["new", "api", "--no-attach", "--", "claude"],
        &["new", "api", "--no-attach", "--", program.to_str().unwrap()],
    ] {
        let refused = env.run(words);
        fails(&refused, 127, &mended);
        assert!(!refused.stderr.contains("install"), "{refused:?}");
    }
    let checked = env.run(["agents", "check", "claude"]);
    assert!(checked.stdout.contains(&mended), "{checked:?}");
    env.finish();
}

/// proves C6
#[test]
fn a_configuration_that_passes_every_secret_on_is_refused() {
    let env = TestEnv::new();
    fs::write(env.config_file(), "[env]\npass = ['*']\n").unwrap();
    let refused = env.run(["new", "api", "--no-attach"]);
    fails(
        &refused,
        2,
        "line 2: `env.pass`: `*` would pass on every credential",
    );
    env.finish();
}
