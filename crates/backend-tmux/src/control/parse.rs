//! What a control-mode client prints, line by line, as events.
//!
//! ```text
//! %begin <time> <number> <flags>      the answer to a command: its output, line by line, up to
//! …                                   %end or %error with the same time and number
//! %output %<pane> <escaped bytes>     and other notifications, never inside an answer
//! ```
//!
//! Never panics, whatever the bytes; a notification that is not known is `Other`.

use super::octal;
use crate::target::{Pane, TmuxSession, Window};

/// Longest line that is kept, in bytes. tmux writes a few times what it reads at once; a line that
/// never ends is not tmux's.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// Longest answer that is kept, in bytes: a screen with all the lines above it.
const MAX_ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// One thing that a control-mode client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ControlEvent {
    /// A command was carried out, or not.
    Answer(Answer),
    /// The programs of a pane printed something.
    Output { pane: Pane, data: Vec<u8> },
    /// A window has another layout, and so perhaps its panes another size.
    Layout { window: Window, layout: String },
    /// The client is attached to this session from now on.
    SessionChanged(TmuxSession),
    /// Some client came, went or turned to another session.
    Clients,
    /// A window is gone.
    WindowClosed(Window),
    /// The client ends; says why, if tmux does.
    Exit(Option<String>),
    /// Something that does not matter here.
    Other,
    /// What was read is not what tmux writes.
    Nonsense,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Whether it was carried out.
    pub(crate) is_done: bool,
    /// What it printed, each line with its end; why not, if it was not carried out.
    pub(crate) text: Vec<u8>,
}

/// Puts lines together from whatever is read at once.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    block: Option<Block>,
    is_broken: bool,
}

/// An answer that is being read.
#[derive(Debug)]
struct Block {
    /// Time and number.
    guard: Vec<u8>,
    text: Vec<u8>,
}

impl Parser {
    /// Takes what was read, and appends the events that it completes.
    pub(crate) fn feed(&mut self, bytes: &[u8], events: &mut Vec<ControlEvent>) {
        let mut rest = bytes;
        while !self.is_broken {
            let Some(at) = rest.iter().position(|byte| *byte == b'\n') else {
                self.keep(rest, events);
                return;
            };
            self.keep(&rest[..at], events);
            rest = &rest[at + 1..];
            let line = std::mem::take(&mut self.line);
            events.extend(self.line(&line));
            // The buffer is worth keeping, its content is not.
            self.line = line;
            self.line.clear();
        }
    }

    fn keep(&mut self, part: &[u8], events: &mut Vec<ControlEvent>) {
        if MAX_LINE_BYTES < self.line.len() + part.len() {
            self.is_broken = true;
            events.push(ControlEvent::Nonsense);
            return;
        }
        self.line.extend_from_slice(part);
    }

    fn line(&mut self, line: &[u8]) -> Option<ControlEvent> {
        let Some(block) = &mut self.block else {
            if let Some(guard) = line.strip_prefix(b"%begin ") {
                self.block = Some(Block {
                    guard: time_and_number(guard),
                    text: Vec::new(),
                });
                return None;
            }
            return Some(notification(line));
        };
        let end = [(&b"%end "[..], true), (b"%error ", false)];
        let end = end.into_iter().find_map(|(word, is_done)| {
            let guard = line.strip_prefix(word)?;
            (time_and_number(guard) == block.guard).then_some(is_done)
        });
        if let Some(is_done) = end {
            let text = self.block.take()?.text;
            return Some(ControlEvent::Answer(Answer { is_done, text }));
        }
        if MAX_ANSWER_BYTES < block.text.len() + line.len() {
            self.is_broken = true;
            return Some(ControlEvent::Nonsense);
        }
        block.text.extend_from_slice(line);
        block.text.push(b'\n');
        None
    }
}

fn time_and_number(guard: &[u8]) -> Vec<u8> {
    let mut words = guard.splitn(3, |byte| *byte == b' ');
    let mut both = words.next().unwrap_or_default().to_vec();
    both.push(b' ');
    both.extend_from_slice(words.next().unwrap_or_default());
    both
}

