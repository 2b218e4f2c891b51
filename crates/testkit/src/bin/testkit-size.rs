//! Prints the size of its terminal as `size COLSxROWS`, at the start and after each change.

#![forbid(unsafe_code)]

use abide_testkit::{
    child::say,
    sys::{on_resize, terminal_size},
};

fn main() {
    on_resize(|| match terminal_size() {
        Some(size) => say(&format!("size {size}\n")),
        None => say("size unknown\n"),
    });
}
