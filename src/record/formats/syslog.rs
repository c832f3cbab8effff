//! The syslog family: a stamp, a host, a tag, a message.
//!
//! Owns: RFC 3164 as files and as the wire have it, RFC 5424, rsyslog's and syslog-ng's ISO stamps, and
//! the text outputs of journalctl. In: one line. Out: where host, program and pid stand ([`split`], by
//! fixed positions, for the census) and the whole record.

use std::borrow::Cow;

use super::lines::{self, text};
use super::{Format, inner, start};
use crate::record::stamp::{self, Head, Layout};
use crate::record::{Frame, Record, Severity, Tag};

/// A line taken apart; everything borrowed from it.
#[derive(Debug, Clone, Copy)]
pub(in crate::record) struct Split<'a> {
    /// Told from the line alone.
    pub(in crate::record) format: Format,
    /// `<n>` at the head.
    priority: Option<u8>,
    /// The stamp; none where time counts from the boot.
    stamp: Option<Head>,
    host: &'a [u8],
    program: &'a [u8],
    pid: &'a [u8],
    /// launchd's `(label[812])`.
    label: &'a [u8],
    /// Where the message begins.
    message: usize,
}

impl<'a> Split<'a> {
    /// Whether the line is of this family whatever the file's other lines are: `payload refused: ..`
    /// behind a stamp has the form of a host and a tag, too.
    pub(in crate::record) fn is_sure(&self) -> bool {
        self.priority.is_some() || !self.pid.is_empty()
    }

    /// For the census.
    pub(in crate::record) fn tag(&self) -> Option<Tag<'a>> {
        (!self.program.is_empty()).then_some(Tag {
            host: self.host,
            program: self.program,
            pid: self.pid,
        })
    }
}

/// Takes a line apart; `None` where it is none of this family.
pub(in crate::record) fn split(line: &[u8]) -> Option<Split<'_>> {
    match line.first()? {
        b'<' => {
            let (priority, at) = priority(line)?;
            if line.get(at..at + 2) == Some(b"1 ") {
                return rfc5424(line, priority, at + 2);
            }
            let mut split = stamped(line, at)?;
            split.priority = Some(priority);
            split.format = match split.format {
                Format::JournalShort | Format::JournalShortPrecise => Format::Rfc3164,
                Format::JournalShortIso | Format::JournalShortIsoPrecise => Format::RsyslogIso,
                other => other,
            };
            Some(split)
        }
        b'[' => since_boot(line),
        // Clocks that are not synchronised.
        b'*' | b'.' => stamped(line, 1).filter(|split| split.format == Format::Rfc3164),
        _ => stamped(line, 0),
    }
}

/// Reads one line.
pub(in crate::record) fn read<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let line = lines::chomp(frame.line);
    if is_separator(line) {
        return Some(separator(frame, line));
    }
    let split = split(line)?;
    Some(record(frame.line, line, split))
}

/// What journalctl puts between records: the next boot begins with the record below it.
fn separator<'a>(frame: Frame<'a>, line: &'a [u8]) -> Record<'a> {
    let mut record = start(Format::JournalShort, frame.line);
    record.message = Cow::Borrowed(line);
    let below = frame.after.split(|byte| *byte == b'\n').next();
    if let Some(below) = below.map(lines::chomp)
        && let Some(split) = split(below)
    {
        record.stamp = split.stamp.and_then(|head| Some(head.read(below)?.0));
        record.host = named(split.host);
    }
    record
}

/// Reads one line and the lines below it that bear no header: a message of several lines.
pub(in crate::record) fn read_block<'a>(
    frame: Frame<'a>,
    is_head: impl Fn(&[u8]) -> bool,
) -> Option<Record<'a>> {
    let block = lines::Block::around(frame, is_head)?;
    let line = lines::chomp(block.head);
    let split = split(line)?;
    // journalctl indents the further lines of a message to the place where it begins.
    Some(block.complete(record(block.head, line, split), split.message))
}

/// The record of a line that has been taken apart.
fn record<'a>(whole: &'a [u8], line: &'a [u8], split: Split<'a>) -> Record<'a> {
    let mut record = start(split.format, whole);
    record.stamp = split.stamp.and_then(|head| Some(head.read(line)?.0));
    record.severity = split.priority.map(|p| severity(p & 7));
    record.host = named(split.host);
    record.program = named(split.program);
    record.subject = named(split.label);
    record.pid = stamp::number(split.pid).and_then(|n| u32::try_from(n).ok());
    if is_unit(split.program) {
        record.unit = split.program.rsplit(|b| *b == b'/').next().map(text);
    }
    let mut message = line
        .get(split.message..)
        .unwrap_or_default()
        .trim_ascii_start();
    if let Some(severity) = cisco_severity(split.program) {
        record.severity = Some(severity);
    }
    if split.program == b"kernel" {
        message = without_boot_clock(message);
    }
    let message = message
        .strip_prefix(b"@cee:")
        .map_or(message, <[u8]>::trim_ascii_start);
    record.message = super::uncoloured(message);
    inner::unwrap(&mut record);
    record
}

