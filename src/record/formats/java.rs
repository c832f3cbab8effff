//! java.util.logging: a line with time, class and method, and one with level and message.

use std::borrow::Cow;

use super::lines::{Block, chomp, text};
use super::{Format, level, start};
use crate::record::stamp::{self, Layout};
use crate::record::{Frame, Record};
use crate::time::Stamp;

/// Whether the first line of a record: `Mar 01, 2026 10:00:00 AM com.example.App start`.
pub(in crate::record) fn is_head(line: &[u8]) -> bool {
    place(line).is_some()
}

fn place(line: &[u8]) -> Option<(Stamp, usize)> {
    if Layout::of(line) != Some(Layout::MonthFirst) {
        return None;
    }
    stamp::parse(Layout::MonthFirst, line)
}

/// The stamp of a record's first line.
pub(in crate::record) fn stamp_of(line: &[u8]) -> Option<Stamp> {
    place(line).map(|(stamp, _)| stamp)
}

/// Reads the record that the line belongs to.
pub(in crate::record) fn read<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let block = Block::around(frame, super::is_head)?;
    let head = chomp(block.head);
    let (stamp, end) = place(head)?;
    let mut words = head.get(end..)?.trim_ascii().split(|b| *b == b' ');
    let class = words.next().unwrap_or_default();
    let mut record = start(Format::JavaUtilLogging, frame.line);
    record.stamp = Some(stamp);
    record.program = (!class.is_empty()).then(|| text(class));
    let mut lines = block.rest.iter().map(|line| chomp(line));
    let mut message = Vec::new();
    if let Some(first) = lines.next() {
        // The level's name is that of the locale: `SCHWERWIEGEND: text`.
        let colon = first.iter().take(24).position(|b| *b == b':');
        match colon.filter(|at| {
            first[..*at]
                .iter()
                .all(|b| b.is_ascii_uppercase() || !b.is_ascii())
        }) {
            Some(at) => {
                record.severity = localised(&first[..at]);
                message.extend_from_slice(first[at + 1..].trim_ascii());
            }
            None => message.extend_from_slice(first),
        }
    }
    for line in lines {
        message.push(b'\n');
        message.extend_from_slice(line);
    }
    record.message = Cow::Owned(message);
    Some(block.place(record))
}

/// A level of the JDK's resource bundles (sun.util.logging.resources), in English, German, French or
/// Spanish.
fn localised(word: &[u8]) -> Option<crate::record::Severity> {
    use crate::record::Severity;
    match word {
        b"SCHWERWIEGEND" | b"GRAVE" => Some(Severity::Error),
        b"WARNUNG" | b"AVERTISSEMENT" | b"ADVERTENCIA" => Some(Severity::Warning),
        b"INFORMATION" | b"INFOS" => Some(Severity::Info),
        _ => level::of(word),
    }
}
