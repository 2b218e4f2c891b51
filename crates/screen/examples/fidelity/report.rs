//! The score as Markdown.

use std::{collections::BTreeMap, fmt::Write};

use super::Judged;
use super::judge::Score;

/// Most kinds of difference that are named of one sample.
const MAX_KINDS: usize = 3;

/// Returns all tables.
pub(super) fn markdown(
    recorded: &[Judged],
    skipped: &[(&str, &str)],
    smallest: &[Judged],
    generated: &[Judged],
) -> String {
    let mut text = String::from("### Real programs\n\n");
    table(&mut text, "recording", recorded);
    for Judged { sample, .. } in recorded {
        let _ = write!(text, "\n- {}: {}", sample.name, sample.about);
    }
    for (name, program) in skipped {
        let _ = write!(
            text,
            "\n- not recorded: {name} (`{program}` is not installed)"
        );
    }
    text += "\n\n### Smallest streams\n\n";
    table(&mut text, "what is kept", smallest);
    text += "\n### Generated streams, by feature\n\n";
    table(&mut text, "feature", generated);
    text
}

fn table(text: &mut String, what: &str, samples: &[Judged]) {
    let _ = writeln!(
        text,
        "| {what} | bytes | second model: cuts | at once | later | xterm.js: cuts | at once | later | what differs |"
    );
    text.push_str("|---|--:|--:|--:|--:|--:|--:|--:|---|\n");
    for Judged {
        sample,
        model,
        xterm,
    } in samples
    {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            sample.name,
            sample.len(),
            columns(Some(model)),
            columns(xterm.as_ref()),
            differences(model, xterm.as_ref()),
        );
    }
}

fn columns(score: Option<&Score>) -> String {
    let Some(score) = score else {
        return "not run | | ".to_owned();
    };
    let equal = |equal: usize| {
        if equal == score.cuts {
            "all".to_owned()
        } else {
            equal.to_string()
        }
    };
    format!(
        "{} | {} | {}",
        score.cuts,
        equal(score.at_once),
        equal(score.later)
    )
}

/// Names the parts that differ, most frequent first.
fn differences(model: &Score, xterm: Option<&Score>) -> String {
    let mut kinds = BTreeMap::<String, usize>::new();
    for (judge, score) in [("model", Some(model)), ("xterm.js", xterm)] {
        for (_, what) in score.into_iter().flat_map(|score| &score.misses) {
            let part = what
                .rsplit_once("after the rest: ")
                .map_or(&**what, |(_, part)| part);
            let part = part.split(": ").next().unwrap_or(part);
            *kinds.entry(format!("{judge}: {part}")).or_default() += 1;
        }
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let named: Vec<_> = kinds
        .iter()
        .take(MAX_KINDS)
        .map(|(kind, _)| kind.as_str())
        .collect();
    named.join("; ")
}
