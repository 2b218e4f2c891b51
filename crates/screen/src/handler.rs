//! What each control function does: to the grid that shows, to the recorded state, or both.
//!
//! Every method of `vte`'s `Handler` is here, because its defaults do nothing. Longer than other
//! files for that reason alone. Where `alacritty_terminal` means something else than the terminals
//! that people attach with, the meaning is mended to theirs (xterm and xterm.js):
//!
//! - `CSI 2 J` erases in place and pushes nothing into the scrollback; deleting a line at the top
//!   does not push it there either;
//! - `?47`, `?1047`, `?1048` work, and `?1049l` on the primary screen restores the cursor;
//! - newline mode works, `SGR 21` is a double underline, tabs leave no mark on cells;
//! - vertical moves stop at the margins; inserting and deleting lines goes to the first column;
//! - line feeds, and functions that move cells, end a pending wrap;
//! - whether a row continues the one above is the lower row's own, and moves with it: only a wrap
//!   makes it so, and only a line feed onto that row, or erasing it from its beginning, undoes it;
//! - `?3` does nothing, as in an xterm that was not told to resize itself.

mod edge;
mod looks;
mod rows;
mod steps;

use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, Hyperlink, KeyboardModes,
    KeyboardModesApplyBehavior, LineClearMode, Mode, ModifyOtherKeys, PrivateMode, Rgb,
    ScpCharPath, ScpUpdateMode, StandardCharset, TabulationClearMode, cursor_icon::CursorIcon,
};

pub(crate) use self::{looks::set_attribute, steps::OWN_LINK_PREFIX};

use self::looks::style_number;

use crate::{
    answer,
    emulator::Emulator,
    state::{Margins, tabs::TabStops},
};

impl Handler for Emulator {
    fn input(&mut self, c: char) {
        if self.state.modes.insert {
            self.make_room(c);
        }
        if '\u{300}' <= c && self.is_overloaded(c) {
            return;
        }
        if self.history.has_gap() {
            self.fill_gap_under(c);
        }
        let at_edge = self.cols() <= self.cursor_col() + 2;
        let edge = at_edge.then(|| self.before_edge(c));
        // The only place that does, so that the compiler has it here.
        self.term().input(c);
        if let Some(edge) = edge {
            self.after_edge(edge);
        }
    }

    fn goto(&mut self, line: i32, col: usize) {
        self.go_addressed(usize::try_from(line).unwrap_or(0), col);
    }

    fn goto_line(&mut self, line: i32) {
        self.goto(line, self.cursor_col());
    }

    fn goto_col(&mut self, col: usize) {
        self.go(self.cursor_row(), col);
    }

    fn move_up(&mut self, count: usize) {
        self.go_up(count, self.cursor_col());
    }

    fn move_down(&mut self, count: usize) {
        self.go_down(count, self.cursor_col());
    }

    fn move_up_and_cr(&mut self, count: usize) {
        self.go_up(count, 0);
    }

    fn move_down_and_cr(&mut self, count: usize) {
        self.go_down(count, 0);
    }

    fn move_forward(&mut self, count: usize) {
        self.go(self.cursor_row(), self.cursor_col().saturating_add(count));
    }

    fn move_backward(&mut self, count: usize) {
        self.go(self.cursor_row(), self.cursor_col().saturating_sub(count));
    }

    fn backspace(&mut self) {
        self.move_backward(1);
    }

    fn carriage_return(&mut self) {
        self.go(self.cursor_row(), 0);
    }

    fn put_tab(&mut self, count: u16) {
        self.move_forward_tabs(count);
    }

    fn move_forward_tabs(&mut self, count: u16) {
        if !self.grid().cursor.input_needs_wrap {
            let col = self.state.tabs.after(self.cursor_col(), usize::from(count));
            self.go(self.cursor_row(), col);
        }
    }

    fn move_backward_tabs(&mut self, count: u16) {
        let col = self
            .state
            .tabs
            .before(self.cursor_col(), usize::from(count));
        self.go(self.cursor_row(), col);
    }

    fn set_horizontal_tabstop(&mut self) {
        let col = self.cursor_col();
        self.state.tabs.set(col, true);
    }

