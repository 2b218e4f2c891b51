//! Many who want the same lease at once.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, Barrier},
    thread,
};

use abide_core::{lease::LeaseDenied, probe::NoProbe};
use abide_workspace::desk::{ClaimError, LOCK_PATIENCE};

use super::fixture::{Site, Times, desk_at, here, wanted};

const MANY: u32 = 10;

/// proves L6
#[test]
fn of_ten_threads_that_claim_at_once_one_is_granted_the_lease() {
    for _ in 0..20 {
        let site = Site::new();
        let barrier = Arc::new(Barrier::new(MANY as usize));
        let claims: Vec<_> = (1..=MANY)
            .map(|pid| {
                let (desk, barrier) = (site.desk(pid), Arc::clone(&barrier));
                thread::spawn(move || {
                    barrier.wait();
                    desk.claim(wanted())
                })
            })
            .collect();
        let claims: Vec<_> = claims.into_iter().map(|one| one.join().unwrap()).collect();
        let granted = claims.iter().filter(|one| one.is_ok()).count();
        assert_eq!(granted, 1);
        for refused in claims.iter().filter_map(|one| one.as_ref().err()) {
            assert!(
                matches!(refused, ClaimError::Denied(LeaseDenied::HeldHere { .. })),
                "{refused}"
            );
        }
        assert_eq!(site.dir().contents().unwrap().others, [] as [PathBuf; 0]);
    }
}

/// Says to a copy of this test where to claim.
const CLAIM_IN: &str = "ABIDE_TEST_CLAIM_IN";

const PROCESSES: &str = "desk::races::of_ten_processes_that_claim_at_once_one_is_granted_the_lease";

/// proves L6
#[test]
fn of_ten_processes_that_claim_at_once_one_is_granted_the_lease() {
    if let Some(root) = std::env::var_os(CLAIM_IN) {
        return claim_and_stay(root.into());
    }
    for _ in 0..5 {
        let site = Site::new();
        let copy = |_| {
            let mut copy = Command::new(std::env::current_exe().unwrap());
            copy.args(["--exact", PROCESSES, "--nocapture"]);
            copy.env(CLAIM_IN, site.path());
            copy.stdin(Stdio::piped()).stdout(Stdio::piped());
            copy.spawn().unwrap()
        };
        let mut copies: Vec<_> = (0..MANY).map(copy).collect();
        let mut answers = Vec::new();
        for copy in &mut copies {
            let lines = BufReader::new(copy.stdout.take().unwrap()).lines();
            let answers_here = lines.map(|line| line.unwrap());
            // The name of the test may stand before it.
            let answer = answers_here
                .filter_map(|line| line.split("claim: ").nth(1).map(str::to_owned))
                .next();
            answers.push(answer.expect("it says what came of it"));
        }
        let granted = answers.iter().filter(|one| *one == "granted").count();
        assert_eq!(granted, 1, "{answers:?}");
        let held = |one: &&String| one.starts_with("the lease is held by");
        assert_eq!(answers.iter().filter(held).count(), 9, "{answers:?}");
        for mut copy in copies {
            drop(copy.stdin.take());
            copy.wait().unwrap();
        }
    }
}

/// What one of the processes does: the lease is held until all have answered.
fn claim_and_stay(root: PathBuf) {
    let times = Arc::<Times>::default();
    let here = here("here", std::process::id());
    let desk = desk_at(&root, &times, here, Arc::new(NoProbe), LOCK_PATIENCE);
    let claimed = desk.claim(wanted());
    match &claimed {
        Ok(_) => println!("claim: granted"),
        Err(err) => println!("claim: {err}"),
    }
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
