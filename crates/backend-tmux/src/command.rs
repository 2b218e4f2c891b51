//! Verb → the arguments of tmux. Pure: what is run is decided here, and pinned by snapshots.
//!
//! An argument never holds a value of an environment. One that ends in `;` would end a command, and
//! `#` begins a format where tmux expands one: both are escaped.

use std::{ffi::OsString, path::Path, time::Duration};

use abide_core::{
    clock::Timestamp,
    id::{Generation, random_bytes, to_hex},
    size::TermSize,
};

use crate::{
    marker::OwnerMark,
    note::Nonce,
    target::{Pane, SessionName, TmuxSession, Window},
};

/// Begins the line with which tmux says what it made or found.
pub(crate) const READY: &str = "abide-ready";

/// Begins the line that describes a screen.
pub(crate) const SCREEN: &str = "abide-screen";

/// Begins the line that follows everything typed before it.
pub(crate) const TYPED: &str = "abide-typed";

/// Input in one line to a control-mode client, in bytes.
pub(crate) const INPUT_BYTES: usize = 4096;

/// Describes a pane, one line each; `listing` reads it. What can hold a colon is last.
const PANE_FORMAT: &str = "p:#{session_id}:#{window_id}:#{pane_id}:#{pane_pid}:#{pane_dead}:\
    #{pane_width}:#{pane_height}:#{@abide_owner}:#{@abide_generation}:#{@abide_started}:\
    #{@abide_pane}:#{session_name}";

/// Describes a client, one line each; `listing` reads it.
const CLIENT_FORMAT: &str = "c:#{session_id}:#{client_control_mode}:#{client_readonly}:\
    #{client_pid}:#{client_created}:#{client_name}";

/// What a relay must know of its session; `ready` reads it.
const READY_FORMAT: &str = ":#{session_id}:#{window_id}:#{pane_id}:#{pane_pid}:#{pane_width}:\
    #{pane_height}:#{@abide_owner}:#{@abide_generation}:#{@abide_nonce}:#{@abide_child}:#{version}";

/// What a joining relay must know of the pane's screen; `screen` reads it. One letter a flag.
const SCREEN_FORMAT: &str = ":#{alternate_on}:#{history_size}:#{cursor_x}:#{cursor_y}:\
    #{alternate_saved_x}:#{alternate_saved_y}:#{scroll_region_upper}:#{scroll_region_lower}:\
    #{cursor_flag}:#{insert_flag}:#{keypad_cursor_flag}:#{keypad_flag}:#{wrap_flag}:\
    #{origin_flag}:#{mouse_standard_flag}:#{mouse_button_flag}:#{mouse_all_flag}:\
    #{mouse_sgr_flag}:#{mouse_utf8_flag}:#{?#{==:#{pane_title},#{host}},,#{pane_title}}";

/// Input that is sent as keys, in bytes; more than anybody types at once.
const KEYS_BYTES: usize = 64;

/// How long a message is shown to somebody who does not type: long enough to be read.
const MESSAGE_TIME: Duration = Duration::from_secs(5);

/// For how long tmux shows a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Showing {
    /// For as long as it is told.
    AsLongAsTold,
    /// For as long as its option `display-time` says.
    AsConfigured,
}

/// Whether tmux pastes a buffer as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pasting {
    /// Byte for byte.
    Exact,
    /// Control characters perhaps as something else.
    Changes,
}

/// The arguments of one run of tmux.
pub(crate) type Words = Vec<OsString>;

/// What tmux must know to make a session.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) name: &'a SessionName,
    pub(crate) owner: &'a OwnerMark,
    pub(crate) generation: Generation,
    pub(crate) started_at: Timestamp,
    pub(crate) size: TermSize,
    pub(crate) cwd: &'a Path,
    /// The pane's first process. At least two words: a single one would be given to a shell.
    pub(crate) process: &'a [OsString],
}

/// Asks for the version.
pub(crate) fn version() -> Words {
    words(["-V"])
}

