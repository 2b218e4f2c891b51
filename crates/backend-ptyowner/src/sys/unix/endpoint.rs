//! The sockets that all helpers have, and whether a client whose terminal is lent is there.

use interprocess::local_socket::{tokio::Stream, traits::StreamCommon as _};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub(crate) use abide_local::endpoint::*;

/// What to ask for to be told of the other side's end; elsewhere that is told unasked.
#[cfg(target_os = "linux")]
const HANGUP: PollFlags = PollFlags::RDHUP;
#[cfg(not(target_os = "linux"))]
const HANGUP: PollFlags = PollFlags::empty();

/// Tells whether the other side is there and not stopped: whether or not all that it sent was read.
pub(crate) fn is_attentive(stream: &Stream) -> bool {
    let stopped = |pid: i32| u32::try_from(pid).is_ok_and(super::process::is_stopped);
    !is_hung_up(stream)
        && !stream
            .peer_creds()
            .is_ok_and(|peer| peer.pid().is_some_and(stopped))
}

fn is_hung_up(stream: &Stream) -> bool {
    let Stream::UdSocket(stream) = stream;
    let mut polled = [PollFd::new(stream, HANGUP)];
    let found = poll(&mut polled, Some(&Timespec::default()));
    let gone = HANGUP | PollFlags::HUP | PollFlags::ERR;
    found.is_ok() && polled[0].revents().intersects(gone)
}
