//! Records as comma-separated values: PostgreSQL's csvlog, and the splitting that others need too.
//!
//! In: a block of lines; a quoted value may go over several. Out: its values (RFC 4180), and the record.

use std::borrow::Cow;

use super::lines::{Block, chomp, into_text};
use super::{Format, level, start};
use crate::record::stamp::{self, Layout};
use crate::record::{Frame, Record};

/// The most values that are looked at.
const MOST: usize = 32;

/// The values of a record; a quote within a quoted value is written twice.
pub(in crate::record) fn values(text: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        let (value, after) = match rest.strip_prefix(b"\"") {
            Some(quoted) => quoted_value(quoted),
            None => {
                let len = memchr::memchr(b',', rest).unwrap_or(rest.len());
                (Cow::Borrowed(&rest[..len]), &rest[len..])
            }
        };
        values.push(value);
        match after.strip_prefix(b",") {
            Some(next) if values.len() < MOST => rest = next,
            _ => return values,
        }
    }
}

/// The value whose quote has been opened, and what follows its end.
fn quoted_value(text: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    let mut owned: Vec<u8> = Vec::new();
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'"', text.get(from..).unwrap_or_default()) {
        let at = from + at;
        if text.get(at + 1) == Some(&b'"') {
            owned.extend_from_slice(&text[from..=at]);
            from = at + 2;
            continue;
        }
        let value = if owned.is_empty() {
            Cow::Borrowed(&text[from..at])
        } else {
            owned.extend_from_slice(&text[from..at]);
            Cow::Owned(owned)
        };
        return (value, &text[at + 1..]);
    }
    owned.extend_from_slice(text.get(from..).unwrap_or_default());
    (Cow::Owned(owned), &[])
}

/// The record's lines, joined as they stand in the file.
pub(in crate::record) fn joined<'a>(block: &Block<'a>) -> Cow<'a, [u8]> {
    if block.rest.is_empty() {
        return Cow::Borrowed(chomp(block.head));
    }
    let mut text = chomp(block.head).to_vec();
    for line in &block.rest {
        text.push(b'\n');
        text.extend_from_slice(chomp(line));
    }
    Cow::Owned(text)
}

/// Whether the line begins a record of PostgreSQL's csvlog: a stamp with a zone's name, then two names
/// and a number.
pub(in crate::record) fn is_postgres(line: &[u8]) -> bool {
    let Some((_, end)) = stamp::parse(Layout::Iso, line) else {
        return false;
    };
    let rest = line.get(end..).unwrap_or_default().trim_ascii_start();
    let zone = rest
        .iter()
        .take(6)
        .take_while(|b| b.is_ascii_uppercase())
        .count();
    let Some(rest) = rest.get(zone..).and_then(|rest| rest.strip_prefix(b",")) else {
        return false;
    };
    let head = rest.get(..160).unwrap_or(rest);
    let values = values(head);
    values.len() >= 3
        && stamp::number(&values[2]).is_some()
        && (values[0].is_empty() || rest.first() == Some(&b'"'))
}

/// Reads the record that the line belongs to. Columns as in PostgreSQL's documentation, "Using
/// CSV-Format Log Output".
pub(in crate::record) fn read_postgres<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let block = Block::around(frame, super::is_head)?;
    if !is_postgres(block.head) {
        return None;
    }
    let (stamp, _) = stamp::parse(Layout::Iso, block.head)?;
    let text = joined(&block);
    let values = values(&text);
    let value = |n: usize| values.get(n).map_or(&b""[..], |value| &**value);
    let mut record = start(Format::PostgresCsv, frame.line);
    record.stamp = Some(stamp);
    record.program = Some(Cow::Borrowed("postgres"));
    record.pid = stamp::number(value(3)).and_then(|pid| u32::try_from(pid).ok());
    record.severity = level::of(value(11));
    for (name, n) in [("user", 1), ("database", 2), ("sqlstate", 12)] {
        if !value(n).is_empty() {
            record.facts.push((
                name,
                Cow::Owned(into_text(Cow::Borrowed(value(n))).into_owned()),
            ));
        }
    }
    let mut message = value(13).to_vec();
    for n in [14, 15] {
        if !value(n).is_empty() {
            message.push(b'\n');
            message.extend_from_slice(value(n));
        }
    }
    record.message = Cow::Owned(message);
    record.unwrapped = true;
    Some(block.place(record))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_be_quoted() {
        let told = |text: &str| {
            let values = values(text.as_bytes());
            values
                .iter()
                .map(|v| String::from_utf8_lossy(v).into_owned())
                .collect::<Vec<_>>()
                .join("|")
        };
        assert_eq!(told("a,,b"), "a||b");
        assert_eq!(told(r#"a,"b, ""c""",d"#), r#"a|b, "c"|d"#);
        assert_eq!(told("\"two\nlines\",x"), "two\nlines|x");
        assert_eq!(told("\"broken off"), "broken off");
    }
}
