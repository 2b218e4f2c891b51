//! Durations as people write them: `2s`, `500ms`, `1m`, `1h 30m`; ages as people read them.

use std::{fmt, str::FromStr, time::Duration};

use jiff::SignedDuration;

/// A duration from the command line; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DurationArg(pub(crate) Duration);

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a duration such as `500ms`, `2s` or `1m 30s`")]
pub(crate) struct ParseDurationError;

impl FromStr for DurationArg {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let duration: SignedDuration = text.parse().map_err(|_| ParseDurationError)?;
        let duration = Duration::try_from(duration).map_err(|_| ParseDurationError)?;
        Ok(Self(duration))
    }
}

/// An age, shown in its largest unit alone: `5s`, `3m`, `2h`, `4d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Age(pub(crate) Duration);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..60 => write!(f, "{seconds}s"),
            60..3600 => write!(f, "{}m", seconds / 60),
            3600..86_400 => write!(f, "{}h", seconds / 3600),
            _ => write!(f, "{}d", seconds / 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_are_not_negative() {
        let parse = |text: &str| text.parse::<DurationArg>().map(|duration| duration.0);
        assert_eq!(parse("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("1m"), Ok(Duration::from_secs(60)));
        assert_eq!(parse("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse("0s"), Ok(Duration::ZERO));
        for text in [
            "",
            "2",
            "s",
            "-2s",
            "2 parsecs",
            "2s ago",
            "9999999999999999h",
        ] {
            assert_eq!(parse(text), Err(ParseDurationError), "{text}");
        }
    }

    #[test]
    fn an_age_is_shown_in_its_largest_unit() {
        let shown = |seconds| Age(Duration::from_secs(seconds)).to_string();
        assert_eq!(shown(0), "0s");
        assert_eq!(shown(59), "59s");
        assert_eq!(shown(60), "1m");
        assert_eq!(shown(7199), "1h");
        assert_eq!(shown(86_400 * 40), "40d");
    }
}
