//! Streams as programs write them, of every feature, with queries, and damaged.

use proptest::{collection::vec, prelude::*, sample::Index, strategy::Union};

use crate::grammar::{FEATURES, Output, Piece, fixed};

const QUERIES: &[&str] = &[
    "\x1b[c",
    "\x1b[>c",
    "\x1b[=c",
    "\x1bZ",
    "\x1b[5n",
    "\x1b[6n",
    "\x1b[?6n",
    "\x1b[?7$p",
    "\x1b[4$p",
    "\x1b[?9999$p",
    "\x1b]4;1;?\x07",
    "\x1b]10;?\x1b\\",
    "\x1b]11;?;?\x07",
    "\x1b[?u",
    "\x1b[18t",
    "\x1b[>q",
    "\x1b[>0q",
    "\x1b[?4m",
    "\x1b]4;300;?;7;?\x18",
];

/// One piece of a stream, of any feature.
pub(crate) fn piece() -> Piece {
    // Text oftener than all else, and the features that change cells oftener than the others.
    let weight = |at| match at {
        0 => 12,
        1..=6 => 4,
        _ => 2,
    };
    let features = FEATURES.iter().enumerate();
    Union::new_weighted(
        features
            .map(|(at, (_, piece))| (weight(at), piece()))
            .collect(),
    )
    .boxed()
}

/// A stream of up to `pieces` pieces.
pub(crate) fn stream(pieces: usize) -> impl Strategy<Value = Output> {
    vec(piece(), 0..pieces).prop_map(|pieces| Output(pieces.concat()))
}

/// What meets the end of a row: pending wraps, gaps that wide characters leave, and what moves them.
const AT_THE_EDGE: &[&str] = &[
    "abc中",
    "\x1b[999C中",
    "\x1b[999Cx",
    "\x1b[999Cx\x1b7",
    "\x1b[999;999H中",
    "\x1b[999;999Hx",
    "\x1b[41m",
    "\x1b[41m中中中中",
    "\x1b[m",
    "\x1b[H",
    "\x1b7",
    "\x1b8",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[1P",
    "\x1b[@",
    "\x1b[X",
    "\x1b[K",
    "\x1bM",
    "\x1b[L",
    "\x1b[M",
    "\x1b[S",
    "\x1b[T",
    "\x1b[?1049h",
    "\x1b[?1049l",
];

/// A stream of a few features that change cells, which so meet oftener than in one of all.
pub(crate) fn narrow_stream(pieces: usize) -> impl Strategy<Value = Output> {
    let some = vec((any::<Index>(), 1_u32..8), 1..5);
    let pieces = some.prop_flat_map(move |some| {
        let feature = |at: Index| at.get(&FEATURES[..=11]).1();
        let features = some.into_iter().map(|(at, weight)| (weight, feature(at)));
        let edge = (8, fixed(AT_THE_EDGE));
        vec(
            Union::new_weighted(features.chain([edge]).collect()),
            0..pieces,
        )
    });
    pieces.prop_map(|pieces| Output(pieces.concat()))
}

/// A stream in which queries are frequent.
pub(crate) fn asking_stream() -> impl Strategy<Value = Output> {
    vec(prop_oneof![piece(), fixed(QUERIES)], 0..30).prop_map(|pieces| Output(pieces.concat()))
}

/// Bytes that hardly a program writes: pieces with bytes lost, doubled or replaced.
pub(crate) fn damaged_stream() -> impl Strategy<Value = Output> {
    let damage = vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 0..8);
    (stream(25), damage).prop_map(|(Output(mut bytes), damage)| {
        for (at, byte, kind) in damage {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        Output(bytes)
    })
}
