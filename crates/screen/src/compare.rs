//! Where two terminals differ, in words.

use std::fmt::Debug;

use alacritty_terminal::{
    Grid,
    grid::{Cursor, Dimensions},
    index::{Column, Line, Point},
    term::cell::{Cell, Hyperlink},
};

use crate::{emulator::Emulator, handler::OWN_LINK_PREFIX, history::History};

/// Returns the first difference between two emulators.
pub(crate) fn emulators(left: &Emulator, right: &Emulator) -> Option<String> {
    let alternate = left.is_alternate();
    values("the size", &left.size, &right.size)
        .or_else(|| values("the alternate screen", &alternate, &right.is_alternate()))
        .or_else(|| histories(&left.history, &right.history))
        .or_else(|| grids("primary", left.primary_grid(), right.primary_grid()))
        .or_else(|| grids("showing", left.grid(), right.grid()))
        .or_else(|| cursors("the cursor", &left.grid().cursor, &right.grid().cursor))
        .or_else(|| {
            let what = "the saved cursor of the hidden grid";
            cursors(what, left.saved_hidden(), right.saved_hidden())
        })
        .or_else(|| {
            let what = "the rows scrolled since the primary's cursor was saved";
            values(what, &left.saved_scrolled(), &right.saved_scrolled())
        })
        .or_else(|| states(left, right))
}

/// Returns the difference between two values.
pub(crate) fn values<T: PartialEq + Debug>(what: &str, left: &T, right: &T) -> Option<String> {
    (left != right).then(|| format!("{what}: {left:?} against {right:?}"))
}

fn states(left: &Emulator, right: &Emulator) -> Option<String> {
    let alternate = left.is_alternate();
    let (left, right) = (&left.state, &right.state);
    values("the modes", &left.modes, &right.modes)
        .or_else(|| values("the margins", &left.margins, &right.margins))
        .or_else(|| values("the tab stops", &left.tabs, &right.tabs))
        .or_else(|| values("the charset in use", &left.charset, &right.charset))
        .or_else(|| links("the link", left.link.as_ref(), right.link.as_ref()))
        .or_else(|| values("the titles", &left.titles, &right.titles))
        .or_else(|| values("the palette", &left.palette, &right.palette))
        .or_else(|| values("the progress", &left.progress, &right.progress))
        .or_else(|| values("the keyboard", &left.keyboard, &right.keyboard))
        .or_else(|| {
            values(
                "the cursor's style",
                &left.cursor_style,
                &right.cursor_style,
            )
        })
        .or_else(|| values("the pointer", &left.pointer, &right.pointer))
        .or_else(|| {
            let what = "whether the first row continues another";
            alternate
                .then(|| values(what, &left.continues_above, &right.continues_above))
                .flatten()
        })
        .or_else(|| {
            let (left, right) = (&left.saved_primary, &right.saved_primary);
            values("what is saved beside the primary's cursor", left, right)
        })
        .or_else(|| {
            let (left, right) = (&left.saved_alternate, &right.saved_alternate);
            let what = "what is saved beside the alternate's cursor";
            values(what, left, right)
        })
}

fn histories(left: &History, right: &History) -> Option<String> {
    let rows = |history: &History| {
        let mut rows = Vec::new();
        history.each_row(usize::MAX, |row| rows.push(row.clone()));
        rows
    };
    values("the rows of history", &left.rows(), &right.rows()).or_else(|| {
        let above = left.rows();
        let pairs = rows(left).into_iter().zip(rows(right)).enumerate();
        pairs.into_iter().find_map(|(at, (left, right))| {
            (0..left.len()).find_map(|col| {
                let what = format!("row -{} column {col} of the history", above - at);
                looks(&what, &left[Column(col)], &right[Column(col)])
            })
        })
    })
}

fn grids(name: &str, left: &Grid<Cell>, right: &Grid<Cell>) -> Option<String> {
    let sizes = |grid: &Grid<Cell>| (grid.screen_lines(), grid.columns());
    values(
        &format!("rows and columns of the {name} grid"),
        &sizes(left),
        &sizes(right),
    )
    .or_else(|| {
        (left.topmost_line().0..=left.bottommost_line().0).find_map(|line| {
            (0..left.columns()).find_map(|col| {
                let at = Point::new(Line(line), Column(col));
                cells(name, at, &left[at], &right[at])
            })
        })
    })
    .or_else(|| {
        let what = format!("the saved cursor of the {name} grid");
        cursors(&what, &left.saved_cursor, &right.saved_cursor)
    })
}

fn cells(name: &str, at: Point, left: &Cell, right: &Cell) -> Option<String> {
    let what = format!("row {} column {} of the {name} grid", at.line, at.column);
    looks(&what, left, right)
}

fn looks(what: &str, left: &Cell, right: &Cell) -> Option<String> {
    // Nearly always equal.
    if left == right {
        return None;
    }
    let zero_width = |cell: &Cell| cell.zerowidth().unwrap_or_default().to_vec();
    values(what, &left.c, &right.c)
        .or_else(|| values(what, &zero_width(left), &zero_width(right)))
        .or_else(|| values(what, &left.flags, &right.flags))
        .or_else(|| values(what, &(left.fg, left.bg), &(right.fg, right.bg)))
        .or_else(|| values(what, &left.underline_color(), &right.underline_color()))
        .or_else(|| links(what, left.hyperlink().as_ref(), right.hyperlink().as_ref()))
}

fn cursors(what: &str, left: &Cursor<Cell>, right: &Cursor<Cell>) -> Option<String> {
    values(what, &left.point, &right.point)
        .or_else(|| {
            let (left, right) = (left.input_needs_wrap, right.input_needs_wrap);
            values(&format!("{what}'s pending wrap"), &left, &right)
        })
        .or_else(|| looks(&format!("{what}'s pen"), &left.template, &right.template))
        .or_else(|| {
            values(
                &format!("{what}'s charsets"),
                &left.charsets,
                &right.charsets,
            )
        })
}

/// Compares links; ids that we gave out ourselves may differ.
fn links(what: &str, left: Option<&Hyperlink>, right: Option<&Hyperlink>) -> Option<String> {
    let meant = |link: &Hyperlink| {
        let own = link.id().starts_with(OWN_LINK_PREFIX);
        ((!own).then(|| link.id().to_owned()), link.uri().to_owned())
    };
    values(
        &format!("{what}, link"),
        &left.map(meant),
        &right.map(meant),
    )
}
