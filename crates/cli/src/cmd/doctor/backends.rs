//! Which backend new sessions get and why, and whether each can be used.

use abide_core::backend::BackendKind;
use abide_workspace::{
    Backends,
    backends::{Choice, NoBackend, Unusable, Usable, Why},
};

use super::{Findings, Health};
use crate::{report::chain, setting::Setting};

/// Looks at every backend, whichever is chosen.
pub(super) async fn look_at(findings: &mut Findings, backends: &Backends, setting: Setting) {
    let chosen = backends.choose(setting.preference).await;
    let (health, text) = choice(chosen.map(|(choice, _)| choice), setting);
    findings.add("backend", health, &text);
    for kind in [BackendKind::Tmux, BackendKind::Owner] {
        if backends.have(kind) {
            findings.add(
                kind.as_str(),
                Health::Well,
                &found(backends.get(kind).await),
            );
        }
    }
}

fn choice(chosen: Result<Choice, NoBackend>, setting: Setting) -> (Health, String) {
    let Setting {
        preference,
        said_by,
    } = setting;
    match chosen {
        Ok(Choice { kind, why }) => {
            let why = match why {
                Why::Asked => format!("{said_by} says so"),
                Why::Preferred => format!("`{preference}` takes it where it can be used"),
                Why::Instead { of, unusable } => format!("{of} cannot be used: {unusable}"),
            };
            (Health::Well, format!("{kind} for new sessions: {why}"))
        }
        Err(error) => {
            let hint = error.hint();
            let text = format!("{}, as {said_by} says; {hint}", chain(&error));
            (Health::Wrong, text)
        }
    }
}

fn found(usable: Result<&Usable, Unusable>) -> String {
    match usable {
        Ok(usable) => format!("{}, can be used", usable.version),
        Err(unusable) => match &unusable.hint {
            Some(hint) => format!("cannot be used: {unusable}; {hint}"),
            None => format!("cannot be used: {unusable}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use abide_workspace::{
        Preference,
        backends::{Looked, choose},
    };

    use super::*;
    use crate::setting::SaidBy;

    fn said(preference: Preference, said_by: SaidBy, tmux: Option<&str>) -> (Health, String) {
        let unusable = |reason: &str| Unusable {
            reason: reason.into(),
            hint: None,
        };
        let looked = [
            Looked {
                kind: BackendKind::Tmux,
                found: tmux.map_or(Ok(()), |reason| Err(unusable(reason))),
            },
            Looked {
                kind: BackendKind::Owner,
                found: Ok(()),
            },
        ];
        let setting = Setting {
            preference,
            said_by,
        };
        choice(choose(preference, &looked), setting)
    }

    /// proves S1
    #[test]
    fn the_choice_is_told_with_its_reason() {
        let auto = |tmux| said(Preference::Auto, SaidBy::Default, tmux);
        assert_eq!(
            auto(None).1,
            "tmux for new sessions: `auto` takes it where it can be used"
        );
        assert_eq!(
            auto(Some("it is too old")).1,
            "owner for new sessions: tmux cannot be used: it is too old"
        );
        let only = |kind, tmux| said(Preference::Only(kind), SaidBy::Environment, tmux);
        assert_eq!(
            only(BackendKind::Owner, None).1,
            "owner for new sessions: ABIDE_BACKEND says so"
        );
        let (health, text) = only(BackendKind::Tmux, Some("it is too old"));
        assert_eq!(health, Health::Wrong);
        assert!(
            text.contains("it is too old, as ABIDE_BACKEND says"),
            "{text}"
        );
    }
}
