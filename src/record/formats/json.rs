//! JSON lines: one object a record, whatever its logger names its fields.
//!
//! In: a line with a JSON object. Out: its record. Names of no use are skipped unparsed; nested names
//! are joined by dots.

use std::borrow::Cow;
use std::fmt;

use memchr::memmem;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::keys::Parts;
use super::lines;
use super::{Format, container, into_owned, journal, kube, otlp, start};
use crate::record::{Frame, Record, stamp};
use crate::time::Stamp;

/// How deep names are looked for.
const DEEPEST: usize = 4;

/// The kind of record that a JSON line holds.
pub(in crate::record) fn shape(line: &[u8]) -> Option<Format> {
    let inner = line.strip_prefix(b"{")?.trim_ascii_start();
    if inner.first() != Some(&b'"') || !line.trim_ascii_end().ends_with(b"}") {
        return None;
    }
    if container::is_docker(line) {
        return Some(Format::DockerJson);
    }
    let has = |text: &[u8]| memmem::find(line, text).is_some();
    Some(if journal::is_json(line) {
        Format::JournalJson
    } else if has(b"\"audit.k8s.io/") {
        Format::KubeAudit
    } else if kube::is_event(line) {
        Format::KubeEvents
    } else {
        Format::JsonLines
    })
}

/// Reads a line that is one JSON object.
pub(in crate::record) fn read<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let line = lines::chomp(frame.line);
    if let Some(record) = otlp::read(frame) {
        return Some(record);
    }
    let blank = || Record {
        message: Cow::Borrowed(line),
        ..start(Format::JsonLines, frame.line)
    };
    let parts = match parts(line) {
        Some(parts) => parts,
        None => {
            // Bytes that are no UTF-8 end the reader; replaced, they do not.
            let replaced = String::from_utf8_lossy(line);
            let Cow::Owned(replaced) = &replaced else {
                return None;
            };
            let parts = self::parts(replaced.as_bytes())?;
            let mut record = blank();
            parts.fill(&mut record);
            return Some(Record {
                unwrapped: true,
                ..into_owned(record)
            });
        }
    };
    let mut record = blank();
    record.unwrapped = parts.has_message();
    parts.fill(&mut record);
    Some(record)
}

/// The known parts of an object.
pub(in crate::record) fn parts(json: &[u8]) -> Option<Parts<'_>> {
    let mut parts = Parts::default();
    walk(
        json,
        &mut |name, value| parts.put(name, value),
        &Parts::wants,
    )?;
    Some(parts)
}

/// Calls `each` with the name and value of every scalar in the object whose name is wanted.
pub(in crate::record) fn walk<'a>(
    json: &'a [u8],
    each: &mut dyn FnMut(&str, Cow<'a, [u8]>),
    wants: &dyn Fn(&str) -> bool,
) -> Option<()> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let walk = Walk {
        name: &mut String::new(),
        depth: 0,
        each,
        wants,
    };
    walk.deserialize(&mut reader).ok()?;
    reader.end().ok()
}

/// Walks a value; `name` is that of the value.
struct Walk<'w, 'a> {
    name: &'w mut String,
    depth: usize,
    each: &'w mut dyn FnMut(&str, Cow<'a, [u8]>),
    wants: &'w dyn Fn(&str) -> bool,
}

impl<'w, 'a> Walk<'w, 'a> {
    fn scalar<E>(self, value: Cow<'a, [u8]>) -> Result<(), E> {
        (self.each)(self.name, value);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let len = self.name.len();
        while let Some(journal::Value(key)) = map.next_key::<journal::Value<'_>>()? {
            if self.depth >= DEEPEST {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if len > 0 {
                self.name.push('.');
            }
            self.name.push_str(&String::from_utf8_lossy(&key));
            map.next_value_seed(Walk {
                name: &mut *self.name,
                depth: self.depth + 1,
                each: &mut *self.each,
                wants: self.wants,
            })?;
            self.name.truncate(len);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        // A stack trace as an array of lines, and a message as one of words.
        if !(self.wants)(self.name) {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut joined = Vec::new();
        while let Some(journal::Value(value)) = seq.next_element::<journal::Value<'de>>()? {
            if !joined.is_empty() {
                joined.push(b'\n');
            }
            joined.extend_from_slice(&value);
        }
        self.scalar(Cow::Owned(joined))
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<(), E> {
        self.scalar(Cow::Borrowed(value.as_bytes()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        if (self.wants)(self.name) {
            return self.scalar(Cow::Owned(value.as_bytes().to_vec()));
        }
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.visit_str(if value { "true" } else { "false" })
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Names of an object's time, for a stamp found without parsing it.
fn times(format: Format) -> &'static [&'static [u8]] {
    match format {
        Format::DockerJson => &[b"\"time\""],
        Format::KubeEvents => &[
            b"\"lastTimestamp\"",
            b"\"eventTime\"",
            b"\"firstTimestamp\"",
        ],
        Format::KubeAudit => &[b"\"stageTimestamp\"", b"\"requestReceivedTimestamp\""],
        Format::JsonPretty => &[
            b"\"__REALTIME_TIMESTAMP\"",
            b"\"@timestamp\"",
            b"\"timestamp\"",
            b"\"time\"",
            b"\"ts\"",
        ],
        _ => &[
            b"\"@timestamp\"",
            b"\"timestamp\"",
            b"\"time\"",
            b"\"asctime\"",
            b"\"@t\"",
            b"\"$date\"",
            b"\"ts\"",
            b"\"t\"",
        ],
    }
}

/// An object's time, found without parsing it.
pub(in crate::record) fn stamp_of(line: &[u8], format: Format) -> Option<Stamp> {
    if otlp::is_line(line) {
        return otlp::stamp_of(line);
    }
    times(format).iter().find_map(|name| {
        let rest = line
            .get(memmem::find(line, name)? + name.len()..)?
            .trim_ascii_start();
        let rest = rest.strip_prefix(b":")?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
        let len = rest
            .iter()
            .take(48)
            .take_while(|b| !matches!(**b, b'"' | b'}'))
            .count();
        let text = rest.get(..len)?;
        // A number ends at the comma, a stamp may have one before its fraction.
        let number = text.split(|b| *b == b',').next()?;
        stamp::from_text(text).or_else(|| stamp::from_text(number))
    })
}
