//! The formats, one family a file, and what each line's shape tells.
//!
//! Owns: the list of formats. In: a line. Out: the format that its head shows ([`shape`]), and the
//! record that a family's reader makes of it ([`read_as`]).

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::stamp::{self, Layout};
use super::{Frame, Record, Tag};
use crate::time::Stamp;

mod ansible;
mod inner;
mod journal;
mod level;
mod lines;
mod packages;
mod syslog;
mod text;

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `Mar  1 10:00:00 web01 app[812]: ..`, with or without PRI, year and host.
    Rfc3164,
    /// `<30>1 2026-03-01T10:00:00Z web01 app 812 - - ..`.
    Rfc5424,
    /// `2026-03-01T10:00:00.123456+01:00 web01 app[812]: ..`.
    RsyslogIso,
    /// journalctl's default; also its separators.
    JournalShort,
    /// `Mar 01 10:00:00.123456 ..`.
    JournalShortPrecise,
    /// `2026-03-01T10:00:00+0100 ..`, since v255 with a colon; syslog-ng's ISO stamps too.
    JournalShortIso,
    /// `2026-03-01T10:00:00.123456+0100 ..`; since v255 it cannot be told from [`Format::RsyslogIso`].
    JournalShortIsoPrecise,
    /// `Sun 2026-03-01 10:00:00 CET ..`, also with units for programs.
    JournalShortFull,
    /// `1772355600.123456 ..`.
    JournalShortUnix,
    /// `[  812.123456] web01 app[812]: ..`: time since boot.
    JournalShortMonotonic,
    /// One JSON object an entry.
    JournalJson,
    /// Stanzas of `KEY=value`.
    JournalExport,
    /// `[  812.123456] ..` and `[Sun Mar  1 10:00:00 2026] ..`.
    Dmesg,
    /// dpkg.log.
    Dpkg,
    /// apt's history.log: stanzas.
    AptHistory,
    /// Ansible's `log_path`.
    Ansible,
    /// A stamp, then text.
    StampedText,
    /// No stamp.
    Plain,
}

use Format as F;

impl Format {
    /// All formats.
    pub const ALL: &'static [Self] = &[
        F::Rfc3164,
        F::Rfc5424,
        F::RsyslogIso,
        F::JournalShort,
        F::JournalShortPrecise,
        F::JournalShortIso,
        F::JournalShortIsoPrecise,
        F::JournalShortFull,
        F::JournalShortUnix,
        F::JournalShortMonotonic,
        F::JournalJson,
        F::JournalExport,
        F::Dmesg,
        F::Dpkg,
        F::AptHistory,
        F::Ansible,
        F::StampedText,
        F::Plain,
    ];

    /// Whether each line is a request that was served.
    #[must_use]
    pub fn is_access_log(self) -> bool {
        false
    }

    /// Its name in a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            F::Rfc3164 => "rfc3164",
            F::Rfc5424 => "rfc5424",
            F::RsyslogIso => "rsyslog-iso",
            F::JournalShort => "journal-short",
            F::JournalShortPrecise => "journal-short-precise",
            F::JournalShortIso => "journal-short-iso",
            F::JournalShortIsoPrecise => "journal-short-iso-precise",
            F::JournalShortFull => "journal-short-full",
            F::JournalShortUnix => "journal-short-unix",
            F::JournalShortMonotonic => "journal-short-monotonic",
            F::JournalJson => "journal-json",
            F::JournalExport => "journal-export",
            F::Dmesg => "dmesg",
            F::Dpkg => "dpkg",
            F::AptHistory => "apt-history",
            F::Ansible => "ansible",
            F::StampedText => "stamped-text",
            F::Plain => "plain",
        }
    }

    /// Literals that make a line a candidate, because the format may hide words of the message: bytes
    /// as numbers, escapes, parts of lines.
    #[must_use]
    pub fn veils(self) -> &'static [&'static str] {
        match self {
            F::JournalJson => &["\"MESSAGE\":[", "\"MESSAGE\" : [", "\\u001b"],
            F::JournalExport => &["MESSAGE\n"],
            _ => &[],
        }
    }

    /// Whether a line of this format always is a record of its own: nothing below belongs to it.
    fn is_single(self) -> bool {
        matches!(
            self,
            F::JournalJson | F::JournalExport | F::AptHistory | F::Ansible | F::Dpkg | F::Plain
        )
    }

    /// The syslog family, whose census reads host and tag.
    fn is_syslog(self) -> bool {
        self <= F::JournalShortMonotonic
    }
}

