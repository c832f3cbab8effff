//! Records within records: a container's line that is a record of its own, a message that is JSON or has a
//! logger's header.

use std::borrow::Cow;

use super::{Format, Group, into_owned, json, read_as, shape};
use crate::record::{Frame, Record};

/// A message that is a JSON object with a message becomes that message.
pub(in crate::record) fn unwrap_json(record: &mut Record<'_>) {
    if !record.message.starts_with(b"{\"") && !record.message.starts_with(b"{ \"") {
        return;
    }
    let Some(parts) = json::parts(&record.message).filter(|parts| parts.has_message()) else {
        return;
    };
    let mut inside = super::start(record.format, b"");
    parts.fill(&mut inside);
    let inside = into_owned(inside);
    // Who wrote it the collector knows better than the program.
    let program = record.program.take();
    adopt(record, inside);
    record.program = program.or(record.program.take());
}

/// A message of the system's log that is JSON, or has the header that its program writes everywhere, loses that:
/// `kubelet[812]: I0301 10:00:00.123456     812 kubelet.go:2375] text`, `dockerd[812]: time=".." level=info
/// msg="text"`. When it was written, by whom and under which pid, the log knows better.
pub(in crate::record) fn unwrap<'a>(record: &mut Record<'a>) {
    unwrap_json(record);
    let inside = match &record.message {
        Cow::Borrowed(text) => read_header(text),
        Cow::Owned(text) => read_header(text).map(into_owned),
    };
    if let Some(inside) = inside {
        record.message = inside.message;
        record.severity = inside.severity.or(record.severity);
        record.program = record.program.take().or(inside.program);
        record.pid = record.pid.or(inside.pid);
        record.facts.extend(inside.facts);
    }
}

/// Reads a message that begins as loggers' lines do. What stands around whole logs is left alone, so that nothing
/// is taken apart without end.
fn read_header(text: &[u8]) -> Option<Record<'_>> {
    let may_begin = match text {
        [b'0'..=b'9' | b'[', ..] => true,
        [b'I' | b'W' | b'E' | b'F', b'0'..=b'9', ..] => true,
        [b'l' | b't' | b's' | b'm' | b'c', ..] => text[..text.len().min(16)].contains(&b'='),
        _ => false,
    };
    if !may_begin {
        return None;
    }
    let format = shape(text).filter(|format| {
        let group = format.known().group;
        !format.is_access_log() && !matches!(group, Group::System | Group::Containers)
    })?;
    let frame = Frame {
        line: text,
        before: b"",
        after: b"",
    };
    let record = read_as(frame, format)?;
    let is_header = record.stamp.is_some() || format == Format::Logfmt;
    (is_header && !record.message.is_empty()).then_some(record)
}

/// Makes `text` the record's message; if it has a header of its own, that is taken apart. The record
/// keeps its time and place.
pub(in crate::record) fn set_message<'a>(record: &mut Record<'a>, text: Cow<'a, [u8]>) {
    let inside = match &text {
        Cow::Borrowed(text) => read_inside(text),
        Cow::Owned(text) => read_inside(text).map(into_owned),
    };
    match inside {
        Some(inside) => adopt(record, inside),
        None => {
            record.message = match text {
                Cow::Borrowed(text) => super::uncoloured(text),
                Cow::Owned(text) => Cow::Owned(super::uncoloured(&text).into_owned()),
            }
        }
    }
}

fn read_inside(text: &[u8]) -> Option<Record<'_>> {
    let format = shape(text).filter(|format| {
        !matches!(
            format,
            Format::JournalExport | Format::AptHistory | Format::DockerJson | Format::Cri
        )
    })?;
    read_as(
        Frame {
            line: text,
            before: b"",
            after: b"",
        },
        format,
    )
}

/// What the record inside knows better.
fn adopt<'a>(record: &mut Record<'a>, inside: Record<'a>) {
    record.message = inside.message;
    record.program = inside.program.or(record.program.take());
    record.severity = inside.severity.or(record.severity);
    record.pid = inside.pid.or(record.pid);
    record.unit = inside.unit.or(record.unit.take());
    record.subject = inside.subject.or(record.subject.take());
    record.host = record.host.take().or(inside.host);
    record.facts.extend(inside.facts);
    record.unwrapped = true;
}