fn notification(line: &[u8]) -> ControlEvent {
    let (word, rest) = split(line);
    match word {
        b"%output" => output(rest, |rest| Some(split(rest))),
        // `%extended-output %1 <age> … : <bytes>`
        b"%extended-output" => output(rest, |rest| {
            let (pane, rest) = split(rest);
            let at = rest.windows(3).position(|three| three == b" : ")?;
            Some((pane, &rest[at + 3..]))
        }),
        b"%layout-change" => layout(rest).unwrap_or(ControlEvent::Other),
        b"%session-changed" => match parsed(split(rest).0) {
            Some(session) => ControlEvent::SessionChanged(session),
            None => ControlEvent::Other,
        },
        b"%client-session-changed" | b"%client-detached" => ControlEvent::Clients,
        b"%window-close" | b"%unlinked-window-close" => match parsed(split(rest).0) {
            Some(window) => ControlEvent::WindowClosed(window),
            None => ControlEvent::Other,
        },
        b"%exit" => {
            let reason = String::from_utf8_lossy(rest).into_owned();
            ControlEvent::Exit((!reason.is_empty()).then_some(reason))
        }
        _ if line.starts_with(b"%") => ControlEvent::Other,
        _ => ControlEvent::Nonsense,
    }
}

fn output<'a>(
    rest: &'a [u8],
    parts: impl FnOnce(&'a [u8]) -> Option<(&'a [u8], &'a [u8])>,
) -> ControlEvent {
    let Some((pane, escaped)) = parts(rest) else {
        return ControlEvent::Nonsense;
    };
    let Some(pane) = parsed(pane) else {
        return ControlEvent::Nonsense;
    };
    let mut data = Vec::new();
    octal::decode(escaped, &mut data);
    ControlEvent::Output { pane, data }
}

/// `@1 b25f,80x24,0,0,2 b25f,80x24,0,0,2 *`: of the two, the first is without regard to a zoom.
fn layout(rest: &[u8]) -> Option<ControlEvent> {
    let (window, rest) = split(rest);
    let (all, rest) = split(rest);
    let visible = split(rest).0;
    let layout = if visible.is_empty() { all } else { visible };
    Some(ControlEvent::Layout {
        window: parsed(window)?,
        layout: String::from_utf8_lossy(layout).into_owned(),
    })
}

fn split(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b' ') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

fn parsed<T: std::str::FromStr>(word: &[u8]) -> Option<T> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(bytes: &[u8]) -> Vec<ControlEvent> {
        let mut events = Vec::new();
        Parser::default().feed(bytes, &mut events);
        events
    }

    #[test]
    fn an_answer_ends_with_its_own_number_and_not_with_text_that_looks_alike() {
        let answer = b"%begin 1 7 1\n%end 1 6 1\n%output %1 x\n%end 1 7 1\n";
        assert_eq!(
            events(answer),
            [ControlEvent::Answer(Answer {
                is_done: true,
                text: b"%end 1 6 1\n%output %1 x\n".to_vec()
            })]
        );
        let refused = b"%begin 1 8 1\nno such thing\n%error 1 8 1\n";
        let [ControlEvent::Answer(answer)] = &events(refused)[..] else {
            panic!("{:?}", events(refused));
        };
        assert!(!answer.is_done && answer.text == b"no such thing\n");
    }

    /// proves T8
    #[test]
    fn notifications_are_told_apart() {
        let lines = b"%output %3 a b\\033[m\n%extended-output %3 12 : x : y\n\
            %layout-change @1 b25f,100x30,0,0,2 b25f,100x30,0,0,2 *\n%session-changed $2 some name\n\
            %client-detached /dev/pts/1\n%window-close @4\n%exit\n%exit server exited\n\
            %future thing\nplain\n";
        assert_eq!(
            events(lines),
            [
                ControlEvent::Output {
                    pane: "%3".parse().unwrap(),
                    data: b"a b\x1b[m".to_vec()
                },
                ControlEvent::Output {
                    pane: "%3".parse().unwrap(),
                    data: b"x : y".to_vec()
                },
                ControlEvent::Layout {
                    window: "@1".parse().unwrap(),
                    layout: "b25f,100x30,0,0,2".into()
                },
                ControlEvent::SessionChanged("$2".parse().unwrap()),
                ControlEvent::Clients,
                ControlEvent::WindowClosed("@4".parse().unwrap()),
                ControlEvent::Exit(None),
                ControlEvent::Exit(Some("server exited".into())),
                ControlEvent::Other,
                ControlEvent::Nonsense,
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            events(&bytes);
        }

        #[test]
        fn any_cut_gives_the_same_events(
            lines in prop::collection::vec("(%begin 1 2 0|%end 1 2 0|%output %1 [a-z\\\\0-9]{0,9}|%exit|[ -~]{0,9})", 0..20),
            cut in 0_usize..200,
        ) {
            let mut bytes = lines.join("\n").into_bytes();
            bytes.push(b'\n');
            let cut = cut.min(bytes.len());
            let (mut parser, mut cut_events) = (Parser::default(), Vec::new());
            parser.feed(&bytes[..cut], &mut cut_events);
            parser.feed(&bytes[cut..], &mut cut_events);
            prop_assert_eq!(cut_events, events(&bytes));
        }
    }
}
