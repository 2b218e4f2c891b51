//! Programs that fill the page with tables and boxes.

use crate::screen::default_foreground;

use super::Script;
use super::stage::{Stage, finish, keys};

pub(super) const SCRIPTS: &[Script] = &[
    Script {
        name: "top",
        about: "two refreshes, colours, each processor, help",
        needs: &["top"],
        rows: 24,
        cols: 80,
        play: top,
    },
    Script {
        name: "htop",
        about: "meters, tree, help, set-up, selection",
        needs: &["htop"],
        rows: 30,
        cols: 100,
        play: htop,
    },
    Script {
        name: "dialog",
        about: "menu, check list, gauge, text, colours, shadows and lines",
        needs: &["dialog", "bash"],
        rows: 24,
        cols: 80,
        play: dialog,
    },
];

fn top(stage: &Stage) -> Vec<u8> {
    let screen = stage.start(&stage.command("top").args(["-d", "2"]));
    screen.wait_for_text("PID");
    keys(&screen, "h", "Help for Interactive Commands");
    keys(&screen, "\x1b", "load average");
    screen.type_text("z");
    screen.wait_until("there are colours", |view| {
        let colours = view.fg_colors_in_row(7);
        colours.iter().any(|colour| *colour != default_foreground())
    });
    keys(&screen, "h", "Help for Interactive Commands");
    keys(&screen, "q", "load average");
    keys(&screen, "1", "%Cpu0");
    screen.type_text("q");
    finish(&screen)
}

fn htop(stage: &Stage) -> Vec<u8> {
    let screen = stage.start(&stage.command("htop").args(["-d", "3"]));
    screen.wait_for_text("Load average");
    keys(&screen, "h", "show this help screen");
    keys(&screen, " ", "Load average");
    keys(&screen, "t\x1bOB\x1bOB\x1bOB", "├─");
    keys(&screen, "S", "Categories");
    keys(&screen, "\x1bOB\x1bOC\x1bOB", "Categories");
    keys(&screen, "\x1b[21~", "Load average");
    screen.type_text("q");
    finish(&screen)
}

fn dialog(stage: &Stage) -> Vec<u8> {
    let script = stage.file(
        "dialog.sh",
        r#"
dialog --colors --title Menu --menu 'choose \Z1one\Zn' 15 50 5 a 'the first' b 'the second' c 漢字 d '🙂' 2>chosen
dialog --title List --checklist 'mark some' 15 50 5 a alpha off b beta on c gamma off 2>chosen
for percent in 0 7 25 50 66 80 100; do echo $percent; done | dialog --title Gauge --gauge 'working' 8 40
dialog --title Text --textbox text.txt 20 60
dialog --title Question --yesno 'really?' 8 30
dialog --infobox 'almost done' 5 30
clear
echo over
"#,
    );
    let text: String = (1..80)
        .map(|n| format!("row {n} of a text, {}\n", "word ".repeat(n % 13)))
        .collect();
    stage.file("text.txt", &text);
    let screen = stage.start(&stage.command("bash").arg(script));
    screen.wait_for_text("the first");
    keys(&screen, "\x1bOB\x1bOB\r", "mark some");
    keys(&screen, " \x1bOB \r", "row 1 of");
    keys(&screen, "\x1b[6~", "row 20 of");
    keys(&screen, "\x1b[5~\x1bOC\r", "really?");
    screen.type_text("\t\r");
    finish(&screen)
}
