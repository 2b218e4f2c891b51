//! Where state, sockets and the configuration are.
//!
//! Only paths are chosen here. Whoever uses a directory makes it and checks who may use it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy;

use crate::host;

/// The directory's name below each of the system's own.
const ABIDE: &str = "abide";

/// The directories and files of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dirs {
    /// The database, and what is kept of each session.
    pub(crate) state: PathBuf,
    /// Sockets.
    pub(crate) runtime: PathBuf,
    /// The configuration.
    pub(crate) config: ConfigPath,
}

/// Where the configuration is, and whether it must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigPath {
    /// Named by the user; an error if it is missing.
    Named(PathBuf),
    /// The usual place; may be missing.
    Usual(PathBuf),
}

/// Why the directories are not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirsError {
    /// The user has no home directory.
    #[error("cannot tell where your home directory is")]
    NoHome,
    /// A variable names a path that depends on the current directory.
    #[error("cannot use {variable}: `{}` is no path from the root", path.display())]
    Relative {
        /// The variable.
        variable: &'static str,
        /// What it says.
        path: PathBuf,
    },
}

impl DirsError {
    /// Says what to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NoHome => {
                "name a directory with ABIDE_STATE_DIR and a file with ABIDE_CONFIG".into()
            }
            // What it would come to is only said where it can be.
            Self::Relative { path, .. } => match std::path::absolute(path) {
                Ok(whole) => format!(
                    "a relative one would be another place in every directory; write all of it, \
                     such as `{}`",
                    whole.display()
                ),
                Err(_) => "a relative one would be another place in every directory".into(),
            },
        }
    }
}

impl Dirs {
    /// Returns the directories that the environment names, else the usual ones.
    pub(crate) fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, DirsError> {
        let named = |name| named(&variable, name);
        let home = etcetera::choose_base_strategy().ok();
        let need_home = || home.as_ref().ok_or(DirsError::NoHome);
        let state = match named("ABIDE_STATE_DIR")? {
            Some(path) => path,
            None => usual_state(need_home()?),
        };
        let runtime = match named("ABIDE_RUNTIME_DIR")? {
            Some(path) => path,
            None => home
                .as_ref()
                .and_then(BaseStrategy::runtime_dir)
                .filter(|dir| dir.is_dir())
                .map_or_else(|| host::private_runtime_dir(&state), |dir| dir.join(ABIDE)),
        };
        let config = match named("ABIDE_CONFIG")? {
            Some(path) => ConfigPath::Named(path),
            None => {
                let dir = need_home()?.config_dir();
                ConfigPath::Usual(dir.join(ABIDE).join("config.toml"))
            }
        };
        Ok(Self {
            state,
            runtime,
            config,
        })
    }

    /// Returns where the owners of sessions keep their files.
    pub(crate) fn owners(&self) -> PathBuf {
        self.state.join("owners")
    }

    /// Returns where worktrees are made, unless the configuration says otherwise.
    pub(crate) fn worktrees(&self) -> PathBuf {
        self.state.join("worktrees")
    }
}

impl ConfigPath {
    /// Returns the path.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Usual(path) => path,
        }
    }
}

fn named(
    variable: impl Fn(&str) -> Option<OsString>,
    name: &'static str,
) -> Result<Option<PathBuf>, DirsError> {
    let path = variable(name).filter(|path| !path.is_empty());
    let Some(path) = path.map(PathBuf::from) else {
        return Ok(None);
    };
    match path.is_absolute() {
        true => Ok(Some(path)),
        false => Err(DirsError::Relative {
            variable: name,
            path,
        }),
    }
}

fn usual_state(home: &impl BaseStrategy) -> PathBuf {
    // Windows has no state directory; its cache directory is the local, unsynchronised one.
    let dir = home.state_dir().unwrap_or_else(|| home.cache_dir());
    dir.join(ABIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_name_every_place_from_the_root() {
        let root = std::env::temp_dir();
        let dirs = Dirs::from_env(|name| match name {
            "ABIDE_STATE_DIR" => Some(root.join("s").into()),
            "ABIDE_RUNTIME_DIR" => Some(root.join("r").into()),
            "ABIDE_CONFIG" => Some(root.join("c.toml").into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(dirs.owners(), root.join("s").join("owners"));
        assert_eq!(dirs.runtime, root.join("r"));
        assert_eq!(dirs.config, ConfigPath::Named(root.join("c.toml")));
    }

    /// proves C6
    #[test]
    fn a_path_that_would_differ_from_directory_to_directory_is_refused_by_name() {
        for variable in ["ABIDE_STATE_DIR", "ABIDE_RUNTIME_DIR", "ABIDE_CONFIG"] {
            let from_env = |name: &str| match name == variable {
                true => Some("here".into()),
                false => Some(std::env::temp_dir().into()),
            };
            let error = Dirs::from_env(from_env).unwrap_err();
            let told = error.to_string();
            assert!(told.contains(variable) && told.contains("`here`"), "{told}");
            let whole = std::env::current_dir().unwrap().join("here");
            assert!(error.hint().contains(&*whole.to_string_lossy()));
        }
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let dirs = Dirs::from_env(|name| match name {
            "ABIDE_CONFIG" => Some("".into()),
            _ => Some("/x".into()),
        })
        .unwrap();
        assert!(
            matches!(dirs.config, ConfigPath::Usual(path) if path.ends_with("abide/config.toml"))
        );
    }
}
