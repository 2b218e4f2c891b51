//! What the producers print: three kinds of text, as blocks that are ready before time counts.
//!
//! A block is made of whole lines and is printed again and again, so that making text is no part
//! of what is measured. No line holds a character of [`END_MARK`].

use std::str::FromStr;

use anyhow::bail;

/// Printed once after a flood; no corpus holds any of its characters.
pub(crate) const END_MARK: &str = "@#~@#~@#~";

/// Size that a block does not exceed, in bytes.
const BLOCK_BYTES: usize = 64 * 1024;

/// A kind of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Corpus {
    /// ASCII words.
    Plain,
    /// A log with a coloured level, time and values on each line.
    Sgr,
    /// Several scripts, wide characters and emoji.
    Utf8,
    /// A full-screen program: the cursor jumps and each row is painted anew.
    Redraw,
    /// Lines of 2,000 characters.
    Long,
}

impl Corpus {
    /// The three whose throughput is measured.
    pub(crate) const STREAMS: [Self; 3] = [Self::Plain, Self::Sgr, Self::Utf8];

    /// Returns the word that names it on a command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Sgr => "sgr",
            Self::Utf8 => "utf8",
            Self::Redraw => "redraw",
            Self::Long => "long",
        }
    }

    /// Returns a block of this kind, never empty.
    pub(crate) fn block(self) -> Vec<u8> {
        let mut dice = Dice(0x2545_f491_4f6c_dd1d);
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        for number in 0.. {
            let line = self.line(number, &mut dice);
            if BLOCK_BYTES < block.len() + line.len() {
                break;
            }
            block.extend_from_slice(line.as_bytes());
        }
        block
    }

    fn line(self, number: usize, dice: &mut Dice) -> String {
        match self {
            Self::Plain => words(&PLAIN, 4 + dice.below(12), dice) + "\n",
            Self::Sgr => sgr_line(number, dice),
            Self::Utf8 => words(&UTF8, 4 + dice.below(8), dice) + "\n",
            Self::Redraw => redraw_line(number, dice),
            Self::Long => {
                let mut line = words(&PLAIN, 400, dice);
                line.truncate(2000);
                line + "\n"
            }
        }
    }
}

impl FromStr for Corpus {
    type Err = anyhow::Error;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [Self::Plain, Self::Sgr, Self::Utf8, Self::Redraw, Self::Long];
        match all.into_iter().find(|corpus| corpus.word() == word) {
            Some(corpus) => Ok(corpus),
            None => bail!("there is no corpus `{word}`"),
        }
    }
}

const PLAIN: [&str; 16] = [
    "the",
    "build",
    "finished",
    "with",
    "three",
    "warnings",
    "in",
    "src/main.c:",
    "unused",
    "variable",
    "compiling",
    "12",
    "objects",
    "linking",
    "done",
    "0x7f3a",
];

const UTF8: [&str; 16] = [
    "端末",
    "セッション",
    "가나다라",
    "привет",
    "мир",
    "naïve",
    "façade",
    "→",
    "│",
    "─────",
    "✓",
    "🙂",
    "🚀",
    "größer",
    "Ελληνικά",
    "plain",
];

const LEVELS: [(&str, &str); 4] = [
    ("32", "INFO"),
    ("33", "WARN"),
    ("1;31", "ERROR"),
    ("38;5;244", "DEBUG"),
];

fn sgr_line(number: usize, dice: &mut Dice) -> String {
    let (colour, level) = LEVELS[dice.below(LEVELS.len())];
    format!(
        "\x1b[2m12:{:02}:{:02}\x1b[0m \x1b[{colour}m{level}\x1b[0m {} \x1b[36mid\x1b[0m=\x1b[38;2;250;128;{}m{number}\x1b[0m\n",
        number / 60 % 60,
        number % 60,
        words(&PLAIN, 3 + dice.below(5), dice),
        dice.below(256),
    )
}

/// Returns one painted row of a screen of 24; the rows follow one another.
fn redraw_line(number: usize, dice: &mut Dice) -> String {
    let mut text = words(&PLAIN, 14, dice);
    text.truncate(60);
    format!(
        "\x1b[{};1H\x1b[7m{number:>6}\x1b[27m \x1b[3{}m{text}\x1b[0m\x1b[K",
        number % 24 + 1,
        dice.below(8)
    )
}

fn words(list: &[&str], count: usize, dice: &mut Dice) -> String {
    let words: Vec<_> = (0..count).map(|_| list[dice.below(list.len())]).collect();
    words.join(" ")
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_corpus_holds_a_character_of_the_end_mark() {
        for corpus in [
            Corpus::Plain,
            Corpus::Sgr,
            Corpus::Utf8,
            Corpus::Redraw,
            Corpus::Long,
        ] {
            let block = String::from_utf8(corpus.block()).unwrap();
            assert!(BLOCK_BYTES / 2 < block.len(), "{}", corpus.word());
            assert!(!block.contains(['@', '#', '~']), "{}", corpus.word());
            assert_eq!(corpus.word().parse::<Corpus>().unwrap(), corpus);
        }
    }

    #[test]
    fn long_lines_are_2000_characters() {
        let block = String::from_utf8(Corpus::Long.block()).unwrap();
        assert!(block.lines().all(|line| line.len() == 2000));
    }
}
