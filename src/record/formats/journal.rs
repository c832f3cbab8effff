//! The systemd journal: JSON, one object a line, and the export format's stanzas.
//!
//! Owns: which fields of the journal make which part of a record. In: a line of JSON, or any line of a
//! stanza. Out: the record. Of a stanza only the line with its MESSAGE is a record's place.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::lines::{self, into_text};
use super::{Format, inner, start, syslog};
use crate::record::stamp;
use crate::record::{Frame, Record, Tag};

/// Fields that a record keeps as they stand.
const FACTS: [&str; 15] = [
    "MESSAGE_ID",
    "EXIT_CODE",
    "EXIT_STATUS",
    "N_RESTARTS",
    "UNIT_RESULT",
    "JOB_TYPE",
    "JOB_RESULT",
    "CONTAINER_NAME",
    "IMAGE_NAME",
    "COREDUMP_SIGNAL_NAME",
    "COREDUMP_EXE",
    "COREDUMP_COMM",
    "INVOCATION_ID",
    "_BOOT_ID",
    "_TRANSPORT",
];

/// The fields of an entry that matter.
#[derive(Debug, Default)]
pub(in crate::record) struct Entry<'a> {
    realtime: Cow<'a, [u8]>,
    message: Cow<'a, [u8]>,
    host: Cow<'a, [u8]>,
    identifier: Cow<'a, [u8]>,
    command: Cow<'a, [u8]>,
    unit: Cow<'a, [u8]>,
    user_unit: Cow<'a, [u8]>,
    /// By the order in which they count.
    subjects: [Cow<'a, [u8]>; 5],
    pid: Cow<'a, [u8]>,
    syslog_pid: Cow<'a, [u8]>,
    priority: Cow<'a, [u8]>,
    facts: Vec<(&'static str, Cow<'a, [u8]>)>,
}

impl<'a> Entry<'a> {
    /// Where the field's value goes; `None` where it is of no use.
    pub(in crate::record) fn slot(&mut self, name: &[u8]) -> Option<&mut Cow<'a, [u8]>> {
        Some(match name {
            b"__REALTIME_TIMESTAMP" => &mut self.realtime,
            b"MESSAGE" => &mut self.message,
            b"_HOSTNAME" => &mut self.host,
            b"SYSLOG_IDENTIFIER" => &mut self.identifier,
            b"_COMM" => &mut self.command,
            b"_SYSTEMD_UNIT" => &mut self.unit,
            b"_SYSTEMD_USER_UNIT" => &mut self.user_unit,
            b"UNIT" => &mut self.subjects[0],
            b"USER_UNIT" => &mut self.subjects[1],
            b"COREDUMP_UNIT" => &mut self.subjects[2],
            b"COREDUMP_USER_UNIT" => &mut self.subjects[3],
            b"OBJECT_SYSTEMD_UNIT" => &mut self.subjects[4],
            b"_PID" => &mut self.pid,
            b"SYSLOG_PID" => &mut self.syslog_pid,
            b"PRIORITY" => &mut self.priority,
            _ => {
                let name = *FACTS.iter().find(|fact| fact.as_bytes() == name)?;
                self.facts.push((name, Cow::Borrowed(b"")));
                &mut self.facts.last_mut()?.1
            }
        })
    }

    pub(in crate::record) fn record(self, format: Format, line: &'a [u8]) -> Record<'a> {
        let named = |name: Cow<'a, [u8]>| (!name.is_empty()).then(|| into_text(name));
        let or = |a: Cow<'a, [u8]>, b| if a.is_empty() { b } else { a };
        let mut record = start(format, line);
        record.unwrapped = true;
        record.stamp = stamp::number(&self.realtime).and_then(|at| stamp::from_count(at, &[]));
        record.host = named(self.host);
        let kernel = *self.identifier == *b"kernel";
        record.program = named(or(self.identifier, self.command));
        let user_unit = if is_init(&self.user_unit) {
            Cow::Borrowed(&b""[..])
        } else {
            self.user_unit
        };
        let unit = if is_init(&self.unit) {
            Cow::Borrowed(&b""[..])
        } else {
            self.unit
        };
        record.unit = named(or(user_unit, unit));
        record.subject = self
            .subjects
            .into_iter()
            .find(|name| !name.is_empty())
            .map(into_text);
        record.pid =
            stamp::number(&or(self.pid, self.syslog_pid)).and_then(|n| u32::try_from(n).ok());
        record.severity = match *self.priority {
            [digit @ b'0'..=b'7'] => Some(syslog::severity(digit - b'0')),
            _ => None,
        };
        record.facts = self
            .facts
            .into_iter()
            .map(|(name, value)| (name, into_text(value)))
            .collect();
        record.message = match self.message {
            Cow::Borrowed(message) => super::uncoloured(tidy(message, kernel)),
            Cow::Owned(message) => {
                Cow::Owned(super::uncoloured(tidy(&message, kernel)).into_owned())
            }
        };
        inner::unwrap(&mut record);
        record
    }
}

