//! Whoever is killed at whatever point, the next entry leads to one keeper and loses nothing.
//!
//! `cargo xtask stress kill-matrix` runs this and prints the tables.

use std::{
    collections::HashSet,
    process::{Child, Command, Stdio},
    time::Duration,
};

use abide_core::record::Summary;
use abide_testkit::{env::TestEnv, gate::ProcessGate};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use rustix::process::Signal;

use super::desk::{TALKER, keepers, kill, lease, log, records, signal};
use crate::{
    races::owners,
    tmux::{self, session},
};

/// Longest wait for a process to come to a point; some are not on every way.
const REACHED: Duration = Duration::from_secs(10);

/// How many random kills there are, unless the environment says.
const RANDOM_KILLS: u64 = 100;

/// Says how many random kills there are.
const RANDOM_KILLS_VARIABLE: &str = "ABIDE_TEST_KILLS";

/// What is going on when somebody is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    /// `abide new`.
    Making,
    /// `abide resume` of a session whose keeper is dead.
    Adopting,
    /// A heartbeat.
    Renewing,
    /// `abide stop`.
    Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    /// The command.
    Cli,
    /// Whoever came to the point, if that is a keeper, else the keeper that there is.
    Keeper,
    /// The process that holds the session.
    Owner,
    /// The tmux server, with all that is in it.
    Server,
}

const SCENES: [(Scene, &[&str]); 4] = [
    (
        Scene::Making,
        &[
            "keeper.started",
            "keeper.locked",
            "keeper.claimed",
            "keeper.opened",
            "keeper.baseline",
            "keeper.ready",
            "keeper.noted",
        ],
    ),
    (
        Scene::Adopting,
        &[
            "entry.observed",
            "entry.decided",
            "keeper.started",
            "keeper.locked",
            "keeper.claimed",
            "keeper.ready",
        ],
    ),
    (Scene::Renewing, &["keeper.renewing"]),
    (
        Scene::Ending,
        &[
            "keeper.ended",
            "keeper.closing",
            "keeper.changed",
            "keeper.finalized",
            "keeper.releasing",
        ],
    ),
];

/// A place for one case.
struct Stage {
    env: TestEnv,
    is_tmux: bool,
    server: Option<u32>,
}

impl Stage {
    fn new(is_tmux: bool) -> Option<Self> {
        let env = match is_tmux {
            true => tmux::env_with_tmux()?,
            false => TestEnv::new(),
        };
        env.tolerate_stale_sockets();
        Some(Self {
            env,
            is_tmux,
            server: None,
        })
    }

    fn make(&mut self) {
        let made = self.env.run(new_words());
        assert!(made.success(), "{made:?}");
        self.find_server();
    }

    fn find_server(&mut self) {
        if self.is_tmux {
            let pid = tmux::tmux(&self.env, &["display-message", "-p", "#{pid}"]);
            self.server = pid.trim().parse().ok();
        }
    }

    fn kill(&self, victim: Victim, cli: &mut Option<Child>, held: u32) {
        let pids = match victim {
            Victim::Cli => {
                if let Some(cli) = cli {
                    cli.kill().unwrap();
                }
                Vec::new()
            }
            Victim::Keeper => {
                let mut pids = keepers(&self.env);
                if cli.as_ref().map(Child::id) != Some(held) && !pids.contains(&held) {
                    pids.push(held);
                }
                pids
            }
            Victim::Owner => owners(&self.env),
            Victim::Server => self.server.into_iter().collect(),
        };
        for pid in pids {
            kill(pid);
        }
    }

    /// Enters again, and checks that there is one keeper and one open record, of what runs.
    fn enter(&mut self) -> Result<(), String> {
        let mut entered = self.env.run(["resume", "job", "--no-attach"]);
        if entered.code == Some(3) {
            // Its maker was killed before there was anything.
            entered = self.env.run(new_words());
        }
        if !entered.success() {
            return Err(format!("the next entry failed: {entered:?}"));
        }
        let here = keepers(&self.env);
        let held = lease(&self.env).ok_or("there is no lease")?;
        if here.len() != 1 || held["keeper"]["pid"] != here[0] {
            return Err(format!("keepers {here:?}, lease {held}"));
        }
        let found = records(&self.env);
        let open: Vec<&Summary> = found.iter().filter(|one| !one.is_complete()).collect();
        let runs = session(&self.env, "job")["generation"].clone();
        let is_of_it =
            |one: &&Summary| one.generation.map(|it| it.to_string()).as_deref() == runs.as_str();
        match open[..] {
            [ref one] if is_of_it(one) => Ok(()),
            _ => Err(format!("{runs} runs, and open are {open:?}")),
        }
    }

    /// Ends everything, and checks that each start has one complete record.
    fn end(&self, starts: &HashSet<String>) -> Result<(), String> {
        let deleted = self.env.run(["delete", "job", "--force"]);
        if !deleted.success() || deleted.stderr.contains("not complete") {
            return Err(format!("cannot delete: {deleted:?}"));
        }
        let found = records(&self.env);
        let mut of = HashSet::new();
        for record in &found {
            let start = record.generation.map(|start| start.to_string());
            let start = start.ok_or_else(|| format!("a record of no start: {record:?}"))?;
            if !record.is_complete() || !of.insert(start) {
                return Err(format!("not one complete record for each start: {found:?}"));
            }
        }
        match starts.is_subset(&of) {
            true => Ok(()),
            false => Err(format!("started were {starts:?}, recorded are {of:?}")),
        }
    }

