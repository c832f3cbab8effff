//! `journalctl -o verbose`: a line with time and cursor, then the entry's fields, indented by four blanks.

use std::borrow::Cow;

use super::lines::{Block, chomp, text};
use super::{Format, inner, start, syslog};
use crate::record::stamp::{self, Layout};
use crate::record::{Frame, Record};

/// Whether an entry begins with the line: `Sun 2026-03-01 10:00:00.123456 CET [s=..;i=..]`.
pub(in crate::record) fn is_head(line: &[u8]) -> bool {
    Layout::of(line) == Some(Layout::WeekdayIso)
        && line
            .get(24..64.min(line.len()))
            .is_some_and(|rest| memchr::memmem::find(rest, b" [s=").is_some())
}

/// Reads the entry that the line belongs to. The time is that of the head: local, with the name of a zone.
pub(in crate::record) fn read<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let block = Block::around(frame, super::is_head)?;
    if !is_head(block.head) {
        return None;
    }
    let (stamp, _) = stamp::parse(Layout::WeekdayIso, block.head)?;
    let mut record = start(Format::JournalVerbose, frame.line);
    record.unwrapped = true;
    record.stamp = Some(stamp);
    let mut message: Vec<u8> = Vec::new();
    let mut in_message = false;
    for line in &block.rest {
        let line = chomp(line);
        let field = line.strip_prefix(b"    ").and_then(|field| {
            let equals = field.iter().position(|b| *b == b'=')?;
            let name = &field[..equals];
            let named = !name.is_empty()
                && name
                    .iter()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
            named.then_some((name, &field[equals + 1..]))
        });
        let Some((name, value)) = field else {
            if in_message {
                message.push(b'\n');
                message.extend_from_slice(line.trim_ascii_start());
            }
            continue;
        };
        in_message = name == b"MESSAGE";
        let number = || stamp::number(value).and_then(|n| u32::try_from(n).ok());
        match name {
            b"MESSAGE" => message.extend_from_slice(value),
            b"_HOSTNAME" => record.host = Some(text(value)),
            b"SYSLOG_IDENTIFIER" => record.program = Some(text(value)),
            b"_COMM" if record.program.is_none() => record.program = Some(text(value)),
            b"_SYSTEMD_UNIT" if value != b"init.scope" => record.unit = Some(text(value)),
            b"_SYSTEMD_USER_UNIT" if value != b"init.scope" => record.unit = Some(text(value)),
            b"UNIT" | b"USER_UNIT" | b"COREDUMP_UNIT" => record.subject = Some(text(value)),
            b"_PID" => record.pid = number(),
            b"SYSLOG_PID" if record.pid.is_none() => record.pid = number(),
            b"PRIORITY" => {
                record.severity = number()
                    .filter(|n| *n <= 7)
                    .map(|n| syslog::severity(n as u8));
            }
            b"MESSAGE_ID" => record.facts.push(("MESSAGE_ID", text(value))),
            b"EXIT_CODE" => record.facts.push(("EXIT_CODE", text(value))),
            b"EXIT_STATUS" => record.facts.push(("EXIT_STATUS", text(value))),
            b"JOB_RESULT" => record.facts.push(("JOB_RESULT", text(value))),
            b"JOB_TYPE" => record.facts.push(("JOB_TYPE", text(value))),
            b"UNIT_RESULT" => record.facts.push(("UNIT_RESULT", text(value))),
            b"N_RESTARTS" => record.facts.push(("N_RESTARTS", text(value))),
            _ => {}
        }
    }
    record.message = Cow::Owned(super::uncoloured(&message).into_owned());
    inner::unwrap(&mut record);
    Some(block.place(record))
}
