//! The formats, one family a file, and what each line's shape tells.
//!
//! Owns: the list of formats. In: a line. Out: the format that its head shows ([`shape`]), and the
//! record that a family's reader makes of it ([`read_as`]).

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;

use super::stamp::{self, Layout};
use super::{Frame, Record, Tag};
use crate::time::{Known as Told, Stamp};

mod ansible;
mod collected;
mod container;
mod csv;
mod escapes;
mod inner;
mod java;
mod journal;
mod journal_file;
mod json;
mod keys;
mod known;
mod kube;
mod level;
mod lines;
mod logfmt;
mod otlp;
mod packages;
mod pretty;
mod services;
mod syslog;
mod template;
mod text;
mod verbose;
mod web;
mod windows;

pub(super) use journal::Places;
pub(crate) use journal::cursor_of;
pub use known::{Format, Group, KNOWN, Known};
pub(crate) use level::leading as leading_level;

use Format as F;

impl Format {
    /// Whether each line is a request that was served.
    #[must_use]
    pub fn is_access_log(self) -> bool {
        matches!(
            self,
            F::Access | F::EnvoyAccess | F::Squid | F::AwsAlb | F::W3c | F::HttpErr
        )
    }

    /// What is known of it.
    #[must_use]
    pub fn known(self) -> &'static Known {
        // The table has a row for each format, in this order: both come from one list.
        &KNOWN[self as usize]
    }

    /// Its name in a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.known().name
    }

    /// All formats.
    pub fn all() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|known| known.format)
    }

    /// Literals that make a line a candidate, because the format may hide words of the message: bytes
    /// as numbers, colour codes, parts of lines.
    #[must_use]
    pub fn veils(self) -> &'static [&'static str] {
        match self {
            F::JournalJson | F::JsonPretty => &["\"MESSAGE\":[", "\"MESSAGE\" : [", "\\u001b["],
            F::JournalExport => &["MESSAGE\n"],
            F::DockerJson | F::JsonLines | F::KubeEvents | F::KubeAudit => {
                &["\\u001b[", "\\u001B["]
            }
            F::Cri => &[" stdout P ", " stderr P "],
            _ => &[],
        }
    }

    /// What may stand in a line in the place of a text that a message holds, because JSON has it escaped.
    pub fn disguises(text: &str) -> impl Iterator<Item = String> {
        escapes::disguises(text).into_iter()
    }

    /// Whether a line of this format always is a record of its own: nothing below belongs to it.
    fn is_single(self) -> bool {
        matches!(
            self,
            F::JournalJson
                | F::JournalExport
                | F::Journal
                | F::Dpkg
                | F::AptHistory
                | F::Ansible
                | F::DockerJson
                | F::Cri
                | F::JsonLines
                | F::KubeEvents
                | F::KubeAudit
                | F::Logfmt
                | F::Access
                | F::Plain
                | F::Auditd
                | F::WindowsXml
                | F::DockerTimestamps
                | F::Compose
                | F::KubectlPrefix
                | F::Stern
                | F::KubeEventsTable
                | F::DockerEvents
                | F::Heroku
                | F::CloudwatchTail
                | F::Logcli
                | F::GithubActions
                | F::JsonPretty
                | F::Foreman
                | F::EnvoyAccess
                | F::Squid
                | F::AwsAlb
                | F::W3c
                | F::HttpErr
                | F::Pacman
                | F::Dnf
                | F::Zypp
                | F::GitReflog
                | F::Bgl
                | F::Thunderbird
                | F::HpcEvents
        )
    }

    /// Whether names in its lines are those of loggers, parts of one program; structured lines are gathered from several.
    #[must_use]
    pub fn names_loggers(self) -> bool {
        let known = KNOWN.iter().find(|known| known.format == self);
        known.is_some_and(|known| known.group == Group::Loggers)
            && !matches!(self, F::JsonLines | F::JsonPretty | F::Logfmt)
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
        cursor: None,
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
        cursor: own(record.cursor),
    }
}

