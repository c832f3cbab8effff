//! Windows events: the Event Viewer's CSV and XML.
//!
//! In: a line, or the block of lines that a record goes over. Out: the record.

use std::borrow::Cow;

use memchr::memmem;

use super::lines::{Block, chomp, into_text};
use super::{Format, csv, level, start};
use crate::record::stamp::{self, Layout};
use crate::record::{Frame, Record, Severity};
use crate::time::Stamp;

/// Whether an event in XML begins with the line.
pub(in crate::record) fn is_xml(line: &[u8]) -> bool {
    line.starts_with(b"<Event xmlns=")
        || line.starts_with(b"<Event>")
        || line.starts_with(b"<Events><Event")
}

/// The text of the first element of this name within `xml`.
fn element<'a>(xml: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut from = 0;
    loop {
        let at = from + memmem::find(xml.get(from..)?, name.as_bytes())?;
        from = at + name.len();
        let opens = at > 0 && xml.get(at - 1) == Some(&b'<');
        if opens && matches!(xml.get(from), Some(b'>' | b' ')) {
            let open = from + memchr::memchr(b'>', xml.get(from..)?)?;
            if xml.get(open.checked_sub(1)?) == Some(&b'/') {
                continue;
            }
            let text = xml.get(open + 1..)?;
            return text.get(..memchr::memchr(b'<', text)?);
        }
    }
}

/// The value of an attribute, in quotes of either kind; `name` with the equals sign.
fn attribute<'a>(xml: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let rest = xml.get(memmem::find(xml, name.as_bytes())? + name.len()..)?;
    let quote = *rest.first().filter(|b| matches!(b, b'"' | b'\''))?;
    let value = rest.get(1..)?;
    value.get(..memchr::memchr(quote, value)?)
}

/// The five entities of XML, and numbered characters, as what they stand for.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'&', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let end = rest.iter().take(10).position(|b| *b == b';');
        let Some(name) = end.and_then(|end| rest.get(1..end)) else {
            out.push(b'&');
            rest = &rest[1..];
            continue;
        };
        match name {
            b"lt" => out.push(b'<'),
            b"gt" => out.push(b'>'),
            b"amp" => out.push(b'&'),
            b"quot" => out.push(b'"'),
            b"apos" => out.push(b'\''),
            _ => {
                let number = std::str::from_utf8(name).ok().and_then(|name| {
                    let digits = name.strip_prefix('#')?;
                    match digits.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok(),
                        None => digits.parse().ok(),
                    }
                });
                let letter = number
                    .and_then(char::from_u32)
                    .unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        rest = &rest[name.len() + 2..];
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// The stamp of an event's line, where it stands in it.
pub(in crate::record) fn xml_stamp(line: &[u8]) -> Option<Stamp> {
    stamp::from_text(attribute(line, "SystemTime=")?)
}

/// Reads an event; its message is the rendered text, else its data, one value after another.
pub(in crate::record) fn read_xml<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let block = Block::around(frame, super::is_head)?;
    if !is_xml(block.head) {
        return None;
    }
    let text = csv::joined(&block);
    // Further events of one line are told by none of its stamps.
    let end = memmem::find(&text, b"</Event>").unwrap_or(text.len());
    let xml = &text[..end];
    let mut record = start(Format::WindowsXml, frame.line);
    let owned = |text: &[u8]| Cow::Owned(into_text(unescaped(text)).into_owned());
    record.unwrapped = true;
    record.stamp = xml_stamp(xml);
    record.host = element(xml, "Computer").map(owned);
    record.program = attribute(xml, "Provider Name=").map(owned);
    record.pid = attribute(xml, "ProcessID=")
        .and_then(stamp::number)
        .and_then(|pid| u32::try_from(pid).ok());
    // Levels of "System Properties Type" in Microsoft's event schema; 0 is "log always".
    record.severity = match element(xml, "Level") {
        Some(b"1") => Some(Severity::Critical),
        Some(b"2") => Some(Severity::Error),
        Some(b"3") => Some(Severity::Warning),
        Some(b"0" | b"4") => Some(Severity::Info),
        Some(b"5") => Some(Severity::Debug),
        _ => None,
    };
    if let Some(id) = element(xml, "EventID") {
        record.facts.push(("event_id", owned(id)));
    }
    let data = || {
        let data = xml.get(memmem::find(xml, b"<EventData")?..)?;
        let mut values: Vec<Cow<'_, [u8]>> = Vec::new();
        let mut rest = data;
        while let Some(at) = memmem::find(rest, b"<Data") {
            rest = &rest[at + 5..];
            let open = memchr::memchr(b'>', rest)?;
            rest = &rest[open + 1..];
            let len = memchr::memchr(b'<', rest).unwrap_or(rest.len());
            values.push(unescaped(rest[..len].trim_ascii()));
        }
        Some(values.join(&b' '))
    };
    record.message = match element(xml, "Message") {
        Some(message) => Cow::Owned(unescaped(message.trim_ascii()).into_owned()),
        None => Cow::Owned(data().unwrap_or_default()),
    };
    Some(block.place(record))
}

