//! Ansible's log: a host's result belongs to the task above it.

use std::borrow::Cow;

use super::lines::{backward, chomp, text};
use super::{Format, level, start};
use crate::record::stamp::{self, Layout};
use crate::record::{Frame, Record, Severity};
use crate::time::Stamp;

/// A line of the log, taken apart.
struct Line<'a> {
    stamp: Stamp,
    pid: Option<u32>,
    user: &'a [u8],
    severity: Option<Severity>,
    /// Without the asterisks that fill the line up.
    message: &'a [u8],
}

/// `2026-03-01 10:00:00,123 p=812 u=ops n=ansible | text`, `.. n=ansible INFO| text`.
fn parse(line: &[u8]) -> Option<Line<'_>> {
    let line = chomp(line);
    if line.get(10) != Some(&b' ') || Layout::of(line) != Some(Layout::Iso) {
        return None;
    }
    // The marks stand close to the head; nothing is read on other lines.
    let fields = line.get(23..)?.strip_prefix(b" p=")?;
    let (stamp, _) = stamp::parse(Layout::Iso, line)?;
    let bar = fields.iter().take(128).position(|b| *b == b'|')?;
    let mut words = fields[..bar]
        .split(|b| *b == b' ')
        .filter(|word| !word.is_empty());
    let pid = words
        .next()
        .and_then(stamp::number)
        .and_then(|n| u32::try_from(n).ok());
    let (mut user, mut severity) = (&b""[..], None);
    for word in words {
        if let Some(name) = word.strip_prefix(b"u=") {
            user = name;
        } else if !word.contains(&b'=') {
            severity = level::of(word);
        }
    }
    let message = fields.get(bar + 1..)?.trim_ascii_start();
    Some(Line {
        stamp,
        pid,
        user,
        severity,
        message: without_fill(message),
    })
}

/// `TASK [x] *****` without the asterisks.
fn without_fill(message: &[u8]) -> &[u8] {
    let stars = message.iter().rev().take_while(|b| **b == b'*').count();
    if stars >= 3 {
        message[..message.len() - stars].trim_ascii_end()
    } else {
        message
    }
}

/// Whether the line is of Ansible's log.
pub(in crate::record) fn is_line(line: &[u8]) -> bool {
    parse(line).is_some()
}

fn is_task(message: &[u8]) -> bool {
    message.starts_with(b"TASK [") || message.starts_with(b"RUNNING HANDLER [")
}

fn is_result(message: &[u8]) -> bool {
    [&b"changed: ["[..], b"fatal: [", b"failed: ["]
        .iter()
        .any(|start| message.starts_with(start))
}

/// Reads a line, a result together with the line of its task.
pub(in crate::record) fn read<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let line = parse(frame.line)?;
    let mut record = start(Format::Ansible, frame.line);
    record.stamp = Some(line.stamp);
    record.program = Some(Cow::Borrowed("ansible"));
    record.pid = line.pid;
    record.severity = line.severity;
    if !line.user.is_empty() {
        record.facts.push(("user", text(line.user)));
    }
    record.message = super::uncoloured(line.message);
    if is_result(line.message) {
        let task = backward(frame.before).find_map(|(back, above)| {
            let above = parse(above)?;
            (is_task(above.message) && above.pid == line.pid).then_some((back, above.message))
        });
        if let Some((back, task)) = task {
            record.message = Cow::Owned([task, &record.message].join(&b'\n'));
            record.back = back;
            record.len = back + frame.line.len();
        }
    }
    Some(record)
}
