//! The compiler for another system: a target that rustup installed, or a cross kit.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::process;

/// Names the directory of a cross kit.
const KIT_VARIABLE: &str = "ABIDE_CROSS_KIT";
/// Where a kit lies when nobody says so, below the home directory.
const KIT_DEFAULT: &str = ".cache/abide-win-kit";

/// What compiles for another system.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Toolchain {
    /// Our own compiler, with a target that rustup installed.
    Rustup,
    /// The compiler of the kit in this directory.
    Kit(PathBuf),
}

/// Finds what compiles for `target`, or says how to get it.
pub(super) fn find(target: &str) -> Result<Toolchain> {
    let kit = kit_directory().filter(|kit| kit.join("env.sh").is_file());
    choose(target, &installed_targets(), kit)
}

fn choose(target: &str, installed: &str, kit: Option<PathBuf>) -> Result<Toolchain> {
    match kit {
        _ if installed.lines().any(|line| line.trim() == target) => Ok(Toolchain::Rustup),
        Some(kit) => Ok(Toolchain::Kit(kit)),
        None => bail!(
            "nothing here compiles for {target}: run `rustup target add {target}` (for Windows \
             also install the mingw-w64 gcc), or make a cross kit and name its directory, the one \
             with `env.sh` in it, in {KIT_VARIABLE} (default: ~/{KIT_DEFAULT})"
        ),
    }
}

fn kit_directory() -> Option<PathBuf> {
    let default = || env::home_dir().map(|home| home.join(KIT_DEFAULT));
    env::var_os(KIT_VARIABLE)
        .map(PathBuf::from)
        .or_else(default)
}

/// Returns the targets that rustup lists, one a line; none where there is no rustup.
fn installed_targets() -> String {
    let mut list = process::command("rustup", &["target", "list", "--installed"]);
    match process::observe(&mut list) {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(_) => String::new(),
    }
}

impl Toolchain {
    /// Whether programs for Windows can be run: a kit brings Wine, else it is on the path.
    pub(super) fn can_run(&self) -> bool {
        match self {
            Self::Kit(_) => true,
            Self::Rustup => process::observe(&mut process::command("wine", &["--version"])).is_ok(),
        }
    }

    /// Runs cargo for `target` with this compiler.
    pub(super) fn cargo(&self, target: &str, args: &[&str]) -> Result<()> {
        match self {
            Self::Rustup => {
                let mut command = process::command("cargo", args);
                for (variable, value) in stand_ins(target, env::consts::OS) {
                    if env::var_os(&variable).is_none() {
                        command.env(variable, value);
                    }
                }
                process::run(&mut command)
            }
            Self::Kit(kit) => {
                let script = ". \"$ABIDE_CROSS_KIT/env.sh\" && exec cargo \"$@\"";
                let mut command = process::command("bash", &["-euc", script, "cargo"]);
                command
                    .args(args)
                    .env(KIT_VARIABLE, kit)
                    .env("WIN_TARGET_DIR", target_directory());
                // Cargo set these for us, and they name our own compiler's files.
                for variable in ["CARGO", "LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN"] {
                    command.env_remove(variable);
                }
                process::run(&mut command)
            }
        }
    }
}

/// Returns where the kit builds: apart, because another compiler would undo our own builds.
fn target_directory() -> PathBuf {
    if let Some(chosen) = env::var_os("WIN_TARGET_DIR") {
        return chosen.into();
    }
    let ours = env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    process::root().join(ours).join("cross")
}

/// Returns what a target of rustup lacks on `system`, as variables that cargo and build scripts
/// read: a runner for Windows programs, and C tools for macOS, which is only checked and so is
/// content with tools that do nothing.
fn stand_ins(target: &str, system: &str) -> Vec<(String, &'static str)> {
    let name = target.replace('-', "_");
    if target.contains("windows") && system != "windows" {
        vec![(
            format!("CARGO_TARGET_{}_RUNNER", name.to_uppercase()),
            "wine",
        )]
    } else if target.contains("apple") && system != "macos" {
        ["CC", "CXX", "AR"]
            .map(|tool| (format!("{tool}_{name}"), "true"))
            .into()
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "aarch64-apple-darwin";

    #[test]
    fn installed_target_is_preferred_to_a_kit() {
        let installed = "x86_64-unknown-linux-gnu\naarch64-apple-darwin\n";
        let chosen = choose(TARGET, installed, Some("kit".into())).unwrap();
        assert_eq!(chosen, Toolchain::Rustup);
    }

    #[test]
    fn kit_serves_where_no_target_is_installed() {
        let chosen = choose(TARGET, "x86_64-apple-darwin\n", Some("kit".into())).unwrap();
        assert_eq!(chosen, Toolchain::Kit("kit".into()));
    }

    #[test]
    fn refusal_names_both_ways() {
        let refusal = choose(TARGET, "", None).unwrap_err().to_string();
        assert!(
            refusal.contains("rustup target add aarch64-apple-darwin"),
            "{refusal}"
        );
        assert!(refusal.contains(KIT_VARIABLE), "{refusal}");
    }

    #[test]
    fn other_systems_get_what_their_targets_lack() {
        let runner = "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER".to_owned();
        assert_eq!(
            stand_ins("x86_64-pc-windows-gnu", "linux"),
            [(runner, "wine")]
        );
        let tools = stand_ins("aarch64-apple-darwin", "linux");
        assert!(
            tools.contains(&("CC_aarch64_apple_darwin".to_owned(), "true")),
            "{tools:?}"
        );
        assert_eq!(stand_ins("x86_64-pc-windows-gnu", "windows"), []);
        assert_eq!(stand_ins("aarch64-apple-darwin", "macos"), []);
    }
}
