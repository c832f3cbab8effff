//! Which lines hold one of many texts, in one pass.
//!
//! In: texts of seven bytes or more, any number of them. Out: for a piece of a block, the places where
//! one stands.
//!
//! Of each text four neighbouring runs of four bytes are noted in a bitmap. Then it is enough to look at
//! every fourth place: wherever a text stands, one of its four runs begins there. The bitmap (16 KiB)
//! stays in the processor's nearest cache. Each run has two bits in one word of it, so that one load
//! tells, and a run that is noted nowhere passes once in some hundreds (Putze, Sanders and Singler,
//! "Cache-, hash- and space-efficient Bloom filters", 2009). Eight places are looked at together, and those
//! eight that hit are noted without a branch, as hits cannot be foretold; then a second bitmap of the seven
//! bytes that hold the four runs is asked, and the texts that have them are compared. The cost does not
//! grow with the number of texts, unlike that of a packed multi-string search (`docs/benchmarks.md`). It is
//! the sampling of q-grams by Wu and Manber ("A fast algorithm for multi-pattern searching", 1994) with a
//! fixed step.
//!
//! Which runs of a text are noted is chosen by how rare they are in ordinary lines, and so is the hash:
//! a run that is frequent shall not pass for one of a text.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

/// Lines of ordinary work in many formats.
const ORDINARY: &str = include_str!("ordinary.txt");

/// Bytes in a run.
const RUN: usize = 4;
/// Bytes from one place that is looked at to the next.
const STEP: usize = 4;
/// The shortest text: one of its runs stands at every fourth place.
pub(super) const SHORTEST: usize = RUN + STEP - 1;
/// Multipliers of the hash of runs to choose from: odd, their bits well mixed (the fractional parts of the
/// golden ratio and of the roots of 2, 3, 5 and 7, made odd).
const MULTIPLIERS: [u32; 5] = [
    0x9e37_79b1,
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f373,
    0xa54f_f53b,
];
/// How much it says against seven bytes of a text that ordinary lines hold its runs of so many bytes: those
/// of four cost a closer look, the seven themselves a comparison.
const WEIGHTS: [(usize, u64); 2] = [(RUN, 1), (SHORTEST, 16)];
/// Bytes that are looked at together.
const CHUNK: usize = 32;
/// Chunks after which those that hit are looked at closely; a power of two.
const BATCH: usize = 256;
/// Words of a bitmap; a power of two.
const WORDS: usize = 2048;

/// The runs of all texts.
#[derive(Debug)]
pub(super) struct Grams {
    runs: Filter,
    /// Of the hash of runs.
    multiplier: u32,
    /// The seven bytes that hold a text's runs, for a second opinion.
    sevens: Filter,
    /// By their seven bytes.
    texts: Vec<Text>,
    /// The texts, one behind the other.
    bytes: Vec<u8>,
}

/// Where a text stands: a place that it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) place: usize,
    /// Its number.
    pub(super) text: usize,
}

/// A text, and where in it its seven bytes begin.
#[derive(Debug)]
struct Text {
    seven: u64,
    at: usize,
    number: usize,
    /// Where it stands in [`Grams::bytes`].
    bytes: Range<usize>,
}