/// `-- Boot 0123.. --`, `-- Reboot --`, `-- Logs begin at .. --`.
pub(in crate::record) fn is_separator(line: &[u8]) -> bool {
    line.starts_with(b"-- ") && line.ends_with(b" --")
}

/// Severity by its number in a PRI or a PRIORITY.
pub(in crate::record) fn severity(number: u8) -> Severity {
    match number {
        0 => Severity::Emergency,
        1 => Severity::Alert,
        2 => Severity::Critical,
        3 => Severity::Error,
        4 => Severity::Warning,
        5 => Severity::Notice,
        6 => Severity::Info,
        _ => Severity::Debug,
    }
}

/// Whether the name is that of a systemd unit.
pub(in crate::record) fn is_unit(name: &[u8]) -> bool {
    [
        &b".service"[..],
        b".scope",
        b".socket",
        b".timer",
        b".mount",
        b".slice",
        b".target",
        b".path",
    ]
    .iter()
    .any(|suffix| name.ends_with(suffix))
}

/// The text of a kernel message without `[  812.123456] ` and `[  T812] `.
pub(in crate::record) fn without_boot_clock(message: &[u8]) -> &[u8] {
    match boot_clock(message) {
        Some(end) => message.get(end..).unwrap_or_default().trim_ascii_start(),
        None => message,
    }
}

fn named(name: &[u8]) -> Option<Cow<'_, str>> {
    (!name.is_empty() && name != b"-").then(|| text(name))
}

/// `%ASA-4-106023`: the digit.
fn cisco_severity(program: &[u8]) -> Option<Severity> {
    let mut parts = program.strip_prefix(b"%")?.split(|b| *b == b'-').skip(1);
    parts.find_map(|part| match part {
        [digit @ b'0'..=b'7'] => Some(severity(digit - b'0')),
        _ => None,
    })
}

/// `<30>`: the number and the byte after it.
fn priority(line: &[u8]) -> Option<(u8, usize)> {
    let len = stamp::digits(line, 1);
    if !(1..=3).contains(&len) || line.get(1 + len) != Some(&b'>') {
        return None;
    }
    let number = stamp::number(line.get(1..=len)?)?;
    Some((u8::try_from(number).ok().filter(|n| *n <= 191)?, len + 2))
}

/// A stamp at `at`, then host and tag.
fn stamped(line: &[u8], at: usize) -> Option<Split<'_>> {
    let rest = line.get(at..)?;
    let layout = Layout::of(rest)?;
    let (format, end) = match layout {
        Layout::Bsd => {
            let len = 15 - usize::from(rest.get(5) == Some(&b' ') && rest.get(4) != Some(&b' '));
            match rest.get(len) {
                Some(b'.') => (
                    Format::JournalShortPrecise,
                    len + 1 + stamp::digits(rest, len + 1),
                ),
                _ if rest.get(4) == Some(&b'0') => (Format::JournalShort, len),
                _ => (Format::Rfc3164, len),
            }
        }
        Layout::BsdYear => {
            let (_, end) = stamp::parse(layout, rest)?;
            (Format::Rfc3164, end)
        }
        Layout::Iso if matches!(rest.get(10), Some(b'T')) => iso(rest)?,
        Layout::WeekdayIso => (Format::JournalShortFull, weekday(rest)?),
        Layout::Epoch if rest.get(10) == Some(&b'.') && stamp::digits(rest, 11) == 6 => {
            (Format::JournalShortUnix, 17)
        }
        _ => return None,
    };
    let end = at + end;
    // `Mar  1 10:00:00: %SYS-5-..`, as routers without a host name have it.
    let end = if line.get(end) == Some(&b':') {
        end + 1
    } else {
        end
    };
    if line.get(end) != Some(&b' ') {
        return None;
    }
    let stamp = Some(Head { layout, start: at });
    let split = host_and_tag(line, end + 1, format, stamp);
    // These stamps are those of other formats too: only the tag tells.
    let told = match layout {
        Layout::Iso | Layout::Epoch => {
            !split.program.is_empty() && !split.host.is_empty() && !is_part_of_logger(split.host)
        }
        _ if split.program.is_empty() => is_repetition(line.get(split.message..)?),
        _ => !split.host.is_empty() || super::level::of(split.program).is_none(),
    };
    told.then_some(split)
}