/// Lists every pane and every client of the server, in this order.
pub(crate) fn list() -> Words {
    let mut list = words(["-u", "list-panes", "-a", "-F", PANE_FORMAT, ";"]);
    list.extend(words(["list-clients", "-F", CLIENT_FORMAT]));
    list
}

/// Makes a session, marks it, sets what is depended on, and tells what was made, all before anything
/// else happens in the server. The client that does this watches the session from its first byte.
pub(crate) fn create(new: &NewSession<'_>) -> Words {
    let here = format!("{}:", new.name.exact());
    let (cols, rows) = (new.size.cols().to_string(), new.size.rows().to_string());
    let (owner, generation) = (new.owner.to_string(), new.generation.to_string());
    let started = new.started_at.as_millis().to_string();
    let mut create = words(["-u", "-C", "new-session", "-E", "-s", new.name.as_str()]);
    create.extend(words(["-x", &cols, "-y", &rows, "-c"]));
    create.push(unexpanded(new.cwd));
    create.push("--".into());
    create.extend(new.process.iter().map(whole));
    let mut and = |parts: &[&str]| {
        create.push(";".into());
        create.extend(parts.iter().map(OsString::from));
    };
    and(&["set-option", "-t", &here, "@abide_owner", &owner]);
    and(&["set-option", "-t", &here, "@abide_generation", &generation]);
    and(&["set-option", "-t", &here, "@abide_started", &started]);
    and(&["set-option", "-F", "-t", &here, "@abide_pane", "#{pane_id}"]);
    and(&["set-option", "-t", &here, "destroy-unattached", "off"]);
    and(&["set-option", "-s", "exit-unattached", "off"]);
    and(&["set-option", "-w", "-t", &here, "remain-on-exit", "on"]);
    // Whoever comes with a terminal of their own decides the size again, as they configured it.
    let follow = "set-option -uw window-size";
    and(&["set-hook", "-t", &here, "client-attached", follow]);
    let ready = format!("{READY}{READY_FORMAT}");
    and(&["display-message", "-p", "-t", &here, &ready]);
    create
}

/// Watches a session that there is; tells what it is and what it shows, before anything else happens
/// in the server.
pub(crate) fn join(session: TmuxSession, pane: Pane) -> Words {
    let (session, pane) = (session.to_string(), pane.to_string());
    let ready = format!("{READY}{READY_FORMAT}");
    let mut join = words(["-u", "-C", "attach-session", "-E", "-t", &session]);
    let mut and = |parts: &[&str]| {
        join.push(";".into());
        join.extend(parts.iter().map(OsString::from));
    };
    and(&["display-message", "-p", "-t", &pane, &ready]);
    let screen = format!("{SCREEN}{SCREEN_FORMAT}");
    and(&["display-message", "-p", "-t", &pane, &screen]);
    for part in capture_parts(&pane) {
        and(&part);
    }
    join
}

/// Tells what a pane shows, as a join does, without watching it.
pub(crate) fn capture(pane: Pane) -> [Words; 4] {
    let pane = pane.to_string();
    let screen = format!("{SCREEN}{SCREEN_FORMAT}");
    let describe = words(["-u", "display-message", "-p", "-t", &pane, &screen]);
    let [history, page, primary] = capture_parts(&pane).map(|part| {
        let words = std::iter::once("-u").chain(part);
        words.map(OsString::from).collect()
    });
    [describe, history, page, primary]
}

/// What is above the page, the page that shows, and the primary one while the alternate one shows:
/// then a row each, and otherwise nothing.
fn capture_parts(pane: &str) -> [Vec<&str>; 3] {
    let capture = |more: &[&'static str]| {
        let mut part = vec!["capture-pane", "-p", "-e"];
        part.extend_from_slice(more);
        part.extend(["-t", pane]);
        part
    };
    [
        capture(&["-S", "-", "-E", "-1"]),
        capture(&["-S", "0"]),
        capture(&["-a", "-q"]),
    ]
}