    fn clear_tabs(&mut self, mode: TabulationClearMode) {
        let col = self.cursor_col();
        match mode {
            TabulationClearMode::Current => self.state.tabs.set(col, false),
            TabulationClearMode::All => self.state.tabs.clear(),
        }
    }

    fn set_tabs(&mut self, _interval: u16) {
        // DECST8C is the only form there is, and eight is what new stops are apart.
        self.state.tabs = TabStops::new(self.cols());
    }

    fn linefeed(&mut self) {
        self.line_feed();
    }

    fn newline(&mut self) {
        self.linefeed();
    }

    fn reverse_index(&mut self) {
        self.index_back();
    }

    fn scroll_up(&mut self, count: usize) {
        self.scroll_rows_up(count);
    }

    fn scroll_down(&mut self, count: usize) {
        self.scroll_rows_down(count);
    }

    fn insert_blank_lines(&mut self, count: usize) {
        self.insert_rows(count);
    }

    fn delete_lines(&mut self, count: usize) {
        self.delete_rows(count);
    }

    fn insert_blank(&mut self, count: usize) {
        self.end_pending_wrap();
        self.edit_row(|term| term.insert_blank(count));
    }

    fn delete_chars(&mut self, count: usize) {
        self.end_pending_wrap();
        // Given more, `alacritty_terminal` would erase cells left of the cursor as well.
        let count = count.min(self.cols() - self.cursor_col());
        self.edit_row(|term| term.delete_chars(count));
    }

    fn erase_chars(&mut self, count: usize) {
        self.end_pending_wrap();
        self.edit_row(|term| term.erase_chars(count));
    }

    fn clear_line(&mut self, mode: LineClearMode) {
        let ends = match mode {
            LineClearMode::All => true,
            LineClearMode::Right => self.cursor_col() == 0,
            LineClearMode::Left => false,
        };
        if ends {
            self.set_continues(self.cursor_row(), false);
        }
        self.edit_row(|term| term.clear_line(mode));
    }

    fn clear_screen(&mut self, mode: ClearMode) {
        self.erase_page(mode);
    }

    fn decaln(&mut self) {
        self.set_scrolling_region(1, None);
        self.term().decaln();
    }

    fn save_cursor_position(&mut self) {
        self.save_cursor();
    }

    fn restore_cursor_position(&mut self) {
        self.restore_cursor();
    }

    fn reset_state(&mut self) {
        self.reset();
    }

    fn terminal_attribute(&mut self, attr: Attr) {
        set_attribute(self.term(), attr);
    }

    fn set_mode(&mut self, mode: Mode) {
        match mode.raw() {
            4 => self.state.modes.insert = true,
            20 => self.state.modes.newline = true,
            _ => {}
        }
    }

    fn unset_mode(&mut self, mode: Mode) {
        match mode.raw() {
            4 => self.state.modes.insert = false,
            20 => self.state.modes.newline = false,
            _ => {}
        }
    }

    fn report_mode(&mut self, mode: Mode) {
        let on = self.state.modes.ansi(mode.raw());
        self.answers.push(&answer::mode("", mode.raw(), on));
    }

    fn set_private_mode(&mut self, mode: PrivateMode) {
        self.set_private(mode.raw(), true);
    }

    fn unset_private_mode(&mut self, mode: PrivateMode) {
        self.set_private(mode.raw(), false);
    }

    fn report_private_mode(&mut self, mode: PrivateMode) {
        let on = self.state.modes.private(mode.raw(), self.is_alternate());
        self.answers.push(&answer::mode("?", mode.raw(), on));
    }

    fn set_scrolling_region(&mut self, top: usize, bottom: Option<usize>) {
        let rows = self.rows();
        let bottom = bottom.unwrap_or(rows).min(rows);
        if top < bottom {
            self.set_margins(Margins {
                top: top - 1,
                bottom,
            });
            self.hand_state_to_term();
            self.go_addressed(0, 0);
        } else if top == bottom && rows == 1 {
            self.go_addressed(0, 0);
        }
    }

    fn set_keypad_application_mode(&mut self) {
        self.state.modes.app_keypad = true;
    }

    fn unset_keypad_application_mode(&mut self) {
        self.state.modes.app_keypad = false;
    }

