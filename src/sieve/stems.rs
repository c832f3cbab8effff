//! Which few short texts find all the lines that hold one of many long ones.
//!
//! In: the rules' literals. Out: stems, such that every literal holds one. Many literals share a part
//! (`panicked at`, `invoked oom-killer`), and a packed searcher is fast for few patterns only; but a
//! short part may stand in ordinary lines too, which costs more than it saves. So stems are chosen by
//! weight: a greedy set cover (Chvátal, "A greedy heuristic for the set-covering problem", 1979) whose
//! price of a stem is one, and more for each ordinary line that holds it.

use std::collections::HashMap;

/// Lines of ordinary work in many formats: what a stem should not hit.
const ORDINARY: &str = include_str!("ordinary.txt");

/// The shortest and the longest stem, in bytes.
const SHORTEST: usize = 5;
const LONGEST: usize = 9;

/// What a stem costs for each ordinary line in a thousand that holds it, where 1 is the price of being
/// searched at all.
const PRICE_PER_MILLE: f64 = 1.5;

/// A stem that could be, and the literals that it would find.
struct Candidate<'a> {
    text: &'a str,
    finds: Vec<usize>,
    price: f64,
}

/// Chooses stems such that each literal holds at least one; sorted.
pub(super) fn choose(literals: &[String]) -> Vec<String> {
    let candidates = candidates(literals);
    let mut open: Vec<bool> = vec![true; literals.len()];
    let mut chosen: Vec<String> = Vec::new();
    while open.contains(&true) {
        let gain =
            |c: &Candidate<'_>| c.finds.iter().filter(|&&n| open[n]).count() as f64 / c.price;
        // Ties go to the longer text, then to the alphabet, so that the choice is the same every time.
        let best = candidates.iter().max_by(|a, b| {
            gain(a)
                .total_cmp(&gain(b))
                .then(a.text.len().cmp(&b.text.len()))
                .then_with(|| b.text.cmp(a.text))
        });
        let Some(best) = best.filter(|c| gain(c) > 0.0) else {
            break;
        };
        for &n in &best.finds {
            open[n] = false;
        }
        chosen.push(best.text.to_owned());
    }
    chosen.sort();
    chosen
}

/// All parts of the literals that could be stems.
fn candidates(literals: &[String]) -> Vec<Candidate<'_>> {
    let mut finds: HashMap<&str, Vec<usize>> = HashMap::new();
    for (n, literal) in literals.iter().enumerate() {
        for part in parts(literal) {
            let users = finds.entry(part).or_default();
            if users.last() != Some(&n) {
                users.push(n);
            }
        }
    }
    let ordinary = ordinary_lines_with(&finds);
    let lines = ORDINARY.lines().count().max(1) as f64;
    finds
        .into_iter()
        .map(|(text, finds)| {
            let per_mille = 1000.0 * ordinary.get(text).copied().unwrap_or(0) as f64 / lines;
            Candidate {
                text,
                finds,
                price: 1.0 + PRICE_PER_MILLE * per_mille,
            }
        })
        .collect()
}

/// The parts of a literal that could be its stem; the whole where it is shorter than a stem.
fn parts(literal: &str) -> impl Iterator<Item = &str> {
    let shortest = SHORTEST.min(literal.len());
    let longest = LONGEST.min(literal.len());
    (shortest..=longest).flat_map(move |len| {
        (0..=literal.len() - len).filter_map(move |at| literal.get(at..at + len))
    })
}

/// In how many ordinary lines each text stands.
fn ordinary_lines_with<'a>(texts: &HashMap<&'a str, Vec<usize>>) -> HashMap<&'a str, usize> {
    let mut counts: HashMap<&'a str, usize> = HashMap::new();
    let mut last_line: HashMap<&'a str, usize> = HashMap::new();
    for (n, line) in ORDINARY.lines().enumerate() {
        for part in parts_of_line(line) {
            if let Some((&text, _)) = texts.get_key_value(part) {
                if last_line.insert(text, n) != Some(n) {
                    *counts.entry(text).or_default() += 1;
                }
            }
        }
    }
    counts
}

fn parts_of_line(line: &str) -> impl Iterator<Item = &str> {
    (3..=LONGEST).flat_map(move |len| {
        (0..(line.len() + 1).saturating_sub(len)).filter_map(move |at| line.get(at..at + len))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn every_literal_holds_a_stem() {
        let literals = owned(&[
            "panicked at",
            "has panicked",
            "invoked oom-killer",
            "OOM!",
            "oom-kill:",
        ]);
        let stems = choose(&literals);
        for literal in &literals {
            assert!(
                stems.iter().any(|stem| literal.contains(stem.as_str())),
                "{literal}: {stems:?}"
            );
        }
    }

    #[test]
    fn literals_with_a_rare_common_part_share_a_stem() {
        assert_eq!(
            choose(&owned(&["thread panicked at", "xy panicked zz"])).len(),
            1
        );
    }

    #[test]
    fn a_part_that_ordinary_lines_hold_is_no_stem() {
        let stems = choose(&owned(&["session opened for user root by nobody at all"]));
        assert!(
            !stems
                .iter()
                .any(|stem| "session opened for user".contains(stem.as_str())),
            "{stems:?}"
        );
    }
}