/// Lets go of a session whose end is recorded: takes its pane away, by the id that tmux gave it, and
/// with that the session, unless somebody opened other panes in it. Those are theirs, and so is the
/// session then, under another name and without our mark.
pub(crate) fn release(session: TmuxSession, pane: Option<Pane>) -> Words {
    let session = session.to_string();
    let left = format!("left-{}", to_hex(&random_bytes::<4>()));
    let mut release = words(["rename-session", "-t", &session, &left]);
    let mut and = |parts: &[&str]| {
        release.push(";".into());
        release.extend(parts.iter().map(OsString::from));
    };
    for option in ["@abide_owner", "@abide_generation"] {
        and(&["set-option", "-u", "-t", &session, option]);
    }
    and(&["set-hook", "-u", "-t", &session, "client-attached"]);
    if let Some(pane) = pane {
        and(&["kill-pane", "-t", &pane.to_string()]);
    }
    release
}

/// Ends a session that was just made and cannot be used, by the id that tmux gave it.
pub(crate) fn kill(session: TmuxSession) -> Words {
    words(["kill-session", "-t", &session.to_string()])
}

/// Takes a client off its session.
pub(crate) fn detach(client: &str) -> Words {
    words(["detach-client", "-t", client])
}

/// What a person's own terminal runs to attach.
pub(crate) fn attach(name: &SessionName, read_only: bool) -> Words {
    let mut attach = words(["-u", "attach-session", "-E"]);
    if read_only {
        attach.push("-r".into());
    }
    attach.extend(words(["-t", &name.exact()]));
    attach
}

/// What follows an [`attach`] so that tmux shows the person a message, in the place of its status line,
/// until they type or for a time.
pub(crate) fn and_show(message: &str, showing: Showing) -> Words {
    let mut show = words([";", "display-message"]);
    if showing == Showing::AsLongAsTold {
        show.extend(words(["-d", &MESSAGE_TIME.as_millis().to_string()]));
    }
    // What is formatted as a time begins with a percent sign.
    let message = message.replace('#', "##").replace('%', "%%");
    show.push(whole(&message.into()));
    show
}

/// Lines for a control-mode client that type up to [`INPUT_BYTES`] and then say so with a number.
///
/// A few keys are sent as keys: that is exact, and slow (tmux takes time with the square of a line's
/// length). More is put into a buffer and pasted, by a tmux that pastes exactly what is in there,
/// except for zeros, which no buffer can be given. A pane that shows its own history, or an error of the configuration, leaves that first:
/// keys would move about there.
pub(crate) fn type_lines(pane: Pane, input: &[u8], number: u64, pasting: Pasting) -> Vec<u8> {
    let mut lines =
        format!("if-shell -F -t {pane} '#{{pane_in_mode}}' 'send-keys -t {pane} -X cancel'\n")
            .into_bytes();
    match (input.len(), pasting) {
        (..=KEYS_BYTES, _) => put_keys(&mut lines, pane, input),
        (_, Pasting::Changes) => {
            for keys in input.chunks(KEYS_BYTES) {
                put_keys(&mut lines, pane, keys);
            }
        }
        (_, Pasting::Exact) => {
            for part in input.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
                match part[0] {
                    0 => part
                        .chunks(KEYS_BYTES)
                        .for_each(|zeros| put_keys(&mut lines, pane, zeros)),
                    _ => put_paste(&mut lines, pane, part),
                }
            }
        }
    }
    lines.extend_from_slice(format!("display-message -p '{TYPED} {number}'\n").as_bytes());
    lines
}

fn put_keys(lines: &mut Vec<u8>, pane: Pane, keys: &[u8]) {
    lines.extend_from_slice(format!("send-keys -t {pane} -H").as_bytes());
    for byte in keys {
        lines.extend_from_slice(format!(" {byte:02x}").as_bytes());
    }
    lines.push(b'\n');
}

fn put_paste(lines: &mut Vec<u8>, pane: Pane, text: &[u8]) {
    lines.extend_from_slice(b"set-buffer -b abide -- \"");
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b' ' => lines.push(*byte),
            _ => lines.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
        }
    }
    let paste = format!("\"\npaste-buffer -d -r -b abide -t {pane}\n");
    lines.extend_from_slice(paste.as_bytes());
}

