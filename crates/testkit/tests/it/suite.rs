//! The conformance suite is whole.

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_promise_that_is_written_is_in_the_list() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let list = fs::read_to_string(dir.join("list.rs")).unwrap();
    let words: BTreeSet<&str> = list
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let mut promises = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines() {
            let name = line.strip_prefix("pub async fn ");
            if let Some((name, _)) = name.and_then(|name| name.split_once("(bench: Arc<Bench>)")) {
                assert!(words.contains(name), "`{name}` is not in the list");
                promises += 1;
            }
        }
    }
    assert!(40 < promises, "{promises} promises were found");
}
