//! Texts of which a pattern needs one.
//!
//! In: a pattern, and the texts that are known to be there. Out: texts of which one stands in whatever the
//! pattern matches. Looking for them takes less than compiling a pattern, and less than trying it: of
//! forty rules that speak of one program's lines all but one or two are ruled out so.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// The most texts that are looked for.
const MOST: usize = 16;
/// Shorter texts stand in too many lines to rule anything out.
const SHORTEST: usize = 2;

/// Of the sets of texts that `pattern` needs the one that says most, without those that are a part of a
/// text in `known`; empty where there is none, or where the pattern is no regular expression.
pub(super) fn texts(pattern: &str, known: &[String]) -> Vec<Vec<u8>> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    let hir = parser.parse(pattern);
    hir.ok().and_then(|hir| of(&hir, known)).unwrap_or_default()
}

fn of(hir: &Hir, known: &[String]) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = &literal.0;
            let says_nothing = known
                .iter()
                .any(|known| memchr::memmem::find(known.as_bytes(), text).is_some());
            (text.len() >= SHORTEST && !says_nothing).then(|| vec![text.to_vec()])
        }
        HirKind::Capture(capture) => of(&capture.sub, known),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub, known),
        // Each part is needed.
        HirKind::Concat(parts) => {
            let sets = parts.iter().filter_map(|part| of(part, known));
            sets.max_by_key(|set| worth(set))
        }
        // One of the ways is taken.
        HirKind::Alternation(ways) => {
            let mut all = Vec::new();
            for way in ways {
                all.extend(of(way, known)?);
            }
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The longer the shortest text and the fewer there are, the less often one stands in a line by chance.
fn worth(set: &[Vec<u8>]) -> (usize, usize) {
    let shortest = set.iter().map(Vec::len).min().unwrap_or(0);
    (shortest, MOST.saturating_sub(set.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(pattern: &str, known: &[&str]) -> Vec<String> {
        let known: Vec<String> = known.iter().map(|k| (*k).to_owned()).collect();
        let texts = texts(pattern, &known).into_iter();
        texts.map(|t| String::from_utf8(t).unwrap()).collect()
    }

    #[test]
    fn a_pattern_needs_what_stands_in_all_of_its_ways() {
        assert_eq!(needed(r"^(\S+) exited with (\d+)", &[]), [" exited with "]);
        assert_eq!(
            needed(r"(?:reload|force) now", &["force now"]),
            ["reload"; 0]
        );
        assert_eq!(
            needed(r"CMD=(?:/\S*/)?(?:reload|kick)x?$", &["CMD="]),
            ["reload", "kick"]
        );
        assert_eq!(needed(r"(?:abc)?\d+(?:defg){2,}", &[]), ["defg"]);
        assert_eq!(needed(r"(?i)panic|\d", &[]), [""; 0]);
        assert_eq!(needed(r"(", &[]), [""; 0]);
    }
}
