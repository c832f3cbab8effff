//! Which lines hold one of many texts, in one pass.
//!
//! In: texts of five bytes or more, any number of them. Out: for a block, the lines that may hold one.
//!
//! Of each text two neighbouring runs of four bytes are noted in a bitmap. Then it is enough to look at
//! every second place of the block: wherever a text stands, one of its two runs begins at an even
//! place. Four places are looked at for each eight bytes read, with one branch; the bitmap (16 KiB) stays
//! in the processor's nearest cache. The cost does not grow with the number of texts, unlike that of a
//! packed multi-string search, which needs a pass for every two dozen (`docs/benchmarks.md`). It is the
//! sampling of q-grams by Wu and Manber ("A fast algorithm for multi-pattern searching", 1994) with a
//! fixed step.
//!
//! Which two runs of a text are noted is chosen by how rare they are in ordinary lines.

use std::collections::HashMap;

/// Lines of ordinary work in many formats.
const ORDINARY: &str = include_str!("ordinary.txt");

/// Bytes in a run.
const RUN: usize = 4;
/// The shortest text: two neighbouring runs.
pub(super) const SHORTEST: usize = RUN + 1;
/// Bits of the hash.
const BITS: u32 = 17;
/// Words of the bitmap.
const WORDS: usize = 1 << (BITS - 6);

/// The runs of all texts.
#[derive(Debug)]
pub(super) struct Grams {
    map: Box<[u64; WORDS]>,
    /// Both runs of each text together, for a second opinion.
    pairs: Box<[u64; WORDS]>,
}

impl Grams {
    /// The runs of `texts`, of which none may be shorter than [`SHORTEST`].
    pub(super) fn new<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Self {
        let frequency = frequency();
        let mut map = Box::new([0_u64; WORDS]);
        let mut pairs = Box::new([0_u64; WORDS]);
        for text in texts {
            let rarest = text.windows(SHORTEST).min_by_key(|pair| {
                pair.windows(RUN)
                    .map(|run| frequency.get(&slot(word(run))).copied().unwrap_or(0))
                    .sum::<u32>()
            });
            if let Some(pair) = rarest {
                let slot = pair_slot(pair);
                pairs[(slot >> 6) as usize] |= 1 << (slot & 63);
            }
            for run in rarest.into_iter().flat_map(|pair| pair.windows(RUN)) {
                let slot = slot(word(run));
                map[(slot >> 6) as usize] |= 1 << (slot & 63);
            }
        }
        Self { map, pairs }
    }

    /// The first place at or after `from`, every second one looked at, near which a text may stand.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        while let Some(bytes) = text.get(at..at + 16) {
            let (low, high) = (eight(bytes), eight(&bytes[8..]));
            let words = [
                low as u32,
                (low >> 16) as u32,
                (low >> 32) as u32,
                ((low >> 48) | (high << 16)) as u32,
            ];
            let hits = words.map(|w| self.has(w));
            if hits[0] | hits[1] | hits[2] | hits[3] != 0 {
                let places = (0..4).filter(|n| hits[*n] != 0).map(|n| at + 2 * n);
                if let Some(place) = { places }.find(|place| self.has_pair(text, *place)) {
                    return Some(place);
                }
            }
            at += 8;
        }
        while let Some(run) = text.get(at..at + RUN) {
            if self.has(word(run)) != 0 && self.has_pair(text, at) {
                return Some(at);
            }
            at += 2;
        }
        None
    }

    /// Whether both runs of a text stand here: from this place on, or from the one before.
    fn has_pair(&self, text: &[u8], at: usize) -> bool {
        let pair_at = |from: usize| {
            text.get(from..from + SHORTEST).is_some_and(|pair| {
                let slot = pair_slot(pair);
                self.pairs[(slot >> 6) as usize & (WORDS - 1)] >> (slot & 63) & 1 != 0
            })
        };
        pair_at(at) || at.checked_sub(1).is_some_and(pair_at)
    }

    fn has(&self, word: u32) -> u64 {
        let slot = slot(word);
        // The mask tells the compiler that no place lies outside.
        self.map[(slot >> 6) as usize & (WORDS - 1)] >> (slot & 63) & 1
    }
}

/// Multiplicative hashing (Knuth, TAOCP vol. 3, 6.4): the upper bits of a product.
fn slot(word: u32) -> u32 {
    word.wrapping_mul(0x9e37_79b1) >> (32 - BITS)
}

/// The slot of two neighbouring runs, by another hash.
fn pair_slot(pair: &[u8]) -> u32 {
    let last = u32::from(pair.last().copied().unwrap_or(0));
    (word(pair).rotate_left(11) ^ last.wrapping_mul(0x85eb_ca6b)).wrapping_mul(0xc2b2_ae35)
        >> (32 - BITS)
}

fn word(run: &[u8]) -> u32 {
    run.iter()
        .take(RUN)
        .rev()
        .fold(0, |word, &byte| word << 8 | u32::from(byte))
}

fn eight(bytes: &[u8]) -> u64 {
    // Cannot fail where eight bytes are given, as all callers do.
    bytes
        .first_chunk::<8>()
        .map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// How often the runs of each slot stand in ordinary lines.
fn frequency() -> HashMap<u32, u32> {
    let mut counts = HashMap::new();
    for run in ORDINARY.as_bytes().windows(RUN) {
        *counts.entry(slot(word(run))).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_stands() {
        let grams = Grams::new([&b"panicked at"[..], b"KILLED"].into_iter());
        for before in 0..40 {
            for after in 0..20 {
                let mut text = vec![b'.'; before];
                text.extend_from_slice(b"KILLED");
                text.extend(vec![b'.'; after]);
                let hit = grams.find(&text, 0);
                assert!(
                    hit.is_some_and(|at| at + RUN > before && at < before + 6),
                    "{before} {after} {hit:?}"
                );
            }
        }
        assert_eq!(grams.find(b"nothing of that sort stands in here", 0), None);
    }
}
