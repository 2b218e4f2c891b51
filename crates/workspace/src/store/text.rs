//! Texts of the system as JSON: a string where it is Unicode, else its units, so nothing is lost.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use abide_core::backend::Command;
use serde::{Deserialize, Serialize};

use crate::sys;

/// One text of the system.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Word {
    Unicode(String),
    Units(Vec<u16>),
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredCommand {
    program: Word,
    args: Vec<Word>,
}

/// A stored text that is not what was written here.
#[derive(Debug, thiserror::Error)]
pub(super) enum TextError {
    #[error("not the JSON that is stored here")]
    Json(#[from] serde_json::Error),
    #[error("not a text of this system")]
    Foreign,
}

/// Writes a command.
pub(super) fn encode_command(command: &Command) -> Result<String, TextError> {
    let stored = StoredCommand {
        program: Word::of(&command.program),
        args: command.args.iter().map(|arg| Word::of(arg)).collect(),
    };
    Ok(serde_json::to_string(&stored)?)
}

/// Reads what [`encode_command`] wrote.
pub(super) fn decode_command(text: &str) -> Result<Command, TextError> {
    let stored: StoredCommand = serde_json::from_str(text)?;
    let args: Result<Vec<_>, _> = stored.args.into_iter().map(Word::read).collect();
    Ok(Command {
        program: stored.program.read()?,
        args: args?,
    })
}

/// Writes a path.
pub(super) fn encode_path(path: &Path) -> Result<String, TextError> {
    Ok(serde_json::to_string(&Word::of(path.as_os_str()))?)
}

/// Reads what [`encode_path`] wrote.
pub(super) fn decode_path(text: &str) -> Result<PathBuf, TextError> {
    let word: Word = serde_json::from_str(text)?;
    Ok(word.read()?.into())
}

impl Word {
    fn of(text: &OsStr) -> Self {
        match text.to_str() {
            Some(text) => Self::Unicode(text.to_owned()),
            None => Self::Units(sys::to_units(text)),
        }
    }

    fn read(self) -> Result<OsString, TextError> {
        match self {
            Self::Unicode(text) => Ok(text.into()),
            Self::Units(units) => sys::from_units(&units).ok_or(TextError::Foreign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_not_unicode_survives() {
        let odd = sys::from_units(&[b'a'.into(), 0xff, b'b'.into()]).unwrap();
        let command = Command {
            program: "printf".into(),
            args: vec!["%s\n".into(), odd.clone(), "".into(), "[1]".into()],
        };
        let text = encode_command(&command).unwrap();
        assert_eq!(decode_command(&text).unwrap(), command);
        let path = PathBuf::from(odd);
        assert_eq!(decode_path(&encode_path(&path).unwrap()).unwrap(), path);
    }

    #[test]
    fn what_was_not_written_here_is_refused() {
        assert!(decode_command("[]").is_err());
        assert!(decode_path("{}").is_err());
    }
}
