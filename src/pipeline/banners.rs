//! What stands around crash texts that bear no process id: whether their program began anew after them.
//!
//! In: a timeline, what is known of loops, and the inputs. Out: events of starts that no record tells. Of
//! a plain file only what lies around the texts is read; what is compressed is read once more as far as
//! need be, and of a stream what stood there was [`kept`](super::kept).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::kept::AFTER;
use super::lives::line_of;
use super::look::Opened;
use crate::classify::Event;
use crate::framing::{BLOCK, Blocks, whole_lines};
use crate::loops::{self, LoopPolicy, Loops, Surroundings};
use crate::primitives::FileId;
use crate::record::{CONTEXT, Format, Frame, Record, read};
use crate::time::{Span, Timestamp};
use crate::timeline::Timeline;

/// How many lines after a text are looked at.
const LINES: usize = 6;

/// Text before and after the record of an event; the latter from its end on.
type Around = (Vec<u8>, Vec<u8>);

/// The starts after crash texts, by nothing but what their programs say first.
pub(super) fn infer(
    timeline: &Timeline,
    loops: &Loops,
    sources: &[Opened<'_>],
    policy: &LoopPolicy,
) -> Vec<Event> {
    let services = loops::unanswered(timeline, loops, policy);
    let mut wanted: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
    for &n in services.iter().flatten() {
        let file = timeline.events[n].place.file;
        wanted.entry(file).or_default().push(n);
    }
    let mut texts: BTreeMap<usize, Around> = BTreeMap::new();
    for (file, mut events) in wanted {
        events.sort_by_key(|&n| timeline.events[n].place.offset);
        if let Some(opened) = sources.get(file.index()) {
            // Where it cannot be read once more nothing follows from it.
            let _ = gather(timeline, opened, &events, &mut texts);
        }
    }
    let mut found = Vec::new();
    for service in services {
        let mut begin = None;
        let around: Vec<(&Event, Surroundings)> = service
            .iter()
            .map(|&n| {
                let event = &timeline.events[n];
                let opened = sources.get(event.place.file.index());
                let text = texts.get(&n).zip(opened);
                let found =
                    text.map(|(text, opened)| surroundings(event, text, opened.format, begin));
                begin = Some(end_of(event));
                (event, found.unwrap_or_default())
            })
            .collect();
        found.extend(loops::starts_told_by_banners(&around, policy));
    }
    found
}

/// Where the event's record ends.
fn end_of(event: &Event) -> u64 {
    event.place.offset.get() + event.covers
}

/// Reads what stands around events of one input; they are in its order.
fn gather(
    timeline: &Timeline,
    opened: &Opened<'_>,
    events: &[usize],
    texts: &mut BTreeMap<usize, Around>,
) -> io::Result<()> {
    let event = |n: usize| &timeline.events[n];
    let Some(source) = opened.source.filter(|source| source.path != "-") else {
        for &n in events {
            let at = event(n).place.offset;
            let before = opened.kept.iter().find_map(|kept| kept.before(at));
            let after = opened.kept.iter().find_map(|kept| kept.after(at));
            texts.insert(n, (before.unwrap_or_default(), after.unwrap_or_default()));
        }
        return Ok(());
    };
    if let Some(mut file) = source.open_anywhere()? {
        for &n in events {
            texts.insert(n, around(&mut file, event(n))?);
        }
        return Ok(());
    }
    let mut blocks = Blocks::new(source.open()?.reader, BLOCK);
    let mut next = events.iter().peekable();
    while next.peek().is_some() {
        let Some(block) = blocks.next_block() else {
            break;
        };
        let end = block.offset_of(block.main().len());
        while let Some(&n) = next.next_if(|n| event(**n).place.offset < end) {
            let at = block.position_of(event(n).place.offset);
            let skip = usize::try_from(event(n).covers).unwrap_or(usize::MAX);
            let after = block.after(at).get(skip..).unwrap_or_default();
            let after = &after[..after.len().min(AFTER)];
            texts.insert(n, (block.before(at).to_vec(), after.to_vec()));
        }
        blocks.recycle(block);
    }
    Ok(())
}

fn around(file: &mut File, event: &Event) -> io::Result<Around> {
    let begin = event.place.offset.get();
    let reach = begin.min(CONTEXT as u64);
    file.seek(SeekFrom::Start(begin - reach))?;
    let mut before = vec![0; reach as usize];
    file.read_exact(&mut before)?;
    file.seek(SeekFrom::Start(end_of(event)))?;
    let mut after = Vec::new();
    Read::take(file, AFTER as u64).read_to_end(&mut after)?;
    if reach == CONTEXT as u64 {
        before = whole_lines(&before).to_vec();
    }
    Ok((before, after))
}

/// What the event's writer wrote around it: after it, and before it from `begin` on.
fn surroundings(
    event: &Event,
    (before, after): &Around,
    format: Format,
    begin: Option<u64>,
) -> Surroundings {
    let at = event.place.offset.get();
    let skip = begin.map_or(0, |begin| {
        let back = usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX);
        before.len().saturating_sub(back)
    });
    let mut found = Surroundings::default();
    each_record(&before[skip..], format, event, |record, _, _| {
        let message = String::from_utf8_lossy(&record.message);
        found.before.push(message.into_owned());
        true
    });
    // The rest of the record's own line is blank.
    each_record(after, format, event, |record, line, offset| {
        let offset = end_of(event) + offset as u64;
        if found.after.is_empty() {
            found.at = Some(time_of(record, event));
        }
        found
            .after
            .push(line_of(record, line, offset, event.place.file));
        found.after.len() < LINES
    });
    found
}

/// When a record near the event was written: year, zone and clock are the event's.
fn time_of(record: &Record<'_>, event: &Event) -> Timestamp {
    let stamps = record.stamp.zip(event.stamp);
    let lag = stamps.map(|(a, b)| a.known_nanos() - b.known_nanos());
    event.at.plus(Span::from_nanos(lag.unwrap_or(0).max(0)))
}

/// Calls `each` with the records of the event's writer, and where they begin, as long as it says so.
fn each_record(
    text: &[u8],
    format: Format,
    event: &Event,
    mut each: impl FnMut(&Record<'_>, &[u8], usize) -> bool,
) {
    let same = |name: Option<&str>, other: Option<&str>| name.is_none() || name == other;
    let mut at = 0;
    // Up to where lines belong to a record that was told.
    let mut known = 0;
    while at < text.len() {
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
        let frame = Frame {
            line: text[at..end].trim_ascii_end(),
            before: &text[..at],
            after: &text[(end + 1).min(text.len())..],
        };
        let record = read(frame, format).filter(|record| {
            at >= known
                && same(record.host.as_deref(), event.host.as_deref())
                && same(record.program.as_deref(), event.program.as_deref())
                && same(record.unit.as_deref(), event.unit.as_deref())
                && same(record.subject.as_deref(), event.subject.as_deref())
        });
        if let Some(record) = record {
            known = at + record.len.saturating_sub(record.back);
            if !record.message.trim_ascii().is_empty() && !each(&record, frame.line, at) {
                return;
            }
        }
        at = end + 1;
    }
}