/// A record of this format that has nothing yet but the place of its one line.
fn start<'a>(format: Format, line: &'a [u8]) -> Record<'a> {
    Record {
        format,
        stamp: None,
        host: None,
        program: None,
        unit: None,
        subject: None,
        pid: None,
        severity: None,
        message: Cow::Borrowed(b""),
        facts: Vec::new(),
        back: 0,
        len: line.len(),
        unwrapped: false,
    }
}

/// The same record, borrowed from nothing.
fn into_owned(record: Record<'_>) -> Record<'static> {
    fn own(text: Option<Cow<'_, str>>) -> Option<Cow<'static, str>> {
        text.map(|text| Cow::Owned(text.into_owned()))
    }
    Record {
        format: record.format,
        stamp: record.stamp,
        host: own(record.host),
        program: own(record.program),
        unit: own(record.unit),
        subject: own(record.subject),
        pid: record.pid,
        severity: record.severity,
        message: Cow::Owned(record.message.into_owned()),
        facts: record
            .facts
            .into_iter()
            .map(|(name, value)| (name, Cow::Owned(value.into_owned())))
            .collect(),
        back: record.back,
        len: record.len,
        unwrapped: record.unwrapped,
    }
}

/// The text without colour codes: `ESC [ .. m`, and rsyslog's spelling of them, `#033[ .. m`.
pub(super) fn uncoloured(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr(0x1b, text).is_none() && memchr::memmem::find(text, b"#033[").is_none() {
        return Cow::Borrowed(text);
    }
    let mut clean = Vec::with_capacity(text.len());
    let mut i = 0;
    while let Some(rest) = text.get(i..).filter(|rest| !rest.is_empty()) {
        match sequence_len(rest) {
            Some(len) => i += len,
            None => {
                clean.push(rest[0]);
                i += 1;
            }
        }
    }
    Cow::Owned(clean)
}

/// The length of the escape sequence at the start, if one stands there.
fn sequence_len(text: &[u8]) -> Option<usize> {
    let start = match text {
        [0x1b, b'[', ..] => 2,
        [b'#', b'0', b'3', b'3', b'[', ..] => 5,
        [0x1b, ..] => return Some(1),
        _ => return None,
    };
    let parameters = text[start..]
        .iter()
        .take_while(|b| matches!(**b, b'0'..=b'?' | b' '..=b'/'))
        .count();
    // The final byte, if the sequence has one.
    Some((start + parameters + 1).min(text.len()))
}

/// The format that the line's head shows; `None` where it shows none. Cheap: looks at fixed places.
pub(super) fn shape(line: &[u8]) -> Option<Format> {
    match line.first()? {
        b'{' => return journal::is_json(line).then_some(F::JournalJson),
        b'_' if journal::is_stanza_start(line) => return Some(F::JournalExport),
        b'S' | b'C' | b'R' | b'I' | b'U' | b'D' | b'P' | b'E' if packages::is_apt(line) => {
            return Some(F::AptHistory);
        }
        b'-' if syslog::is_separator(line) => return Some(F::JournalShort),
        b' ' | b'\t' => return None,
        0x1b => return text::shape(line),
        _ => {}
    }
    if let Some(split) = syslog::split(line) {
        return Some(split.format);
    }
    let layout = stamp::head(line)?.layout;
    if layout == Layout::Iso {
        if packages::is_dpkg(line) {
            return Some(F::Dpkg);
        }
        if ansible::is_line(line) {
            return Some(F::Ansible);
        }
    }
    text::shape(line)
}

/// Reads the record of the frame's line in this format; `None` where the line does not fit.
pub(super) fn read_as<'a>(frame: Frame<'a>, format: Format) -> Option<Record<'a>> {
    match format {
        F::JournalJson => journal::read_json(frame),
        F::JournalExport => journal::Stanza::around(frame)?.record(),
        F::Dpkg => packages::read_dpkg(frame),
        F::AptHistory => packages::read_apt(frame),
        F::Ansible => ansible::read(frame),
        F::Plain => None,
        format if format.is_syslog() || format == F::Dmesg => {
            let record = if follows(frame) {
                syslog::read_block(frame, is_head)
            } else {
                syslog::read(frame)
            }?;
            // Of these two only the file as a whole tells.
            let same = (format, record.format) == (F::JournalShort, F::Rfc3164);
            Some(Record {
                format: if same { format } else { record.format },
                ..record
            })
        }
        _ => text::read(frame),
    }
}

