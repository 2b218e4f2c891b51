//! What tmux says there is: panes and clients, read line by line.

use abide_core::{
    clock::Timestamp,
    id::{Generation, SessionId},
    size::TermSize,
};

use crate::{
    marker::OwnerMark,
    target::{Pane, SessionName, TmuxSession, Window},
};

/// A session in tmux under a name that could be ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: TmuxSession,
    pub(crate) session: SessionId,
    /// Its mark; none if it is not ours.
    pub(crate) ours: Option<Ours>,
}

/// A session of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ours {
    pub(crate) generation: Generation,
    /// The pane that the session's program was started in; none if it is gone.
    pub(crate) pane: Option<PaneState>,
    pub(crate) started_at: Timestamp,
}

/// The pane of a session of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaneState {
    pub(crate) pane: Pane,
    pub(crate) window: Window,
    pub(crate) pid: u32,
    pub(crate) is_dead: bool,
    pub(crate) size: TermSize,
}

/// A client of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) session: TmuxSession,
    /// Whether it is a program, as a relay is, and no person's terminal.
    pub(crate) is_program: bool,
    pub(crate) is_read_only: bool,
    pub(crate) pid: u32,
    pub(crate) since: Timestamp,
    pub(crate) name: String,
}

/// Everything that a server said of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) sessions: Vec<Listed>,
    pub(crate) clients: Vec<Client>,
}

/// A line that is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tmux lists `{0}`, which cannot be read")]
pub(crate) struct BadLine(String);

impl Listing {
    /// Reads what [`command::list`](crate::command::list) printed.
    ///
    /// What is not named as ours is passed over; what is, and cannot be read, is an error: an answer
    /// with a part missing would say that something is absent.
    pub(crate) fn parse(text: &str, mark: &OwnerMark) -> Result<Self, BadLine> {
        let mut listing = Self::default();
        for line in text.lines() {
            let bad = || BadLine(line.chars().take(200).collect());
            match line.split_once(':').ok_or_else(bad)? {
                ("p", rest) => {
                    let fields: Vec<&str> = rest.splitn(12, ':').collect();
                    let fields = <[&str; 12]>::try_from(fields).map_err(|_| bad())?;
                    listing.add_pane(fields, mark).ok_or_else(bad)?;
                }
                ("c", rest) => listing.clients.extend(client(rest)),
                _ => return Err(bad()),
            }
        }
        Ok(listing)
    }

    /// Returns the session of this id, ours or not.
    pub(crate) fn session(&self, session: &SessionId) -> Option<&Listed> {
        self.sessions
            .iter()
            .find(|listed| listed.session == *session)
    }

    /// Returns the clients with a person's terminal that are attached to a session.
    pub(crate) fn people(&self, session: TmuxSession) -> impl Iterator<Item = &Client> {
        let here = move |client: &&Client| client.session == session && !client.is_program;
        self.clients.iter().filter(here)
    }

    /// Adds what a line says of a pane; `None` if it cannot be read.
    fn add_pane(&mut self, fields: [&str; 12], mark: &OwnerMark) -> Option<()> {
        let [
            id,
            window,
            pane,
            pid,
            dead,
            cols,
            rows,
            owner,
            generation,
            started,
            ours,
            name,
        ] = fields;
        let Some(session) = SessionName::id_in(name) else {
            return Some(());
        };
        let id = id.parse().ok()?;
        let at = self.sessions.iter().position(|listed| listed.id == id);
        let at = match at {
            Some(at) => at,
            None => {
                let generation = generation.parse().ok().filter(|_| mark.is(owner));
                // Unset where it is not ours.
                let started_at = Timestamp::from_millis(started.parse().unwrap_or(0));
                self.sessions.push(Listed {
                    id,
                    session,
                    ours: generation.map(|generation| Ours {
                        generation,
                        pane: None,
                        started_at,
                    }),
                });
                self.sessions.len() - 1
            }
        };
        if let Some(found) = &mut self.sessions[at].ours
            && pane == ours
        {
            found.pane = Some(PaneState {
                pane: pane.parse().ok()?,
                window: window.parse().ok()?,
                pid: pid.parse().ok()?,
                is_dead: dead == "1",
                size: TermSize::clamped(rows.parse().ok()?, cols.parse().ok()?),
            });
        }
        Some(())
    }
}

/// Reads a client; `None` for one that is attached to nothing.
fn client(rest: &str) -> Option<Client> {
    let fields: Vec<&str> = rest.splitn(6, ':').collect();
    let [session, program, read_only, pid, created, name] = fields[..] else {
        return None;
    };
    Some(Client {
        session: session.parse().ok()?,
        is_program: program == "1",
        is_read_only: read_only == "1",
        pid: pid.parse().ok()?,
        since: Timestamp::from_millis(1000 * created.parse::<u64>().ok()?),
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    fn mark() -> OwnerMark {
        OwnerMark::of(Path::new("/state"))
    }

    fn generation() -> Generation {
        Generation::from_bytes([7; 16])
    }

    /// proves T3
    #[test]
    fn what_is_ours_is_told_from_what_only_has_such_a_name() {
        let (mark, generation) = (mark(), generation());
        let text = format!(
            "p:$1:@1:%1:42:0:80:24:{mark}:{generation}:1700000000123:%1:abide-one\n\
             p:$1:@2:%5:43:0:80:24:{mark}:{generation}:1700000000123:%1:abide-one\n\
             p:$2:@3:%2:44:0:80:24:::::abide-two\n\
             p:$3:@4:%3:45:1:80:24:other:{generation}:1:%3:abide-three\n\
             p:$4:@5:%4:46:0:80:24:::::my own: thing\n\
             c:$1:1:0:99:1700000001:client-99\n\
             c:$1:0:0:98:1700000002:/dev/pts/3\n\
             c::0:0:97:1700000002:/dev/pts/4\n"
        );
        let listing = Listing::parse(&text, &mark).unwrap();
        let [one, two, three] = &listing.sessions[..] else {
            panic!("{listing:?}");
        };
        let ours = one.ours.as_ref().unwrap();
        assert_eq!(ours.generation, generation);
        assert_eq!(ours.pane.as_ref().unwrap().pid, 42);
        assert!(two.ours.is_none() && three.ours.is_none());
        let people: Vec<u32> = listing.people(one.id).map(|client| client.pid).collect();
        assert_eq!(people, [98]);
        assert_eq!(listing.clients.len(), 2);
    }

    /// proves T4
    #[test]
    fn what_cannot_be_read_is_an_error_and_not_absent() {
        for text in ["hello", "p:$1", "p:x:@1:%1:1:0:1:8:2::::abide-a", "x:1:2"] {
            assert!(Listing::parse(text, &mark()).is_err(), "{text}");
        }
        assert_eq!(Listing::parse("", &mark()).unwrap(), Listing::default());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "([pc]:|[$@%:0-9a-z\\n-])*") {
            let _ = Listing::parse(&text, &mark());
        }
    }
}
