//! Tab stops.

/// Distance between the stops that a terminal starts with, in columns.
const INTERVAL: usize = 8;

/// Which columns are tab stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TabStops {
    stops: Vec<bool>,
}

impl TabStops {
    pub(crate) fn new(cols: usize) -> Self {
        let mut tabs = Self { stops: Vec::new() };
        tabs.resize(cols);
        tabs
    }

    /// Keeps the stops that still fit; new columns get the usual ones.
    pub(crate) fn resize(&mut self, cols: usize) {
        self.stops.truncate(cols);
        let known = self.stops.len();
        self.stops
            .extend((known..cols).map(|col| col.is_multiple_of(INTERVAL)));
    }

    pub(crate) fn set(&mut self, col: usize, stop: bool) {
        if let Some(slot) = self.stops.get_mut(col) {
            *slot = stop;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.stops.fill(false);
    }

    /// Returns the `count`th stop right of `col`, or the last column.
    pub(crate) fn after(&self, col: usize, count: usize) -> usize {
        let last = self.stops.len().saturating_sub(1);
        let right = (col + 1..last).filter(|&at| self.stops[at]);
        right
            .take(count)
            .nth(count.saturating_sub(1))
            .unwrap_or(last)
    }

    /// Returns the `count`th stop left of `col`, or the first column.
    pub(crate) fn before(&self, col: usize, count: usize) -> usize {
        let left = (0..col.min(self.stops.len()))
            .rev()
            .filter(|&at| self.stops[at]);
        left.take(count).nth(count.saturating_sub(1)).unwrap_or(0)
    }

    /// Returns the columns of all stops if they are not those of a terminal just switched on.
    pub(crate) fn changed(&self) -> Option<impl Iterator<Item = usize> + '_> {
        (*self != Self::new(self.stops.len()))
            .then(|| (0..self.stops.len()).filter(|&col| self.stops[col]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_end_at_the_edges_when_no_stop_is_left() {
        let mut tabs = TabStops::new(20);
        assert_eq!(
            (tabs.after(0, 1), tabs.after(0, 2), tabs.after(0, 9)),
            (8, 16, 19)
        );
        assert_eq!(
            (tabs.before(19, 1), tabs.before(8, 1), tabs.before(8, 9)),
            (16, 0, 0)
        );
        tabs.clear();
        assert_eq!((tabs.after(3, 1), tabs.before(3, 1)), (19, 0));
    }

    #[test]
    fn only_changed_stops_are_listed() {
        let mut tabs = TabStops::new(20);
        assert!(tabs.changed().is_none());
        tabs.set(3, true);
        let stops: Vec<_> = tabs.changed().unwrap().collect();
        assert_eq!(stops, [0, 3, 8, 16]);
        tabs.set(99, true);
    }
}
