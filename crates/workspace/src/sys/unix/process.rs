//! What the system tells of a process of this user. Linux does, in `/proc`; elsewhere there is no
//! such directory, and nothing is told.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use abide_core::backend::Command;

use crate::sys::ProcessFacts;

/// Returns what the system tells of a process; of its environment, these variables alone.
pub(crate) fn process_facts(pid: u32, variables: &[&'static str]) -> ProcessFacts {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let read = |name: &str| fs::read(process.join(name)).unwrap_or_default();
    let link = |name: &str| fs::read_link(process.join(name)).ok();
    ProcessFacts {
        dir: link("cwd").filter(|dir| dir.is_dir()),
        command: command(&read("cmdline"), link("exe").as_deref()),
        variables: chosen(&read("environ"), variables),
    }
}

/// Reads a command line. What a program calls itself need not lead to it: then the path of the
/// program itself stands first.
fn command(line: &[u8], program: Option<&Path>) -> Option<Command> {
    let mut words = line.strip_suffix(b"\0")?.split(|byte| *byte == 0);
    let first = OsStr::from_bytes(words.next()?);
    let leads_to_it = Path::new(first).is_absolute() && Path::new(first).exists();
    let first = match (leads_to_it, program) {
        (false, Some(program)) if program.exists() => program.as_os_str(),
        (true | false, _) => first,
    };
    let words = words.map(|word| OsString::from_vec(word.to_vec()));
    Some(Command::new(first, words))
}

/// Finds variables in an environment; those alone, because others may be secrets.
fn chosen(environment: &[u8], names: &[&'static str]) -> Vec<(&'static str, String)> {
    let value_of = |name: &str| {
        let mut variables = environment.split(|byte| *byte == 0);
        let value = variables.find_map(|variable| {
            let rest = variable.strip_prefix(name.as_bytes())?;
            rest.strip_prefix(b"=")
        });
        String::from_utf8(value?.to_vec()).ok()
    };
    let found = names.iter().map(|name| Some((*name, value_of(name)?)));
    found.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_taken_of_an_environment() {
        let environment = b"ABIDE_NAMES=x\0TOKEN=secret\0ABIDE_NAME=my api\0EMPTY=\0";
        assert_eq!(
            chosen(environment, &["ABIDE_NAME", "NOT_THERE", "EMPTY"]),
            [
                ("ABIDE_NAME", "my api".to_owned()),
                ("EMPTY", String::new())
            ]
        );
    }

    #[test]
    fn a_command_begins_with_what_leads_to_the_program() {
        let words = |line: &[u8], program: Option<&str>| {
            let command = command(line, program.map(Path::new))?;
            let words = std::iter::once(command.program).chain(command.args);
            Some(words.collect::<Vec<_>>())
        };
        let shell = Some("/bin/sh");
        assert_eq!(
            words(b"-zsh\0", shell),
            Some(vec!["/bin/sh".into()]),
            "a login shell"
        );
        assert_eq!(
            words(b"/bin/sh\0-c\0\0", Some("/usr/bin/env")),
            Some(vec!["/bin/sh".into(), "-c".into(), "".into()])
        );
        assert_eq!(words(b"", shell), None, "a process that has ended");
    }
}
