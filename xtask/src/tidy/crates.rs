//! Which crate of this workspace may depend on which, read from the manifests.
//!
//! ```text
//! cli ─► server ─► workspace ─► core      cli ─► backend-tmux, backend-ptyowner ─► core
//! backend-tmux ─► backend-ptyowner ─► screen ─► core
//! backend-ptyowner, workspace ─► local ─► core
//! testkit ─► core      fuzzing ─► what it tries
//! the others ─► testkit, as a dev-dependency only; xtask ─► nothing here
//! ```

use toml::{Table, Value};

use super::Violation;
use super::source::Source;

/// Crates by directory, and what each may depend on.
const DIRECTIONS: [(&str, &[&str]); 11] = [
    ("core", &[]),
    ("local", &["core"]),
    ("screen", &["core"]),
    ("backend-ptyowner", &["core", "local", "screen"]),
    ("backend-tmux", &["core", "backend-ptyowner"]),
    ("workspace", &["core", "local"]),
    ("server", &["core", "workspace"]),
    ("testkit", &["core"]),
    ("fuzzing", &["core", "screen", "backend-ptyowner"]),
    (
        "cli",
        &[
            "core",
            "local",
            "screen",
            "backend-ptyowner",
            "backend-tmux",
            "workspace",
            "server",
        ],
    ),
    ("xtask", &[]),
];

#[derive(Clone, Copy, PartialEq)]
enum Use {
    Normal,
    Test,
}

/// Refuses dependencies against the direction, and versions outside the root manifest.
pub(super) fn check(source: &Source) -> Vec<Violation> {
    let Some(member) = member(&source.path) else {
        return Vec::new();
    };
    let manifest = match source.text.parse::<Table>() {
        Ok(manifest) => manifest,
        Err(err) => {
            let advice = format!("not a manifest: {}", err.message());
            return vec![Violation::new(source, 1, "crate-manifest", advice)];
        }
    };
    let Some((_, allowed)) = DIRECTIONS.iter().find(|(name, _)| *name == member) else {
        let advice = "give this crate its place in `xtask/src/tidy/crates.rs`";
        return vec![Violation::new(source, 1, "crate-unknown", advice)];
    };
    let dependencies = dependencies(&manifest);
    let judged = dependencies.iter().filter_map(|(name, how, value)| {
        let (rule, advice) = refusal(member, allowed, name, *how, value)?;
        Some(Violation::new(
            source,
            line_naming(&source.text, name),
            rule,
            advice,
        ))
    });
    judged.collect()
}

fn refusal(
    member: &str,
    allowed: &[&str],
    name: &str,
    how: Use,
    value: &Value,
) -> Option<(&'static str, String)> {
    let inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
    if !inherited {
        let advice = format!("write `{name}.workspace = true`; versions live in the root manifest");
        return Some(("crate-version", advice));
    }
    if name == "anyhow" && how == Use::Normal && !matches!(member, "xtask" | "testkit") {
        let advice = "`anyhow` is for xtask and tests; a library says what failed by type";
        return Some(("crate-anyhow", advice.to_owned()));
    }
    let target = own_crate(name)?;
    let as_test = how == Use::Test && target == "testkit" && member != "xtask";
    let advice = format!("`{member}` must not depend on `{target}` here");
    (!as_test && !allowed.contains(&target)).then_some(("crate-direction", advice))
}

/// Returns the name of the crate whose manifest this is.
fn member(path: &str) -> Option<&str> {
    match path.split('/').collect::<Vec<_>>()[..] {
        ["crates", name, "Cargo.toml"] | [name @ "xtask", "Cargo.toml"] => Some(name),
        _ => None,
    }
}

/// Returns the directory of a crate of this workspace, by the name of its package.
fn own_crate(package: &str) -> Option<&str> {
    match package {
        "abide" => Some("cli"),
        "xtask" => Some("xtask"),
        other => other.strip_prefix("abide-"),
    }
}

fn dependencies(manifest: &Table) -> Vec<(&str, Use, &Value)> {
    let mut found = Vec::new();
    collect(manifest, &mut found);
    let targets = manifest.get("target").and_then(Value::as_table);
    for target in targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table)
    {
        collect(target, &mut found);
    }
    found
}

