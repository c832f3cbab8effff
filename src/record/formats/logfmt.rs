//! logfmt: pairs of `key=value`, values with blanks in quotes.

use std::borrow::Cow;

use super::keys::Parts;
use super::lines::chomp;
use super::{Format, start};
use crate::record::stamp::{Head, Layout};
use crate::record::{Frame, Record};

/// Names that a line may begin with.
const FIRST: [&[u8]; 10] = [
    b"time",
    b"ts",
    b"t",
    b"level",
    b"lvl",
    b"timestamp",
    b"logger",
    b"severity",
    b"msg",
    b"caller",
];

/// Whether the line is one of pairs.
pub(in crate::record) fn is_line(line: &[u8]) -> bool {
    let equals = line.iter().take(12).position(|b| *b == b'=');
    equals.is_some_and(|at| FIRST.contains(&&line[..at])) && pairs(line).take(2).count() == 2
}

/// Reads one line.
pub(in crate::record) fn read<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let line = chomp(frame.line);
    if !is_line(line) {
        return None;
    }
    let mut parts = Parts::default();
    for (name, value) in pairs(line) {
        if let Ok(name) = std::str::from_utf8(name) {
            parts.put(name, value);
        }
    }
    let mut record = start(Format::Logfmt, frame.line);
    record.message = Cow::Borrowed(line);
    parts.fill(&mut record);
    Some(record)
}

/// Where the stamp stands: in the first pair.
pub(in crate::record) fn stamp_head(line: &[u8]) -> Option<Head> {
    let equals = line.iter().take(12).position(|b| *b == b'=')?;
    let start = equals + 1 + usize::from(line.get(equals + 1) == Some(&b'"'));
    Some(Head {
        layout: Layout::of(line.get(start..)?)?,
        start,
    })
}

/// The pairs of a line; words without a value are left out.
fn pairs(line: &[u8]) -> impl Iterator<Item = (&[u8], Cow<'_, [u8]>)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_ascii_start();
            let end = rest.iter().position(|b| matches!(b, b'=' | b' ' | b'"'))?;
            let (name, after) = rest.split_at(end);
            let Some(value) = after.strip_prefix(b"=") else {
                rest = after.get(1..)?;
                continue;
            };
            if let Some(quoted) = value.strip_prefix(b"\"") {
                let (text, len) = unquote(quoted);
                rest = quoted.get(len..).unwrap_or_default();
                return Some((name, text));
            }
            let len = value.iter().position(|b| *b == b' ').unwrap_or(value.len());
            rest = &value[len..];
            return Some((name, Cow::Borrowed(&value[..len])));
        }
    })
}

/// The text up to the closing quote, and how far it went, the quote included.
fn unquote(text: &[u8]) -> (Cow<'_, [u8]>, usize) {
    let end = text
        .iter()
        .position(|b| matches!(b, b'"' | b'\\'))
        .unwrap_or(text.len());
    if text.get(end) != Some(&b'\\') {
        return (Cow::Borrowed(&text[..end]), (end + 1).min(text.len()));
    }
    let mut out = text[..end].to_vec();
    let mut i = end;
    while let Some(&byte) = text.get(i) {
        i += 1;
        match byte {
            b'"' => return (Cow::Owned(out), i),
            b'\\' => {
                let escaped = text.get(i).copied().unwrap_or(b'\\');
                i += 1;
                match escaped {
                    b'n' => out.push(b'\n'),
                    b't' => out.push(b'\t'),
                    b'r' => out.push(b'\r'),
                    b'x' | b'u' => {
                        let len = if escaped == b'x' { 2 } else { 4 };
                        let hex = text
                            .get(i..i + len)
                            .and_then(|hex| std::str::from_utf8(hex).ok());
                        let code = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok());
                        if let Some(letter) = code.and_then(char::from_u32) {
                            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                            i += len;
                        }
                    }
                    other => out.push(other),
                }
            }
            other => out.push(other),
        }
    }
    (Cow::Owned(out), text.len())
}
