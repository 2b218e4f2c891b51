//! The size of one pane in a window's layout, as tmux describes it.
//!
//! `b25f,100x30,0,0{50x30,0,0,2,49x30,51,0,3}`: a checksum, then cells: width, height and place,
//! and for one that is a pane the number of its id.

use abide_core::size::TermSize;

use crate::target::Pane;

/// Returns the size of a pane in a layout, if it is in there.
pub(crate) fn size_of(layout: &str, pane: Pane) -> Option<TermSize> {
    let id = pane.to_string();
    let id = id.strip_prefix('%')?;
    let (_checksum, cells) = layout.split_once(',')?;
    let words: Vec<&str> = cells.split([',', '{', '}', '[', ']']).collect();
    // Width and height, column, row, id: an id is followed by the next cell, or by nothing.
    words.windows(4).enumerate().find_map(|(at, cell)| {
        let (cols, rows) = cell[0].split_once('x')?;
        let next = words.get(at + 4).copied().unwrap_or_default();
        let is_pane = cell[3] == id && (next.is_empty() || next.contains('x'));
        is_pane.then(|| Some(TermSize::clamped(rows.parse().ok()?, cols.parse().ok()?)))?
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pane_is_found_by_its_number() {
        let size = |layout, pane: &str| {
            size_of(layout, pane.parse().unwrap()).map(|size| size.to_string())
        };
        assert_eq!(size("b25f,100x30,0,0,2", "%2").as_deref(), Some("100x30"));
        assert_eq!(size("b25f,100x30,0,0,2", "%0"), None);
        let split = "34a1,100x30,0,0{50x30,0,0,2,49x30,51,0[49x15,51,0,3,49x14,51,16,14]}";
        assert_eq!(size(split, "%2").as_deref(), Some("50x30"));
        assert_eq!(size(split, "%3").as_deref(), Some("49x15"));
        assert_eq!(size(split, "%14").as_deref(), Some("49x14"));
        assert_eq!(size(split, "%51"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[0-9x,{}\\[\\]]{0,60}") {
            let _ = size_of(&text, "%1".parse().unwrap());
        }
    }
}