fn collect<'a>(table: &'a Table, found: &mut Vec<(&'a str, Use, &'a Value)>) {
    let kinds = [
        ("dependencies", Use::Normal),
        ("build-dependencies", Use::Normal),
        ("dev-dependencies", Use::Test),
    ];
    for (kind, how) in kinds {
        let listed = table
            .get(kind)
            .and_then(Value::as_table)
            .into_iter()
            .flatten();
        found.extend(listed.map(|(name, value)| (name.as_str(), how, value)));
    }
}

fn line_naming(text: &str, name: &str) -> usize {
    let names = |line: &str| {
        let rest = line.trim_start().trim_start_matches('"').strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=', '"']))
    };
    text.lines().position(names).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(member: &str, manifest: &str) -> Vec<(usize, &'static str)> {
        let path = match member {
            "xtask" => "xtask/Cargo.toml".to_owned(),
            _ => format!("crates/{member}/Cargo.toml"),
        };
        let source = Source::new(&path, manifest.to_owned());
        check(&source)
            .iter()
            .map(|violation| (violation.line, violation.rule))
            .collect()
    }

    #[test]
    fn dependencies_follow_the_direction() {
        let on = |name: &str| {
            format!("[dependencies]\nlibc.workspace = true\n{name}.workspace = true\n")
        };
        assert_eq!(refused("workspace", &on("abide-core")), []);
        assert_eq!(refused("backend-ptyowner", &on("abide-screen")), []);
        assert_eq!(
            refused("core", &on("abide-screen")),
            [(3, "crate-direction")]
        );
        assert_eq!(
            refused("workspace", &on("abide-backend-ptyowner")),
            [(3, "crate-direction")]
        );
        assert_eq!(
            refused("testkit", &on("abide-screen")),
            [(3, "crate-direction")]
        );
        assert_eq!(
            refused("cli", &on("abide-testkit")),
            [(3, "crate-direction")]
        );
        assert_eq!(
            refused("xtask", &on("abide-core")),
            [(3, "crate-direction")]
        );
    }

    #[test]
    fn conditions_on_the_platform_hide_nothing() {
        let manifest = "[target.'cfg(unix)'.dependencies]\nabide-screen = { workspace = true }\n";
        assert_eq!(refused("core", manifest), [(2, "crate-direction")]);
        let manifest = "[build-dependencies]\nabide-screen.workspace = true\n";
        assert_eq!(refused("core", manifest), [(2, "crate-direction")]);
    }

    #[test]
    fn testkit_is_for_tests_of_all_but_xtask() {
        let manifest = "[dev-dependencies]\nabide-testkit.workspace = true\n";
        assert_eq!(refused("core", manifest), []);
        assert_eq!(refused("cli", manifest), []);
        assert_eq!(refused("xtask", manifest), [(2, "crate-direction")]);
        let other = "[dev-dependencies]\nabide-screen.workspace = true\n";
        assert_eq!(refused("workspace", other), [(2, "crate-direction")]);
    }

    #[test]
    fn versions_live_in_the_root_manifest() {
        assert_eq!(
            refused("core", "[dependencies]\nlibc = \"0.2\"\n"),
            [(2, "crate-version")]
        );
        let path = "[dependencies]\nabide-core = { path = \"../core\" }\n";
        assert_eq!(refused("cli", path), [(2, "crate-version")]);
    }

    #[test]
    fn anyhow_is_for_xtask_and_tests() {
        let normal = "[dependencies]\nanyhow.workspace = true\n";
        assert_eq!(refused("cli", normal), [(2, "crate-anyhow")]);
        assert_eq!(refused("xtask", normal), []);
        assert_eq!(
            refused("cli", "[dev-dependencies]\nanyhow.workspace = true\n"),
            []
        );
    }

    #[test]
    fn crate_without_a_place_is_refused() {
        assert_eq!(refused("novel", "[dependencies]\n"), [(1, "crate-unknown")]);
        assert_eq!(refused("core", "[dependencies\n"), [(1, "crate-manifest")]);
    }
}
