//! The window title and the titles put aside by XTWINOPS 22.

/// Most titles that are put aside; the oldest goes when one more comes.
const MAX_DEPTH: usize = 16;

/// Longest title that is kept, in characters; a longer one is cut.
const MAX_CHARS: usize = 2048;

/// The title in force and those put aside, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Titles {
    current: Option<String>,
    aside: Vec<Option<String>>,
}

impl Titles {
    pub(crate) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    pub(crate) fn aside(&self) -> impl Iterator<Item = Option<&str>> {
        self.aside.iter().map(Option::as_deref)
    }

    pub(crate) fn set(&mut self, title: Option<String>) {
        self.current = title.map(|mut title| {
            if let Some((end, _)) = title.char_indices().nth(MAX_CHARS) {
                title.truncate(end);
            }
            title
        });
    }

    pub(crate) fn push(&mut self) {
        if self.aside.len() == MAX_DEPTH {
            self.aside.remove(0);
        }
        self.aside.push(self.current.clone());
    }

    pub(crate) fn pop(&mut self) {
        if let Some(title) = self.aside.pop() {
            self.current = title;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_put_aside_are_bounded_and_come_back_newest_first() {
        let mut titles = Titles::default();
        for n in 0..=MAX_DEPTH {
            titles.set(Some(n.to_string()));
            titles.push();
        }
        assert_eq!(titles.aside().count(), MAX_DEPTH);
        assert_eq!(titles.aside().next(), Some(Some("1")));
        titles.pop();
        titles.pop();
        assert_eq!(titles.current(), Some("15"));
    }
}
