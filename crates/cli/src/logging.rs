//! Traces of what the program does: to standard error or a file, never to standard output.

use std::{fs::OpenOptions, path::Path, sync::Mutex};

use tracing_subscriber::{EnvFilter, fmt, fmt::writer::BoxMakeWriter};

/// Names the filter, such as `debug` or `abide_workspace=trace`.
const FILTER: &str = "ABIDE_LOG";

/// Names the file to write to, instead of standard error.
const FILE: &str = "ABIDE_LOG_FILE";

/// Starts to write what the filter lets through; warnings, if it names nothing.
pub(crate) fn start() {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::WARN.into())
        .with_env_var(FILTER)
        .from_env_lossy();
    let file = std::env::var_os(FILE).filter(|path| !path.is_empty());
    let is_file = file.is_some();
    fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_target(is_file)
        .with_writer(file.map_or_else(stderr, |path| log_file(Path::new(&path))))
        .init();
}

fn stderr() -> BoxMakeWriter {
    BoxMakeWriter::new(std::io::stderr)
}

fn log_file(path: &Path) -> BoxMakeWriter {
    match OpenOptions::new().append(true).create(true).open(path) {
        Ok(file) => BoxMakeWriter::new(Mutex::new(file)),
        Err(error) => {
            eprintln!(
                "warning: cannot write the log to `{}`: {error}",
                path.display()
            );
            stderr()
        }
    }
}
