//! How text and the cursor look.

use alacritty_terminal::{
    Term,
    event::VoidListener,
    vte::ansi::{Attr, CursorShape, CursorStyle, Handler},
};

use crate::emulator::BLINK;

/// Gives a screen's pen an attribute as terminals mean it.
pub(crate) fn set_attribute(term: &mut Term<VoidListener>, attr: Attr) {
    let pen = &mut term.grid_mut().cursor.template;
    match attr {
        Attr::CancelBold => term.terminal_attribute(Attr::DoubleUnderline),
        Attr::BlinkSlow | Attr::BlinkFast => pen.flags.insert(BLINK),
        Attr::CancelBlink => pen.flags.remove(BLINK),
        other => term.terminal_attribute(other),
    }
}

/// Returns the argument of DECSCUSR that means `style`.
pub(super) fn style_number(style: CursorStyle) -> u8 {
    let steady = match style.shape {
        CursorShape::Underline => 4,
        CursorShape::Beam => 6,
        CursorShape::Block | CursorShape::HollowBlock | CursorShape::Hidden => 2,
    };
    steady - u8::from(style.blinking)
}
