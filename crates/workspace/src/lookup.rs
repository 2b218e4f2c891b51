//! How a person's text finds one name among many: exact, then prefix, then substring. Pure.
//!
//! Each step is tried only if the one before it found nothing, so an exact name is never hidden by
//! a longer one that begins with it.

/// Why a text finds no single name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// No name contains it.
    Unknown,
    /// Several names fit equally well; these, in order.
    Several(Vec<String>),
}

/// Finds the one item whose name is `text`, or begins with it, or contains it.
///
/// # Errors
///
/// [`Miss`] when none does, or several do so equally well.
pub fn find<T>(
    text: &str,
    items: impl IntoIterator<Item = T>,
    name: impl Fn(&T) -> &str,
) -> Result<T, Miss> {
    let (mut prefixed, mut containing) = (Vec::new(), Vec::new());
    for item in items {
        let candidate = name(&item);
        if candidate == text {
            return Ok(item);
        } else if candidate.starts_with(text) {
            prefixed.push(item);
        } else if candidate.contains(text) {
            containing.push(item);
        }
    }
    let mut fitting = if prefixed.is_empty() {
        containing
    } else {
        prefixed
    };
    match (fitting.pop(), fitting.is_empty()) {
        (None, _) => Err(Miss::Unknown),
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            fitting.push(last);
            let mut names: Vec<_> = fitting.iter().map(|item| name(item).to_owned()).collect();
            names.sort();
            Err(Miss::Several(names))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str, names: &[&'static str]) -> Result<&'static str, Miss> {
        find(text, names.iter().copied(), |name| name)
    }

    /// proves C2
    #[test]
    fn an_exact_name_wins_over_longer_ones() {
        assert_eq!(look("api", &["api-2", "api", "my-api"]), Ok("api"));
    }

    /// proves C2
    #[test]
    fn a_unique_prefix_wins_over_a_substring() {
        assert_eq!(look("ap", &["api", "map"]), Ok("api"));
        assert_eq!(look("ma", &["api", "map"]), Ok("map"));
    }

    /// proves C2
    #[test]
    fn a_unique_substring_is_found_last() {
        assert_eq!(look("pi", &["api", "map"]), Ok("api"));
    }

    /// proves C2
    #[test]
    fn several_that_fit_are_listed_in_order_and_none_is_said_so() {
        let several = |names: &[&str]| {
            Err(Miss::Several(
                names.iter().map(|name| (*name).to_owned()).collect(),
            ))
        };
        assert_eq!(look("a", &["ab", "aa", "ba"]), several(&["aa", "ab"]));
        assert_eq!(look("b", &["xb", "ab"]), several(&["ab", "xb"]));
        assert_eq!(look("z", &["aa"]), Err(Miss::Unknown));
        assert_eq!(look("z", &[]), Err(Miss::Unknown));
    }
}
