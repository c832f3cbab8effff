//! Lines of a width: wrapped or cut, made harmless, and coloured last.
//!
//! Owns: where a line breaks, and every escape sequence that is written. In: pieces of text with their
//! looks. Out: lines. Text is cleaned and measured before a colour is put around it, so that no escape
//! of a log gets through and none of ours is split.

use anstyle::Style;
use unicode_width::UnicodeWidthChar;

use crate::report::harmless;

/// A blank at which no line breaks.
pub(super) const TIGHT: char = '\u{a0}';

/// Plain text.
pub(super) const PLAIN: Style = Style::new();

/// A text in one look.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    text: String,
    look: Style,
}

/// A text in a look.
pub(super) fn piece(text: impl AsRef<str>, look: Style) -> Piece {
    Piece {
        text: clean(text.as_ref()),
        look,
    }
}

/// A text without colour.
pub(super) fn plain(text: impl AsRef<str>) -> Piece {
    piece(text, PLAIN)
}

/// The text with blanks at which no line breaks.
pub(super) fn tight(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// On one line, and harmless. What some programs take for a line's end, and the mark that steers
/// Arabic text, go as well.
fn clean(text: &str) -> String {
    harmless(text)
        .chars()
        .map(|c| match c {
            '\n' => ' ',
            '\u{61c}' | '\u{2028}' | '\u{2029}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Columns of a text.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The text's start, in so many columns; `…` stands for what is cut off.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = fitting(text, width.saturating_sub(1)).to_owned();
    kept.push('…');
    kept
}

/// The longest start of a text that has no more columns.
fn fitting(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += columns_of(c);
        if used > width {
            return &text[..at];
        }
    }
    text
}

/// The report as it grows.
pub(super) struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// An empty page of so many columns.
    pub(super) fn new(width: usize) -> Self {
        Self {
            text: String::new(),
            width: width.max(20),
        }
    }

    /// Columns.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// All that was put.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Puts pieces one after another: from column `indent`, later lines from column `hang`, at most
    /// `lines` of them; what is more is cut.
    pub(super) fn put(&mut self, indent: usize, hang: usize, lines: usize, pieces: &[Piece]) {
        let mut flow = Flow {
            line: Vec::new(),
            column: indent,
            start: indent,
            hang,
            left: lines.saturating_sub(1),
            page: self,
        };
        'all: for piece in pieces {
            for (gap, word) in words(&piece.text) {
                if !flow.word(gap, word, piece.look) {
                    break 'all;
                }
            }
        }
        flow.end();
    }
}

/// A text's words, each with the number of blanks before it; blanks at the end make an empty word.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.trim_start_matches(' ');
        let gap = rest.len() - word.len();
        let end = word.find(' ').unwrap_or(word.len());
        found.push((gap, &word[..end]));
        rest = &word[end..];
    }
    found
}

/// Lines being filled.
struct Flow<'a> {
    line: Vec<(Style, String)>,
    column: usize,
    start: usize,
    hang: usize,
    left: usize,
    page: &'a mut Page,
}

impl Flow<'_> {
    /// Adds a word after so many blanks; false where the text has to end here.
    fn word(&mut self, gap: usize, word: &str, look: Style) -> bool {
        let fits = self.column + gap + columns(word) <= self.page.width;
        if fits {
            let gap = if self.column == self.start && self.line.is_empty() {
                0
            } else {
                gap
            };
            self.push(&" ".repeat(gap), look);
            self.push(word, look);
            return true;
        }
        if self.left == 0 {
            self.cut(gap, word, look);
            return false;
        }
        // What is longer than a line is broken where the line ends, no new one before it.
        if self.hang + columns(word) <= self.page.width {
            self.end();
            self.left -= 1;
            return self.word(0, word, look);
        }
        self.broken(gap, word, look)
    }

    fn broken(&mut self, gap: usize, word: &str, look: Style) -> bool {
        let room = self.page.width.saturating_sub(self.column + gap);
        let head = fitting(word, room);
        if head.is_empty() && self.line.is_empty() {
            return false; // No character fits at all.
        }
        if !head.is_empty() {
            self.push(&" ".repeat(gap), look);
            self.push(head, look);
        }
        self.end();
        self.left -= 1;
        self.word(0, &word[head.len()..], look)
    }

    /// Ends the last line with what fits of the word, and `…`.
    fn cut(&mut self, gap: usize, word: &str, look: Style) {
        let room = self.page.width.saturating_sub(self.column + gap + 1);
        let head = fitting(word, room);
        if head.is_empty() {
            if self.column < self.page.width {
                self.push("…", look);
            } else if let Some((_, last)) = self.line.last_mut() {
                let kept = columns(last).saturating_sub(1);
                *last = fitting(last, kept).to_owned();
                last.push('…');
            }
        } else {
            self.push(&" ".repeat(gap), look);
            self.push(head, look);
            self.push("…", look);
        }
    }

    fn push(&mut self, text: &str, look: Style) {
        self.column += columns(text);
        match self.line.last_mut() {
            Some((last, line)) if *last == look => line.push_str(text),
            _ if text.is_empty() => {}
            _ => self.line.push((look, text.to_owned())),
        }
    }

    /// Ends the line.
    fn end(&mut self) {
        let text = &mut self.page.text;
        text.extend(std::iter::repeat_n(' ', self.start));
        let count = self.line.len();
        for (n, (look, part)) in self.line.drain(..).enumerate() {
            let part = part.replace(TIGHT, " ");
            let part = if n + 1 == count {
                part.trim_end()
            } else {
                &part
            };
            text.push_str(&format!("{look}{part}{look:#}"));
        }
        text.push('\n');
        self.start = self.hang;
        self.column = self.hang;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(width: usize, lines: usize, text: &str) -> String {
        let mut page = Page::new(width);
        page.put(2, 4, lines, &[plain(text)]);
        page.finish()
    }

    #[test]
    fn wraps_cuts_and_breaks_by_columns() {
        assert_eq!(
            put(20, 9, "one two three four five"),
            "  one two three four\n    five\n"
        );
        assert_eq!(
            put(20, 1, "one two three four five"),
            "  one two three fou…\n"
        );
        assert_eq!(
            put(20, 9, "a0123456789012345678"),
            "  a01234567890123456\n    78\n"
        );
        // Wide characters take two columns each.
        assert_eq!(
            put(20, 1, "日本語日本語日本語日本語"),
            "  日本語日本語日本…\n"
        );
    }

    #[test]
    fn blanks_that_hold_do_not_break() {
        let text = format!("one two {}", tight("three four five"));
        assert_eq!(put(20, 9, &text), "  one two\n    three four five\n");
    }
}