    fn set_active_charset(&mut self, index: CharsetIndex) {
        self.state.charset = index;
        self.state.said.shift = index;
        self.term().set_active_charset(index);
    }

    fn configure_charset(&mut self, index: CharsetIndex, charset: StandardCharset) {
        self.state.said.tables[index] = charset;
        self.term().configure_charset(index, charset);
    }

    fn set_cursor_style(&mut self, style: Option<CursorStyle>) {
        self.state.modes.blink = None;
        self.state.cursor_style = Some(style.map_or(0, style_number));
    }

    fn set_cursor_shape(&mut self, shape: CursorShape) {
        let blinking = self.state.cursor_style.is_some_and(|style| style % 2 == 1);
        self.state.cursor_style = Some(style_number(CursorStyle { shape, blinking }));
    }

    fn set_color(&mut self, index: usize, colour: Rgb) {
        self.state.palette.set(index, colour);
    }

    fn reset_color(&mut self, index: usize) {
        self.state.palette.reset(index);
    }

    fn dynamic_color_sequence(&mut self, prefix: String, index: usize, terminator: &str) {
        let colour = self.state.palette.colour(index);
        self.answers
            .push(&answer::colour(&prefix, colour, terminator));
    }

    fn set_title(&mut self, title: Option<String>) {
        self.state.titles.set(title);
    }

    fn push_title(&mut self) {
        self.state.titles.push();
    }

    fn pop_title(&mut self) {
        self.state.titles.pop();
    }

    fn set_hyperlink(&mut self, parsed: Option<Hyperlink>) {
        let link = parsed.and_then(|parsed| self.link(parsed));
        self.state.link.clone_from(&link);
        self.grid_mut().cursor.template.set_hyperlink(link);
    }

    fn set_mouse_cursor_icon(&mut self, icon: CursorIcon) {
        self.state.pointer = Some(icon);
    }

    fn push_keyboard_mode(&mut self, mode: KeyboardModes) {
        self.keys().push(mode.bits());
    }

    fn pop_keyboard_modes(&mut self, count: u16) {
        self.keys().pop(usize::from(count));
    }

    fn set_keyboard_mode(&mut self, mode: KeyboardModes, behaviour: KeyboardModesApplyBehavior) {
        let keys = self.keys();
        keys.set(match behaviour {
            KeyboardModesApplyBehavior::Replace => mode.bits(),
            KeyboardModesApplyBehavior::Union => keys.current() | mode.bits(),
            KeyboardModesApplyBehavior::Difference => keys.current() & !mode.bits(),
        });
    }

    fn report_keyboard_mode(&mut self) {
        let flags = self.keys().current();
        self.answers.push(&answer::keyboard(flags));
    }

    fn set_modify_other_keys(&mut self, mode: ModifyOtherKeys) {
        self.state.keyboard.modify_other = mode as u8;
    }

    fn report_modify_other_keys(&mut self) {
        let value = self.state.keyboard.modify_other;
        self.answers.push(&answer::modify_other_keys(value));
    }

    fn identify_terminal(&mut self, intermediate: Option<char>) {
        match intermediate {
            None => self.answers.push(answer::PRIMARY_ATTRIBUTES),
            Some('>') => self.answers.push(answer::SECONDARY_ATTRIBUTES),
            Some('=') => self.answers.push(answer::TERTIARY_ATTRIBUTES),
            Some(_) => {}
        }
    }

    fn device_status(&mut self, what: usize) {
        match what {
            5 => self.answers.push(answer::STATUS_OK),
            6 => self.report_cursor(""),
            _ => {}
        }
    }

    fn text_area_size_chars(&mut self) {
        let text = answer::text_area(usize::from(self.size.rows()), usize::from(self.size.cols()));
        self.answers.push(&text);
    }

    // Nothing here knows how large a cell is on anybody's display.
    fn text_area_size_pixels(&mut self) {}

    // These leave no trace on a terminal that a snapshot could restore.
    fn bell(&mut self) {}
    fn substitute(&mut self) {}
    fn clipboard_store(&mut self, _clipboard: u8, _base64: &[u8]) {}
    fn clipboard_load(&mut self, _clipboard: u8, _terminator: &str) {}
    fn set_scp(&mut self, _path: ScpCharPath, _update: ScpUpdateMode) {}
}
