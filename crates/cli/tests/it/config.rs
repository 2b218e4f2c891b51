//! What is set, and who says so.

use std::fs;

use abide_testkit::env::TestEnv;

use crate::{
    agents::json,
    tmux::{fails, ok},
};

const CONFIG: &str = "\
agent = 'mine'
history_bytes = 1000000

[env]
deny = ['CORP_*', 'OPENAI_API_KEY']

[agents.mine]
command = 'my-agent'
env.A = 'hunter2hunter2'
env.B = { from = 'GH_TOKEN' }
";

/// proves C6
#[test]
fn every_setting_is_shown_with_its_value_and_where_it_is_said() {
    let mut env = TestEnv::new();
    fs::write(env.config_file(), CONFIG).unwrap();
    env.set("GH_TOKEN", "hunter3hunter3");
    env.set("ANTHROPIC_API_KEY", "hunter4hunter4");
    let shown = env.run(["config", "explain"]);
    assert!(!shown.stdout.contains("hunter"), "{shown:?}");
    // Columns are as wide as the paths, which differ from run to run.
    let wide = regex::Regex::new("  +").unwrap();
    let shown = shown.normalised(&env.normaliser()).stdout;
    insta::assert_snapshot!("explained", wide.replace_all(&shown, "  "));

    let one = json(&env, &["config", "explain", "backend", "--json"]);
    let setting = &one["settings"][0];
    assert_eq!(setting["value"], "owner", "{one}");
    assert_eq!(
        (&setting["from"], &setting["variable"]),
        (&"environment".into(), &"ABIDE_BACKEND".into())
    );
    let mine = json(&env, &["config", "explain", "agents.mine.env", "--json"]);
    assert_eq!(
        mine["settings"][0]["value"],
        serde_json::json!({ "set": true }),
        "{mine}"
    );
    assert_eq!(mine["settings"][0]["line"], 9, "{mine}");
    fails(&env.run(["config", "explain", "backed"]), 2, "backed");

    ok(env.run(["new", "api", "--shell", "--no-attach"]));
    let agent = |words: &[&str]| {
        let words = [&["config", "explain", "agent", "--json"], words].concat();
        let explained = json(&env, &words);
        let setting = &explained["settings"][0];
        (setting["value"].clone(), setting["from"].clone())
    };
    assert_eq!(agent(&[]), ("mine".into(), "file".into()));
    assert_eq!(
        agent(&["--workspace", "api"]),
        ("shell".into(), "workspace".into())
    );
    env.finish();
}

/// proves C6
#[test]
fn the_path_of_the_configuration_is_told_though_it_cannot_be_read() {
    let env = TestEnv::new();
    fs::write(env.config_file(), "histroy = 1\n").unwrap();
    let path = env.config_file();
    assert_eq!(
        ok(env.run(["config", "path"])),
        format!("{}\n", path.display())
    );
    fails(&env.run(["config", "explain"]), 2, "histroy");
    env.finish();
}

/// proves C6
#[test]
fn a_path_that_depends_on_the_current_directory_is_refused_by_name() {
    for variable in ["ABIDE_STATE_DIR", "ABIDE_RUNTIME_DIR", "ABIDE_CONFIG"] {
        let env = TestEnv::new();
        let mut command = env.command(["list"]);
        command.env(variable, "here");
        let refused = env.run_command(command, b"");
        fails(&refused, 2, &format!("cannot use {variable}: `here`"));
        let whole = env.work_dir().join("here");
        let hint = format!("such as `{}`", whole.display());
        assert!(refused.stderr.contains(&hint), "{refused:?}");
        assert!(!whole.exists());
        env.finish();
    }
}
