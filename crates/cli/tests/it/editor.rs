//! A real editor on a real file: its client is killed, and it is found as it was left.

use abide_testkit::{
    env::TestEnv,
    screen::{Screen, ScreenView, TermMode},
};

use crate::terminal::{abide, size};

const SOURCE: &str = "//! A file to edit.\n\nfn main() {\n    let greeting = \"hello\";\n    \
                      // a comment\n    println!(\"{greeting} {}\", 42);\n}\n";

/// Makes the file and a configuration that does not depend on the machine's.
fn prepare(env: &TestEnv) {
    std::fs::write(env.work_dir().join("main.rs"), SOURCE).unwrap();
    let vimrc = "syntax on\nset nocompatible number laststatus=2 ruler mouse=a background=dark\n\
                 set nomore noswapfile viminfo=\n";
    std::fs::write(env.home_dir().join(".vimrc"), vimrc).unwrap();
}

/// Starts the editor in a session and makes a change that is not saved.
fn edit(env: &TestEnv) -> Screen {
    let screen = abide(env, ["new", "edit", "--", "vim", "main.rs"], size(90, 28));
    screen.wait_for_text("println!");
    screen.type_text("4Gochanged\x1b");
    screen.wait_until("the change and its place are shown", |view| {
        let text = view.text();
        text.contains("changed") && text.contains("5,7") && !text.contains("-- INSERT --")
    });
    screen
}

/// The editor's page, without what only says how the terminal came to it.
fn page(view: &ScreenView) -> ScreenView {
    ScreenView {
        history: Vec::new(),
        ..view.clone()
    }
}

/// How many colours the page's characters have.
fn colours(view: &ScreenView) -> usize {
    let mut all: Vec<_> = (0..view.rows.len())
        .flat_map(|row| view.fg_colors_in_row(row))
        .collect();
    all.sort_by_key(|colour| format!("{colour:?}"));
    all.dedup();
    all.len()
}

fn finish(env: &TestEnv, screen: &Screen) {
    screen.type_text("oafter\x1b:wq\r");
    assert_eq!(screen.wait_exit(), 0);
    let saved = std::fs::read_to_string(env.work_dir().join("main.rs")).unwrap();
    assert!(saved.contains("\"hello\";\nchanged\nafter\n"), "{saved}");
    assert!(env.run(["delete", "edit"]).success());
}

/// proves O1, O11
#[test]
fn vim_is_found_as_it_was_left_on_a_terminal_of_the_same_size() {
    let env = TestEnv::new();
    prepare(&env);
    let first = edit(&env);
    let left = first.view();
    assert!(4 <= colours(&left), "no syntax colours:\n{}", left.text());
    first.kill9();
    drop(first);

    let second = abide(&env, ["attach", "edit"], size(90, 28));
    second.wait_until("vim shows what it showed", |view| {
        page(&left).diff(&page(view)).is_none()
    });
    assert!(second.view().modes.contains(TermMode::ALT_SCREEN));
    finish(&env, &second);
    env.finish();
}

/// proves O1, O11, O17
#[test]
fn vim_is_found_as_it_was_left_on_a_terminal_of_another_size() {
    let env = TestEnv::new();
    prepare(&env);
    let first = edit(&env);
    let left = first.view();
    first.kill9();
    drop(first);

    let second = abide(&env, ["attach", "edit"], size(60, 20));
    second.wait_until("vim has drawn itself for 20 rows", |view| {
        let status = view.rows[18].text();
        status.starts_with("main.rs [+]") && view.rows[4].text().contains("changed")
    });
    let view = second.view();
    assert_eq!(
        (view.cursor.row, view.cursor.col),
        (left.cursor.row, left.cursor.col)
    );
    assert_eq!(view.modes, left.modes);
    for row in 0..7 {
        assert_eq!(view.rows[row].cells, left.rows[row].cells, "row {row}");
    }
    finish(&env, &second);
    env.finish();
}
