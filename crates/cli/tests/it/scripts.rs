//! What scripts rely on: forms, output and exit codes, without a terminal.

use abide_testkit::{env::TestEnv, output::CommandOutput, programs};

fn code(output: &CommandOutput) -> i32 {
    output
        .code
        .unwrap_or_else(|| panic!("it was ended by a signal: {output:?}"))
}

#[track_caller]
fn ok(output: CommandOutput) -> String {
    assert_eq!(code(&output), 0, "{output:?}");
    output.stdout
}

#[track_caller]
fn fails(output: &CommandOutput, expected: i32, text: &str) {
    assert_eq!(code(output), expected, "{output:?}");
    assert!(output.stderr.contains(text), "no `{text}` in {output:?}");
}

fn echo(env: &TestEnv, name: &str) {
    let program = programs::path("testkit-echo");
    let words = ["new", name, "--no-attach", "--"].map(std::ffi::OsString::from);
    ok(env.run(words.into_iter().chain([program.into()])));
}

/// proves C1, C7, O15
#[test]
fn a_job_is_started_waited_for_read_and_deleted() {
    let env = TestEnv::new();
    let script = "echo begin; read word; echo got $word; exit 7";
    ok(env.run([
        "new",
        "job",
        "--no-attach",
        "--size",
        "100x30",
        "--",
        "sh",
        "-c",
        script,
    ]));
    ok(env.run(["wait", "job", "--match", "beg.n", "--timeout", "20s"]));
    fails(
        &env.run(["wait", "job", "--exit", "--timeout", "50ms"]),
        124,
        "",
    );
    ok(env.run(["send", "job", "hello", "--enter"]));
    ok(env.run(["wait", "job", "--exit", "--timeout", "20s"]));
    let screen = ok(env.run(["capture", "job"]));
    assert!(screen.starts_with("begin\nhello\ngot hello\n"), "{screen}");
    let info: serde_json::Value =
        serde_json::from_str(&ok(env.run(["info", "job", "--json"]))).unwrap();
    assert_eq!(info["session"]["status"]["outcome"]["code"], 7, "{info}");
    assert_eq!(info["session"]["backend"], "owner");
    ok(env.run(["delete", "job"]));
    fails(&env.run(["info", "job"]), 3, "job");
    env.finish();
}

/// proves C1, C2
#[test]
fn names_are_found_by_any_part_that_only_one_has() {
    let env = TestEnv::new();
    echo(&env, "alpha-one");
    echo(&env, "alpha-two");
    fails(&env.run(["info", "alpha"]), 1, "alpha-two");
    assert!(ok(env.run(["info", "two"])).contains("alpha-two"));
    fails(&env.run(["info", "three"]), 3, "three");
    fails(
        &env.run(["new", "alpha-one", "--no-attach"]),
        1,
        "alpha-one",
    );
    fails(&env.run(["bogus"]), 2, "bogus");
    let listed: serde_json::Value = serde_json::from_str(&ok(env.run(["list", "--json"]))).unwrap();
    assert_eq!(listed["schema"], 1, "{listed}");
    for name in ["alpha-one", "alpha-two"] {
        ok(env.run(["stop", name, "--grace", "200ms"]));
        ok(env.run(["stop", name]));
        ok(env.run(["delete", name]));
    }
    env.finish();
}

/// proves C1, O3
#[test]
fn a_program_that_is_not_there_leaves_nothing_and_has_its_own_code() {
    let env = TestEnv::new();
    let output = env.run(["new", "x", "--no-attach", "--", "no-such-program"]);
    fails(&output, 127, "no-such-program");
    assert!(output.stderr.contains("PATH"), "{output:?}");
    fails(&env.run(["info", "x"]), 3, "x");
    assert_eq!(
        std::fs::read_dir(env.owners_dir()).map_or(0, Iterator::count),
        0
    );
    env.finish();
}