impl Grams {
    /// The runs of `texts`, each with its number; none may be shorter than [`SHORTEST`].
    pub(super) fn new<'a>(texts: impl Iterator<Item = (usize, &'a [u8])>) -> Self {
        let texts: Vec<(usize, &[u8])> = texts.collect();
        let places = rarest(&texts);
        let noted = || {
            let parts = texts.iter().zip(&places);
            parts.map(|((_, text), at)| &text[*at..*at + SHORTEST])
        };
        let choices = MULTIPLIERS.map(|multiplier| {
            let mut runs = Filter::default();
            for run in noted().flat_map(|part| part.windows(RUN)) {
                runs.note(run_hash(word(run), multiplier));
            }
            (multiplier, runs)
        });
        let passing = |(multiplier, runs): &(u32, Filter)| {
            let ordinary = ORDINARY.as_bytes().windows(RUN);
            let passes = ordinary.map(|run| runs.has(run_hash(word(run), *multiplier)) & 1);
            passes.sum::<u64>()
        };
        let best = choices.into_iter().min_by_key(passing);
        let (multiplier, runs) = best.unwrap_or_default();
        let mut sevens = Filter::default();
        let mut bytes = Vec::new();
        let mut by_seven = Vec::with_capacity(texts.len());
        for ((number, text), &at) in texts.iter().zip(&places) {
            let seven = seven(eight(&text[at..]));
            sevens.note(seven_hash(seven));
            let from = bytes.len();
            bytes.extend_from_slice(text);
            by_seven.push(Text {
                seven,
                at,
                number: *number,
                bytes: from..bytes.len(),
            });
        }
        by_seven.sort_unstable_by_key(|text| (text.seven, text.number));
        Self {
            runs,
            multiplier,
            sevens,
            texts: by_seven,
            bytes,
        }
    }

    /// Notes in `hits` the texts that stand in `text`, each once for each time, in order of the places.
    pub(super) fn find(&self, text: &[u8], hits: &mut Vec<Hit>) {
        Arch::new().dispatch(Find {
            grams: self,
            text,
            hits,
        });
    }

    #[inline(always)]
    fn find_all(&self, text: &[u8], hits: &mut Vec<Hit>) {
        let (chunks, rest) = text.as_chunks::<CHUNK>();
        let mut likely = [(0, 0); BATCH];
        for (n, part) in chunks.chunks(BATCH).enumerate() {
            let mut count = 0;
            for (place, chunk) in (0_u32..).zip(part) {
                let noted = self.noted(chunk);
                likely[count & (BATCH - 1)] = (place, noted);
                count += usize::from(noted != 0);
            }
            for &(place, noted) in &likely[..count] {
                self.places(noted, text, (n * BATCH + place as usize) * CHUNK, hits);
            }
        }
        let mut last = [0; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        self.places(self.noted(&last), text, chunks.len() * CHUNK, hits);
    }

    /// Which of a chunk's runs are noted, a bit each.
    #[inline(always)]
    fn noted(&self, chunk: &[u8; CHUNK]) -> u32 {
        let (runs, _) = chunk.as_chunks::<STEP>();
        let bits = (0..).zip(runs).fold(0, |bits, (n, run)| {
            let hash = run_hash(u32::from_le_bytes(*run), self.multiplier);
            bits | (self.runs.has(hash) & 1) << n
        });
        bits as u32
    }

    /// The places of a chunk, which stands at `at`, that both bitmaps speak for, of those whose runs are
    /// noted. It branches only where the outcome is nearly always the same.
    #[inline(always)]
    fn places(&self, mut noted: u32, text: &[u8], at: usize, hits: &mut Vec<Hit>) {
        while noted != 0 {
            let place = at + noted.trailing_zeros() as usize * STEP;
            if self.is_near(text, place) {
                self.note(text, place, hits);
            }
            noted &= noted - 1;
        }
    }

    /// Whether seven bytes of a text begin at this place, or at one of the three before it: where one of
    /// the four runs of a text stands at the place, they do.
    #[inline(always)]
    fn is_near(&self, text: &[u8], place: usize) -> bool {
        let any = (0..STEP).fold(0, |any, back| {
            any | self.sevens.has(seven_hash(seven_before(text, place, back)))
        });
        any & 1 != 0
    }

    /// Notes the texts that stand there.
    fn note(&self, text: &[u8], place: usize, hits: &mut Vec<Hit>) {
        for back in (0..STEP).filter(|back| *back <= place) {
            let seven = seven_before(text, place, back);
            let first = self.texts.partition_point(|text| text.seven < seven);
            for known in self.texts[first..].iter().take_while(|t| t.seven == seven) {
                let start = (place - back).checked_sub(known.at);
                let there = start.and_then(|start| text.get(start..));
                if there.is_some_and(|there| there.starts_with(&self.bytes[known.bytes.clone()])) {
                    hits.push(Hit {
                        place,
                        text: known.number,
                    });
                }
            }
        }
    }
}

/// [`Grams::find`], compiled for each kind of processor.
struct Find<'a> {
    grams: &'a Grams,
    text: &'a [u8],
    hits: &'a mut Vec<Hit>,
}

impl WithSimd for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.grams.find_all(self.text, self.hits);
    }
}

/// Where in each text the seven bytes begin that ordinary lines have the least of.
fn rarest(texts: &[(usize, &[u8])]) -> Vec<usize> {
    let counts = WEIGHTS.map(|(len, weight)| Counts::new(len, weight));
    let place = |text: &[u8]| {
        let often = |part| counts.iter().map(|counts| counts.of(part)).sum::<u64>();
        let parts = text.windows(SHORTEST).map(often).enumerate();
        parts.min_by_key(|(_, often)| *often).unwrap_or_default().0
    };
    texts.iter().map(|(_, text)| place(text)).collect()
}