/// Lines for a control-mode client that note the child's process and the secret of its start, for
/// relays to come. They go through the client's input: what is on a command line is seen by all, and
/// a server keeps that of the client that started it.
pub(crate) fn child_lines(session: TmuxSession, child: u32, nonce: &Nonce) -> Vec<u8> {
    let nonce = nonce.as_str();
    let lines = [
        ("@abide_nonce", nonce),
        ("@abide_child", &child.to_string()),
    ];
    let lines = lines.map(|(name, value)| format!("set-option -t {session} {name} {value}\n"));
    lines.concat().into_bytes()
}

/// A line for a control-mode client that gives a window a size.
pub(crate) fn resize_line(window: Window, size: TermSize) -> Vec<u8> {
    let (cols, rows) = (size.cols(), size.rows());
    format!("resize-window -t {window} -x {cols} -y {rows}\n").into_bytes()
}

fn words<const N: usize>(words: [&str; N]) -> Words {
    words.iter().map(OsString::from).collect()
}

/// Returns a word that does not end a command.
fn whole(word: &OsString) -> OsString {
    let mut word = word.clone();
    if word.as_encoded_bytes().ends_with(b";") {
        let text = word.to_string_lossy().into_owned();
        word = format!("{}\\;", &text[..text.len() - 1]).into();
    }
    word
}

/// Returns a path in which no format is expanded.
fn unexpanded(path: &Path) -> OsString {
    if !path.as_os_str().as_encoded_bytes().contains(&b'#') {
        return whole(&path.as_os_str().to_owned());
    }
    whole(&path.to_string_lossy().replace('#', "##").into())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn shown(words: &[OsString]) -> String {
        let words = words.iter().map(|word| word.to_string_lossy());
        words.collect::<Vec<_>>().join("\n")
    }

    fn name() -> SessionName {
        SessionName::of(&"s-1".parse().unwrap())
    }

    /// proves T3
    /// proves T5
    #[test]
    fn a_session_is_made_and_marked_in_one_sequence() {
        let process = ["/bin/abide".into(), "tmux-exec".into(), "/s/hand;".into()];
        let cwd = PathBuf::from("/w/#(date)");
        let made = create(&NewSession {
            name: &name(),
            owner: &OwnerMark::of(Path::new("/state")),
            generation: Generation::from_bytes([7; 16]),
            started_at: Timestamp::from_millis(1_700_000_000_123),
            size: TermSize::clamped(30, 100),
            cwd: &cwd,
            process: &process,
        });
        insta::assert_snapshot!(shown(&made));
    }

    /// proves T2
    /// proves T6
    #[test]
    fn every_other_verb_has_an_exact_target() {
        let pane = "%3".parse().unwrap();
        let session = "$2".parse().unwrap();
        let verbs = [
            version(),
            list(),
            join(session, pane),
            kill(session),
            detach("/dev/pts/3"),
            capture(pane).concat(),
            attach(&name(), false),
            attach(&name(), true),
            and_show("100% #1;", Showing::AsLongAsTold),
            and_show("old", Showing::AsConfigured),
        ];
        let verbs: Vec<String> = verbs.iter().map(|words| shown(words)).collect();
        insta::assert_snapshot!(verbs.join("\n\n"));
    }

    #[test]
    fn lines_for_a_control_client() {
        let typed = type_lines("%3".parse().unwrap(), b"a\0\n\xff", 9, Pasting::Changes);
        let resized = resize_line("@1".parse().unwrap(), TermSize::clamped(5, 7));
        let long = [&b"long; \"text\" #{x} "[..], &[b'a'; 50], b"\0\0\r\xff"].concat();
        let pasted = type_lines("%3".parse().unwrap(), &long, 10, Pasting::Exact);
        let typed_long = type_lines("%3".parse().unwrap(), &long, 11, Pasting::Changes);
        let lines = [typed, pasted, typed_long, resized].concat();
        insta::assert_snapshot!(String::from_utf8(lines).unwrap());
    }
}
