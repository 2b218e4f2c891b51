//! What tmux says of the session that a relay made or joined, in one line.

use abide_core::{id::Generation, size::TermSize};

use crate::{
    command::{Pasting, READY},
    marker::OwnerMark,
    note::Nonce,
    target::TmuxSession,
    terminal::PaneIds,
    version::Version,
};

/// A session in tmux, as its relay finds it.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) ids: PaneIds,
    /// The process that tmux started in the pane.
    pub(crate) pid: u32,
    pub(crate) size: TermSize,
    pub(crate) pasting: Pasting,
    /// The secret of the start.
    pub(crate) nonce: Option<Nonce>,
    /// The child, once its relay has noted it.
    pub(crate) child: Option<u32>,
    owner: String,
    generation: String,
}

impl Ready {
    /// Reads the line, if this is it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.trim_end().strip_prefix(READY)?.strip_prefix(':')?;
        let fields: Vec<&str> = rest.split(':').collect();
        let [
            session,
            window,
            pane,
            pid,
            cols,
            rows,
            owner,
            generation,
            nonce,
            child,
            version,
        ] = fields[..]
        else {
            return None;
        };
        Some(Self {
            ids: PaneIds {
                session: session.parse().ok()?,
                window: window.parse().ok()?,
                pane: pane.parse().ok()?,
            },
            pid: pid.parse().ok()?,
            size: TermSize::clamped(rows.parse().ok()?, cols.parse().ok()?),
            pasting: match Version::parse(&format!("tmux {version}")) {
                Some(version) if version.pastes_exactly() => Pasting::Exact,
                _ => Pasting::Changes,
            },
            nonce: Nonce::parse(nonce),
            child: child.parse().ok(),
            owner: owner.to_owned(),
            generation: generation.to_owned(),
        })
    }

    /// Tells whether the marks, read back, are the ones that were set.
    pub(crate) fn is_marked(&self, owner: &OwnerMark, generation: Generation) -> bool {
        owner.is(&self.owner) && self.generation == generation.to_string()
    }

    /// Returns the session that a line speaks of even if the rest cannot be read.
    pub(crate) fn session_in(text: &str) -> Option<TmuxSession> {
        let rest = text.strip_prefix(READY)?.strip_prefix(':')?;
        rest.split(':').next()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// proves T3
    #[test]
    fn marks_are_read_back_and_compared() {
        let owner = OwnerMark::of(Path::new("/state"));
        let generation = Generation::from_bytes([7; 16]);
        let line = |owner: &str, generation: &str| {
            Ready::parse(&format!(
                "{READY}:$1:@2:%3:42:100:30:{owner}:{generation}::7:3.3a\n"
            ))
            .unwrap()
        };
        let (marked, named) = (owner.to_string(), generation.to_string());
        let ready = line(&marked, &named);
        assert_eq!((ready.pid, ready.size), (42, TermSize::clamped(30, 100)));
        assert!(ready.is_marked(&owner, generation));
        assert!(!line("", "").is_marked(&owner, generation));
        assert!(!line("other", &named).is_marked(&owner, generation));
        assert!(!line(&marked, &"0".repeat(32)).is_marked(&owner, generation));
        assert!(Ready::parse("abide-ready:$1:@2").is_none());
        assert!(Ready::session_in("abide-ready:$1:x").is_some());
    }
}
