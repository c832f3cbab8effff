//! A block becomes candidate lines.
//!
//! Owns: which bytes make a line worth a look, where lines end ([`lines`]), and the census of who wrote
//! how much ([`census`]). In: a block's bytes, a piece at a time, and the texts that rules look for; it
//! knows nothing of rules. Out: the candidate lines: those that hold one of the texts, no other.

use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, packed};

mod census;
mod grams;
mod lines;

pub use census::{Census, Counter};
pub use lines::LineEnds;

use grams::{Grams, SHORTEST};

/// Finds the lines of a block that hold one of some texts.
#[derive(Debug)]
pub struct Sieve {
    search: Option<Search>,
}

#[derive(Debug)]
struct Search {
    grams: Grams,
    /// Texts too short for the grams.
    short: Option<Short>,
}

impl Sieve {
    /// A sieve for lines that hold one of `literals`, or of the `veils` behind which one may stand.
    #[must_use]
    pub fn new(literals: &[String], veils: &[&str]) -> Self {
        let mut texts: Vec<&str> = literals
            .iter()
            .map(String::as_str)
            .chain(veils.iter().copied())
            .collect();
        texts.sort_unstable();
        texts.dedup();
        let (long, short): (Vec<&str>, Vec<&str>) = texts.iter().partition(|t| t.len() >= SHORTEST);
        let search = Some(Search {
            grams: Grams::new(long.iter().map(|t| t.as_bytes())),
            short: Short::new(&short),
        });
        Self { search }
    }

    /// A sieve that lets every line through.
    #[must_use]
    pub fn off() -> Self {
        Self { search: None }
    }

    /// The candidate lines of a piece of whole lines, in order.
    pub fn candidates(&self, piece: &[u8], ends: &LineEnds, lines: &mut Vec<Range<usize>>) {
        lines.clear();
        let Some(search) = &self.search else {
            let mut from = 0;
            for end in ends.places() {
                lines.push(from..end + 1);
                from = end + 1;
            }
            lines.extend((from < piece.len()).then_some(from..piece.len()));
            return;
        };
        let mut hits = Vec::new();
        search.grams.find(piece, &mut hits);
        let mut done = 0;
        for hit in hits {
            if hit < done {
                continue;
            }
            let line = ends.line_at(piece, hit);
            done = line.end;
            lines.push(line);
        }
        let known = lines.len();
        let mut from = 0;
        while let Some(at) = search.short.as_ref().and_then(|s| s.find(piece, from)) {
            let line = ends.line_at(piece, at);
            from = line.end;
            lines.push(line);
        }
        if lines.len() > known {
            lines.sort_unstable_by_key(|line| line.start);
            lines.dedup();
        }
    }
}

/// Searches few short texts at once.
#[derive(Debug)]
enum Short {
    Packed(packed::Searcher),
    /// Where the processor has no wide enough registers, or the texts are many.
    Automaton(AhoCorasick),
}

impl Short {
    /// `None` where there are no texts.
    fn new(texts: &[&str]) -> Option<Self> {
        if texts.is_empty() {
            return None;
        }
        let automaton = || AhoCorasick::new(texts).ok().map(Self::Automaton);
        packed::Searcher::new(texts)
            .map(Self::Packed)
            .or_else(automaton)
    }

    /// Where the first text at or after `from` begins.
    fn find(&self, piece: &[u8], from: usize) -> Option<usize> {
        let found = match self {
            Self::Packed(searcher) => searcher.find_in(piece, (from..piece.len()).into()),
            Self::Automaton(automaton) => automaton.find(Input::new(piece).range(from..)),
        };
        found.map(|found| found.start())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(sieve: &Sieve, text: &[u8]) -> Vec<usize> {
        let (mut ends, mut lines) = (LineEnds::default(), Vec::new());
        ends.find(text);
        sieve.candidates(text, &ends, &mut lines);
        lines.into_iter().map(|line| line.start).collect()
    }

    #[test]
    fn lines_that_hold_a_text_are_candidates_once() {
        let literals = [
            "panicked at".to_owned(),
            "Killed process".to_owned(),
            "OOM".to_owned(),
        ];
        let sieve = Sieve::new(&literals, &["\"x\":["]);
        let text =
            b"quiet\na panicked at b panicked at\nquiet\nKilled process 4\n{\"x\":[1]}\nOOM\n";
        assert_eq!(starts(&sieve, text), [6, 40, 57, 67]);
    }

    #[test]
    fn a_line_with_a_run_of_a_text_only_is_none() {
        let sieve = Sieve::new(&["panicked at".to_owned()], &[]);
        assert_eq!(
            starts(&sieve, b"panic panicked cked at\n"),
            [] as [usize; 0]
        );
    }

    #[test]
    fn off_lets_every_line_through() {
        assert_eq!(starts(&Sieve::off(), b"a\n\nb"), [0, 2, 3]);
    }
}