fn tidy(message: &[u8], kernel: bool) -> &[u8] {
    let message = message.trim_ascii_start();
    if kernel {
        syslog::without_boot_clock(message)
    } else {
        message
    }
}

fn is_init(unit: &[u8]) -> bool {
    unit == b"init.scope"
}

/// Whether the line is an entry in JSON.
pub(in crate::record) fn is_json(line: &[u8]) -> bool {
    line.starts_with(b"{") && memmem::find(line, b"\"__REALTIME_TIMESTAMP\"").is_some()
}

/// The cursor of an entry in JSON: where in its journal it stands, for journalctl.
pub(crate) fn cursor_of(line: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Entry {
        #[serde(rename = "__CURSOR")]
        cursor: String,
    }
    serde_json::from_slice(line)
        .ok()
        .map(|entry: Entry| entry.cursor)
}

/// Reads an entry in JSON.
pub(in crate::record) fn read_json<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let line = frame.line.trim_ascii();
    // `json-seq` has a record separator before each object, `json-sse` the word `data:`.
    let json = line
        .strip_prefix(b"\x1e")
        .or_else(|| line.strip_prefix(b"data: "))
        .unwrap_or(line);
    if json.first() != Some(&b'{') {
        return None;
    }
    let entry = match serde_json::Deserializer::from_slice(json).deserialize_map(Entries) {
        Ok(entry) => entry,
        // Bytes that are no UTF-8 end the reader; replaced, they do not.
        Err(_) => {
            let replaced = String::from_utf8_lossy(json);
            let entry = serde_json::Deserializer::from_str(&replaced)
                .deserialize_map(Entries)
                .ok()?;
            if entry.realtime.is_empty() {
                return None;
            }
            let record = entry.record(Format::JournalJson, &[]);
            return Some(Record {
                len: frame.line.len(),
                ..super::into_owned(record)
            });
        }
    };
    (!entry.realtime.is_empty()).then(|| entry.record(Format::JournalJson, frame.line))
}

/// Reads the object; keys of no use are skipped unparsed.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Entry<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a journal entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entry = Entry::default();
        while let Some(Value(name)) = map.next_key::<Value<'_>>()? {
            match entry.slot(&name) {
                Some(slot) => *slot = map.next_value::<Value<'de>>()?.0,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(entry)
    }
}

/// A field's value as bytes: a string, an array of byte numbers, the first of several values; null is
/// empty.
pub(in crate::record) struct Value<'a>(pub(in crate::record) Cow<'a, [u8]>);

impl<'de> de::Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a journal field")
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Value(Cow::Borrowed(value.as_bytes())))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Value(Cow::Owned(value.as_bytes().to_vec())))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Value(Cow::Borrowed(b"")))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Value(Cow::Owned(value.to_string().into_bytes())))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Value(Cow::Owned(value.to_string().into_bytes())))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Value(Cow::Owned(value.to_string().into_bytes())))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Value(Cow::Owned(value.to_string().into_bytes())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut bytes = Vec::new();
        while let Some(item) = seq.next_element::<Element<'de>>()? {
            match item {
                Element::Byte(byte) => bytes.push(byte),
                Element::Text(value) => {
                    while seq.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(value);
                }
            }
        }
        Ok(Value(Cow::Owned(bytes)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value(Cow::Borrowed(b"")))
    }
}

