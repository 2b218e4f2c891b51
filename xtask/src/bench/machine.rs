//! What the machine is, and which versions were compared.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use super::tool::Tool;

/// Returns the machine's and the tools' descriptions, by name.
pub(crate) fn describe(tools: &[(Tool, PathBuf)]) -> Vec<(String, String)> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let gibibytes = super::procfs::field(&memory, "MemTotal:").unwrap_or_default() / 1024 / 1024;
    let mut facts = vec![
        ("cores".to_owned(), cores.to_string()),
        (
            "processor".to_owned(),
            processor(&cpu).unwrap_or("unknown").to_owned(),
        ),
        ("memory".to_owned(), format!("{gibibytes} GiB")),
        ("kernel".to_owned(), kernel.trim().to_owned()),
        (
            "busy besides".to_owned(),
            format!("{} (load of the last minute)", load),
        ),
    ];
    for (tool, program) in tools {
        if let Some(option) = tool.version_option() {
            let version = version(Command::new(program).arg(option));
            facts.push((tool.name().to_owned(), version));
        }
    }
    facts
}

/// Returns the first line that a program says about itself.
fn version(command: &mut Command) -> String {
    let Ok(output) = command.output() else {
        return "unknown".to_owned();
    };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    said.lines().next().unwrap_or("unknown").trim().to_owned()
}

fn processor(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_is_named_by_its_model() {
        let text = "processor\t: 0\nmodel name\t: A Chip @ 3GHz\nmodel name\t: other\n";
        assert_eq!(processor(text), Some("A Chip @ 3GHz"));
        assert_eq!(processor(""), None);
    }
}