/// Whether what stands in a host's place is what loggers put behind their stamps: `[INFO]`, `DEBUG`.
fn is_part_of_logger(host: &[u8]) -> bool {
    host.starts_with(b"[") || super::level::bare(host).is_some()
}

/// Messages that never have a tag.
fn is_repetition(message: &[u8]) -> bool {
    [
        &b"last message repeated"[..],
        b"message repeated",
        b"--- last message repeated",
        b"-- MARK --",
    ]
    .iter()
    .any(|start| message.starts_with(start))
}

/// The end of an ISO stamp, and which writer's it is: rsyslog's has microseconds and a colon in the
/// zone, journalctl's no colon until v255, and no fraction by default.
fn iso(rest: &[u8]) -> Option<(Format, usize)> {
    let places = match rest.get(19) {
        Some(b'.') => stamp::digits(rest, 20),
        _ => 0,
    };
    let end = if places > 0 { 20 + places } else { 19 };
    let (colon, end) = match rest.get(end)? {
        b'Z' => (true, end + 1),
        b'+' | b'-' => match (stamp::digits(rest, end + 1), rest.get(end + 3)) {
            (4, _) => (false, end + 5),
            (2, Some(b':')) => (true, end + 6),
            _ => return None,
        },
        _ => return None,
    };
    let format = match (places, colon) {
        (0, _) => Format::JournalShortIso,
        (_, false) => Format::JournalShortIsoPrecise,
        (_, true) => Format::RsyslogIso,
    };
    Some((format, end))
}

/// The end of `Sun 2026-03-01 10:00:00.123456 CET`.
fn weekday(rest: &[u8]) -> Option<usize> {
    let end = match rest.get(23) {
        Some(b'.') => 24 + stamp::digits(rest, 24),
        _ => 23,
    };
    let zone = rest
        .get(end + 1..)?
        .iter()
        .take_while(|b| **b != b' ')
        .count();
    (1..=6).contains(&zone).then_some(end + 1 + zone)
}

/// Host and tag at `at`. Without a tag everything after the host is the message.
fn host_and_tag<'a>(line: &'a [u8], at: usize, format: Format, stamp: Option<Head>) -> Split<'a> {
    let mut split = Split {
        format,
        priority: None,
        stamp,
        host: &[],
        program: &[],
        pid: &[],
        label: &[],
        message: at,
    };
    let rest = line.get(at..).unwrap_or_default();
    let len = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
    let token = &rest[..len];
    if token.ends_with(b":") {
        // No host.
        tag(line, at, &mut split);
        return split;
    }
    if !token.iter().any(u8::is_ascii_alphanumeric) {
        return split;
    }
    split.host = token;
    split.message = (at + len + 1).min(line.len());
    let mut next = split.message;
    if line.get(next..next + 2) == Some(b": ") {
        // Cisco: `fw01 : %ASA-4-106023: ..`.
        next += 2;
    }
    tag(line, next, &mut split);
    split
}

/// The most bytes that are looked through for the end of a tag.
const LONGEST_TAG: usize = 128;

/// `prog[pid]: `, `prog: `, `prog[pid] (label[pid]): ` at `at`.
fn tag<'a>(line: &'a [u8], at: usize, split: &mut Split<'a>) {
    let rest = line.get(at..).unwrap_or_default();
    let rest = rest.get(..LONGEST_TAG).unwrap_or(rest);
    let mut blank = None;
    let mut i = 0;
    while let Some(&byte) = rest.get(i) {
        match byte {
            b'[' => {
                let len = stamp::digits(rest, i + 1);
                let close = i + 1 + len;
                if i > 0
                    && len > 0
                    && rest.get(close) == Some(&b']')
                    && let Some(message) = after_pid(rest, close + 1, split)
                {
                    split.program = &rest[..i];
                    split.pid = &rest[i + 1..close];
                    split.message = at + message;
                    return;
                }
                if blank.is_some() {
                    return;
                }
                i += 1;
            }
            b':' => {
                match rest.get(i + 1) {
                    None | Some(b' ') if i > 0 && blank.is_none() => {
                        split.program = &rest[..i];
                        split.message = (at + i + 2).min(line.len());
                        return;
                    }
                    _ if blank.is_some() => return,
                    _ => {}
                }
                i += 1;
            }
            // `Microsoft Word[812]: ..` has blanks in its name; what is no such name is no tag.
            b' ' => {
                blank.get_or_insert(i);
                i += 1;
            }
            b if blank.is_some() && !(b.is_ascii_alphabetic() || b == b'.' || b == b'-') => return,
            _ => i += 1,
        }
    }
}

