//! Editors and pagers.

use std::fmt::Write;

use crate::screen::Screen;

use super::Script;
use super::stage::{Stage, finish, keys};

pub(super) const SCRIPTS: &[Script] = &[
    Script {
        name: "vim",
        about: "colours, windows, scrolling, search, visual mode, insertion",
        needs: &["vim"],
        rows: 24,
        cols: 80,
        play: vim,
    },
    Script {
        name: "vim with mouse",
        about: "clicks, wheel, dragging, a bracketed paste, a terminal size that is odd",
        needs: &["vim"],
        rows: 19,
        cols: 53,
        play: vim_with_mouse,
    },
    Script {
        name: "less",
        about: "coloured and overlong lines, search, back and forth, chopped lines",
        needs: &["less"],
        rows: 24,
        cols: 60,
        play: less,
    },
    Script {
        name: "nano",
        about: "line numbers, typing, search, help, leaving without saving",
        needs: &["nano"],
        rows: 24,
        cols: 80,
        play: nano,
    },
];

/// A file in C with long lines and characters of every width.
fn source() -> String {
    let mut text = String::from("#include <stdio.h>\n/* a comment, 漢字 and 🙂 */\n");
    for n in 1..=90 {
        let _ = writeln!(
            text,
            "static int function_{n}(int a) {{ return a + {n}; /* needle {n} */ }}"
        );
        if n % 9 == 0 {
            let _ = writeln!(
                text,
                "\tconst char *text = \"{}\";",
                "a long text, ".repeat(n / 9 + 3)
            );
        }
    }
    text
}

fn start_vim(stage: &Stage) -> Screen {
    let file = stage.file("source.c", &source());
    let settings = "set number ruler hlsearch incsearch showcmd mouse=a ttymouse=sgr laststatus=2";
    let command = stage
        .command("vim")
        .args(["-u", "NONE", "-N", "-n", "-i", "NONE", "-c"]);
    let screen = stage.start(
        &command
            .args([settings, "-c", "silent! syntax on"])
            .arg(file),
    );
    screen.wait_for_text("function_1(");
    screen
}

/// Types into vim, then waits until it has done all of it.
fn vim_keys(screen: &Screen, typed: &str, mark: &str) {
    // In two parts, so that the typed command does not look like its outcome.
    let (first, second) = mark.split_at(2);
    keys(
        screen,
        &format!("{typed}:echo '{first}'.'{second}'\r"),
        mark,
    );
}

fn vim(stage: &Stage) -> Vec<u8> {
    let screen = start_vim(stage);
    vim_keys(&screen, "\x06\x06\x02\x05\x05\x05\x19", "scrolled");
    vim_keys(&screen, "/needle 4\rnnN", "searched");
    vim_keys(&screen, ":split\r:vsplit\r\x17jG\x17kgg", "windows");
    vim_keys(&screen, "ggVjj>jjvee\x1b\x16jjll\x1b", "selected");
    vim_keys(
        &screen,
        "Onew 漢字 text 🙂 e\u{301}\x1bddpJxxP5x3dd2u",
        "edited",
    );
    vim_keys(
        &screen,
        ":set wrap list cursorline colorcolumn=40\r",
        "options",
    );
    vim_keys(&screen, ":set nowrap\r20zl5zh:only\r", "aside");
    screen.type_text(":qall!\r");
    finish(&screen)
}

fn vim_with_mouse(stage: &Stage) -> Vec<u8> {
    let screen = start_vim(stage);
    vim_keys(&screen, "\x1b[<0;12;5M\x1b[<0;12;5m", "clicked");
    vim_keys(
        &screen,
        "\x1b[<65;12;5M\x1b[<65;12;5M\x1b[<64;12;5M",
        "wheeled",
    );
    vim_keys(
        &screen,
        "\x1b[<0;9;4M\x1b[<32;14;7M\x1b[<0;14;7m\x1b",
        "dragged",
    );
    screen.type_text("o");
    keys(
        &screen,
        "\x1b[200~pasted 漢字\rand a second line\x1b[201~",
        "second line",
    );
    vim_keys(&screen, "\x1b", "pasted");
    vim_keys(&screen, "\x1b[<0;3;2M\x1b[<0;3;2m\x06\x02", "again");
    screen.type_text(":qall!\r");
    finish(&screen)
}

fn less(stage: &Stage) -> Vec<u8> {
    let mut text = String::new();
    for n in 1..=200 {
        let colour = 31 + n % 7;
        let _ = writeln!(
            text,
            "\x1b[{colour}mline {n}\x1b[m \x1b[1mbold {n}\x1b[0m 漢字 {}",
            "tail ".repeat(n % 23)
        );
    }
    let file = stage.file("log.txt", &text);
    let screen = stage.start(&stage.command("less").arg("-R").arg(file));
    screen.wait_for_text("line 1 ");
    keys(&screen, " ", "line 20 ");
    keys(&screen, "/bold 77\r", "bold 77");
    keys(&screen, "/bold 120\r", "bold 120");
    keys(&screen, "?bold 77\r", "line 77 ");
    keys(&screen, "G", "line 200 ");
    keys(&screen, "b", "line 176 ");
    keys(&screen, "b", "line 161 ");
    screen.type_text("\x1bOC");
    screen.wait_until("it is shown from the middle on", |view| {
        !view.text().contains("line 1")
    });
    keys(&screen, "jk\x1bOD", "line 16");
    keys(&screen, "g", "line 1 ");
    keys(&screen, "h", "SUMMARY");
    keys(&screen, "q", "tail");
    screen.type_text("q");
    finish(&screen)
}

fn nano(stage: &Stage) -> Vec<u8> {
    let file = stage.file("source.c", &source());
    let screen = stage.start(&stage.command("nano").args(["-I", "-l", "-m"]).arg(file));
    screen.wait_for_text("function_1(");
    keys(&screen, "typed 漢字 ", "typed");
    keys(&screen, "\x17needle 55\r", "function_55(");
    keys(&screen, "\x0b\x0b\x15\x15", "function_56(");
    keys(&screen, "\x1b[6~\x1b[6~", "function_8");
    keys(&screen, "\x1b[5~\x1bOB\x1bOB\x1bOCx", "Modified");
    keys(&screen, "\x07", "Main nano help text");
    keys(&screen, "\x18", "function_");
    keys(&screen, "\x18", "Save modified buffer");
    screen.type_text("n");
    finish(&screen)
}
