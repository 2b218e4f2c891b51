//! The command line: its verbs and its help.

use clap::{Parser, builder::styling::Styles};

use crate::{cmd::Command, exit};

/// Keep terminal sessions alive: across closed windows, lost connections and upgrades
///
/// A workspace is a directory with a session: a shell or another program on a terminal of its own.
/// Detach from it with Ctrl-\ and it goes on; come back with `abide resume`. A session in tmux is shown
/// by tmux, and detached from with tmux's own keys (Ctrl-b d, unless yours are others).
#[derive(Debug, Parser)]
#[command(
    name = "abide",
    version,
    styles = Styles::plain(),
    after_help = after_help(),
    mut_subcommands = with_names,
    max_term_width = 100
)]
pub(crate) struct Args {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  abide new                      # your shell, in the current directory
  abide new api -- cargo watch   # another program, under a name
  abide launch api --agent codex # a further session there: a coding agent
  abide list                     # what there is, and what it does
  abide last                     # back to where you were

A name may be abbreviated to any part that only one workspace has.";

/// What names may be, for the end of each help that has one among its arguments.
const NAMES: &str = "\
A name is 1 to 64 characters long, of any script, blanks included. It holds no `/` and no control \
character, does not begin with `-`, and is not `.` or `..`.";

/// Adds to the help of a verb what names may be, if it has one among its arguments.
fn with_names(verb: clap::Command) -> clap::Command {
    let is_name = |argument: &clap::Arg| {
        let shown = argument.get_value_names().unwrap_or_default();
        shown.iter().any(|name| name == "NAME")
    };
    if !verb.get_arguments().any(is_name) {
        return verb;
    }
    let help = match verb.get_after_help() {
        Some(text) => format!("{text}\n\n{NAMES}"),
        None => NAMES.to_owned(),
    };
    verb.after_help(help)
}

const ENVIRONMENT: &str = "\
Environment:
  ABIDE_STATE_DIR    where workspaces are remembered
  ABIDE_RUNTIME_DIR  where sockets are
  ABIDE_CONFIG       the configuration file
  ABIDE_AGENT        what new sessions run: an agent, by name, or shell
  ABIDE_BACKEND      what keeps new sessions: auto, tmux or owner
  ABIDE_LOG          what to log, such as `debug`
  ABIDE_LOG_FILE     where to log to, instead of standard error

Directories and the configuration file are named by whole paths, from the root.";

fn after_help() -> String {
    [EXAMPLES, NAMES, ENVIRONMENT, exit::HELP].join("\n\n")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn help(verbs: &[&str]) -> String {
        let mut command = Args::command().term_width(80);
        command.build();
        let verb = verbs.iter().fold(&mut command, |command, verb| {
            command.find_subcommand_mut(verb).unwrap()
        });
        verb.render_long_help().to_string()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_verb_has_a_help_that_stands_alone() {
        insta::assert_snapshot!("abide", help(&[]));
        for verb in Args::command().get_subcommands() {
            let name = verb.get_name();
            insta::assert_snapshot!(name, help(&[name]));
            for below in verb.get_subcommands() {
                let words = [name, below.get_name()];
                insta::assert_snapshot!(words.join("-"), help(&words));
            }
        }
    }

    #[test]
    fn whatever_takes_a_name_says_what_names_may_be() {
        let says = |verb: &str| help(&[verb]).replace('\n', " ").contains(NAMES);
        for verb in [
            "new", "attach", "launch", "open", "stop", "delete", "adopt", "log",
        ] {
            assert!(says(verb), "{verb}");
        }
        for verb in ["list", "doctor", "completions"] {
            assert!(!says(verb), "{verb}");
        }
    }

    #[test]
    fn examples_fit_a_narrow_terminal() {
        let mut command = Args::command();
        let verbs = command
            .get_subcommands_mut()
            .map(|verb| verb.get_after_help().cloned());
        for text in verbs
            .flatten()
            .map(|text| text.to_string())
            .chain([after_help()])
        {
            for line in text.lines().filter(|line| line.starts_with("  ")) {
                assert!(line.chars().count() < 80, "{line}");
            }
        }
    }

    #[test]
    fn help_lines_have_no_full_stop() {
        for verb in Args::command().get_subcommands() {
            let about = verb.get_about().unwrap().to_string();
            assert!(!about.ends_with('.'), "{about}");
            for argument in verb.get_arguments() {
                let text = argument.get_help().unwrap_or_default().to_string();
                assert!(
                    !text.is_empty() && !text.ends_with('.'),
                    "{}: {text}",
                    argument.get_id()
                );
            }
        }
    }

    /// proves C7
    #[test]
    fn the_forms_that_scripts_rely_on_are_understood() {
        for line in [
            "new",
            "new api",
            "new --dir /srv --shell --size 132x50 --env A --env B=1 --no-attach",
            "new api --no-attach -- sh -c -x",
            "new api --agent claude --no-attach",
            "open api",
            "open api/scratch --no-attach",
            "launch api",
            "launch api/review --agent codex --env A --no-attach",
            "launch api/tests --shell",
            "launch api --backend owner --size 80x24 -- cargo test",
            "stop api --all --grace 1s",
            "delete api/review --force",
            "agents --json",
            "agents check claude --json",
            "config path",
            "config explain",
            "config explain agents.claude --workspace api --json",
            "attach api --view --detach-keys ctrl-x,d",
            "attach api/main --steal --exit-code",
            "resume api",
            "last",
            "list --json",
            "info api --json",
            "send api text --enter",
            "send api --keys C-c --keys M-x --enter",
            "send api -",
            "send api --enter",
            "capture api --ansi --history 10",
            "capture api --json",
            "wait api --exit",
            "wait api --idle 2s --timeout 1m",
            "wait api --match a.*b --since 17",
            "diff api",
            "diff api --stat --exit-code",
            "diff api --patch",
            "diff api/two --json",
            "diff api --name-only",
            "log",
            "log api --json",
            "log --dir /srv",
            "log --all",
            "summary",
            "summary api --record 3f9a --all-files",
            "summary --dir /srv --json",
            "stop api --grace 500ms",
            "delete api --force",
            "new api --backend auto --no-attach",
            "new api --backend tmux --no-attach",
            "list --orphans --json",
            "adopt 0123abcd",
            "adopt 0123abcd --name api --dir /srv",
            "reap 0123abcd 4567",
            "reap --all --force",
            "doctor",
            "completions bash",
        ] {
            let words = ["abide"].into_iter().chain(line.split(' '));
            let parsed = Args::try_parse_from(words);
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }

    #[test]
    fn what_contradicts_itself_or_says_nothing_is_refused() {
        for line in [
            "new a/b",
            "new api --shell -- sh",
            "new api --agent claude -- sh",
            "new api --agent claude --shell",
            "launch",
            "launch api --agent claude -- sh",
            "open",
            "config",
            "new --size 80",
            "new --backend screen",
            "adopt",
            "adopt 0123 --name a/b",
            "reap",
            "reap 0123 --all",
            "attach api --view --steal",
            "attach api --detach-keys ctrl-nothing",
            "attach",
            "send api --keys Entre",
            "wait api",
            "wait api --exit --idle 2s",
            "wait api --exit --since 17",
            "wait api --match (",
            "wait api --idle 2",
            "capture api --ansi --json",
            "diff",
            "diff api --stat --patch",
            "diff api --json --name-only",
            "log api --all",
            "log api --dir /srv",
            "summary api --dir /srv",
            "stop api --grace soon",
        ] {
            let words = ["abide"].into_iter().chain(line.split(' '));
            assert_eq!(
                Args::try_parse_from(words).unwrap_err().exit_code(),
                2,
                "{line}"
            );
        }
    }
}