/// What follows `[pid]`: `: `, or launchd's ` (label[pid]): `. Where the message begins.
fn after_pid<'a>(rest: &'a [u8], at: usize, split: &mut Split<'a>) -> Option<usize> {
    match rest.get(at) {
        Some(b':') => Some(at + 1 + usize::from(rest.get(at + 1) == Some(&b' '))),
        Some(b' ') if rest.get(at + 1) == Some(&b'(') => {
            let inner = rest.get(at + 2..)?;
            let close = inner.iter().position(|b| *b == b')')?;
            if inner.get(close + 1) != Some(&b':') {
                return None;
            }
            let label = &inner[..close];
            split.label = label.split(|b| *b == b'[').next().unwrap_or(label);
            Some(at + 2 + close + 2)
        }
        _ => None,
    }
}

/// `1 2026-03-01T10:00:00Z host app procid msgid [sd] message`, from behind the version.
fn rfc5424(line: &[u8], priority: u8, at: usize) -> Option<Split<'_>> {
    let mut place = at;
    let mut field = || {
        let rest = line.get(place..)?;
        let len = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
        place += len + 1;
        rest.get(..len).filter(|field| !field.is_empty())
    };
    let (time, host, program, pid, _id) = (field()?, field()?, field()?, field()?, field()?);
    let stamp = Layout::of(time).map(|layout| Head { layout, start: at });
    if stamp.is_none() && time != b"-" {
        return None;
    }
    let end = place.checked_add(structured_data(line.get(place..)?)?)?;
    let message = line.get(end..).unwrap_or_default();
    let blank = usize::from(message.first() == Some(&b' '));
    let bom = message
        .get(blank..)
        .is_some_and(|m| m.starts_with(b"\xef\xbb\xbf"));
    Some(Split {
        format: Format::Rfc5424,
        priority: Some(priority),
        stamp,
        host,
        program,
        pid: if pid == b"-" { &[] } else { pid },
        label: &[],
        message: end + blank + if bom { 3 } else { 0 },
    })
}

/// The length of `-` or `[id k="v"][..]`.
fn structured_data(rest: &[u8]) -> Option<usize> {
    if rest.first() == Some(&b'-') {
        return Some(1);
    }
    let (mut quoted, mut open, mut i) = (false, false, 0);
    while let Some(&byte) = rest.get(i) {
        match byte {
            b'\\' if quoted => i += 1,
            b'"' if open => quoted = !quoted,
            b'[' if !open => open = true,
            b']' if !quoted => open = false,
            _ if !open => break,
            _ => {}
        }
        i += 1;
    }
    (i > 0 && !open).then_some(i)
}

/// The end of `[  812.123456]`, `[  812.123456 <    0.000123 >]` and a caller's `[  T812]` behind it.
fn boot_clock(line: &[u8]) -> Option<usize> {
    let inner = line.strip_prefix(b"[")?;
    let blanks = inner.iter().take_while(|b| **b == b' ').count();
    let seconds = stamp::digits(inner, blanks);
    let point = blanks + seconds;
    if seconds == 0 || inner.get(point) != Some(&b'.') || stamp::digits(inner, point + 1) != 6 {
        return None;
    }
    let mut end = point + 7;
    if inner.get(end..end + 2) == Some(b" <") {
        end += inner.get(end..)?.iter().take(32).position(|b| *b == b'>')? + 1;
    }
    if inner.get(end) != Some(&b']') {
        return None;
    }
    let end = end + 2;
    let caller = line.get(end..)?;
    if caller.first() == Some(&b'[') && caller.get(1).is_some_and(|b| *b == b' ' || *b == b'T') {
        let close = caller.iter().take(16).position(|b| *b == b']');
        return Some(end + close.map_or(0, |close| close + 1));
    }
    Some(end)
}

/// journalctl's short-monotonic, told from dmesg by host and tag.
fn since_boot(line: &[u8]) -> Option<Split<'_>> {
    let end = boot_clock(line)?;
    if line.get(end) == Some(&b' ') {
        let split = host_and_tag(line, end + 1, Format::JournalShortMonotonic, None);
        let tagged =
            !split.host.is_empty() && (!split.pid.is_empty() || split.program == b"kernel");
        if tagged {
            return Some(split);
        }
    }
    Some(Split {
        format: Format::Dmesg,
        priority: None,
        stamp: None,
        host: &[],
        program: b"kernel",
        pid: &[],
        label: &[],
        message: 0,
    })
}
