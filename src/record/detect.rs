//! Which format a file has, and how a line of it is read.

use std::ops::Range;

use super::formats::{self, Format, Places};
use super::{CONTEXT, Frame, Record};
use crate::time::Stamp;

/// The most lines of a sample that are looked at.
const SAMPLE_LINES: usize = 400;

/// Host, program and pid, as they stand in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Empty where the line names none.
    pub host: &'a [u8],
    /// Never empty.
    pub program: &'a [u8],
    /// Digits; empty where the line names none.
    pub pid: &'a [u8],
}

/// The format of a file, from a sample of whole lines from its start, up to 64 KiB; plain where none
/// fits.
///
/// Formats of which a file has many lines to a record are told by their first line: a stanza's, or that
/// of a record with a stack trace below.
#[must_use]
pub fn detect(sample: &[u8]) -> Format {
    if let Some(format) = formats::of_sample(sample) {
        return format;
    }
    let mut counts: Vec<(Format, usize)> = Vec::new();
    let (mut lines, mut first) = (0_usize, None);
    for line in sample.split(|b| *b == b'\n').take(SAMPLE_LINES) {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        lines += 1;
        let Some(shape) = formats::shape(line) else {
            continue;
        };
        if lines == 1 {
            first = Some(shape);
        }
        match counts.iter_mut().find(|(format, _)| *format == shape) {
            Some((_, count)) => *count += 1,
            None => counts.push((shape, 1)),
        }
    }
    if let Some(stanzas @ (Format::JournalExport | Format::AptHistory)) = first {
        return stanzas;
    }
    // Of equal counts the one that came first.
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    match most {
        Some(&(format, count)) if count * 20 >= lines || first == Some(format) => {
            settle(format, &counts, sample)
        }
        _ => Format::Plain,
    }
}

/// Decides between formats that single lines do not tell apart.
fn settle(format: Format, counts: &[(Format, usize)], sample: &[u8]) -> Format {
    let has = |wanted| counts.iter().any(|(format, _)| *format == wanted);
    match format {
        // From the 10th day of the month on the two write the same.
        Format::Rfc3164 | Format::JournalShort => {
            let padded_with_blank = sample.split(|b| *b == b'\n').any(|line| {
                line.get(4) == Some(&b' ') && formats::shape(line) == Some(Format::Rfc3164)
            });
            let from_journal = has(Format::JournalShort)
                || memchr::memmem::find(sample, b" systemd[1]: ").is_some();
            if from_journal && !padded_with_blank && sample.first() != Some(&b'<') {
                Format::JournalShort
            } else {
                Format::Rfc3164
            }
        }
        Format::WindowsCsv if has(Format::WindowsCsvDayFirst) => Format::WindowsCsvDayFirst,
        other => other,
    }
}

/// Reads the record that the frame's line belongs to.
///
/// The file's format `hint` is tried first, then the one that the line itself shows, then it is plain
/// text with the time of what stands above. `None` where the line is no record of its own: a blank
/// line, or a line of an export stanza other than its MESSAGE.
#[must_use]
pub fn read<'a>(frame: Frame<'a>, hint: Format) -> Option<Record<'a>> {
    if hint == Format::JournalExport && formats::in_stanza(frame) {
        return formats::read_as(frame, hint);
    }
    let shown = || formats::shape(frame.line).filter(|shape| *shape != hint);
    formats::read_as(frame, hint)
        .or_else(|| formats::read_as(frame, shown()?))
        .or_else(|| formats::read_headless(frame, hint))
}

/// Finds host, program, pid and stamp in the lines of a file; for the census, which looks at every line.
/// It remembers where they stood, as one line is much like the next.
#[derive(Debug)]
pub struct Tagger {
    format: Format,
    places: Places,
}

impl Tagger {
    /// For lines of this format.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self {
            format,
            places: Places::default(),
        }
    }

    /// Host, program and pid; of other formats than the syslog family and the journal's JSON nothing.
    #[must_use]
    pub fn tag<'a>(&mut self, line: &'a [u8]) -> Option<Tag<'a>> {
        formats::tag(line, self.format, &mut self.places)
    }

    /// As [`stamp_of`].
    #[must_use]
    pub fn stamp(&mut self, line: &[u8]) -> Option<Stamp> {
        match self.format {
            Format::JournalJson => self.places.stamp(line),
            format => stamp_of(line, format),
        }
    }
}

/// The stamp that the line itself bears.
#[must_use]
pub fn stamp_of(line: &[u8], format: Format) -> Option<Stamp> {
    formats::stamp_of(line, format)
}

/// The bytes of the line that are equal for two lines of the same minute; `None` where the format has
/// no such fixed text.
#[must_use]
pub fn minute_key(line: &[u8], format: Format) -> Option<Range<usize>> {
    formats::minute_key(line, format)
}

/// What lines of a file say for the format that it is taken for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Lines looked at, blank ones left out.
    pub lines: usize,
    /// Those that are of the format, or belong to a record of it.
    pub fitting: usize,
    /// Those that bear a time of their own.
    pub timed: usize,
    /// The first few that are of the format, counted from 1.
    pub first: Vec<usize>,
    /// Lines of other formats, the most frequent first.
    pub others: Vec<(Format, usize)>,
}

/// How many line numbers [`Evidence::first`] has at most.
const FIRST_LINES: usize = 3;

/// Looks at every line of a text that begins a file of this format.
#[must_use]
pub fn evidence(text: &[u8], format: Format) -> Evidence {
    let mut found = Evidence::default();
    for (n, frame) in frames(text).enumerate() {
        if frame.line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        found.lines += 1;
        // What is no record of its own is a part of one.
        let told = read(frame, format).map_or(format, |record| record.format);
        found.timed += usize::from(stamp_of(frame.line, told).is_some());
        if told == format {
            found.fitting += 1;
            if found.first.len() < FIRST_LINES {
                found.first.push(n + 1);
            }
        } else {
            match found.others.iter_mut().find(|(other, _)| *other == told) {
                Some((_, count)) => *count += 1,
                None => found.others.push((told, 1)),
            }
        }
    }
    found
        .others
        .sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    found
}

/// The first record of a text that begins a file of this format.
#[must_use]
pub fn first_record(text: &[u8], format: Format) -> Option<Record<'_>> {
    let of_format = |record: &Record<'_>| record.format == format;
    frames(text)
        .filter_map(|frame| read(frame, format))
        .find(of_format)
        .or_else(|| frames(text).find_map(|frame| read(frame, format)))
}

/// The lines of a text, each with what stands around it.
fn frames(text: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let start = from;
        from = (start + len + 1).min(text.len());
        let line = &rest[..len];
        let mut before = text.get(start.saturating_sub(CONTEXT)..start)?;
        if start > CONTEXT {
            // The first line may have lost its head.
            let whole = memchr::memchr(b'\n', before).map_or(before.len(), |at| at + 1);
            before = &before[whole..];
        }
        Some(Frame {
            line: line.strip_suffix(b"\r").unwrap_or(line),
            before,
            after: text.get(from..(from + CONTEXT).min(text.len()))?,
        })
    })
}
