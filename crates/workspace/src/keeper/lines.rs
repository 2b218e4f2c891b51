//! Lines of a stream, each no longer than a message may be.

use std::io::{self, BufRead, Read as _};

use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

use super::protocol::{self, MAX_LINE_BYTES, ProtocolError};

/// Why the next message cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    /// The stream broke.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What came is no message.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
}

/// Reads the next message; `None` at the end of the stream. Not to be called again if dropped.
pub(crate) async fn next<T: DeserializeOwned>(
    stream: &mut BufReader<impl AsyncRead + Unpin>,
) -> Result<Option<T>, LineError> {
    let mut line = Vec::new();
    let mut limited = stream.take(MAX_LINE_BYTES as u64 + 1);
    limited.read_until(b'\n', &mut line).await?;
    read(&line)
}

/// Reads the next message of a stream that blocks; `None` at its end.
pub(crate) fn next_blocking<T: DeserializeOwned>(
    stream: &mut impl BufRead,
) -> Result<Option<T>, LineError> {
    let mut line = Vec::new();
    let mut limited = stream.take(MAX_LINE_BYTES as u64 + 1);
    limited.read_until(b'\n', &mut line)?;
    read(&line)
}

/// Reads a line; one that was cut off by the end of the stream is nothing.
fn read<T: DeserializeOwned>(line: &[u8]) -> Result<Option<T>, LineError> {
    match line.last() {
        Some(b'\n') => Ok(Some(protocol::parse(line)?)),
        Some(_) if MAX_LINE_BYTES < line.len() => Err(ProtocolError::TooLong.into()),
        Some(_) | None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::protocol::Reply;

    #[test]
    fn a_line_that_was_cut_off_is_the_end_and_one_that_is_too_long_an_error() {
        let noted = protocol::to_line(&Reply::Noted);
        let mut two = noted.clone();
        two.extend_from_slice(&noted[..noted.len() - 1]);
        let mut stream = two.as_slice();
        let next = |stream: &mut &[u8]| next_blocking::<Reply>(stream);
        assert_eq!(next(&mut stream).unwrap(), Some(Reply::Noted));
        assert_eq!(next(&mut stream).unwrap(), None);
        assert_eq!(next(&mut stream).unwrap(), None);

        let long = vec![b' '; 2 * MAX_LINE_BYTES];
        let error = next(&mut long.as_slice()).unwrap_err();
        assert!(matches!(error, LineError::Protocol(ProtocolError::TooLong)));
    }
}
