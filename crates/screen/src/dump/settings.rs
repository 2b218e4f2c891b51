//! State that is not painted: modes, palette, titles, tab stops, keyboard flags.

use alacritty_terminal::vte::ansi::Rgb;

use crate::{
    emulator::Emulator,
    state::{
        keyboard::FlagStack,
        palette::{BACKGROUND, CURSOR, FOREGROUND},
        progress::Progress,
    },
};

use super::painter::Painter;

/// More entries than any terminal keeps of keyboard flags.
const EVERY_ENTRY: usize = 99;

/// Ends whatever the terminal is in the middle of, and sets what would disturb painting.
pub(super) fn neutral(out: &mut Painter) {
    out.put("\x18\x1b\\\x1b[?2026h\x1b[?1049l");
    out.put("\x1b[r\x1b[4l\x1b[20l\x1b[?6l\x1b[?7h");
    neutral_pen(out);
    out.put("\x1b[?25l\x1b[?1l\x1b>");
    out.put("\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l");
    out.put("\x1b[?1004l\x1b[?2004l");
}

/// Default pen, no link, ASCII in all charsets.
pub(super) fn neutral_pen(out: &mut Painter) {
    no_style(out);
    out.put("\x0f\x1b(B\x1b)B\x1b*B\x1b+B");
}

/// Default pen, no link.
pub(super) fn no_style(out: &mut Painter) {
    out.put("\x1b[0m\x1b]8;;\x1b\\");
    out.forget_pen();
}

/// Colours that the child ever touched are reset, then those that it changed are set.
pub(super) fn palette(out: &mut Painter, emulator: &Emulator) {
    let palette = &emulator.state.palette;
    for index in palette.touched() {
        let code = dynamic_code(index).unwrap_or(4);
        out.put_fmt(format_args!("\x1b]{}\x1b\\", 100 + code));
    }
    for (index, colour) in palette.changed() {
        match dynamic_code(index) {
            Some(code) => out.put_fmt(format_args!("\x1b]{code};{}\x1b\\", spec(colour))),
            None => out.put_fmt(format_args!("\x1b]4;{index};{}\x1b\\", spec(colour))),
        }
    }
}

/// Returns the OSC that sets one of the colours that are not numbered.
fn dynamic_code(index: usize) -> Option<u16> {
    match index {
        FOREGROUND => Some(10),
        BACKGROUND => Some(11),
        CURSOR => Some(12),
        _ => None,
    }
}

fn spec(colour: Rgb) -> String {
    format!("rgb:{:02x}/{:02x}/{:02x}", colour.r, colour.g, colour.b)
}

/// The progress told last; a terminal that was attached before may show another.
pub(super) fn progress(out: &mut Painter, emulator: &Emulator) {
    if let Some(Progress { state, percent }) = emulator.state.progress {
        out.put_fmt(format_args!("\x1b]9;4;{state};{percent}\x1b\\"));
    }
}

/// The titles put aside, then the one in force.
pub(super) fn titles(out: &mut Painter, emulator: &Emulator) {
    let titles = &emulator.state.titles;
    for title in titles.aside() {
        title_in_force(out, title);
        out.put("\x1b[22;2t");
    }
    title_in_force(out, titles.current());
}

fn title_in_force(out: &mut Painter, title: Option<&str>) {
    if let Some(title) = title {
        out.put_fmt(format_args!("\x1b]2;{title}\x1b\\"));
    }
}

/// All tab stops, if any is not where a terminal has it by itself.
pub(super) fn tab_stops(out: &mut Painter, emulator: &Emulator) {
    if let Some(stops) = emulator.state.tabs.changed() {
        out.put("\x1b[3g");
        for col in stops {
            out.put_fmt(format_args!("\x1b[{}G\x1bH", col + 1));
        }
    } else {
        // A terminal that was attached before may have others.
        out.put("\x1b[?5W");
    }
}

/// Keyboard flags of the primary screen, and what is the same on both.
pub(super) fn keyboard(out: &mut Painter, emulator: &Emulator) {
    let keyboard = &emulator.state.keyboard;
    flags(out, &keyboard.primary);
    match keyboard.modify_other {
        0 => out.put("\x1b[>4m"),
        value => out.put_fmt(format_args!("\x1b[>4;{value}m")),
    }
}

/// The keyboard flags of the screen that shows; those that the terminal had before the program
/// came are left alone unless the program has flags of its own.
pub(super) fn flags(out: &mut Painter, stack: &FlagStack) {
    if stack.is_untouched() {
        return;
    }
    out.put_fmt(format_args!("\x1b[<{EVERY_ENTRY}u"));
    if stack.lowest() != 0 {
        out.put_fmt(format_args!("\x1b[={}u", stack.lowest()));
    }
    for flags in stack.pushed() {
        out.put_fmt(format_args!("\x1b[>{flags}u"));
    }
}

/// Modes of input and of the cursor's looks; last those that change how text is printed.
pub(super) fn modes(out: &mut Painter, emulator: &Emulator) {
    let modes = &emulator.state.modes;
    let on = [
        (modes.app_cursor, "\x1b[?1h"),
        (modes.app_keypad, "\x1b="),
        (modes.focus, "\x1b[?1004h"),
        (modes.paste, "\x1b[?2004h"),
        (modes.newline, "\x1b[20h"),
        (modes.insert, "\x1b[4h"),
    ];
    for (_, sequence) in on.iter().filter(|(on, _)| *on) {
        out.put(sequence);
    }
    for mode in [modes.mouse, modes.mouse_encoding].into_iter().flatten() {
        out.put_fmt(format_args!("\x1b[?{mode}h"));
    }
    for (mode, on) in &modes.others {
        out.put_fmt(format_args!("\x1b[?{mode}{}", switch(*on)));
    }
    if let Some(style) = emulator.state.cursor_style {
        out.put_fmt(format_args!("\x1b[{style} q"));
    }
    if let Some(on) = modes.blink {
        out.put_fmt(format_args!("\x1b[?12{}", switch(on)));
    }
    if let Some(icon) = emulator.state.pointer {
        out.put_fmt(format_args!("\x1b]22;{}\x1b\\", icon.name()));
    }
    if !modes.autowrap {
        out.put("\x1b[?7l");
    }
    if modes.cursor_visible {
        out.put("\x1b[?25h");
    }
}

fn switch(on: bool) -> char {
    if on { 'h' } else { 'l' }
}