/// Whether a record begins with the line.
pub(super) fn is_head(line: &[u8]) -> bool {
    shape(line).is_some()
}

/// Whether the line below may belong to this one.
fn follows(frame: Frame<'_>) -> bool {
    lines::forward(frame.after)
        .next()
        .is_some_and(|(_, line)| !lines::is_blank(line) && !is_head(line))
}

/// Reads a line that shows no head of its own: part of the record above, if that is of a format whose
/// records have several lines; else plain text with the time of what stands above.
pub(super) fn read_headless<'a>(frame: Frame<'a>, hint: Format) -> Option<Record<'a>> {
    if lines::is_blank(frame.line) || journal::Stanza::around(frame).is_some() {
        return None;
    }
    if !hint.is_single()
        && let Some(record) = text::read_block(frame)
    {
        return Some(record);
    }
    Some(text::plain(frame))
}

/// Whether a line of an export stanza has been told apart from other text.
pub(super) fn in_stanza(frame: Frame<'_>) -> bool {
    journal::Stanza::around(frame).is_some()
}

/// Where host, program and pid stand in the line.
pub(super) fn tag(line: &[u8], format: Format) -> Option<Tag<'_>> {
    match format {
        F::JournalJson => journal::json_tag(line),
        format if format.is_syslog() => syslog::split(line)?.tag(),
        _ => None,
    }
}

/// The line's own stamp.
pub(super) fn stamp_of(line: &[u8], format: Format) -> Option<Stamp> {
    match format {
        F::JournalJson => return journal::json_stamp(line),
        F::JournalExport => {
            let digits = lines::chomp(line.strip_prefix(b"__REALTIME_TIMESTAMP=")?);
            return stamp::from_count(stamp::number(digits)?, &[]);
        }
        F::AptHistory => return packages::apt_line_stamp(line),
        _ => {}
    }
    place_of_stamp(line)?.read(line).map(|(stamp, _)| stamp)
}

/// The bytes of the stamp that are equal within one minute.
pub(super) fn minute_key(line: &[u8], format: Format) -> Option<Range<usize>> {
    match format {
        F::JournalJson | F::JournalExport | F::AptHistory => None,
        _ => place_of_stamp(line)?.minute(line),
    }
}

/// The stamp near the head of a line: at it, in brackets, behind a PRI.
fn place_of_stamp(line: &[u8]) -> Option<stamp::Head> {
    if line.first() != Some(&b'<') {
        return stamp::head(line);
    }
    let close = line.iter().take(5).position(|b| *b == b'>')?;
    let start = close
        + if line.get(close + 1..close + 3) == Some(b"1 ") {
            3
        } else {
            1
        };
    Some(stamp::Head {
        layout: Layout::of(line.get(start..)?)?,
        start,
    })
}
