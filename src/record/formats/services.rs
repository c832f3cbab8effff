//! Servers and supervisors with a line of their own: Redis, PostgreSQL, supervisord, PM2, monit.

use std::borrow::Cow;

use super::lines::text;
use super::{Format, level, start};
use crate::record::stamp::{self, Head, Layout};
use crate::record::{Record, Severity};
use crate::time::Stamp;

fn record_of<'a>(
    format: Format,
    program: &'static str,
    stamp: Stamp,
    line: &'a [u8],
) -> Record<'a> {
    let mut record = start(format, line);
    record.stamp = Some(stamp);
    record.program = Some(Cow::Borrowed(program));
    record
}

fn pid_of(digits: &[u8]) -> Option<u32> {
    stamp::number(digits).and_then(|pid| u32::try_from(pid).ok())
}

/// Where Redis has its stamp: `812:M 01 Mar 2026 ..`, `812:signal-handler (1772355600) ..`, and
/// `[812] 01 Mar ..` before version 3.
pub(in crate::record) fn redis_head(line: &[u8]) -> Option<Head> {
    let bracket = usize::from(line.first() == Some(&b'['));
    let pid = stamp::digits(line, bracket);
    let after = bracket + pid;
    if pid == 0 || pid > 8 {
        return None;
    }
    let start = match (bracket, line.get(after..after + 3)?) {
        (1, b"] 0" | b"] 1" | b"] 2" | b"] 3") => after + 2,
        (0, [b':', b'X' | b'C' | b'S' | b'M', b' ']) => after + 3,
        (0, b":si") => {
            after
                + line
                    .get(after..)?
                    .strip_prefix(b":signal-handler (")
                    .map(|_| 17)?
        }
        _ => return None,
    };
    let layout = Layout::of(line.get(start..)?)?;
    matches!(
        layout,
        Layout::DayFirst | Layout::DayFirstNoYear | Layout::Epoch
    )
    .then_some(Head { layout, start })
}

/// Reads a line of Redis.
pub(in crate::record) fn redis(line: &[u8]) -> Option<Record<'_>> {
    let head = redis_head(line)?;
    let (stamp, end) = head.read(line)?;
    let mut record = record_of(Format::Redis, "redis", stamp, line);
    let bracket = usize::from(line.first() == Some(&b'['));
    record.pid = pid_of(line.get(bracket..bracket + stamp::digits(line, bracket))?);
    let rest = line.get(end..)?;
    let rest = rest.strip_prefix(b")").unwrap_or(rest).trim_ascii_start();
    record.severity = match rest.get(..2) {
        Some(b". ") => Some(Severity::Debug),
        Some(b"- ") => Some(Severity::Info),
        Some(b"* ") => Some(Severity::Notice),
        Some(b"# ") => Some(Severity::Warning),
        _ => None,
    };
    let message = if record.severity.is_some() {
        &rest[2..]
    } else {
        rest
    };
    record.message = super::uncoloured(message);
    Some(record)
}

/// `2026-03-01 10:00:00.123 CET [812] app@shop LOG:  text`.
pub(in crate::record) fn postgres(line: &[u8]) -> Option<Record<'_>> {
    let (stamp, end) = stamp::parse(Layout::Iso, line)?;
    let rest = line.get(end..)?.strip_prefix(b" ")?;
    let zone = rest
        .iter()
        .take(6)
        .take_while(|b| b.is_ascii_uppercase())
        .count();
    let rest = if zone > 0 {
        rest.get(zone..)?.strip_prefix(b" ")?
    } else {
        rest
    };
    let digits = stamp::digits(rest, 1);
    let (pid, mut rest) = (
        rest.strip_prefix(b"[")?.get(..digits)?,
        rest.get(digits + 1..)?,
    );
    // `[812-1]` numbers the lines of a session.
    if rest.first() == Some(&b'-') {
        rest = rest.get(1 + stamp::digits(rest, 1)..)?;
    }
    rest = rest.strip_prefix(b"]")?.strip_prefix(b" ")?;
    let mut record = record_of(Format::Postgres, "postgres", stamp, line);
    record.pid = pid_of(pid);
    for _ in 0..3 {
        let len = rest.iter().position(|b| *b == b' ')?;
        let word = &rest[..len];
        if let Some(word) = word.strip_suffix(b":") {
            if rest.get(len..len + 2) != Some(b"  ") {
                return None;
            }
            let supplement = matches!(
                word,
                b"DETAIL" | b"HINT" | b"STATEMENT" | b"CONTEXT" | b"QUERY" | b"LOCATION"
            );
            record.severity = if supplement {
                Some(Severity::Info)
            } else {
                Some(level::of(word)?)
            };
            let message = if supplement {
                rest
            } else {
                rest.get(len + 2..)?
            };
            record.message = super::uncoloured(message);
            return Some(record);
        }
        if let Some(at) = word.iter().position(|b| *b == b'@') {
            record.facts.push(("user", text(&word[..at])));
            record.facts.push(("database", text(&word[at + 1..])));
        }
        rest = rest.get(len + 1..)?;
    }
    None
}

