//! JSON Lines: an object for each change, or objects that Kubernetes exports.
//!
//! In: the text of a list. Out: its changes. Objects may go on over several lines, or stand in an array.

use jiff::tz::TimeZone;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::classify::Event;

use super::list::Wrong;
use super::{Spot, Told, kubernetes};

pub(super) fn read(text: &str, zone: &TimeZone) -> Result<Vec<Event>, Wrong> {
    let list = &List::new(text);
    let mut events = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    loop {
        let before = stream.byte_offset();
        let Some(value) = stream.next() else {
            return Ok(events);
        };
        let value = value.map_err(|err| {
            // The parser tells of the line after one that ends too early.
            let at = text[..before].len() + blanks(&text[before..]);
            Wrong {
                line: if err.is_eof() {
                    list.line_of(at)
                } else {
                    err.line() as u64
                },
                reason: format!("is no JSON: {err}"),
            }
        })?;
        let raw = value.get();
        if raw.starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(|err| Wrong {
                line: list.line_of(list.offset_of(raw)),
                reason: format!("is no JSON: {err}"),
            })?;
            for item in items {
                events.extend(one(list, item.get(), zone)?);
            }
        } else {
            events.extend(one(list, raw, zone)?);
        }
    }
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// The text of a list, and where its lines end.
struct List<'t> {
    text: &'t str,
    ends: Vec<usize>,
}

impl<'t> List<'t> {
    fn new(text: &'t str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
        Self { text, ends }
    }

    /// Where a part of the text begins in it.
    fn offset_of(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    fn line_of(&self, offset: usize) -> u64 {
        1 + self.ends.partition_point(|end| *end < offset) as u64
    }
}

/// The change of an object; of one that Kubernetes exports those that it tells of.
fn one(list: &List<'_>, raw: &str, zone: &TimeZone) -> Result<Vec<Event>, Wrong> {
    let offset = list.offset_of(raw);
    let line = list.line_of(offset);
    let wrong = |reason: String| Wrong { line, reason };
    let value: Value =
        serde_json::from_str(raw).map_err(|err| wrong(format!("is no JSON: {err}")))?;
    let Value::Object(object) = value else {
        return Err(wrong(
            "a change is an object: {\"time\": \"2026-03-01T10:00:00Z\", \"subject\": \"...\"}"
                .to_owned(),
        ));
    };
    if kubernetes::is_object(&object) {
        return exported(list, raw, zone);
    }
    let spot = Spot {
        offset: offset as u64,
        line,
        cursor: None,
        text: raw,
    };
    let mut told = Told::default();
    for (key, value) in &object {
        take(&mut told, key, value, zone).map_err(|reason| wrong(format!("{key}: {reason}")))?;
    }
    Ok(vec![told.finish(&spot)?])
}

/// The changes that an object of Kubernetes, or a list of such, tells of.
fn exported(list: &List<'_>, raw: &str, zone: &TimeZone) -> Result<Vec<Event>, Wrong> {
    #[derive(serde::Deserialize)]
    struct Objects<'a> {
        #[serde(borrow, default)]
        items: Option<Vec<&'a RawValue>>,
    }
    let place = |object: &RawValue| list.offset_of(object.get());
    let wrong = |at: usize, reason: String| Wrong {
        line: list.line_of(at),
        reason,
    };
    let no_json = |err: serde_json::Error| wrong(list.offset_of(raw), format!("is no JSON: {err}"));
    let told: Objects<'_> = serde_json::from_str(raw).map_err(no_json)?;
    let objects = match told.items {
        Some(items) => items,
        None => vec![serde_json::from_str(raw).map_err(no_json)?],
    };
    let exports = kubernetes::changes(&objects).map_err(|(n, reason)| {
        let reason = format!("is no object as Kubernetes exports them: {reason}");
        wrong(place(objects[n]), reason)
    })?;
    let events = exports.into_iter().map(|export| {
        let at = place(objects[export.object]);
        let mut told = export.told;
        told.take("time", &export.time, zone)
            .map_err(|reason| wrong(at, reason))?;
        let said = format!("{} {}", export.time, told.message());
        told.finish(&Spot {
            offset: at as u64,
            line: list.line_of(at),
            cursor: None,
            text: &said,
        })
    });
    events.collect()
}

/// A value as text; of a list of targets or files each by itself.
fn take(told: &mut Told, key: &str, value: &Value, zone: &TimeZone) -> Result<(), String> {
    match value {
        Value::Null => Ok(()),
        Value::String(text) => told.take(key, text, zone),
        Value::Array(values) if matches!(key, "target" | "path") => {
            for value in values {
                take(told, key, value, zone)?;
            }
            Ok(())
        }
        Value::Object(_) | Value::Array(_) if is_known(key) => {
            Err("has to be a text or a number".to_owned())
        }
        other => told.take(key, &other.to_string(), zone),
    }
}

fn is_known(key: &str) -> bool {
    super::list::COLUMNS.split(", ").any(|column| column == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(text: &str) -> (u64, String) {
        let wrong = read(text, &TimeZone::UTC).expect_err(text);
        (wrong.line, wrong.reason)
    }

    #[test]
    fn objects_are_changes_with_their_places() {
        let text = "{\"time\": \"2026-03-01T10:00:00Z\", \"kind\": \"flag\", \"subject\": \"x\", \"ticket\": 7}\n\
                    {\"time\": 1772359200, \"target\": [\"a\", \"b\"], \"to\": null,\n \"labels\": {\"k\": 1}}\n\
                    [{\"time\": \"2026-03-01T10:00:00Z\", \"summary\": \"s\"}]\n";
        let events = read(text, &TimeZone::UTC).map_err(|w| w.reason).unwrap();
        let lines: Vec<u64> = events.iter().map(|e| e.place.line.get()).collect();
        assert_eq!(lines, [1, 2, 4]);
        assert_eq!(events[0].field("column ticket"), Some("7"));
        assert_eq!(events[1].field("targets"), Some("a\nb"));
        assert_eq!(events[1].field("column labels"), Some("{\"k\":1}"));
        let at = events[1].place.offset.get() as usize;
        assert!(text[at..].starts_with(&*events[1].text));
    }

    #[test]
    fn what_cannot_be_understood_is_told_with_its_line() {
        let good = "{\"time\": \"2026-03-01T10:00:00Z\", \"subject\": \"x\"}\n";
        let (line, reason) = fails(&format!("{good}{{\"time\": \"2026-03-01T10:00:00Z\"}}\n"));
        assert_eq!(line, 2);
        assert!(reason.contains("says nothing"), "{reason}");
        let (line, reason) = fails(&format!("{good}{good}{{\"time\": \n"));
        assert_eq!(
            (line, reason.starts_with("is no JSON")),
            (3, true),
            "{reason}"
        );
        let (line, reason) = fails(&format!("{good}{{\"subject\": \"x\"}}\n"));
        assert_eq!((line, &*reason), (2, "has no `time`"));
        let (line, _) = fails(&format!("{good}oops\n"));
        assert_eq!(line, 2);
        assert!(
            fails("{\"time\": {\"a\": 1}}")
                .1
                .contains("time: has to be")
        );
        assert!(fails("[1]").1.contains("is an object"));
    }
}
