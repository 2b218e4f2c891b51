//! `abide doctor`: what abide uses, whether it is well, and what a logout would do.

mod backends;
mod sessions;

use std::path::Path;

use abide_workspace::{DATABASE_FILE, Workspaces};
use serde::Serialize;

use crate::{compose::Context, error::CliError, exit::Exit, host, output, report};

/// Show what abide uses, and whether it is well
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Ends with 1 if something is wrong, or with what stands in the way of looking.")]
pub(crate) struct Doctor {
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Well,
    Wrong,
}

/// What was looked at, and what was found.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

#[derive(Debug, Serialize)]
struct Finding {
    name: String,
    well: bool,
    finding: String,
}

impl Findings {
    fn add(&mut self, name: &str, health: Health, finding: &str) {
        self.0.push(Finding {
            name: name.to_owned(),
            well: health == Health::Well,
            finding: finding.to_owned(),
        });
    }

    fn are_well(&self) -> bool {
        self.0.iter().all(|finding| finding.well)
    }

    fn text(&self) -> String {
        let lines = self.0.iter().map(|finding| {
            let mark = if finding.well { "  " } else { "! " };
            let text = output::plain(&finding.finding);
            format!("{mark}{:<14}{text}\n", finding.name)
        });
        lines.collect()
    }
}

/// The answer as JSON.
#[derive(Debug, Serialize)]
struct Report<'a> {
    findings: &'a [Finding],
}

impl Doctor {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut findings = Findings::default();
        findings.add("version", Health::Well, env!("CARGO_PKG_VERSION"));
        // Opened before the directories are looked at, because it makes them.
        let asked = match context.workspaces().await {
            Ok(workspaces) => {
                backends::look_at(&mut findings, workspaces.backends(), context.backend).await;
                look_at_orphans(&mut findings, &workspaces).await;
                sessions::ask(&workspaces).await
            }
            Err(error) => Err(error),
        };
        look_at_places(&mut findings, context);
        let lingers = host::lingers(|name| std::env::var_os(name));
        let ends = host::logout_ends_processes();
        findings.add("logout", Health::Well, logout(lingers, ends));
        match &asked {
            Ok(asked) => sessions::report(&mut findings, asked),
            Err(error) => findings.add("sessions", Health::Wrong, &report::chain(error)),
        }
        if self.json {
            output::json(&Report {
                findings: &findings.0,
            })?;
        } else {
            output::bytes(findings.text().as_bytes())?;
        }
        match (asked, findings.are_well()) {
            (Err(error), _) => Err(error),
            (Ok(_), true) => Ok(Exit::SUCCESS),
            (Ok(_), false) => Err(CliError::Unhealthy),
        }
    }
}

fn look_at_places(findings: &mut Findings, context: &Context) {
    let dirs = &context.dirs;
    look_at(findings, "state", &dirs.state);
    look_at(findings, "database", &dirs.state.join(DATABASE_FILE));
    look_at(findings, "sessions in", &dirs.owners());
    look_at(findings, "sockets in", &dirs.runtime);
    look_at(findings, "configuration", dirs.config.path());
}

fn look_at(findings: &mut Findings, name: &str, path: &Path) {
    let (health, found) = match host::permissions(path) {
        Ok(permissions) => (Health::Well, permissions),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            (Health::Well, "not there yet".into())
        }
        Err(error) => (Health::Wrong, error.to_string()),
    };
    findings.add(name, health, &format!("{} ({found})", path.display()));
}

/// Says how many sessions no workspace has, if there are any.
async fn look_at_orphans(findings: &mut Findings, workspaces: &Workspaces) {
    // What stands in the way of looking is told with the sessions.
    let count = workspaces
        .orphans()
        .await
        .map_or(0, |found| found.sessions.len());
    if count != 0 {
        let text = format!("{count} that no workspace has: `abide list --orphans`");
        findings.add("orphans", Health::Well, &text);
    }
}

/// Says what a logout would do to sessions, if their user lingers and if it ends processes.
fn logout(lingers: Option<bool>, ends: Option<bool>) -> &'static str {
    match (lingers, ends) {
        (Some(true), _) => "sessions go on (lingering is enabled)",
        (_, Some(false)) => "sessions go on (the system leaves users' processes alone)",
        (_, Some(true)) => {
            "sessions are stopped and their ends kept; `loginctl enable-linger` lets them go on"
        }
        (Some(false), None) => {
            "the system may stop sessions; `loginctl enable-linger` lets them go on"
        }
        (None, None) => "cannot be told on this system",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_is_told_by_what_the_system_says_and_not_by_guess() {
        assert!(logout(Some(true), Some(true)).starts_with("sessions go on"));
        assert!(logout(Some(false), Some(false)).starts_with("sessions go on"));
        assert!(logout(Some(false), Some(true)).starts_with("sessions are stopped"));
        assert!(logout(Some(false), None).contains("may stop"));
        assert!(logout(None, None).contains("cannot be told"));
    }

    #[test]
    fn what_is_wrong_is_marked_and_counted() {
        let mut findings = Findings::default();
        findings.add("a", Health::Well, "fine");
        findings.add("b", Health::Wrong, "bro\nken");
        assert!(!findings.are_well());
        assert_eq!(
            findings.text(),
            "  a             fine\n! b             bro\\nken\n"
        );
    }
}
