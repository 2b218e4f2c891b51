//! How fast a large tree is walked and compared; run by hand, in a release build.

use std::time::{Duration, Instant};

use abide_core::manifest::Manifest;
use abide_workspace::walk::{Hashing, Purpose};

use super::tree::{BASELINE, Tree, said};

const FILES: usize = 120_000;

/// Files in a directory.
const TOGETHER: usize = 100;

#[expect(
    clippy::disallowed_methods,
    reason = "the clock of the product counts in milliseconds"
)]
fn time<T>(what: &str, work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    let took = start.elapsed();
    println!("{what:44} {:8.1} ms", took.as_secs_f64() * 1e3);
    (value, took)
}

fn large() -> Tree {
    let tree = Tree::of_git();
    tree.write(".gitignore", "*.o\n/target/\n");
    for dir in 0..FILES / TOGETHER {
        let dir = format!("crate{:02}/src/module{dir:04}", dir % 40);
        for file in 0..TOGETHER {
            tree.write(
                &format!("{dir}/file{file:02}.rs"),
                "// words of a source file\n",
            );
        }
    }
    tree
}

/// proves M2
#[test]
#[ignore = "makes 120,000 files, and its figures mean something in a release build only"]
fn figures() {
    let (tree, _) = time("make the tree", large);
    let (new, _) = time("baseline, right after", || tree.baseline());
    let baseline = tree.settled_baseline();
    assert_eq!(baseline.entries().len(), FILES + 1);
    drop(new);
    time("baseline", || tree.walk(BASELINE, None));
    time("baseline, with an earlier one", || {
        tree.walk(BASELINE, Some(&baseline))
    });
    let all = Purpose::Baseline(Hashing::All);
    let (all, _) = time("baseline, all read", || tree.walk(all, None).manifest);
    time("baseline, all known", || {
        tree.walk(Purpose::Baseline(Hashing::All), Some(&all))
    });
    let mut bytes = Vec::new();
    time("write", || baseline.write_to(&mut bytes).unwrap());
    println!(
        "{:44} {:8.1} bytes a file",
        "",
        bytes.len() as f64 / FILES as f64
    );
    time("read", || Manifest::read_from(&bytes[..]).unwrap());
    tree.write(
        "crate07/src/module0007/file07.rs",
        "// words of another file!!\n",
    );
    for round in 0..5 {
        let (diff, took) = time("walk and compare", || tree.since(&baseline));
        assert_eq!(said(&diff), ["modified crate07/src/module0007/file07.rs"]);
        assert!(round == 0 || took <= Duration::from_secs(1), "{took:?}");
    }
    time("walk and compare, all hashed", || tree.since(&all));
    time("mass removal", || {
        std::fs::remove_dir_all(tree.path("crate07")).unwrap()
    });
    let (diff, _) = time("walk and compare", || tree.since(&all));
    assert_eq!(said(&diff).len(), FILES / 40);
}

/// Returns the memory of this process, its share of what is shared included, in KiB.
#[cfg(target_os = "linux")]
fn pss() -> u64 {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:"));
    let mut words = line.unwrap().split_whitespace();
    words.nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "makes 120,000 files, and prints figures"]
fn memory() {
    let tree = large();
    println!("{:44} {:8} KiB", "before", pss());
    for _ in 0..3 {
        let baseline = tree.settled_baseline();
        println!("{:44} {:8} KiB", "with a baseline", pss());
        let diff = tree.since(&baseline);
        println!("{:44} {:8} KiB", "with a baseline and a diff", pss());
        drop((baseline, diff));
        println!("{:44} {:8} KiB", "without either again", pss());
    }
}
