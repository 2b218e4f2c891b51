//! Shells and what people see in them: prompts, logs, text of every script, programs that die.

use super::Script;
use super::stage::{Stage, finish, keys};

pub(super) const SCRIPTS: &[Script] = &[
    Script {
        name: "bash",
        about: "a coloured prompt with a title; editing over the edge, search, completion, `clear`",
        needs: &["bash", "ls"],
        rows: 24,
        cols: 60,
        play: bash,
    },
    Script {
        name: "build log",
        about: "coloured lines, progress in one row and in several, longer than the page",
        needs: &["bash"],
        rows: 24,
        cols: 80,
        play: build_log,
    },
    Script {
        name: "CJK and emoji",
        about: "wide, combining and joined characters, wrapped at an odd width",
        needs: &["bash"],
        rows: 12,
        cols: 37,
        play: scripts_of_the_world,
    },
    Script {
        name: "crash",
        about: "a program is killed in the alternate screen with its modes set; the shell goes on",
        needs: &["bash"],
        rows: 16,
        cols: 60,
        play: crash,
    },
    Script {
        name: "inline interface",
        about: "synchronized redraws of the last rows, links, keyboard flags, spinner titles, paste mode",
        needs: &["bash"],
        rows: 20,
        cols: 72,
        play: inline_interface,
    },
    Script {
        name: "tmux",
        about: "panes, status line, copy mode, a pane that scrolls beside another",
        needs: &["tmux", "bash"],
        rows: 30,
        cols: 90,
        play: tmux,
    },
];

fn bash(stage: &Stage) -> Vec<u8> {
    stage.file("alpha one.txt", "");
    stage.file("alpha two.txt", "");
    let shell = stage.shell();
    keys(
        &shell,
        "ls --color=always / ; ls --color=always -l /\r",
        "[2]$",
    );
    let long = "echo a command that is longer than the terminal is wide, so that its line wraps";
    shell.type_text(long);
    shell.wait_for_text("line wraps");
    // To the beginning, a word in front, to the end, a word less.
    keys(&shell, "\x01printf '%s ' \x05\x17folds", "folds");
    keys(&shell, "\r", "[3]$");
    keys(&shell, "\x12alpha", "reverse-i-search");
    // What is typed while it gives the search up is lost.
    shell.type_text("\x07");
    shell.wait_until("the search is over", |view| {
        !view.text().contains("i-search")
    });
    keys(&shell, "cat alp\t", "alpha\\ ");
    keys(&shell, "\x1b?", "two.txt");
    keys(&shell, "\x15clear; echo cleared\r", "[4]$");
    keys(
        &shell,
        "for n in {1..40}; do echo \"line $n\"; done\r",
        "[5]$",
    );
    keys(&shell, "\x1b[200~echo pasted\x1b[201~", "pasted");
    keys(&shell, "\r", "[6]$");
    shell.type_text("exit\r");
    finish(&shell)
}

fn build_log(stage: &Stage) -> Vec<u8> {
    stage.script(
        r#"
for n in {1..30}; do
  printf '\r\e[K\e[1m\e[32m   Compiling\e[0m crate-%d v0.%d.0 (/src/crates/number-%d)\n' $n $n $n
  printf '\e[1m\e[36m    Building\e[0m [%-30s] %d/30: crate-%d' "$(printf '=%.0s' $(seq $n))>" $n $n
done
printf '\r\e[K\e[1m\e[33mwarning\e[0m\e[1m: unused variable: `x`\e[0m\n'
printf ' \e[1m\e[34m--> \e[0msrc/main.rs:2:9\n  \e[1m\e[34m|\e[0m\n\e[1m\e[34m2\e[0m \e[1m\e[34m|\e[0m let x = 1;\n'
printf '  \e[38;5;208m^ help: \e[4:3m\e[58:5:9mif this is intentional\e[0m, prefix it\n'
printf 'one\ntwo\nthree\n'
for n in {1..12}; do
  printf '\e[3A\e[2K\r\e[48;2;20;40;%dmlayer a %d%%\e[m\e[K\n\e[2Klayer b %s\n\r\e[Jlayer c %d\n' $((n * 20)) $n "${n}0" $n
done
printf '\e[0;1;31merror\e[0m: could not compile\n\e[?25l\e[5mblinking\e[25m\e[?25h \e[2mdim\e[22m \e[9mgone\e[29m \e[7mreverse\e[27m\n'
"#,
    )
}

fn scripts_of_the_world(stage: &Stage) -> Vec<u8> {
    stage.script(
        r#"
text='漢字とかな交じり文 한국어 문장 中文字符測試，全角！'
for n in {1..6}; do printf '%*s%s\n' $n '' "$text$text"; done
printf '\e[41m%s\e[m %s\n' "$text" '🙂🚀👩‍🚀👨‍👩‍👧‍👦🇨🇭❤️'
printf 'e\u0301a\u0308o\u0302 नमस्ते สวัสดี مرحبا שלום\n'
for n in {1..36}; do printf '\e[%dG🙂\e[%dGx' $n $((n + 1)); done; printf '\n'
printf '\e[5;10H漢字\e[5;11Hx\e[6;10H漢字\e[6;12H\b \e[7;36H漢字\e[7;1H\e[3@\e[8;3H\e[2P\e[9;4H\e[1K'
printf '\e[12;1H'; printf '─%.0s' {1..100}; printf '\n┌──┐│██▓▒░│└──┘\n'
printf '日本語\r日\e[1C本\e[K\n'
"#,
    )
}