/// An element of an array: a byte, or one of several values.
enum Element<'a> {
    Byte(u8),
    Text(Value<'a>),
}

impl<'de> de::Deserialize<'de> for Element<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Elements)
    }
}

struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Element<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte or a value")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Element::Byte(u8::try_from(value).unwrap_or(b'?')))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        // `json` of old versions has signed bytes.
        Ok(Element::Byte(
            i8::try_from(value).map_or(b'?', i8::cast_unsigned),
        ))
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Values.visit_borrowed_str(value).map(Element::Text)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Values.visit_str(value).map(Element::Text)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Values.visit_unit().map(Element::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Values.visit_seq(seq).map(Element::Text)
    }
}

/// Searchers for the names that the census asks for, made once.
static TAGS: LazyLock<[memmem::Finder<'static>; 4]> = LazyLock::new(|| {
    [
        memmem::Finder::new("\"SYSLOG_IDENTIFIER\""),
        memmem::Finder::new("\"_PID\""),
        memmem::Finder::new("\"_HOSTNAME\""),
        memmem::Finder::new("\"__REALTIME_TIMESTAMP\""),
    ]
});

/// Where the names of [`TAGS`] stood in the entry looked at last: in the next they stand near there.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::record) struct Places([usize; 4]);

/// How far before the place of the last entry's name the next one's is looked for first, in bytes: numbers
/// before it may have lost digits.
const SLACK: usize = 24;

impl Places {
    /// Where host, program and pid stand in an entry in JSON, found without parsing it.
    pub(in crate::record) fn tag<'a>(&mut self, line: &'a [u8]) -> Option<Tag<'a>> {
        Some(Tag {
            program: self.string(line, 0).filter(|name| !name.is_empty())?,
            pid: self.string(line, 1).unwrap_or_default(),
            host: self.string(line, 2).unwrap_or_default(),
        })
    }

    /// An entry's microseconds, found without parsing it.
    pub(in crate::record) fn stamp(&mut self, line: &[u8]) -> Option<crate::time::Stamp> {
        stamp::from_count(stamp::number(self.string(line, 3)?)?, &[])
    }

    fn string<'a>(&mut self, line: &'a [u8], n: usize) -> Option<&'a [u8]> {
        let (name, place) = (&TAGS[n], &mut self.0[n]);
        let len = name.needle().len();
        let from = place.saturating_sub(SLACK).min(line.len());
        let near = name.find(&line[from..]).map(|at| from + at);
        let at = near.or_else(|| name.find(&line[..line.len().min(from + len)]))?;
        *place = at;
        let rest = &line[at + len..];
        let rest = match rest.strip_prefix(b":\"") {
            Some(rest) => rest,
            // systemd before 240 writes blanks around the colon.
            None => rest
                .trim_ascii_start()
                .strip_prefix(b":")?
                .trim_ascii_start()
                .strip_prefix(b"\"")?,
        };
        rest.get(..memchr(b'"', rest)?)
    }
}

/// Whether an export stanza begins with the line.
pub(in crate::record) fn is_stanza_start(line: &[u8]) -> bool {
    line.starts_with(b"__CURSOR=") || line.starts_with(b"__REALTIME_TIMESTAMP=")
}

/// Whether the line looks like one of a stanza: `_PID=812`.
pub(in crate::record) fn is_field(line: &[u8]) -> bool {
    let name = line
        .iter()
        .take(64)
        .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_');
    let len = name.count();
    len > 1 && line.get(len) == Some(&b'=')
}

/// The text of an export stanza around a line.
#[derive(Debug)]
pub(in crate::record) struct Stanza<'a> {
    frame: Frame<'a>,
    /// Bytes from the start of the frame's line back to the start of the stanza.
    back: usize,
}

