//! The programs that are compared, and how each is asked to do the same thing.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::viewer::{COLS, ROWS};

/// Lines of history that every tool that keeps some is told to keep.
const HISTORY_LINES: &str = "10000";

/// One of the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tool {
    /// A bare terminal: no tool at all, the limit of what is possible.
    Raw,
    /// The program of this repository.
    Abide,
    /// <https://github.com/tmux/tmux>
    Tmux,
    /// <https://dtach.sourceforge.net>
    Dtach,
    /// <https://www.gnu.org/software/screen>
    Screen,
    /// <https://www.brain-dump.org/projects/abduco>
    Abduco,
}

impl Tool {
    /// Every one, in the order of the table's columns.
    pub(crate) const ALL: [Self; 6] = [
        Self::Raw,
        Self::Abide,
        Self::Tmux,
        Self::Dtach,
        Self::Screen,
        Self::Abduco,
    ];

    /// Returns its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Abide => "abide",
            Self::Tmux => "tmux",
            Self::Dtach => "dtach",
            Self::Screen => "screen",
            Self::Abduco => "abduco",
        }
    }

    /// Tells whether it is compared with, rather than the limit or the one that is judged.
    pub(crate) fn is_peer(self) -> bool {
        !matches!(self, Self::Raw | Self::Abide)
    }

    /// Returns what is typed to leave a session.
    pub(crate) fn detach_keys(self) -> &'static [u8] {
        match self {
            Self::Raw => b"",
            Self::Abide | Self::Dtach | Self::Abduco => b"\x1c",
            Self::Tmux => b"\x02d",
            Self::Screen => b"\x01d",
        }
    }

    /// Tells whether it knows what is on the screen, and can show it to one who comes back.
    pub(crate) fn keeps_screen(self) -> bool {
        matches!(self, Self::Abide | Self::Tmux | Self::Screen)
    }

    /// Returns the option that prints its version, for those that have one.
    pub(crate) fn version_option(self) -> Option<&'static str> {
        match self {
            Self::Raw => None,
            Self::Abide | Self::Dtach | Self::Screen => Some("--version"),
            Self::Tmux => Some("-V"),
            Self::Abduco => Some("-v"),
        }
    }
}

/// A tool that is there, with the directory it keeps its things in.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// Which tool.
    pub(crate) tool: Tool,
    /// Its program.
    pub(crate) program: PathBuf,
    /// Its directory; sockets lie here, so it is short.
    pub(crate) dir: PathBuf,
}

impl Setting {
    /// Returns where its sessions run: nothing of the tool's own is there, as nothing is where people
    /// work.
    pub(crate) fn work_dir(&self) -> PathBuf {
        self.dir.join("work")
    }

    /// Returns the command that starts `player` in a session that nobody watches.
    pub(crate) fn create(&self, name: &str, player: &[String]) -> Command {
        let mut command = self.command();
        match self.tool {
            Tool::Raw => {
                command = Command::new(&player[0]);
                command.args(&player[1..]);
                return command;
            }
            Tool::Abide => {
                let size = format!("{COLS}x{ROWS}");
                command.args(["new", name, "--no-attach", "--size", &size, "--dir"]);
                command.arg(self.work_dir()).arg("--");
            }
            Tool::Tmux => {
                let (cols, rows) = (COLS.to_string(), ROWS.to_string());
                command.args(["new-session", "-d", "-s", name, "-x", &cols, "-y", &rows]);
            }
            Tool::Dtach => {
                command
                    .arg("-n")
                    .arg(self.dir.join(name))
                    .args(["-r", "winch"]);
            }
            Tool::Screen => {
                command.args(["-h", HISTORY_LINES, "-dmS", name]);
            }
            Tool::Abduco => {
                command.args(["-n", name]);
            }
        }
        command.args(player);
        command
    }

    /// Returns the command that shows a session on the terminal it runs on.
    pub(crate) fn attach(&self, name: &str) -> Command {
        let mut command = self.command();
        match self.tool {
            Tool::Raw => {}
            Tool::Abide => {
                command.args(["attach", name]);
            }
            Tool::Tmux => {
                command.args(["attach-session", "-t", name]);
            }
            Tool::Dtach => {
                command
                    .arg("-a")
                    .arg(self.dir.join(name))
                    .args(["-r", "winch"]);
            }
            Tool::Screen => {
                command.args(["-r", name]);
            }
            Tool::Abduco => {
                command.args(["-a", name]);
            }
        }
        command
    }

    /// Returns the command that lists the sessions, for tools that can.
    pub(crate) fn list(&self) -> Option<Command> {
        let mut command = self.command();
        match self.tool {
            Tool::Raw | Tool::Dtach => return None,
            Tool::Abide => command.arg("list"),
            Tool::Tmux => command.arg("list-sessions"),
            Tool::Screen => command.arg("-ls"),
            Tool::Abduco => &mut command,
        };
        Some(command)
    }

    /// Returns the configuration file that a tool is given, so that the user's is not read.
    pub(crate) fn config(&self) -> Option<(PathBuf, String)> {
        let text = match self.tool {
            // Its status line would be one more thing that it draws; a server that has just ended
            // would be in the way of the next. What colours a terminal has it asks the terminal,
            // and the bench does not answer.
            Tool::Tmux => format!(
                "set -g status off\nset -g exit-empty off\nset -g history-limit {HISTORY_LINES}\n\
                 set -as terminal-features ',xterm-256color:RGB'\n"
            ),
            Tool::Screen => {
                format!("startup_message off\ndefscrollback {HISTORY_LINES}\ndefutf8 on\n")
            }
            _ => return None,
        };
        Some((self.dir.join("config"), text))
    }

    /// Returns the program with what all of its verbs need.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let config = self.dir.join("config");
        match self.tool {
            Tool::Tmux => {
                command.arg("-u").arg("-f").arg(config);
                command.arg("-S").arg(self.dir.join("socket"));
            }
            Tool::Screen => {
                command.arg("-U").arg("-c").arg(config);
            }
            _ => {}
        }
        command
    }
}

/// Returns the file of a program on the PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut files = env::split_paths(&path).map(|dir| dir.join(name));
    files.find(|file| is_file(file))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file())
}
