//! Which backend new sessions get: an option, else a variable, else the configuration, else `auto`.

use std::{ffi::OsString, fmt};

use abide_workspace::{Preference, backends::ParsePreferenceError};

/// The variable that names a backend.
pub(crate) const VARIABLE: &str = "ABIDE_BACKEND";

/// Which backend is wanted, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The backend.
    pub(crate) preference: Preference,
    /// Where that is said.
    pub(crate) said_by: SaidBy,
}

/// Where a setting is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SaidBy {
    /// The variable.
    Environment,
    /// The configuration.
    Configuration,
    /// Nobody.
    Default,
}

impl fmt::Display for SaidBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => VARIABLE,
            Self::Configuration => "`backend` in the configuration",
            Self::Default => "the default",
        })
    }
}

/// The variable says what cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use {VARIABLE}")]
pub(crate) struct SettingError(#[from] ParsePreferenceError);

impl SettingError {
    /// Says what to do next.
    pub(crate) fn hint(&self) -> String {
        format!("unset {VARIABLE}, or set it to one of these; nothing was done")
    }
}

impl Setting {
    /// Returns what the environment says, else what the configuration does; a variable that is
    /// empty says nothing.
    pub(crate) fn read(
        variable: Option<OsString>,
        configured: Option<Preference>,
    ) -> Result<Self, SettingError> {
        let set = variable.filter(|value| !value.is_empty());
        let (preference, said_by) = match (set, configured) {
            (Some(word), _) => (word.to_string_lossy().parse()?, SaidBy::Environment),
            (None, Some(preference)) => (preference, SaidBy::Configuration),
            (None, None) => (Preference::default(), SaidBy::Default),
        };
        Ok(Self {
            preference,
            said_by,
        })
    }
}

#[cfg(test)]
mod tests {
    use abide_core::backend::BackendKind;

    use super::*;

    /// proves S1
    #[test]
    fn the_environment_is_asked_before_the_configuration() {
        let (tmux, owner) = (BackendKind::Tmux, BackendKind::Owner);
        let read = |variable: Option<&str>, configured| {
            let setting = Setting::read(variable.map(Into::into), configured)?;
            Ok::<_, SettingError>((setting.preference, setting.said_by))
        };
        let configured = Some(Preference::Only(owner));
        assert_eq!(
            read(Some("tmux"), configured),
            Ok((Preference::Only(tmux), SaidBy::Environment))
        );
        for unset in [None, Some("")] {
            let said = Ok((Preference::Only(owner), SaidBy::Configuration));
            assert_eq!(read(unset, configured), said);
            assert_eq!(read(unset, None), Ok((Preference::Auto, SaidBy::Default)));
        }
        let error = read(Some("screen"), configured).unwrap_err();
        assert!(error.to_string().contains(VARIABLE), "{error}");
    }
}