impl<'a> Stanza<'a> {
    /// The stanza that the line belongs to, if it belongs to one.
    pub(in crate::record) fn around(frame: Frame<'a>) -> Option<Self> {
        if frame.line.starts_with(b"__CURSOR=") {
            return Some(Self { frame, back: 0 });
        }
        // A blank line may stand within binary data, `__CURSOR=` begins a stanza for sure. The first
        // stanza in reach may have lost its head to the bound of the context.
        let start = lines::backward(frame.before).find(|(_, line)| line.starts_with(b"__CURSOR="));
        let back = start.map(|(back, _)| back)?;
        let stanza = Self { frame, back };
        // Behind the stanza's end there is none.
        stanza
            .fields(|_, _, _| {})
            .filter(|end| *end > back)
            .map(|_| stanza)
    }

    /// The byte at `at` of the text that begins with the stanza and goes on to the context's end.
    fn slice(&self, from: usize, to: usize) -> Option<Cow<'a, [u8]>> {
        let Frame {
            line,
            before,
            after,
        } = self.frame;
        let parts = [
            before.get(before.len().checked_sub(self.back)?..)?,
            line,
            b"\n",
            after,
        ];
        let mut begin = 0;
        let mut joined = Vec::new();
        for part in parts {
            let end = begin + part.len();
            if from >= begin && to <= end {
                return part.get(from - begin..to - begin).map(Cow::Borrowed);
            }
            if from < end && to > begin {
                joined.extend_from_slice(part.get(from.max(begin) - begin..to.min(end) - begin)?);
            }
            begin = end;
        }
        (to <= begin && from <= to).then_some(Cow::Owned(joined))
    }

    /// Where the line at `at` ends.
    fn line_end(&self, at: usize) -> Option<usize> {
        let Frame {
            line,
            before,
            after,
        } = self.frame;
        let parts = [
            before.get(before.len().checked_sub(self.back)?..)?,
            line,
            b"\n",
            after,
        ];
        let mut begin = 0;
        for part in parts {
            let end = begin + part.len();
            if at < end
                && let Some(len) = memchr(b'\n', part.get(at.max(begin) - begin..)?)
            {
                return Some(at.max(begin) + len);
            }
            begin = end;
        }
        (at < begin).then_some(begin)
    }

    /// Calls `each` with every field's name and value and the range of the whole field, terminator
    /// left out. The end of the stanza; `None` where a binary field breaks off.
    fn fields(&self, mut each: impl FnMut(&[u8], Cow<'a, [u8]>, (usize, usize))) -> Option<usize> {
        let mut at = 0;
        while let Some(end) = self.line_end(at) {
            let line = self.slice(at, end)?;
            if line.is_empty() {
                return Some(at);
            }
            if let Some(equals) = memchr(b'=', &line) {
                let value = self.slice(at + equals + 1, end)?;
                each(line.get(..equals)?, value, (at, end));
                at = end + 1;
                continue;
            }
            let length = self.slice(end + 1, end + 9)?;
            let length = <[u8; 8]>::try_from(&*length).ok().map(u64::from_le_bytes)?;
            let from = end + 9;
            let to = from.checked_add(usize::try_from(length).ok()?)?;
            each(&line, self.slice(from, to)?, (at, to));
            at = to + 1;
        }
        Some(at)
    }

    /// The stanza's record, if the frame's line is the one with its MESSAGE.
    pub(in crate::record) fn record(&self) -> Option<Record<'a>> {
        let mut entry = Entry::default();
        let mut place = None;
        let own = self.back;
        // A field that breaks off ends the stanza; what came before it counts.
        let _ = self.fields(|name, value, range| {
            if name == b"MESSAGE" && (range.0..=range.1).contains(&own) {
                place = Some(range);
            }
            if let Some(slot) = entry.slot(name) {
                *slot = value;
            }
        });
        let (from, to) = place?;
        let record = entry.record(Format::JournalExport, self.frame.line);
        Some(Record {
            back: own - from,
            len: to - from,
            ..record
        })
    }
}
