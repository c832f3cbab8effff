//! Web servers: access logs, and the error logs of nginx and Apache.

use std::borrow::Cow;

use super::lines::text;
use super::{Format, level, start};
use crate::record::Record;
use crate::record::stamp::{self, Head, Layout};

/// Where the stamp of an access log stands: in brackets behind address and user, a request after it.
pub(in crate::record) fn access_head(line: &[u8]) -> Option<Head> {
    let open = line.iter().take(160).position(|b| *b == b'[')?;
    let blanks = line[..open].iter().filter(|b| **b == b' ').count();
    let layout = Layout::of(line.get(open + 1..)?);
    (blanks >= 3 && layout == Some(Layout::Access)).then_some(Head {
        layout: Layout::Access,
        start: open + 1,
    })
}

/// Reads a line of an access log; the message is the request and all that follows.
pub(in crate::record) fn access(line: &[u8]) -> Option<Record<'_>> {
    let (stamp, end) = access_head(line)?.read(line)?;
    let rest = line.get(end..)?.strip_prefix(b"] ")?;
    let mut record = start(Format::Access, line);
    record.stamp = Some(stamp);
    record.program = Some(Cow::Borrowed("access"));
    record.message = super::uncoloured(rest);
    let request = rest.strip_prefix(b"\"")?;
    // A quote within the request is escaped.
    let mut quotes = request
        .windows(2)
        .enumerate()
        .filter(|(_, w)| w[1] == b'"' && w[0] != b'\\');
    if let Some(status) = quotes
        .next()
        .and_then(|(at, _)| request.get(at + 3..at + 6))
        && stamp::number(status).is_some()
    {
        record.facts.push(("status", text(status)));
    }
    Some(record)
}

/// Whether the line is one of the directives of W3C's extended format.
pub(in crate::record) fn is_directive(line: &[u8]) -> bool {
    [&b"#Fields: "[..], b"#Software: ", b"#Version: ", b"#Date: "]
        .iter()
        .any(|name| line.starts_with(name))
}

/// Reads a line of W3C's extended format, whatever its fields; the time is UTC
/// (W3C working draft WD-logfile-960323).
pub(in crate::record) fn extended(line: &[u8]) -> Option<Record<'_>> {
    let mut record = start(Format::W3c, line);
    record.program = Some(Cow::Borrowed("access"));
    if is_directive(line) {
        record.message = Cow::Borrowed(line);
        return Some(record);
    }
    let (stamp, end) = stamp::parse(Layout::Iso, line)?;
    record.stamp = Some(super::zoned(stamp, Format::W3c));
    record.message = Cow::Borrowed(line.get(end..)?.trim_ascii_start());
    Some(record)
}

/// `2026/03/01 10:00:00 [alert] 812#812: *17 text`.
pub(in crate::record) fn nginx_error(line: &[u8]) -> Option<Record<'_>> {
    let (stamp, end) = stamp::parse(Layout::Slashes, line)?;
    let rest = line.get(end..)?.strip_prefix(b" [")?;
    let close = rest.iter().take(8).position(|b| *b == b']')?;
    let severity = level::of(&rest[..close])?;
    let rest = rest.get(close + 1..)?.strip_prefix(b" ")?;
    let pid = stamp::digits(rest, 0);
    let thread = stamp::digits(rest, pid + 1);
    if pid == 0 || rest.get(pid) != Some(&b'#') || rest.get(pid + 1 + thread) != Some(&b':') {
        return None;
    }
    let mut record = start(Format::NginxError, line);
    record.stamp = Some(stamp);
    record.program = Some(Cow::Borrowed("nginx"));
    record.severity = Some(severity);
    record.pid = stamp::number(&rest[..pid]).and_then(|pid| u32::try_from(pid).ok());
    record.message = super::uncoloured(rest.get(pid + thread + 2..)?.trim_ascii_start());
    Some(record)
}

/// `[Sun Mar 01 10:00:00.123456 2026] [mpm_event:notice] [pid 812:tid 139] AH00489: ..`, without module
/// and pid before 2.4. The kernel's ring buffer has the same stamp and no level.
pub(in crate::record) fn apache_error(line: &[u8]) -> Option<Record<'_>> {
    let (stamp, end) = stamp::parse(Layout::Ctime, line.strip_prefix(b"[")?)?;
    let mut rest = line.get(end + 1..)?.strip_prefix(b"]")?.trim_ascii_start();
    let mut record = start(Format::ApacheError, line);
    record.stamp = Some(stamp);
    record.program = Some(Cow::Borrowed("apache2"));
    let bracket = |rest: &'_ [u8]| {
        let close = rest.iter().take(64).position(|b| *b == b']')?;
        (rest.first() == Some(&b'[')).then_some(close)
    };
    let told = bracket(rest).and_then(|close| {
        let word = rest[1..close].rsplit(|b| *b == b':').next()?;
        Some((level::of(word)?, close))
    });
    match told {
        Some((severity, close)) => {
            record.severity = Some(severity);
            rest = rest[close + 1..].trim_ascii_start();
        }
        None => {
            record.format = Format::Dmesg;
            record.program = Some(Cow::Borrowed("kernel"));
        }
    }
    if let Some(close) = bracket(rest).filter(|_| rest.starts_with(b"[pid ")) {
        let digits = stamp::digits(rest, 5);
        record.pid = stamp::number(&rest[5..5 + digits]).and_then(|pid| u32::try_from(pid).ok());
        rest = rest[close + 1..].trim_ascii_start();
    }
    record.message = super::uncoloured(rest);
    Some(record)
}