/// How often ordinary lines hold each run of a length, times its weight.
struct Counts {
    len: usize,
    /// By hash: that two runs share a count now and then does no harm.
    counts: Vec<u64>,
}

impl Counts {
    fn new(len: usize, weight: u64) -> Self {
        let mut counts = vec![0; 1 << 16];
        for run in ORDINARY.as_bytes().windows(len) {
            counts[Self::slot(run)] += weight;
        }
        Self { len, counts }
    }

    /// Of all runs of that length in `part`.
    fn of(&self, part: &[u8]) -> u64 {
        let runs = part.windows(self.len);
        runs.map(|run| self.counts[Self::slot(run)]).sum()
    }

    fn slot(run: &[u8]) -> usize {
        (seven_hash(eight(run) << 8) >> 27) as usize
    }
}

/// A set of hashes that may hold some more than were noted, but none less.
#[derive(Debug)]
struct Filter(Box<[u64; WORDS]>);

impl Default for Filter {
    fn default() -> Self {
        Self(Box::new([0; WORDS]))
    }
}

impl Filter {
    fn note(&mut self, hash: u64) {
        let (word, one, two) = Self::bits(hash);
        self.0[word] |= 1 << one | 1 << two;
    }

    /// The lowest bit tells whether the hash may be in it; the others mean nothing.
    #[inline(always)]
    fn has(&self, hash: u64) -> u64 {
        let (word, one, two) = Self::bits(hash);
        let word = self.0[word];
        word >> one & word >> two
    }

    /// A word, and two bits of it: from the bits 20 to 42 of the hash.
    #[inline(always)]
    fn bits(hash: u64) -> (usize, u64, u64) {
        // The mask tells the compiler that no word lies outside.
        let word = (hash >> 32) as usize & (WORDS - 1);
        (word, hash >> 26 & 63, hash >> 20 & 63)
    }
}

/// Multiplicative hashing (Knuth, TAOCP vol. 3, 6.4): the middle bits of a product, on which all of the
/// run bear.
#[inline(always)]
fn run_hash(run: u32, multiplier: u32) -> u64 {
    u64::from(run) * u64::from(multiplier)
}

/// As above, the upper bits of a product.
#[inline(always)]
fn seven_hash(seven: u64) -> u64 {
    seven.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 21
}

/// The seven bytes that begin so many before a place.
#[inline(always)]
fn seven_before(text: &[u8], place: usize, back: usize) -> u64 {
    let from = place.saturating_sub(back);
    text.get(from..).map_or(0, |text| seven(eight(text)))
}

/// The first seven of eight bytes.
#[inline(always)]
fn seven(eight: u64) -> u64 {
    eight << 8
}

/// A run as a number.
fn word(run: &[u8]) -> u32 {
    run.iter()
        .take(RUN)
        .rev()
        .fold(0, |word, &byte| word << 8 | u32::from(byte))
}

/// The first eight bytes, or as many as there are.
#[inline(always)]
fn eight(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<8>().map_or_else(
        || {
            bytes
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte))
        },
        |chunk| u64::from_le_bytes(*chunk),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&[u8]; 3] = [b"panicked at", b"KILLED 9", b"seventy"];

    fn hits(text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        Grams::new(TEXTS.into_iter().enumerate()).find(text, &mut hits);
        hits
    }

    #[test]
    fn a_text_is_found_wherever_it_stands() {
        for (number, text) in TEXTS.into_iter().enumerate() {
            for before in 0..70 {
                for after in 0..40 {
                    let mut line = vec![b'.'; before];
                    line.extend_from_slice(text);
                    line.extend(vec![b'.'; after]);
                    let [hit] = hits(&line)[..] else {
                        panic!("{text:?} {before} {after}: not once");
                    };
                    let covered = hit.place >= before && hit.place < before + text.len();
                    assert!(covered && hit.text == number, "{text:?} {before} {hit:?}");
                }
            }
        }
    }

    #[test]
    fn ordinary_text_hits_nothing() {
        let text = b"nothing of that sort stands in here, not in all of this line";
        assert_eq!(hits(text), []);
    }
}
