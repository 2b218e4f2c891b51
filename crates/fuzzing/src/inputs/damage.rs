//! Damage to valid input.

use proptest::{collection::vec, prelude::*, sample::Index};

/// Most kinds of damage done to one input.
const MOST: usize = 6;

/// Numbers that are at the edge of something.
const EDGES: [u64; 12] = [
    0,
    1,
    0x7f,
    0xff,
    0x1000,
    0x1001,
    0x1_0000,
    0x1_8000,
    0x1_8001,
    0x7fff_ffff,
    0xffff_ffff,
    u64::MAX,
];

#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index, Index),
    Double(Index, Index),
    Move(Index, Index, Index),
    Number(Index, usize, u8),
    Cut(Index),
}

/// Gives what `valid` gives, as it is, damaged, or not at all like it.
pub(super) fn damaged(
    valid: impl Strategy<Value = Vec<u8>> + Clone + 'static,
) -> BoxedStrategy<Vec<u8>> {
    let hurt = (valid.clone(), vec(damage(), 1..=MOST)).prop_map(|(mut bytes, damages)| {
        for damage in damages {
            apply(&mut bytes, damage);
        }
        bytes
    });
    prop_oneof![
        2 => valid,
        6 => hurt,
        1 => vec(any::<u8>(), 0..200),
    ]
    .boxed()
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 0_u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        (at(), at()).prop_map(|(from, to)| Damage::Remove(from, to)),
        (at(), at()).prop_map(|(from, to)| Damage::Double(from, to)),
        (at(), at(), at()).prop_map(|(from, to, where_to)| Damage::Move(from, to, where_to)),
        (
            at(),
            0..EDGES.len(),
            prop::sample::select(vec![1_u8, 2, 4, 8])
        )
            .prop_map(|(at, edge, width)| Damage::Number(at, edge, width)),
        at().prop_map(Damage::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: Damage) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    let range = |from: Index, to: Index| {
        let (from, to) = (from.index(len), to.index(len));
        from.min(to)..from.max(to) + 1
    };
    match damage {
        Damage::Flip(at, bit) => bytes[at.index(len)] ^= 1 << bit,
        Damage::Replace(at, byte) => bytes[at.index(len)] = byte,
        Damage::Insert(at, byte) => bytes.insert(at.index(len), byte),
        Damage::Remove(from, to) => drop(bytes.drain(range(from, to))),
        Damage::Double(from, to) => {
            let range = range(from, to);
            let end = range.end;
            let piece = bytes[range].to_vec();
            bytes.splice(end..end, piece);
        }
        Damage::Move(from, to, where_to) => {
            let piece: Vec<u8> = bytes.drain(range(from, to)).collect();
            let at = where_to.index(bytes.len() + 1);
            bytes.splice(at..at, piece);
        }
        Damage::Number(at, edge, width) => {
            let number = EDGES[edge].to_le_bytes();
            let at = at.index(len);
            for (place, byte) in bytes[at..].iter_mut().zip(&number[..usize::from(width)]) {
                *place = *byte;
            }
        }
        Damage::Cut(at) => bytes.truncate(at.index(len)),
    }
}
