//! Binary journals: the lines that `source` makes of their entries.
//!
//! In: a line. Out: the record, the same as of the entry's JSON, and its cursor.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::journal::Entry;
use super::lines::text;
use super::{Format, stamp};
use crate::record::{Frame, Record, Tag};
use crate::source::journal::line::{LINE_END, MINUTE, Parts, Writer, time_of};
use crate::time::Stamp;

/// Reads the entry of the line.
pub(in crate::record) fn read<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let parts = Parts::of(frame.line)?;
    let Writer { host, program, pid } = parts.writer;
    let mut entry = Entry::default();
    let given: [(&[u8], &'a [u8]); 3] = [
        (b"_HOSTNAME", host),
        (b"SYSLOG_IDENTIFIER", program),
        (b"_PID", pid),
    ];
    let boot = parts.boot().map(|boot| (&b"_BOOT_ID"[..], boot));
    for (name, value) in given.into_iter().chain(parts.fields()).chain(boot) {
        if let Some(slot) = entry.slot(name) {
            *slot = whole(value);
        }
    }
    Some(Record {
        stamp: stamp::from_count(parts.micros, &[]),
        cursor: Some(text(parts.cursor)),
        ..entry.record(Format::Journal, frame.line)
    })
}

/// The value with its line ends.
fn whole(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr(LINE_END, value).is_none() {
        return Cow::Borrowed(value);
    }
    let ends = |byte: &u8| if *byte == LINE_END { b'\n' } else { *byte };
    Cow::Owned(value.iter().map(ends).collect())
}

/// Where host, program and pid stand in the line.
pub(in crate::record) fn tag(line: &[u8]) -> Option<Tag<'_>> {
    let Writer { host, program, pid } = Writer::of(line).filter(|w| !w.program.is_empty())?;
    Some(Tag { host, program, pid })
}

/// The line's time.
pub(in crate::record) fn stamp(line: &[u8]) -> Option<Stamp> {
    stamp::from_count(time_of(line)?, &[])
}

/// The bytes of the line that are equal within one minute.
pub(in crate::record) fn minute_key(line: &[u8]) -> Option<Range<usize>> {
    time_of(line).map(|_| MINUTE)
}
