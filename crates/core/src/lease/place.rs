//! Where a process runs, and what time it is there.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// A machine, and one of its runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// What names the machine for ever, where the system knows such a thing.
    pub machine: Option<String>,
    /// What names this run of it, where the system knows such a thing.
    pub boot: Option<String>,
    /// What people call the machine.
    pub host: String,
}

/// How two places stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// The same run of the same machine, as far as can be told.
    Here,
    /// An earlier run of this machine: no process of it lives.
    EarlierBoot,
    /// Another machine, or one that cannot be told from another.
    Elsewhere,
}

impl Place {
    /// Tells how this place stands to the one where somebody looks from.
    ///
    /// Concluding that a machine was restarted makes a lease stale at once, so it takes more than
    /// the machine's id, which a cloned disk and a container's image carry along: the host's name
    /// must be the same. In doubt it is another machine, which is asked about.
    pub(super) fn relation_to(&self, here: &Self) -> Relation {
        let machine = compare(self.machine.as_ref(), here.machine.as_ref());
        let same_machine = machine == Some(true) && self.host == here.host;
        match compare(self.boot.as_ref(), here.boot.as_ref()) {
            Some(true) if machine != Some(false) => Relation::Here,
            Some(false) if same_machine => Relation::EarlierBoot,
            None if same_machine => Relation::Here,
            Some(_) | None => Relation::Elsewhere,
        }
    }

    /// Tells whether this place and the one where somebody looks from are one machine, or at least
    /// have one name while nothing speaks against it.
    #[must_use]
    pub fn may_be_machine_of(&self, here: &Self) -> bool {
        let machine = compare(self.machine.as_ref(), here.machine.as_ref());
        let has_its_name = self.host == here.host && machine != Some(false);
        match self.relation_to(here) {
            _ if has_its_name => true,
            Relation::Here | Relation::EarlierBoot => true,
            Relation::Elsewhere => false,
        }
    }

    /// Tells whether both are known to be the same run of a machine, which have one uptime.
    pub(super) fn shares_uptime_with(&self, other: &Self) -> bool {
        compare(self.boot.as_ref(), other.boot.as_ref()) == Some(true)
    }
}

/// Compares what is known; `None` if one of them is not.
fn compare(one: Option<&String>, other: Option<&String>) -> Option<bool> {
    Some(one? == other?)
}

/// Time since a machine was started, in milliseconds, not counting the time it slept.
///
/// Nobody sets it, so it says how old a lease of the same boot is whatever was done to the clock;
/// and a keeper cannot renew while the machine sleeps, so its lease does not age then either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uptime(u64);

impl Uptime {
    /// Returns the uptime of this many milliseconds.
    #[must_use]
    pub fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Returns the time since an earlier uptime of the same boot; `None` if that is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<Duration> {
        Some(Duration::from_millis(self.0.checked_sub(earlier.0)?))
    }
}

/// An instant, by the clock on the wall and by one that nobody sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the clock on the wall.
    pub now: Timestamp,
    /// Since the machine was started, where the system tells.
    pub uptime: Option<Uptime>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(machine: &str, boot: &str, host: &str) -> Place {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Place {
            machine: known(machine),
            boot: known(boot),
            host: host.to_owned(),
        }
    }

    /// proves L2
    #[test]
    fn only_what_cannot_be_doubted_is_an_earlier_boot() {
        let here = place("m", "b", "h");
        let cases = [
            (place("m", "b", "h"), Relation::Here),
            (place("m", "b", "renamed"), Relation::Here),
            (place("", "b", "h"), Relation::Here),
            (place("m", "", "h"), Relation::Here),
            (place("m", "a", "h"), Relation::EarlierBoot),
            // A clone of the machine, a container on the same kernel, and what says too little.
            (place("m", "a", "clone"), Relation::Elsewhere),
            (place("n", "b", "h"), Relation::Elsewhere),
            (place("", "a", "h"), Relation::Elsewhere),
            (place("", "", "h"), Relation::Elsewhere),
            (place("n", "a", "g"), Relation::Elsewhere),
        ];
        for (there, expected) in cases {
            assert_eq!(there.relation_to(&here), expected, "{there:?}");
        }
    }
}
