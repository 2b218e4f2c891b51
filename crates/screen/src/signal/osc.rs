//! Operating system commands that tell of activity.
//!
//! ```text
//! 0;TITLE  2;TITLE                       xterm: the window's title
//! 9;TEXT                                 iTerm2: a notification
//! 9;4;STATE[;PERCENT]                    ConEmu: progress; 0 none, 1 some, 2 failed, 3 some, 4 paused
//! 777;notify;TITLE[;BODY]                rxvt: a notification
//! 99;KEY=VALUE:…;TEXT                    kitty: a notification, perhaps in parts
//! 133;A  133;B  133;C  133;D[;CODE]      FinalTerm: prompt, input, command, its end
//! ```

use abide_core::activity::Signal;

/// Longest string that is kept, in bytes; what is beyond is not looked at.
pub(super) const MAX_BYTES: usize = 1024;

/// The highest number that ConEmu uses for other purposes than a notification.
const LAST_CONEMU: u32 = 12;

/// One command, as far as it has come, and the first part of a notification in parts.
#[derive(Debug, Default)]
pub(super) struct Osc {
    content: Vec<u8>,
    part: String,
}

impl Osc {
    pub(super) fn begin(&mut self) {
        self.content.clear();
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = MAX_BYTES - self.content.len();
        self.content
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Returns what the command tells, now that it is whole.
    pub(super) fn signal(&mut self) -> Option<Signal> {
        let content = std::mem::take(&mut self.content);
        let signal = self.read(&String::from_utf8_lossy(&content));
        self.content = content;
        signal
    }

    fn read(&mut self, content: &str) -> Option<Signal> {
        let (number, rest) = content.split_once(';')?;
        match number {
            "0" | "2" => Some(Signal::Title(rest.to_owned())),
            "9" => nine(rest),
            "99" => self.kitty(rest),
            "133" => mark(rest),
            "777" => rxvt(rest),
            _ => None,
        }
    }

    fn kitty(&mut self, rest: &str) -> Option<Signal> {
        let (metadata, payload) = rest.split_once(';')?;
        let value = |key: &str| {
            let pairs = metadata.split(':').filter_map(|pair| pair.split_once('='));
            let mut values = pairs.filter(|(name, _)| *name == key);
            values.next().map(|(_, value)| value)
        };
        if !matches!(value("p"), None | Some("title" | "body")) {
            return None;
        }
        let text = match value("e") {
            Some("1") => String::from_utf8_lossy(&from_base64(payload)).into_owned(),
            _ => payload.to_owned(),
        };
        join(&mut self.part, &text);
        let is_whole = value("d") != Some("0");
        is_whole.then(|| Signal::Notification(std::mem::take(&mut self.part)))
    }
}

/// Adds to a text, up to a bound.
fn join(text: &mut String, more: &str) {
    if MAX_BYTES < text.len() + more.len() {
        return;
    }
    if !text.is_empty() && !more.is_empty() {
        text.push_str(": ");
    }
    text.push_str(more);
}

fn nine(rest: &str) -> Option<Signal> {
    let (number, after) = rest.split_once(';').unwrap_or((rest, ""));
    match number.parse() {
        Ok(4) => {
            let state = after.split(';').next();
            Some(Signal::Progress(matches!(state, Some("1" | "3"))))
        }
        Ok(other) if other <= LAST_CONEMU => None,
        _ => Some(Signal::Notification(rest.to_owned())),
    }
}

fn rxvt(rest: &str) -> Option<Signal> {
    let (title, body) = {
        let text = rest.strip_prefix("notify;")?;
        text.split_once(';').unwrap_or((text, ""))
    };
    let mut text = title.to_owned();
    join(&mut text, body);
    Some(Signal::Notification(text))
}

fn mark(rest: &str) -> Option<Signal> {
    let mut parts = rest.split(';');
    match parts.next()? {
        "A" | "B" | "N" | "P" => Some(Signal::Prompt),
        "C" => Some(Signal::Command),
        "D" => {
            let code = parts.next().and_then(|code| code.parse().ok());
            Some(Signal::Finished { code })
        }
        _ => None,
    }
}

/// Decodes as much as there is of a text in base 64 (RFC 4648); what is no part of it is left out.
fn from_base64(text: &str) -> Vec<u8> {
    let (mut bits, mut count) = (0_u32, 0);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if 8 <= count {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}
