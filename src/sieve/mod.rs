//! A block becomes candidate lines.
//!
//! Owns: which bytes make a line worth a look ([`stems`]), and the census of who wrote how much
//! ([`census`]). In: a block's bytes and the texts that rules look for; it knows nothing of rules. Out:
//! where candidate lines begin. A line is a candidate where it holds one of the stems: a superset of
//! the lines that hold one of the texts.

use aho_corasick::AhoCorasick;
use aho_corasick::packed::{self, Searcher};
use memchr::{memchr, memrchr};

mod census;
mod stems;

pub use census::{Census, Tally};

/// The most stems of one pass: beyond some 24 the packed searcher slows down more than a second pass
/// costs (`docs/benchmarks.md`).
const PASS: usize = 24;

/// Finds the lines of a block that hold one of some texts.
#[derive(Debug)]
pub struct Sieve {
    passes: Vec<Pass>,
}

#[derive(Debug)]
enum Pass {
    /// SIMD search of a few stems.
    Packed(Searcher),
    /// Where the processor has none.
    Automaton(AhoCorasick),
    /// Every line is a candidate.
    All,
}

impl Sieve {
    /// A sieve for lines that hold one of `literals` or of `veils`; the latter are searched as they
    /// are.
    #[must_use]
    pub fn new(literals: &[String], veils: &[&str]) -> Self {
        let mut texts = stems::choose(literals);
        texts.extend(veils.iter().map(|veil| (*veil).to_owned()));
        texts.sort();
        texts.dedup();
        let count = texts.len().div_ceil(PASS).max(1);
        let size = texts.len().div_ceil(count).max(1);
        Self {
            passes: texts.chunks(size).map(Pass::new).collect(),
        }
    }

    /// A sieve that lets every line through.
    #[must_use]
    pub fn off() -> Self {
        Self {
            passes: vec![Pass::All],
        }
    }

    /// Where the candidate lines of `text` begin, in order. `text` begins at a line's start.
    #[must_use]
    pub fn candidates(&self, text: &[u8]) -> Vec<usize> {
        let mut starts = Vec::new();
        for pass in &self.passes {
            pass.candidates(text, &mut starts);
        }
        if self.passes.len() > 1 {
            starts.sort_unstable();
            starts.dedup();
        }
        starts
    }
}

impl Pass {
    fn new(texts: &[String]) -> Self {
        match packed::Config::new().builder().extend(texts).build() {
            Some(searcher) => Self::Packed(searcher),
            None => AhoCorasick::new(texts).map_or(Self::All, Self::Automaton),
        }
    }

    fn candidates(&self, text: &[u8], starts: &mut Vec<usize>) {
        let mut at = 0;
        while at < text.len() {
            let hit = match self {
                Self::Packed(searcher) => searcher
                    .find_in(
                        text,
                        aho_corasick::Span {
                            start: at,
                            end: text.len(),
                        },
                    )
                    .map(|m| m.start()),
                Self::Automaton(automaton) => automaton
                    .find(aho_corasick::Input::new(text).span(at..text.len()))
                    .map(|m| m.start()),
                Self::All => Some(at),
            };
            let Some(hit) = hit else { break };
            starts.push(memrchr(b'\n', &text[..hit]).map_or(0, |n| n + 1));
            match memchr(b'\n', &text[hit..]) {
                Some(n) => at = hit + n + 1,
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_hold_a_text_are_candidates_once() {
        let sieve = Sieve::new(
            &["panicked at".to_owned(), "Killed process".to_owned()],
            &["\"x\":["],
        );
        let text = b"quiet\na panicked at b panicked at\nquiet\nKilled process 4\n{\"x\":[1]}";
        assert_eq!(sieve.candidates(text), [6, 40, 57]);
    }

    #[test]
    fn off_lets_every_line_through() {
        assert_eq!(Sieve::off().candidates(b"a\n\nb"), [0, 2, 3]);
    }
}