/// The text without colour codes: `ESC [ .. m`, and rsyslog's spelling of them, `#033[ .. m`.
pub(super) fn uncoloured(text: &[u8]) -> Cow<'_, [u8]> {
    static OCTAL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("#033["));
    if memchr(0x1b, text).is_none() && OCTAL.find(text).is_none() {
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
        b'{' => return json::shape(line),
        0x1e => return journal::is_json(&line[1..]).then_some(F::JournalJson),
        b'd' if line.starts_with(b"data: {") => {
            return journal::is_json(&line[6..]).then_some(F::JournalJson);
        }
        b'<' if windows::is_xml(line) => return Some(F::WindowsXml),
        b'#' if web::is_directive(line) => return Some(F::W3c),
        b'_' if journal::is_stanza_start(line) => return Some(F::JournalExport),
        b'S' | b'C' | b'R' | b'I' | b'U' | b'D' | b'P' | b'E' if packages::is_apt(line) => {
            return Some(F::AptHistory);
        }
        b'-' if syslog::is_separator(line) => return Some(F::JournalShort),
        b' ' | b'\t' => return None,
        0x1b => return text::shape(line),
        b'l' | b't' | b's' | b'm' | b'c' if logfmt::is_line(line) => return Some(F::Logfmt),
        b'0'..=b'9' if container::is_cri(line) => return Some(F::Cri),
        _ => {}
    }
    if verbose::is_head(line) {
        return Some(F::JournalVerbose);
    }
    if let Some(split) = syslog::split(line) {
        return Some(split.format);
    }
    if let Some(format) = windows::csv_shape(line) {
        return Some(format);
    }
    if java::is_head(line) {
        return Some(F::JavaUtilLogging);
    }
    if stamp::head(line).is_some_and(|head| head.layout == Layout::Iso) {
        if packages::is_dpkg(line) {
            return Some(F::Dpkg);
        }
        if ansible::is_line(line) {
            return Some(F::Ansible);
        }
        if csv::is_postgres(line) {
            return Some(F::PostgresCsv);
        }
    }
    text::shape(line).or_else(|| web::access(line).map(|record| record.format))
}

/// Reads the record of the frame's line in this format; `None` where the line does not fit.
pub(super) fn read_as<'a>(frame: Frame<'a>, format: Format) -> Option<Record<'a>> {
    match format {
        F::JournalJson => journal::read_json(frame),
        F::JournalExport => journal::Stanza::around(frame)?.record(),
        F::Journal => journal_file::read(frame),
        F::Dpkg => packages::read_dpkg(frame),
        F::AptHistory => packages::read_apt(frame),
        F::Ansible => ansible::read(frame),
        F::DockerJson => container::read_docker(frame),
        F::Cri => container::read_cri(frame),
        F::KubeEvents => kube::read_event(frame),
        F::KubeAudit => kube::read_audit(frame),
        F::JsonLines => json::read(frame),
        F::JsonPretty => pretty::read(frame),
        F::JournalVerbose => verbose::read(frame),
        F::JavaUtilLogging => java::read(frame),
        F::WindowsXml => windows::read_xml(frame),
        F::WindowsCsv | F::WindowsCsvDayFirst => windows::read_csv(frame, format),
        F::PostgresCsv => csv::read_postgres(frame),
        F::Compose => collected::read_compose(frame),
        F::Stern => collected::read_stern(frame),
        F::Logfmt => logfmt::read(frame),
        F::Access => {
            let record = web::access(lines::chomp(frame.line))?;
            Some(Record {
                len: frame.line.len(),
                ..record
            })
        }
        F::Plain => None,
        F::W3c if web::is_directive(frame.line) => web::extended(lines::chomp(frame.line)),
        format if format.is_syslog() || format == F::Dmesg => {
            let record = if follows(frame) {
                syslog::read_block(frame, is_head)
            } else {
                syslog::read(frame)
            };
            match record {
                Some(record) => Some(settled(record, format)),
                None if format == F::Dmesg => text::read(frame, format),
                None => None,
            }
        }
        _ => text::read(frame, format),
    }
}

/// From the 10th of a month on two formats write the same: of these the file as a whole tells.
fn settled(record: Record<'_>, hint: Format) -> Record<'_> {
    let same = (hint, record.format) == (F::JournalShort, F::Rfc3164);
    Record {
        format: if same { hint } else { record.format },
        ..record
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
    let field = || journal::is_field(frame.line) && in_stanza(frame);
    if lines::is_blank(frame.line) || field() {
        return None;
    }
    if !hint.is_single()
        && let Some(record) = text::read_block(frame, hint)
    {
        return Some(record);
    }
    Some(text::plain(frame))
}

/// Whether a line of an export stanza has been told apart from other text.
pub(super) fn in_stanza(frame: Frame<'_>) -> bool {
    journal::Stanza::around(frame).is_some()
}

/// The format of a sample whose lines do not tell it one by one: what stands before each line, or above
/// them all, does.
pub(super) fn of_sample(sample: &[u8]) -> Option<Format> {
    if is_indented_event(sample) {
        return Some(F::KubeEvents);
    }
    if pretty::is_pretty(sample) {
        return Some(F::JsonPretty);
    }
    collected::of_sample(sample)
}

/// Whether the text is indented JSON with Kubernetes' events.
pub(super) fn is_indented_event(text: &[u8]) -> bool {
    let inner = text.trim_ascii_start().strip_prefix(b"{");
    inner.is_some_and(|inner| inner.starts_with(b"\n") || inner.starts_with(b"\r\n"))
        && kube::is_event(text)
}

/// Where host, program and pid stand in the line.
pub(super) fn tag<'a>(line: &'a [u8], format: Format, places: &mut Places) -> Option<Tag<'a>> {
    match format {
        F::JournalJson => places.tag(line),
        F::Journal => journal_file::tag(line),
        format if format.is_syslog() => syslog::split(line)?.tag(),
        _ => None,
    }
}

