//! An error with all that lies beneath it, as one text.

/// Returns an error's text with what lies beneath it.
pub(crate) fn with_causes(err: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(err), |err| err.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