/// proves C5
#[test]
fn without_a_terminal_attaching_is_refused_before_anything_starts() {
    let env = TestEnv::new();
    fails(&env.run(["new", "x"]), 2, "--no-attach");
    fails(&env.run(["info", "x"]), 3, "x");
    echo(&env, "y");
    let output = env.run(["attach", "y"]);
    fails(&output, 2, "abide capture");
    ok(env.run(["delete", "y", "--force"]));
    env.finish();
}

/// proves E5
#[test]
fn credentials_stay_out_unless_they_are_named_and_their_values_are_nowhere() {
    let mut env = TestEnv::new();
    env.set("GH_TOKEN", "hunter2hunter2");
    env.set("OPENAI_API_KEY", "hunter3hunter3");
    let script = "echo gh=$GH_TOKEN openai=$OPENAI_API_KEY; sleep 100";
    let new = env.run([
        "new",
        "x",
        "--no-attach",
        "--env",
        "GH_TOKEN",
        "--",
        "sh",
        "-c",
        script,
    ]);
    assert!(
        new.stderr.contains("OPENAI_API_KEY") && !new.stderr.contains("hunter"),
        "{new:?}"
    );
    ok(new);
    ok(env.run([
        "wait",
        "x",
        "--match",
        "gh=hunter2hunter2 openai=\\s",
        "--timeout",
        "20s",
    ]));
    for description in walk(&env.owners_dir())
        .iter()
        .filter(|path| path.ends_with("owner.json"))
    {
        let text = std::fs::read_to_string(description).unwrap();
        let owner: serde_json::Value = serde_json::from_str(&text).unwrap();
        let environ = std::fs::read(format!("/proc/{}/environ", owner["pid"])).unwrap();
        let environ = String::from_utf8_lossy(&environ).into_owned();
        assert!(
            !environ.contains("hunter3"),
            "the owner has what the child must not have"
        );
    }
    for file in walk(&env.state_dir()) {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("hunter"), "a value is in {}", file.display());
    }
    ok(env.run(["delete", "x", "--force"]));
    env.finish();
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// proves C6
#[test]
fn an_error_in_the_configuration_stops_everything() {
    let env = TestEnv::new();
    std::fs::write(env.config_file(), "history_bytes = 1000000\nhistroy = 1\n").unwrap();
    let output = env.run(["new", "x", "--no-attach"]);
    fails(&output, 2, "config.toml");
    assert!(
        output.stderr.contains("histroy") && output.stderr.contains('2'),
        "{output:?}"
    );
    std::fs::write(env.config_file(), "").unwrap();
    fails(&env.run(["info", "x"]), 3, "x");
    env.finish();
}

/// proves C7
#[test]
fn a_match_counts_though_it_began_before_the_wait_or_was_wrapped() {
    let env = TestEnv::new();
    let script = "printf 'a long line that is wrapped'; read go; echo ' and goes on'; read end";
    ok(env.run([
        "new",
        "job",
        "--no-attach",
        "--size",
        "10x8",
        "--",
        "sh",
        "-c",
        script,
    ]));
    ok(env.run([
        "wait",
        "job",
        "--match",
        "line that is wrapped",
        "--timeout",
        "20s",
    ]));
    // Typed only once the wait has seen the screen without the rest: it says so by attaching.
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            env.run([
                "wait",
                "job",
                "--match",
                "wrapped\\s+and goes on",
                "--timeout",
                "20s",
            ])
        });
        ok(env.run(["send", "job", "", "--enter"]));
        waiting.join().unwrap()
    });
    ok(waiting);
    ok(env.run(["delete", "job", "--force"]));
    env.finish();
}

/// proves C2
#[test]
fn deleting_takes_the_whole_name() {
    let env = TestEnv::new();
    echo(&env, "proj");
    echo(&env, "proj-prod");
    ok(env.run(["delete", "proj", "--force"]));
    let again = env.run(["delete", "proj", "--force"]);
    fails(&again, 3, "proj-prod");
    ok(env.run(["send", "proj-prod", "hello"]));
    ok(env.run(["delete", "proj-prod", "--force"]));
    env.finish();
}
