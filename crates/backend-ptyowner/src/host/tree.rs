//! The processes of a child whose parent is somebody else.

use std::collections::{BTreeMap, BTreeSet};

use abide_core::backend::Survivor;

use crate::sys;

/// Looks in a row that must find nothing.
const LOOKS: usize = 4;

/// A child that is not this process's own, and what it started, as far as that can be told from
/// outside: what is below it, what is in the session that it leads, and what was so when somebody
/// looked.
///
/// A process that lost its parent and left that session before anybody looked is out of reach, unless
/// the child's own parent is a keeper: one that adopts what the child leaves behind, and has no other
/// children. Found on Unix alone; elsewhere such a tree is always empty.
#[derive(Debug)]
pub struct Tree {
    root: u32,
    keeper: Option<Keeper>,
    /// What tells it from a later process of the same id; none if it had ended already.
    start: Option<u64>,
    /// What was found so far and still lives, each with what tells it from a later process.
    seen: BTreeMap<u32, u64>,
    /// Whether it was seen to be over. From then on its id may be anybody's.
    is_over: bool,
}

/// The parent of a tree's root, by its id and start.
#[derive(Debug)]
struct Keeper {
    pid: u32,
    start: Option<u64>,
}

impl Keeper {
    /// Returns what lives below it; nothing once it is gone.
    fn kept(&self) -> Vec<u32> {
        let is_there = self.start.is_some() && sys::process::start_time(self.pid) == self.start;
        match is_there {
            true => sys::process::below(self.pid),
            false => Vec::new(),
        }
    }
}

impl Tree {
    /// Returns the tree of a process whose parent adopts what it leaves behind.
    #[must_use]
    pub fn kept_by(keeper: u32, root: u32) -> Self {
        let start = sys::process::start_time(keeper);
        Self {
            keeper: Some(Keeper { pid: keeper, start }),
            ..Self::of(root)
        }
    }

    /// Returns the tree of a process that is known to be the one meant.
    #[must_use]
    pub fn of(root: u32) -> Self {
        let start = sys::process::start_time(root);
        Self {
            root,
            keeper: None,
            start,
            seen: BTreeMap::new(),
            is_over: start.is_none(),
        }
    }

    /// Asks the child, and what is in the foreground of its terminal, to end, as a terminal that
    /// hangs up does.
    pub fn ask_to_end(&mut self) {
        if self.live().contains(&self.root) {
            sys::tree::ask_to_end(self.root, sys::process::foreground_group(self.root));
        }
    }

    /// Kills what lives, once. A process may fork meanwhile, so this is repeated.
    pub fn kill(&mut self) {
        sys::tree::kill_each(&self.live());
    }

    /// Tells whether nothing of it lives.
    pub fn is_empty(&mut self) -> bool {
        self.live().is_empty()
    }

    /// Returns what lives, by id and name.
    pub fn survivors(&mut self) -> Vec<Survivor> {
        let named = |pid| Survivor {
            pid,
            name: sys::process::name(pid),
        };
        self.live().into_iter().map(named).collect()
    }

    fn live(&mut self) -> Vec<u32> {
        let mut live = self.own();
        if let Some(keeper) = &self.keeper {
            // What loses its parent between two steps of a look is missed by that one.
            let mut looks = (0..LOOKS).map(|_| keeper.kept());
            live.extend(looks.find(|kept| !kept.is_empty()).unwrap_or_default());
            live.sort_unstable();
            live.dedup();
        }
        live
    }

    /// Returns what can be told without a keeper.
    fn own(&mut self) -> Vec<u32> {
        if self.is_over {
            return Vec::new();
        }
        let is_same = |pid: &u32, start: &mut u64| sys::process::start_time(*pid) == Some(*start);
        self.seen.retain(is_same);
        let mut live: BTreeSet<u32> = match sys::process::start_time(self.root) {
            now if now == self.start => sys::tree::of(self.root).into_iter().collect(),
            // An id is not used again while a session has it.
            None => sys::tree::in_session(self.root).into_iter().collect(),
            Some(_another) => BTreeSet::new(),
        };
        for pid in self.seen.keys() {
            live.insert(*pid);
            live.extend(sys::process::below(*pid));
        }
        let started = |pid: &u32| Some((*pid, sys::process::start_time(*pid)?));
        self.seen = live.iter().filter_map(started).collect();
        self.is_over = live.is_empty();
        live.into_iter().collect()
    }
}