fn crash(stage: &Stage) -> Vec<u8> {
    let program = stage.file(
        "dies.sh",
        r#"printf '\e[?1049h\e[22;0;0t\e[1;14r\e[?1h\e=\e[?1000h\e[?1006h\e[?1004h\e[?25l\e[4 q\e]2;editor\a'
printf '\e[2J\e[H\e[44;97m%60s\e[m\e[5;5H\e[3;3Htext\e(0lqqk\e[1;35m' ' a title'
kill -9 $$
"#,
    );
    let shell = stage.shell();
    keys(&shell, "echo before\r", "[2]$");
    keys(&shell, &format!("bash {}\r", program.display()), "[3]$");
    keys(&shell, "echo after\r", "[4]$");
    keys(&shell, "for n in {1..30}; do echo $n; done\r", "[5]$");
    keys(&shell, "printf '\\e[?1049l\\e[r\\e[m\\e(B'\r", "[6]$");
    keys(&shell, "ls --color=always -l /\r", "[7]$");
    shell.type_text("exit\r");
    finish(&shell)
}

fn inline_interface(stage: &Stage) -> Vec<u8> {
    stage.script(
        r#"
printf '\e[?2004h\e[?1004h\e[>1u\e[>4;2m\e[?25l\e]11;#101418\e\\\e]4;1;rgb:ff/55/55;2;#50fa7b\a\e[5 q'
spinner=(⠋ ⠙ ⠹ ⠸ ⠼ ⠴ ⠦ ⠧)
printf 'row\nrow\nrow\nrow\n'
for n in {1..24}; do
  printf '\e[?2026h\e]0;%s working\a' "${spinner[n % 8]}"
  printf '\e[2K\e[1A\e[2K\e[1A\e[2K\e[1A\e[2K\e[G'
  printf '\e]8;;file:///src/main.rs#%d\e\\\e[1;4msrc/main.rs\e[22;24m\e]8;;\e\\ changed %d lines\n' $n $n
  printf '\e[2m╭%s╮\e[22m\n' "$(printf '─%.0s' {1..60})"
  printf '\e[38;2;255;%d;80m%s\e[39m thinking… \e[3m(esc to interrupt)\e[23m\n' $((n * 10)) "${spinner[n % 8]}"
  printf '\e[2m╰%s╯\e[22m' "$(printf '─%.0s' {1..60})"
  printf '\e[?2026l'
done
printf '\n\e[>5u\e[<u\e[<u\e[>4m\e]104\a\e]111\a\e[?2004l\e[?1004l\e[?25h\e[0 q\n'
"#,
    )
}

fn tmux(stage: &Stage) -> Vec<u8> {
    let settings = stage.file(
        "tmux.conf",
        "set -g default-command 'PS1=\"(\\#)$ \" exec bash --noprofile --norc'\n\
         set -g mouse on\nset -g status-right fixed\nset -g escape-time 0\nset -g assume-paste-time 0\n",
    );
    let command = stage
        .command("tmux")
        .args(["-L", "recording", "-f"])
        .arg(settings);
    let ends = command.clone().arg("kill-server");
    let screen = stage.start(&command.arg("new-session"));
    let _server = Server { ends, stage };
    screen.wait_for_text("(1)$");
    keys(
        &screen,
        "for n in {1..50}; do echo \"first $n\"; done\r",
        "first 50",
    );
    screen.type_text("\x02%");
    screen.wait_until("there are two panes", |view| view.text().contains('│'));
    keys(
        &screen,
        "printf '\\e[31mred \\e[7m漢字\\e[m\\n'; ls -l --color=always /usr; echo list''ed\r",
        "listed",
    );
    screen.type_text("\x02\"");
    screen.wait_until("there are three panes", |view| view.text().contains('├'));
    keys(
        &screen,
        "for n in {1..30}; do echo \"third $n\"; done\r",
        "third 30",
    );
    keys(&screen, "\x02[", "[0/");
    screen.type_text("\x1b[5~");
    screen.wait_until("copy mode has scrolled", |view| {
        !view.text().contains("[0/")
    });
    screen.type_text("q\x02z");
    screen.wait_until("one pane fills the window", |view| {
        !view.text().contains('│')
    });
    screen.type_text("\x02z");
    screen.wait_until("all panes are back", |view| view.text().contains('│'));
    for command in ["display-message said\r", "kill-server\r"] {
        screen.type_text("\x02:");
        screen.wait_until("it asks for a command", |view| {
            view.rows[29].text().starts_with(':')
        });
        screen.type_text(command);
        if command.contains("said") {
            screen.wait_for_text("said");
            // Any key ends the message.
            screen.type_text("\x02q");
            screen.wait_for_text("fixed");
        }
    }
    finish(&screen)
}

/// Ends a server of tmux, also if the recording has failed.
struct Server<'a> {
    ends: crate::screen::ScreenCommand,
    stage: &'a Stage,
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        self.stage.start(&self.ends).wait_exit();
    }
}