impl Format {
    /// Whether host, program and process id stand where the census finds them in every line.
    #[must_use]
    pub fn is_tagged(self) -> bool {
        matches!(self, F::JournalJson | F::Journal) || self.is_syslog()
    }
}

/// The line's own stamp.
pub(super) fn stamp_of(line: &[u8], format: Format) -> Option<Stamp> {
    if line.first() == Some(&0x1b) {
        let clean = uncoloured(line);
        return clean
            .first()
            .filter(|byte| **byte != 0x1b)
            .and_then(|_| stamp_of(&clean, format));
    }
    match format {
        F::JournalJson => return Places::default().stamp(line),
        F::Journal => return journal_file::stamp(line),
        F::JournalExport => {
            let digits = lines::chomp(line.strip_prefix(b"__REALTIME_TIMESTAMP=")?);
            return stamp::from_count(stamp::number(digits)?, &[]);
        }
        F::AptHistory => return packages::apt_line_stamp(line),
        F::DockerJson | F::JsonLines | F::KubeEvents | F::KubeAudit => {
            return json::stamp_of(line, format);
        }
        F::JsonPretty => return json::stamp_of(line, format),
        F::JavaUtilLogging => return java::stamp_of(line),
        F::WindowsCsv | F::WindowsCsvDayFirst => return windows::csv_stamp(line, format),
        F::WindowsXml => return windows::xml_stamp(line),
        F::Compose | F::Stern => return collected::stamp_of(line, format),
        _ => {}
    }
    place_of_stamp(line, format)?
        .read(line)
        .map(|(stamp, _)| zoned(stamp, format))
}

/// The stamp of a format whose writers write UTC without saying so: W3C's extended format and HTTPERR
/// (their documentation), cloud-init (`log.py` sets `time.gmtime`).
fn zoned(stamp: Stamp, format: Format) -> Stamp {
    match stamp.known {
        Told::Local(at) if matches!(format, F::W3c | F::HttpErr | F::CloudInit) => Stamp {
            known: Told::Utc {
                at,
                offset_s: Some(0),
            },
            ..stamp
        },
        _ => stamp,
    }
}

/// The bytes of the stamp that are equal within one minute.
pub(super) fn minute_key(line: &[u8], format: Format) -> Option<Range<usize>> {
    match format {
        F::Journal => journal_file::minute_key(line),
        F::JournalJson | F::JournalExport | F::AptHistory => None,
        F::DockerJson | F::JsonLines | F::KubeEvents | F::KubeAudit => None,
        F::JsonPretty | F::JavaUtilLogging | F::WindowsXml => None,
        F::WindowsCsv | F::WindowsCsvDayFirst | F::Compose | F::Stern => None,
        _ => place_of_stamp(line, format)?.minute(line),
    }
}

/// The stamp near the head of a line: at it, in brackets, behind a PRI, a process or an address.
fn place_of_stamp(line: &[u8], format: Format) -> Option<stamp::Head> {
    match (format, line.first()?) {
        (F::Access, _) => return web::access_head(line).or_else(|| stamp::head(line)),
        (F::Redis, _) => return services::redis_head(line).or_else(|| stamp::head(line)),
        (F::Logfmt, _) => return logfmt::stamp_head(line).or_else(|| stamp::head(line)),
        (_, b'<') => {
            let close = line.iter().take(5).position(|b| *b == b'>')?;
            let start = close
                + if line.get(close + 1..close + 3) == Some(b"1 ") {
                    3
                } else {
                    1
                };
            return Some(stamp::Head {
                layout: Layout::of(line.get(start..)?)?,
                start,
            });
        }
        _ => {}
    }
    if !format.known().templates.is_empty()
        && let Some(head) = template::stamp_head(line, format)
    {
        return Some(head);
    }
    stamp::head(line)
}

/// The stamp of a line of any text format.
fn any_stamp(line: &[u8]) -> Option<Stamp> {
    place_of_stamp(line, F::Plain)
        .or_else(|| services::redis_head(line))
        .or_else(|| web::access_head(line))
        .and_then(|head| head.read(line))
        .map(|(stamp, _)| stamp)
}