    fn start(&self) -> Option<String> {
        let listed = self.env.run(["info", "job", "--json"]);
        let info: serde_json::Value = serde_json::from_str(&listed.stdout).ok()?;
        Some(info["session"]["generation"].as_str()?.to_owned())
    }
}

fn new_words() -> [&'static str; 7] {
    ["new", "job", "--no-attach", "--", "sh", "-c", TALKER]
}

fn begin(mut command: Command) -> Child {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

fn case(scene: Scene, point: &str, victim: Victim, is_tmux: bool) -> Option<Result<(), String>> {
    let mut stage = Stage::new(is_tmux)?;
    if scene != Scene::Making {
        stage.make();
    }
    let before = stage.start();
    if scene == Scene::Adopting {
        kill(keepers(&stage.env)[0]);
    }
    let gate = ProcessGate::new(&stage.env.probe_dir(), point);
    let mut cli = match scene {
        Scene::Making => Some(begin(stage.env.command(new_words()))),
        Scene::Adopting => Some(begin(stage.env.command(["resume", "job", "--no-attach"]))),
        Scene::Ending => Some(begin(
            stage.env.command(["stop", "job", "--grace", "200ms"]),
        )),
        Scene::Renewing => {
            signal(keepers(&stage.env)[0], Signal::CONT);
            None
        }
    };
    let held = gate.wait_reached(REACHED);
    if scene == Scene::Making && is_tmux && point == "keeper.noted" {
        stage.find_server();
    }
    stage.kill(victim, &mut cli, held);
    gate.release();
    drop(gate);
    if let Some(mut cli) = cli {
        cli.wait().unwrap();
    }
    let mut starts: HashSet<String> = before.clone().into_iter().collect();
    let entered = stage.enter();
    let after = stage.start();
    let survives = scene != Scene::Ending && !matches!(victim, Victim::Owner | Victim::Server);
    let kept = match before.is_some() && survives && before != after {
        true => Err(format!("the session was lost: {before:?}, then {after:?}")),
        false => Ok(()),
    };
    starts.extend(after);
    let outcome = entered.and(kept).and_then(|()| stage.end(&starts));
    let outcome = outcome.map_err(|what| format!("{what}\n{}", log(&stage.env)));
    if outcome.is_ok() {
        stage.env.finish();
    }
    Some(outcome)
}

fn matrix(is_tmux: bool) {
    let victims: &[Victim] = match is_tmux {
        true => &[Victim::Cli, Victim::Keeper, Victim::Owner, Victim::Server],
        false => &[Victim::Cli, Victim::Keeper, Victim::Owner],
    };
    let mut failures = Vec::new();
    for (scene, points) in SCENES {
        for point in points {
            let mut row = format!("{:<9} {point:<17}", format!("{scene:?}"));
            for victim in victims {
                let Some(outcome) = case(scene, point, *victim, is_tmux) else {
                    return;
                };
                let word = match outcome {
                    Ok(()) => "ok",
                    Err(what) => {
                        failures.push(format!("{scene:?} {point} {victim:?}: {what}"));
                        "FAILED"
                    }
                };
                row += &format!("  {:<8}{word:<7}", format!("{victim:?}"));
            }
            println!("{row}");
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// proves L1, L6, L8, M3
#[test]
#[ignore = "takes minutes"]
fn heavy_whoever_is_killed_the_next_entry_leads_to_one_keeper_and_loses_nothing() {
    matrix(false);
}

/// proves L1, L6, L8, M3
#[test]
#[ignore = "takes minutes"]
fn heavy_whoever_is_killed_under_tmux_the_next_entry_loses_nothing() {
    matrix(true);
}

/// proves L1, M3
#[test]
#[ignore = "takes minutes"]
fn heavy_random_kills_lose_no_record() {
    let kills = std::env::var(RANDOM_KILLS_VARIABLE).ok();
    let kills = kills.and_then(|text| text.parse().ok());
    let mut stage = Stage::new(false).expect("an owner needs nothing");
    stage.make();
    let mut starts = HashSet::new();
    let mut runner = TestRunner::deterministic();
    let choice = (0_usize..3, 0_usize..3, 0_u64..40);
    for round in 0..kills.unwrap_or(RANDOM_KILLS) {
        let (verb, victim, delay) = choice.new_tree(&mut runner).unwrap().current();
        let words = [
            &["resume", "job", "--no-attach"][..],
            &["stop", "job", "--grace", "100ms"],
            &["list"],
        ];
        let mut cli = Some(begin(stage.env.command(words[verb])));
        abide_testkit::child::pause(Duration::from_millis(delay));
        let victims = [Victim::Cli, Victim::Keeper, Victim::Owner];
        let none = std::process::id();
        match victims[victim] {
            Victim::Keeper => keepers(&stage.env).into_iter().for_each(kill),
            victim => stage.kill(victim, &mut cli, none),
        }
        if let Some(mut cli) = cli {
            cli.wait().unwrap();
        }
        starts.extend(stage.start());
        let entered = stage.enter();
        assert!(
            entered.is_ok(),
            "round {round}: {entered:?}\n{}",
            log(&stage.env)
        );
        starts.extend(stage.start());
    }
    let ended = stage.end(&starts);
    assert!(ended.is_ok(), "{ended:?}\n{}", log(&stage.env));
    println!("{} starts, each with one record", starts.len());
}
