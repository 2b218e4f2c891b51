//! Consoles cannot be opened by another process by name: none is ever lent.

use std::{convert::Infallible, io};

use bytes::Bytes;

use crate::wire::request;

/// There is none.
#[derive(Debug)]
pub(crate) struct LentTerminal(Infallible);

impl LentTerminal {
    /// Declines.
    pub(crate) fn open(_offer: &request::Terminal) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn try_write(&self, _bytes: &[u8]) -> io::Result<Option<usize>> {
        match self.0 {}
    }

    pub(crate) async fn writable(&self) -> io::Result<()> {
        match self.0 {}
    }

    pub(crate) async fn read(&self, _may: impl Fn() -> bool) -> io::Result<Bytes> {
        match self.0 {}
    }

    pub(crate) fn are_for_client(&self, _keys: &[u8]) -> bool {
        match self.0 {}
    }
}
