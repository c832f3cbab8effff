//! What container runtimes write: Docker's json-file and the CRI format.
//!
//! A line too long for the runtime comes in parts, which may be mixed with those of the other stream;
//! they are joined here. The text inside is read again for a header of its own.

use std::borrow::Cow;

use super::lines::{backward, chomp, forward};
use super::{Format, inner, json, start};
use crate::record::stamp::{self, Layout};
use crate::record::{Frame, Record};
use crate::time::Stamp;

/// How many lines around are looked at for parts.
const MOST_PARTS: usize = 32;

/// One line of a runtime.
struct Part<'a> {
    stamp: Option<Stamp>,
    stream: Cow<'a, [u8]>,
    text: Cow<'a, [u8]>,
    /// Whether the text goes on in the next line of the stream.
    partial: bool,
}

/// Whether Docker's json-file driver wrote the line.
pub(in crate::record) fn is_docker(line: &[u8]) -> bool {
    line.starts_with(b"{\"log\":") && memchr::memmem::find(line, b"\"time\":").is_some()
}

/// `{"log":"started\n","stream":"stdout","time":"2026-03-01T09:00:00.123456789Z"}`.
fn docker(line: &[u8]) -> Option<Part<'_>> {
    let line = chomp(line);
    if !is_docker(line) {
        return None;
    }
    let (mut log, mut stream, mut time) = (None, None, None);
    let mut each = |name: &str, value| match name {
        "log" => log = Some(value),
        "stream" => stream = Some(value),
        "time" => time = Some(value),
        _ => {}
    };
    json::walk(line, &mut each, &|name| {
        matches!(name, "log" | "stream" | "time")
    })?;
    let log: Cow<'_, [u8]> = log?;
    let partial = !log.ends_with(b"\n");
    let text = match log {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_suffix(b"\n").unwrap_or(text)),
        Cow::Owned(mut text) => {
            let ends = text
                .iter()
                .rev()
                .take_while(|b| matches!(b, b'\n' | b'\r'))
                .count();
            text.truncate(text.len() - ends);
            Cow::Owned(text)
        }
    };
    let stamp = time.and_then(|time| stamp::from_text(&time));
    Some(Part {
        stamp,
        stream: stream.unwrap_or_default(),
        text,
        partial,
    })
}

/// Whether the line is in the CRI format.
pub(in crate::record) fn is_cri(line: &[u8]) -> bool {
    cri_fields(line).is_some()
}

/// The places of stream, tag and text in `2026-03-01T10:00:00.123456789+01:00 stdout F started`.
fn cri_fields(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let is_iso = line.get(10) == Some(&b'T') && Layout::of(line) == Some(Layout::Iso);
    let blank = line
        .get(19..40.min(line.len()))?
        .iter()
        .position(|b| *b == b' ')?;
    let rest = line.get(20 + blank..).filter(|_| is_iso)?;
    let (stream, rest) = (rest.get(..6)?, rest.get(6..)?.strip_prefix(b" ")?);
    let len = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
    let tag = rest.get(..len)?;
    let fits = matches!(stream, b"stdout" | b"stderr")
        && matches!(tag, [b'P' | b'F'] | [b'P' | b'F', b':', ..]);
    fits.then(|| (stream, tag, rest.get(len + 1..).unwrap_or_default()))
}

fn cri(line: &[u8]) -> Option<Part<'_>> {
    let line = chomp(line);
    let (stream, tag, text) = cri_fields(line)?;
    Some(Part {
        stamp: stamp::parse(Layout::Iso, line).map(|(stamp, _)| stamp),
        stream: Cow::Borrowed(stream),
        text: Cow::Borrowed(text),
        partial: tag.first() == Some(&b'P'),
    })
}

/// Reads a line of Docker's json-file, with the parts that it was split into.
pub(in crate::record) fn read_docker<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    read(frame, Format::DockerJson, docker)
}

/// Reads a line in the CRI format, with the parts that it was split into.
pub(in crate::record) fn read_cri<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    read(frame, Format::Cri, cri)
}

fn read<'a>(
    frame: Frame<'a>,
    format: Format,
    part: impl Fn(&'a [u8]) -> Option<Part<'a>>,
) -> Option<Record<'a>> {
    let own = part(frame.line)?;
    let mut record = start(format, frame.line);
    record.unwrapped = true;
    record.stamp = own.stamp;
    let (mut end, mut partial, mut text) = (frame.line.len(), own.partial, own.text);
    for (back, line) in backward(frame.before).take(MOST_PARTS) {
        match part(line) {
            Some(above) if above.stream != own.stream => {}
            Some(above) if above.partial => {
                text = Cow::Owned([above.text, text].concat());
                record.stamp = above.stamp;
                record.back = back;
            }
            _ => break,
        }
    }
    for (offset, line) in forward(frame.after).take(MOST_PARTS) {
        match part(line).filter(|_| partial) {
            Some(below) if below.stream != own.stream => {}
            Some(below) => {
                text = Cow::Owned([text, below.text].concat());
                partial = below.partial;
                end = frame.line.len() + 1 + offset;
            }
            None => break,
        }
    }
    record.len = record.back + end;
    inner::set_message(&mut record, text);
    Some(record)
}
