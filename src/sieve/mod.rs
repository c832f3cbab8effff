//! A block becomes candidate lines.
//!
//! Owns: which bytes make a line worth a look, where lines end ([`lines`]), and the census of who wrote
//! how much ([`census`]). In: a block's bytes, a piece at a time, and the texts that rules look for; it
//! knows nothing of rules. Out: the candidate lines: those that hold one of the texts, no other.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, Input};
use memchr::memmem;

mod census;
mod grams;
mod heads;
mod lines;

pub use census::{Census, Counter, Writer};
pub use lines::LineEnds;

use grams::{Grams, Hit, SHORTEST};
use lines::ESCAPE;

/// Finds the lines of a block that hold one of some texts.
#[derive(Debug)]
pub struct Sieve {
    search: Option<Search>,
}

#[derive(Debug)]
struct Search {
    grams: Grams,
    /// Texts too short for the grams.
    short: Vec<Short>,
    /// How many texts there are beside the veils.
    literals: usize,
}

/// A line that holds a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Where in its piece it lies, with its line end.
    pub line: Range<usize>,
    /// Which texts it holds, in [`Candidates::texts`]; `None` where there may be others.
    texts: Option<Range<usize>>,
}

/// The candidate lines of a piece, in order.
#[derive(Debug, Default)]
pub struct Candidates {
    lines: Vec<Candidate>,
    /// Numbers of texts, line after line.
    texts: Vec<usize>,
    hits: Vec<Hit>,
}

impl Candidates {
    /// In order.
    #[must_use]
    pub fn lines(&self) -> &[Candidate] {
        &self.lines
    }

    /// The numbers, among the literals of the sieve, of all that a line of these holds, some perhaps more
    /// than once; `None` where it has to be searched.
    #[must_use]
    pub fn texts(&self, candidate: &Candidate) -> Option<&[usize]> {
        candidate
            .texts
            .clone()
            .and_then(|texts| self.texts.get(texts))
    }

    fn push(&mut self, line: Range<usize>) {
        self.lines.push(Candidate { line, texts: None });
    }
}

impl Sieve {
    /// A sieve for lines that hold one of `literals`, or of the `veils` behind which one may stand.
    #[must_use]
    pub fn new(literals: &[String], veils: &BTreeSet<String>) -> Self {
        let texts = || {
            let all = literals.iter().chain(veils);
            all.map(String::as_str).enumerate()
        };
        let long = texts().filter(|(_, t)| t.len() >= SHORTEST);
        let short: BTreeSet<&str> = texts()
            .map(|(_, t)| t)
            .filter(|t| t.len() < SHORTEST)
            .collect();
        let search = Some(Search {
            grams: Grams::new(long.map(|(n, t)| (n, t.as_bytes()))),
            short: Short::new(&short),
            literals: literals.len(),
        });
        Self { search }
    }

    /// A sieve that lets every line through.
    #[must_use]
    pub fn off() -> Self {
        Self { search: None }
    }

    /// Finds the candidate lines of a piece of whole lines.
    pub fn candidates(&self, piece: &[u8], ends: &LineEnds, found: &mut Candidates) {
        found.lines.clear();
        found.texts.clear();
        found.hits.clear();
        let Some(search) = &self.search else {
            let mut from = 0;
            for end in ends.places() {
                found.push(from..end + 1);
                from = end + 1;
            }
            if from < piece.len() {
                found.push(from..piece.len());
            }
            return;
        };
        search.grams.find(piece, &mut found.hits);
        let mut done = 0;
        for hit in &found.hits {
            if hit.place >= done {
                let line = ends.line_at(piece, hit.place);
                done = line.end;
                let none = found.texts.len()..found.texts.len();
                found.lines.push(Candidate {
                    line,
                    texts: Some(none),
                });
            }
            // The line was pushed above, or with the hit before.
            if let Some(Candidate { texts, .. }) = found.lines.last_mut() {
                found.texts.push(hit.text);
                *texts = texts
                    .take()
                    .filter(|_| hit.text < search.literals)
                    .map(|texts| texts.start..found.texts.len());
            }
        }
        let known = found.lines.len();
        // Line ends were told with the escapes, so that no pass is needed for what begins with one.
        let may_be = |short: &&Short| ends.has_escape() || !short.begins_with(ESCAPE);
        for short in search.short.iter().filter(may_be) {
            let mut from = 0;
            while let Some(at) = short.find(piece, from) {
                let line = ends.line_at(piece, at);
                from = line.end;
                found.push(line);
            }
        }
        if found.lines.len() > known {
            // Of two the one that has to be searched comes first.
            found
                .lines
                .sort_unstable_by_key(|c| (c.line.start, c.texts.is_some()));
            found.lines.dedup_by_key(|c| c.line.start);
        }
    }
}