/// How supervisord's messages begin.
const SUPERVISORD: [&[u8]; 19] = [
    b"spawned: ",
    b"spawnerr: ",
    b"exited: ",
    b"success: ",
    b"stopped: ",
    b"gave up: ",
    b"killing ",
    b"waiting for ",
    b"received SIG",
    b"reaped unknown",
    b"supervisord started",
    b"daemonizing the supervisord",
    b"Supervisor is running",
    b"Supervisor running",
    b"Included extra file",
    b"RPC interface",
    b"Server 'unix_http",
    b"Server 'inet_http",
    b"Set uid to user",
];

/// `2026-03-01 10:00:00,123 INFO spawned: 'web' with pid 812`. In a file of supervisord's any message
/// with one of its levels is its own.
pub(in crate::record) fn supervisord(line: &[u8], sure: bool) -> Option<Record<'_>> {
    if line.get(19) != Some(&b',') || line.get(23) != Some(&b' ') {
        return None;
    }
    let word = line.get(24..28)?;
    let known = matches!(
        word,
        b"CRIT" | b"ERRO" | b"WARN" | b"INFO" | b"DEBG" | b"TRAC" | b"BLAT"
    );
    let message = line.get(28..)?.strip_prefix(b" ").filter(|_| known)?;
    if !sure && !SUPERVISORD.iter().any(|start| message.starts_with(start)) {
        return None;
    }
    let (stamp, _) = stamp::parse(Layout::Iso, line)?;
    let mut record = record_of(Format::Supervisord, "supervisord", stamp, line);
    record.severity = level::of(word);
    record.message = super::uncoloured(message.trim_ascii_start());
    Some(record)
}

/// `2026-03-01T10:00:00: PM2 log: text`; before 3.0 `2026-03-01 10:00:00: text`.
pub(in crate::record) fn pm2(line: &[u8]) -> Option<Record<'_>> {
    let message = line.get(19..)?.strip_prefix(b": ")?;
    let (stamp, _) = stamp::parse(Layout::Iso, line)?;
    let (severity, message) = if let Some(rest) = message.strip_prefix(b"PM2 log: ") {
        (Some(Severity::Info), rest)
    } else if let Some(rest) = message.strip_prefix(b"PM2 error: ") {
        (Some(Severity::Error), rest)
    } else if message.starts_with(b"App ") || message.starts_with(b"PM2 ") {
        (None, message)
    } else {
        return None;
    };
    let mut record = record_of(Format::Pm2, "pm2", stamp, line);
    record.severity = severity;
    record.message = super::uncoloured(message);
    Some(record)
}

/// `[CET Mar  1 10:00:00] error    : 'web' process is not running`.
pub(in crate::record) fn monit(line: &[u8]) -> Option<Record<'_>> {
    let head = stamp::head(line).filter(|head| head.start > 0 && head.layout == Layout::Bsd)?;
    let (stamp, end) = head.read(line)?;
    let rest = line.get(end..)?.strip_prefix(b"] ")?;
    let colon = rest.iter().take(12).position(|b| *b == b':')?;
    let severity = level::of(rest[..colon].trim_ascii())?;
    let mut record = record_of(Format::Monit, "monit", stamp, line);
    record.severity = Some(severity);
    record.message = super::uncoloured(rest[colon + 1..].trim_ascii_start());
    Some(record)
}
