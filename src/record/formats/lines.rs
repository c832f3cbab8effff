//! Lines around a line, and records of several lines.
//!
//! In: a [`Frame`]. Out: its neighbours, near ones first, and the [`Block`] of a header line with the
//! lines that belong to it.

use std::borrow::Cow;

use memchr::{memchr, memrchr};

use crate::record::{Frame, Record};

/// The most lines that one record has.
pub(in crate::record) const MOST_LINES: usize = 256;

/// The lines of `before`, the last one first, each with the distance from its start to the end of
/// `before`.
pub(in crate::record) fn backward(before: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut end = before.len();
    std::iter::from_fn(move || {
        let text = before.get(..end.checked_sub(1)?)?;
        let start = memrchr(b'\n', text).map_or(0, |at| at + 1);
        // The last line of `before` has its terminator; were it missing, nothing is cut off.
        let line_end = if before.get(end - 1) == Some(&b'\n') {
            end - 1
        } else {
            end
        };
        end = start;
        Some((before.len() - start, before.get(start..line_end)?))
    })
}

/// The lines of `after`, each with the offset of its end, terminator left out.
pub(in crate::record) fn forward(after: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = after.get(start..).filter(|rest| !rest.is_empty())?;
        let len = memchr(b'\n', rest).unwrap_or(rest.len());
        let end = start + len;
        start = end + 1;
        Some((end, rest.get(..len)?))
    })
}

/// The line without a carriage return at its end.
pub(in crate::record) fn chomp(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether nothing but white space stands in the line.
pub(in crate::record) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// A record's lines: its header line, and those that belong to it.
#[derive(Debug)]
pub(in crate::record) struct Block<'a> {
    /// The header line.
    pub(in crate::record) head: &'a [u8],
    /// The lines below it.
    pub(in crate::record) rest: Vec<&'a [u8]>,
    /// Bytes from the start of the frame's line back to the start of the header line.
    back: usize,
    /// Bytes from the start of the frame's line to the end of the last line.
    end: usize,
}

impl<'a> Block<'a> {
    /// The header line at or before the frame's line, and the lines after it that are no headers.
    /// `None` where no header is near.
    pub(in crate::record) fn around(
        frame: Frame<'a>,
        is_head: impl Fn(&[u8]) -> bool,
    ) -> Option<Self> {
        let mut block = Self {
            head: frame.line,
            rest: Vec::new(),
            back: 0,
            end: frame.line.len(),
        };
        if !is_head(frame.line) {
            block.rest.push(frame.line);
            let found = backward(frame.before).take(MOST_LINES).any(|(back, line)| {
                block.back = back;
                if is_head(line) {
                    block.head = line;
                    return true;
                }
                block.rest.push(line);
                false
            });
            if !found {
                return None;
            }
            block.rest.reverse();
        }
        for (end, line) in forward(frame.after) {
            if block.rest.len() >= MOST_LINES || is_head(line) {
                break;
            }
            block.rest.push(line);
            block.end = frame.line.len() + 1 + end;
        }
        block.drop_blank_end(frame.line.len());
        Some(block)
    }

    /// Blank lines at the end are none of the record's; the frame's own line stays.
    fn drop_blank_end(&mut self, own: usize) {
        while self.end > own && self.rest.last().is_some_and(|line| is_blank(line)) {
            let blank = self.rest.pop().map_or(0, <[u8]>::len);
            self.end = (self.end - blank).saturating_sub(1).max(own);
        }
    }

    /// `record`, read from all lines, with its place set.
    pub(in crate::record) fn place(&self, mut record: Record<'a>) -> Record<'a> {
        record.back = self.back;
        record.len = self.back + self.end;
        record
    }

    /// `record`, read from the header line, with the other lines appended and its place set. `indent`
    /// blanks at most are taken off the head of every further line.
    pub(in crate::record) fn complete(&self, mut record: Record<'a>, indent: usize) -> Record<'a> {
        record.back = self.back;
        record.len = self.back + self.end;
        if !self.rest.is_empty() {
            let message = record.message.to_mut();
            for line in &self.rest {
                let line = chomp(line);
                let blanks = line.iter().take(indent).take_while(|b| **b == b' ').count();
                // A head may have no message of its own.
                if message.is_empty() {
                    message.extend_from_slice(&super::uncoloured(line.trim_ascii_start()));
                    continue;
                }
                message.push(b'\n');
                message.extend_from_slice(&super::uncoloured(&line[blanks..]));
            }
        }
        record
    }
}

/// The bytes as text; what is no UTF-8 is replaced.
pub(in crate::record) fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The bytes as text, borrowed where they were.
pub(in crate::record) fn into_text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => text(bytes),
        Cow::Owned(bytes) => Cow::Owned(text(&bytes).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backward_tells_distances() {
        let found: Vec<_> = backward(b"a\n\nbcd\n").collect();
        assert_eq!(found, [(4, &b"bcd"[..]), (5, &b""[..]), (7, &b"a"[..])]);
    }

    #[test]
    fn forward_tells_ends() {
        let found: Vec<_> = forward(b"a\n\nbcd").collect();
        assert_eq!(found, [(1, &b"a"[..]), (2, &b""[..]), (6, &b"bcd"[..])]);
    }

    #[test]
    fn a_block_is_the_same_from_each_of_its_lines() {
        let whole: &[u8] = b"#1\nx\ny\n\n#2\n";
        let head = |line: &[u8]| line.starts_with(b"#");
        for (start, end) in [(0, 2), (3, 4), (5, 6)] {
            let frame = Frame {
                line: &whole[start..end],
                before: &whole[..start],
                after: &whole[end + 1..],
            };
            let block = Block::around(frame, head).unwrap();
            assert_eq!(block.head, b"#1");
            assert_eq!(block.rest, [b"x", b"y"]);
            assert_eq!(
                (block.back, block.back + block.end),
                (start, 6),
                "from {start}"
            );
        }
    }
}
