//! `%output` as the bytes that the pane's programs printed.
//!
//! In control mode tmux writes a backslash and every byte below a space as a backslash and three
//! octal digits, and every other byte as itself.

/// Appends what `escaped` stands for. A backslash without three octal digits is itself.
pub(crate) fn decode(escaped: &[u8], out: &mut Vec<u8>) {
    out.reserve(escaped.len());
    let mut rest = escaped;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let (byte, len) = match *rest {
            [_, a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                ((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), 4)
            }
            _ => (b'\\', 1),
        };
        out.push(byte);
        rest = &rest[len..];
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(escaped: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        decode(escaped, &mut out);
        out
    }

    /// As tmux does it.
    fn encoded(bytes: &[u8]) -> Vec<u8> {
        bytes
            .iter()
            .flat_map(|byte| match byte {
                0..b' ' | b'\\' => format!("\\{byte:03o}").into_bytes(),
                _ => vec![*byte],
            })
            .collect()
    }

    #[test]
    fn what_is_no_escape_is_itself() {
        assert_eq!(decoded(br"a\"), br"a\");
        assert_eq!(decoded(br"\0"), br"\0");
        assert_eq!(decoded(br"\08x"), br"\08x");
        assert_eq!(decoded(br"\777"), br"\777");
        assert_eq!(decoded(br"\134033"), br"\033");
    }

    proptest! {
        /// proves T8
        #[test]
        fn every_byte_survives(bytes: Vec<u8>) {
            prop_assert_eq!(decoded(&encoded(&bytes)), bytes);
        }

        #[test]
        fn any_bytes_are_decoded_without_a_panic(bytes: Vec<u8>) {
            prop_assert!(decoded(&bytes).len() <= bytes.len());
        }
    }
}
