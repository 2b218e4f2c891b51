//! `abide keeper`, which only this program itself runs: responsible for the sessions of a directory.

use std::process::ExitCode;

use abide_workspace::keeper::{self, NotComposed};

use crate::{compose::Context, report};

/// Becomes a keeper, if that is what the command line says.
pub(crate) fn become_keeper() -> Option<ExitCode> {
    keeper::become_keeper(|| match Context::read() {
        Ok(context) => Ok(context.backends()),
        Err(error) => Err(NotComposed {
            message: report::chain(&error),
            hint: error.hint(),
        }),
    })
}
