//! How keys are reported: the kitty protocol's flags, a stack for each screen, and modifyOtherKeys.

/// Most entries of one stack, the lowest included; the oldest goes when one more comes.
const MAX_DEPTH: usize = 32;

/// Keyboard reporting of a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Keyboard {
    pub(crate) primary: FlagStack,
    pub(crate) alternate: FlagStack,
    /// The value of XTMODKEYS resource 4.
    pub(crate) modify_other: u8,
}

/// The flags of one screen: the lowest entry is always there, further ones were pushed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FlagStack {
    lowest: u8,
    pushed: Vec<u8>,
    /// Whether they were ever set, pushed or popped.
    touched: bool,
}

impl Keyboard {
    /// Forgets every flag, but not that there were some: a terminal that fell behind has them yet.
    pub(crate) fn reset(&mut self) {
        self.primary.clear();
        self.alternate.clear();
        self.modify_other = 0;
    }
}

impl FlagStack {
    fn clear(&mut self) {
        self.lowest = 0;
        self.pushed.clear();
    }

    pub(crate) fn current(&self) -> u8 {
        self.pushed.last().copied().unwrap_or(self.lowest)
    }

    pub(crate) fn set(&mut self, flags: u8) {
        self.touched = true;
        *self.pushed.last_mut().unwrap_or(&mut self.lowest) = flags;
    }

    pub(crate) fn push(&mut self, flags: u8) {
        self.touched = true;
        if self.pushed.len() + 1 == MAX_DEPTH {
            self.lowest = self.pushed.remove(0);
        }
        self.pushed.push(flags);
    }

    /// Takes `count` entries off; the lowest is not removed but loses its flags.
    pub(crate) fn pop(&mut self, count: usize) {
        self.touched = true;
        if self.pushed.len() < count {
            self.lowest = 0;
        }
        self.pushed
            .truncate(self.pushed.len().saturating_sub(count));
    }

    /// Returns whether the program has never had to do with them.
    pub(crate) fn is_untouched(&self) -> bool {
        !self.touched
    }

    pub(crate) fn lowest(&self) -> u8 {
        self.lowest
    }

    pub(crate) fn pushed(&self) -> &[u8] {
        &self.pushed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn popping_uncovers_what_was_set_below() {
        let mut stack = FlagStack::default();
        stack.set(1);
        stack.push(5);
        stack.set(7);
        assert_eq!(stack.current(), 7);
        stack.pop(1);
        assert_eq!(stack.current(), 1);
        stack.pop(1);
        assert_eq!((stack.current(), stack.pushed().len()), (0, 0));
    }

    #[test]
    fn a_stack_is_bounded() {
        let mut stack = FlagStack::default();
        for flags in 0..200 {
            stack.push(flags);
        }
        assert_eq!(stack.pushed().len() + 1, MAX_DEPTH);
        assert_eq!((stack.current(), stack.lowest()), (199, 168));
    }
}
