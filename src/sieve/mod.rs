//! A block becomes candidate lines.
//!
//! Owns: which bytes make a line worth a look, and the census of who wrote how much ([`census`]). In: a
//! block's bytes and the texts that rules look for; it knows nothing of rules. Out: where candidate
//! lines begin: those that hold one of the texts, no other.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::{memchr, memmem, memrchr};

mod census;
mod grams;

pub use census::Census;

use grams::{Grams, SHORTEST};

/// Finds the lines of a block that hold one of some texts.
#[derive(Debug)]
pub struct Sieve {
    search: Option<Search>,
}

#[derive(Debug)]
struct Search {
    /// Says of most lines that they hold none.
    grams: Grams,
    /// Has the last word.
    texts: AhoCorasick,
    /// Texts too short for the grams: each is searched by itself.
    short: Vec<memmem::Finder<'static>>,
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
        let automaton =
            |texts: &[&str], kind| AhoCorasick::builder().kind(Some(kind)).build(texts).ok();
        let short = short
            .iter()
            .map(|t| memmem::Finder::new(*t).into_owned())
            .collect();
        // Texts too many or too long for an automaton, which rules' bounds leave out: every line is
        // then a candidate.
        let search = automaton(&texts, AhoCorasickKind::DFA).map(|texts| Search {
            grams: Grams::new(long.iter().map(|t| t.as_bytes())),
            texts,
            short,
        });
        Self { search }
    }

    /// A sieve that lets every line through.
    #[must_use]
    pub fn off() -> Self {
        Self { search: None }
    }

    /// Where the candidate lines of `text` begin, in order. `text` begins at a line's start.
    #[must_use]
    pub fn candidates(&self, text: &[u8]) -> Vec<usize> {
        let mut starts = Vec::new();
        let Some(search) = &self.search else {
            let ends = memchr::memchr_iter(b'\n', text)
                .map(|n| n + 1)
                .filter(|n| *n < text.len());
            starts.extend((!text.is_empty()).then_some(0).into_iter().chain(ends));
            return starts;
        };
        search.lines(
            text,
            |from| search.grams.find(text, from),
            true,
            &mut starts,
        );
        for text_of_few in &search.short {
            let find = |from: usize| text_of_few.find(&text[from..]).map(|at| from + at);
            search.lines(text, find, false, &mut starts);
        }
        if !search.short.is_empty() {
            starts.sort_unstable();
            starts.dedup();
        }
        starts
    }
}

impl Search {
    /// The lines in which `find` finds something; where `confirm`, only those that hold a text.
    fn lines(
        &self,
        text: &[u8],
        find: impl Fn(usize) -> Option<usize>,
        confirm: bool,
        starts: &mut Vec<usize>,
    ) {
        let mut from = 0;
        while let Some(hit) = find(from) {
            let start = from + memrchr(b'\n', &text[from..hit]).map_or(0, |n| n + 1);
            let end = memchr(b'\n', &text[hit..]).map_or(text.len(), |n| hit + n + 1);
            if !confirm || self.texts.is_match(&text[start..end]) {
                starts.push(start);
            }
            from = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(sieve.candidates(text), [6, 40, 57, 67]);
    }

    #[test]
    fn a_line_with_a_run_of_a_text_only_is_none() {
        let sieve = Sieve::new(&["panicked at".to_owned()], &[]);
        assert_eq!(
            sieve.candidates(b"panic panicked cked at\n"),
            [] as [usize; 0]
        );
    }

    #[test]
    fn off_lets_every_line_through() {
        assert_eq!(Sieve::off().candidates(b"a\n\nb"), [0, 2, 3]);
    }
}