/// Where the date of a line of the CSV begins: behind the level.
fn csv_head(line: &[u8]) -> Option<(Severity, usize, Layout)> {
    let comma = line.iter().take(12).position(|b| *b == b',')?;
    let severity = level::of(&line[..comma])?;
    let layout = Layout::of(line.get(comma + 1..)?)?;
    let fits = matches!(
        layout,
        Layout::MonthFirstSlashes | Layout::DayFirstSlashes | Layout::Iso
    );
    fits.then_some((severity, comma + 1, layout))
}

/// The format of a line of the CSV: whether its date can only be read with the day first.
pub(in crate::record) fn csv_shape(line: &[u8]) -> Option<Format> {
    if line.starts_with(b"Level,Date and Time,Source,")
        || line.starts_with(b"\xef\xbb\xbfLevel,Date and Time,")
    {
        return Some(Format::WindowsCsv);
    }
    if !line.first()?.is_ascii_uppercase() {
        return None;
    }
    let (_, _, layout) = csv_head(line)?;
    Some(if layout == Layout::DayFirstSlashes {
        Format::WindowsCsvDayFirst
    } else {
        Format::WindowsCsv
    })
}

/// The stamp of a line of the CSV.
pub(in crate::record) fn csv_stamp(line: &[u8], format: Format) -> Option<Stamp> {
    let (_, at, layout) = csv_head(line)?;
    let layout = match (layout, format) {
        (Layout::MonthFirstSlashes, Format::WindowsCsvDayFirst) => Layout::DayFirstSlashes,
        (layout, _) => layout,
    };
    stamp::parse(layout, line.get(at..)?).map(|(stamp, _)| stamp)
}

/// Reads an event of the CSV, whose last column may go over several lines.
pub(in crate::record) fn read_csv<'a>(frame: Frame<'a>, format: Format) -> Option<Record<'a>> {
    let block = Block::around(frame, super::is_head)?;
    if csv_head(block.head).is_none() {
        csv_shape(block.head)?;
        // The names of the columns.
        return Some(Record {
            message: Cow::Borrowed(chomp(block.head)),
            ..start(format, frame.line)
        });
    }
    let (severity, _, _) = csv_head(block.head)?;
    let text = csv::joined(&block);
    let values = csv::values(&text);
    let value = |n: usize| values.get(n).map_or(&b""[..], |value| &**value);
    let mut record = start(format, frame.line);
    record.unwrapped = true;
    record.severity = Some(severity);
    record.stamp = csv_stamp(block.head, format);
    let owned = |n: usize| Cow::Owned(into_text(Cow::Borrowed(value(n))).into_owned());
    record.program = (!value(2).is_empty()).then(|| owned(2));
    record.facts.push(("event_id", owned(3)));
    record.message = Cow::Owned(
        value(5.min(values.len().saturating_sub(1)))
            .trim_ascii()
            .to_vec(),
    );
    Some(block.place(record))
}