/// The most short texts that are searched one by one.
const FEW: usize = 4;

/// Searches texts too short for the grams.
#[derive(Debug)]
enum Short {
    /// One: a pass for each of a few costs less than one for all.
    One(Box<memmem::Finder<'static>>),
    All(AhoCorasick),
}

impl Short {
    fn new(texts: &BTreeSet<&str>) -> Vec<Self> {
        let all = (texts.len() > FEW).then(|| AhoCorasick::new(texts).ok());
        match all.flatten() {
            Some(all) => vec![Self::All(all)],
            None => {
                let one = |text: &&str| Self::One(Box::new(memmem::Finder::new(text).into_owned()));
                texts.iter().map(one).collect()
            }
        }
    }

    /// Whether it is one text, and the byte its first.
    fn begins_with(&self, byte: u8) -> bool {
        matches!(self, Self::One(finder) if finder.needle().first() == Some(&byte))
    }

    /// Where the first one at or after `from` begins.
    fn find(&self, piece: &[u8], from: usize) -> Option<usize> {
        match self {
            Self::One(finder) => finder.find(piece.get(from..)?).map(|at| from + at),
            Self::All(automaton) => {
                let found = automaton.find(Input::new(piece).range(from..))?;
                Some(found.start())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(sieve: &Sieve, text: &[u8]) -> Vec<usize> {
        found(sieve, text)
            .lines
            .iter()
            .map(|c| c.line.start)
            .collect()
    }

    fn found(sieve: &Sieve, text: &[u8]) -> Candidates {
        let (mut ends, mut found) = (LineEnds::default(), Candidates::default());
        ends.find(text);
        sieve.candidates(text, &ends, &mut found);
        found
    }

    #[test]
    fn all_texts_of_a_line_are_told_unless_a_veil_or_a_short_one_stands_in_it() {
        let literals = ["Killed process", "panicked at", "process 4", "x.js:"].map(String::from);
        let sieve = Sieve::new(&literals, &BTreeSet::from(["\"MESSAGE\":[".to_owned()]));
        let text =
            b"a panicked at b\nKilled process 4, panicked at\n{\"MESSAGE\":[1]} panicked at\n\
            x.js: panicked at\n";
        let found = found(&sieve, text);
        let told: Vec<Option<Vec<usize>>> = found
            .lines
            .iter()
            .map(|c| {
                let mut texts = found.texts(c)?.to_vec();
                texts.sort_unstable();
                Some(texts)
            })
            .collect();
        assert_eq!(told, [Some(vec![1]), Some(vec![0, 1, 2]), None, None]);
    }

    #[test]
    fn lines_that_hold_a_text_are_candidates_once() {
        let literals = [
            "panicked at".to_owned(),
            "Killed process".to_owned(),
            "OOM".to_owned(),
        ];
        let sieve = Sieve::new(&literals, &BTreeSet::from(["\"x\":[".to_owned()]));
        let text =
            b"quiet\na panicked at b panicked at\nquiet\nKilled process 4\n{\"x\":[1]}\nOOM\n";
        assert_eq!(starts(&sieve, text), [6, 40, 57, 67]);
    }

    #[test]
    fn a_line_with_a_run_of_a_text_only_is_none() {
        let sieve = Sieve::new(&["panicked at".to_owned()], &BTreeSet::new());
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
