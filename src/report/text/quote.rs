//! Lines of the logs, quoted.
//!
//! Owns: how a place looks, and how many are shown of one incident. In: [`Ref`]s. Out: dim lines
//! `path:line: HH:MM:SS text`. The stamp that the line begins with gives way to its time of day in UTC,
//! since it may be of another zone and would take the room of what matters.

use crate::report::Ref;

use super::figures::clock;
use super::page::{Page, piece};
use super::{DIM, View};

/// The most lines that are quoted before the other candidates.
const MOST: usize = 4;

/// What was quoted of one incident.
pub(super) struct Quotes<'a> {
    view: &'a View<'a>,
    shown: Vec<&'a Ref>,
}

impl<'a> Quotes<'a> {
    pub(super) fn new(view: &'a View<'a>) -> Self {
        Self {
            view,
            shown: Vec::new(),
        }
    }

    /// Quotes the first of the places, unless it was quoted or enough was: where it was, the next ones
    /// only say the same of other files and hosts.
    pub(super) fn first(&mut self, page: &mut Page, refs: &'a [Ref], indent: usize) {
        if let Some(place) = refs.first().filter(|_| self.shown.len() < MOST) {
            self.put(page, place, indent, 1);
        }
    }

    /// Quotes a place in at most so many lines.
    pub(super) fn put(&mut self, page: &mut Page, place: &'a Ref, indent: usize, lines: usize) {
        if !self.has(place) {
            let text = line(self.view, place);
            page.put(indent, indent + 2, lines, &[piece(text, DIM)]);
            self.shown.push(place);
        }
    }

    /// Whether the line was quoted.
    fn has(&self, place: &Ref) -> bool {
        self.shown
            .iter()
            .any(|s| s.path == place.path && s.line == place.line && s.cursor == place.cursor)
    }
}

fn line(view: &View<'_>, place: &Ref) -> String {
    let mut text = view.paths.short(&place.path);
    if let Some(line) = place.line {
        text.push_str(&format!(":{line}"));
    }
    text.push_str(": ");
    let first = place.text.lines().next().unwrap_or("");
    let said = match place.time {
        Some(time) => {
            text.push_str(&clock(time.0, &view.day));
            text.push(' ');
            without_stamp(first)
        }
        None => first,
    };
    let words: Vec<&str> = said.split_whitespace().collect();
    text + &words.join(" ")
}

/// The line after a stamp of ISO 8601 or of syslog at its start.
fn without_stamp(line: &str) -> &str {
    let cut = iso(line).or_else(|| syslog(line));
    cut.map_or(line, |at| line[at..].trim_start())
}

/// Whether the text begins like the pattern, in which `0` is a digit or a blank and `a` a letter.
fn begins(text: &str, pattern: &str) -> bool {
    text.len() >= pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(c, p)| match p {
            b'0' => c.is_ascii_digit() || c == b' ',
            b'a' => c.is_ascii_alphabetic(),
            p => c == p,
        })
}

fn iso(line: &str) -> Option<usize> {
    let dated = begins(line, "0000-00-00") && matches!(line.as_bytes().get(10), Some(b'T' | b' '));
    if !dated || !begins(&line[11..], "00:00:00") {
        return None;
    }
    let rest = &line[19..];
    let of_stamp = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '+' | '-' | ':' | 'Z');
    Some(line.len() - rest.trim_start_matches(of_stamp).len())
}

fn syslog(line: &str) -> Option<usize> {
    begins(line, "aaa 00 00:00:00").then(|| {
        let rest = &line[15..];
        line.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                .len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_at_the_start_are_left_out() {
        for line in [
            "2025-11-18T11:20:04.382873+00:00 edge-03 kvsyncd[702]: installed",
            "2025-11-18 11:20:04,382 edge-03 kvsyncd[702]: installed",
            "Nov 18 11:20:04 edge-03 kvsyncd[702]: installed",
            "Nov  8 11:20:04.123456 edge-03 kvsyncd[702]: installed",
            "edge-03 kvsyncd[702]: installed",
        ] {
            assert_eq!(without_stamp(line), "edge-03 kvsyncd[702]: installed");
        }
        assert_eq!(without_stamp("2025-11-18Tée"), "2025-11-18Tée");
        assert_eq!(without_stamp("Nov 18 é"), "Nov 18 é");
    }
}
