//! JSON objects over many lines, as jq and `journalctl -o json-pretty` print them: each from a brace at
//! the line's start to one at the line's start.

use super::lines::{backward, chomp, forward};
use super::{Format, into_owned, journal, json};
use crate::record::{Frame, Record};

/// The longest object, in bytes: as far as a frame reaches.
const LONGEST: usize = crate::record::CONTEXT;

/// Whether the text begins with such an object.
pub(in crate::record) fn is_pretty(text: &[u8]) -> bool {
    let mut lines = text.split(|b| *b == b'\n').map(chomp);
    let field = |line: &[u8]| {
        let inner = line.trim_ascii_start();
        inner.len() < line.len()
            && inner.starts_with(b"\"")
            && memchr::memmem::find(inner, b"\" :")
                .or(memchr::memmem::find(inner, b"\":"))
                .is_some()
    };
    let begins = lines.next() == Some(b"{") && lines.next().is_some_and(field);
    // One object alone is no log.
    begins
        && text
            .split(|b| *b == b'\n')
            .map(chomp)
            .filter(|line| is_start(line))
            .take(2)
            .count()
            == 2
}

fn is_start(line: &[u8]) -> bool {
    matches!(line, b"{" | b"}{" | b"},{")
}

fn is_end(line: &[u8]) -> bool {
    matches!(line, b"}" | b"}," | b"}{" | b"},{")
}

/// Reads the object that the line belongs to.
pub(in crate::record) fn read<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let own = chomp(frame.line);
    let mut back = 0;
    if own != b"{" {
        let above = backward(frame.before)
            .find(|(_, line)| is_start(chomp(line)) || chomp(line) == b"}")?;
        back = above.0;
        if !is_start(chomp(above.1)) {
            return None;
        }
    }
    let mut end = frame.line.len();
    if !is_end(own) {
        let (offset, _) = forward(frame.after).find(|(_, line)| is_end(chomp(line)))?;
        end = frame.line.len() + 1 + offset;
    }
    if back + end > LONGEST {
        return None;
    }
    let mut object = frame
        .before
        .get(frame.before.len().checked_sub(back)?..)?
        .to_vec();
    object.extend_from_slice(frame.line);
    if let Some(after) = end.checked_sub(frame.line.len() + 1) {
        object.push(b'\n');
        object.extend_from_slice(frame.after.get(..after)?);
    }
    let begin = memchr::memchr(b'{', &object)?;
    let close = memchr::memrchr(b'}', &object)?;
    // A reader of one line reads no line ends between the parts of an object.
    let flat: Vec<u8> = object
        .get(begin..=close)?
        .iter()
        .map(|b| {
            if matches!(b, b'\n' | b'\r' | b'\t') {
                b' '
            } else {
                *b
            }
        })
        .collect();
    let inside = Frame {
        line: &flat,
        before: b"",
        after: b"",
    };
    let record = journal::read_json(inside).or_else(|| json::read(inside))?;
    Some(Record {
        format: Format::JsonPretty,
        back,
        len: back + end,
        unwrapped: true,
        ..into_owned(record)
    })
}
