//! What stands around crash texts, and around what tells of a beginning, that bear no process id: whether their
//! program began anew.
//!
//! In: a timeline, what is known of loops, and the inputs. Out: events of ends and starts that no record tells. Of
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
use crate::loops::{self, Begun, LoopPolicy, Loops, Surroundings};
use crate::primitives::{ByteOffset, FileId, Place};
use crate::record::{CONTEXT, Format, Frame, Record, read};
use crate::time::{Span, Timestamp};
use crate::timeline::Timeline;

/// How many lines after a text are looked at.
const LINES: usize = 32;
/// How far back lives are looked at, in bytes and lines of anybody; crash texts as far as [`CONTEXT`].
const AROUND: (usize, usize) = (CONTEXT / 4, 60);

/// Text before and after the record of an event; the latter from its end on.
type Around = (Vec<u8>, Vec<u8>);

/// The starts after crash texts, by nothing but what their programs say first.
pub(super) fn starts(
    timeline: &Timeline,
    loops: &Loops,
    sources: &[Opened<'_>],
    policy: &LoopPolicy,
) -> Vec<Event> {
    let services = loops::unanswered(timeline, loops, policy);
    let mut wanted: BTreeMap<FileId, Vec<Wanted<'_>>> = BTreeMap::new();
    for &n in services.iter().flatten() {
        let event = &timeline.events[n];
        let of_file = wanted.entry(event.place.file).or_default();
        of_file.push(Wanted::of(event, None, (CONTEXT, CONTEXT)));
    }
    let mut texts: BTreeMap<Place, Around> = BTreeMap::new();
    for (file, wanted) in wanted {
        if let Some(opened) = sources.get(file.index()) {
            // Where it cannot be read once more nothing follows from it.
            let _ = gather(opened, wanted, &mut texts);
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
                let text = texts.get(&event.place).zip(opened);
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

/// The ends and starts of programs that say that they begin, and whose ends nobody tells of.
pub(super) fn lives(
    timeline: &Timeline,
    loops: &Loops,
    sources: &[Opened<'_>],
    policy: &LoopPolicy,
) -> Vec<Event> {
    let mut by_file: BTreeMap<FileId, Vec<Begun>> = BTreeMap::new();
    for begun in loops::beginnings(timeline, loops, policy) {
        by_file.entry(begun.file()).or_default().push(begun);
    }
    let mut found = Vec::new();
    for (file, services) in by_file {
        let Some(opened) = sources.get(file.index()) else {
            continue;
        };
        let event = |n: usize| &timeline.events[n];
        let all = || services.iter().flat_map(Begun::wanted);
        let begin = |before: Option<usize>| before.map(|n| end_of(event(n)));
        let wanted = all().map(|(before, n)| Wanted::of(event(n), begin(before), AROUND));
        let mut texts: BTreeMap<Place, Around> = BTreeMap::new();
        if gather(opened, wanted.collect(), &mut texts).is_err() {
            continue;
        }
        for service in services {
            let around = service.wanted().into_iter().filter_map(|(before, n)| {
                let text = texts.get(&event(n).place)?;
                let around = surroundings(event(n), text, opened.format, begin(before));
                Some((n, around))
            });
            found.extend(service.judge(&around.collect(), timeline, loops, policy));
        }
    }
    found
}

/// A record around which is read.
struct Wanted<'a> {
    event: &'a Event,
    /// From where on, in bytes, and how far back at most, in bytes and lines.
    begin: u64,
    reach: (usize, usize),
}

impl<'a> Wanted<'a> {
    fn of(event: &'a Event, begin: Option<u64>, reach: (usize, usize)) -> Self {
        Self {
            event,
            begin: begin.unwrap_or(0),
            reach,
        }
    }

    fn at(&self) -> ByteOffset {
        self.event.place.offset
    }

    /// Of the text before the record what is wanted, in whole lines where it goes on before.
    fn cut(&self, before: &[u8]) -> Vec<u8> {
        let back =
            usize::try_from(self.at().get().saturating_sub(self.begin)).unwrap_or(usize::MAX);
        let from = before.len().saturating_sub(back);
        let before = &before[from..];
        let (bytes, lines) = self.reach;
        let before = match before.len() > bytes {
            true => whole_lines(&before[before.len() - bytes..]),
            false => before,
        };
        let mut ends = memchr::memrchr_iter(b'\n', before);
        let from = ends.nth(lines).map_or(0, |end| end + 1);
        before[from..].to_vec()
    }
}

/// Where the event's record ends.
fn end_of(event: &Event) -> u64 {
    event.place.offset.get() + event.covers
}

/// Reads what stands around records of one input.
fn gather(
    opened: &Opened<'_>,
    mut wanted: Vec<Wanted<'_>>,
    texts: &mut BTreeMap<Place, Around>,
) -> io::Result<()> {
    wanted.sort_by_key(Wanted::at);
    let Some(source) = opened.source.filter(|source| source.path != "-") else {
        for w in wanted {
            let before = opened.kept.iter().find_map(|kept| kept.before(w.at()));
            let after = opened.kept.iter().find_map(|kept| kept.after(w.at()));
            if let Some((before, after)) = before.zip(after) {
                texts.insert(w.event.place, (w.cut(&before), after));
            }
        }
        return Ok(());
    };
    if let Some(mut file) = source.open_anywhere()? {
        for w in wanted {
            texts.insert(w.event.place, around(&mut file, &w)?);
        }
        return Ok(());
    }
    let mut blocks = Blocks::new(source.open()?.reader, BLOCK);
    let mut next = wanted.iter().peekable();
    while next.peek().is_some() {
        let Some(block) = blocks.next_block() else {
            break;
        };
        let end = block.offset_of(block.main().len());
        while let Some(w) = next.next_if(|w| w.at() < end) {
            let at = block.position_of(w.at());
            let skip = usize::try_from(w.event.covers).unwrap_or(usize::MAX);
            let after = block.after(at).get(skip..).unwrap_or_default();
            let after = &after[..after.len().min(AFTER)];
            texts.insert(w.event.place, (w.cut(block.before(at)), after.to_vec()));
        }
        blocks.recycle(block);
    }
    Ok(())
}

fn around(file: &mut File, w: &Wanted<'_>) -> io::Result<Around> {
    let at = w.at().get();
    // With what shows where the first whole line begins.
    let reach = (at - w.begin.min(at)).min(w.reach.0 as u64 + 1);
    file.seek(SeekFrom::Start(at - reach))?;
    let mut before = vec![0; reach as usize];
    file.read_exact(&mut before)?;
    file.seek(SeekFrom::Start(end_of(w.event)))?;
    let mut after = Vec::new();
    Read::take(file, AFTER as u64).read_to_end(&mut after)?;
    Ok((w.cut(&before), after))
}

/// What the event's writer wrote around it: after it, and before it from `begin` on.
fn surroundings(
    event: &Event,
    (before, after): &Around,
    format: Format,
    begin: Option<u64>,
) -> Surroundings {
    let at = event.place.offset.get();
    let back = begin.map_or(usize::MAX, |begin| {
        usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX)
    });
    let before = &before[before.len().saturating_sub(back)..];
    let mut found = Surroundings::default();
    let line = |record: &Record<'_>, line: &[u8], offset| {
        let line = line_of(record, line, offset, event.place.file);
        (time_of(record, event), line)
    };
    each_record(before, format, event, |record, text, offset| {
        let offset = at - before.len() as u64 + offset as u64;
        found.before.push(line(record, text, offset));
        true
    });
    // The rest of the record's own line is blank.
    each_record(after, format, event, |record, text, offset| {
        let offset = end_of(event) + offset as u64;
        found.after.push(line(record, text, offset));
        found.after.len() < LINES
    });
    found
}

/// When a record near the event was written: year, zone and clock are the event's.
fn time_of(record: &Record<'_>, event: &Event) -> Timestamp {
    let stamps = record.stamp.zip(event.stamp);
    let lag = stamps.map(|(a, b)| a.known_nanos() - b.known_nanos());
    event.at.plus(Span::from_nanos(lag.unwrap_or(0)))
}

/// Calls `each` with the records of the event's writer, and where they begin, as long as it says so.
fn each_record(
    text: &[u8],
    format: Format,
    event: &Event,
    mut each: impl FnMut(&Record<'_>, &[u8], usize) -> bool,
) {
    let same = |name: Option<&str>, other: Option<&str>| name.is_none() || name == other;
    let is_named = names_its_program(event, format);
    let of_program = |record: &Record<'_>| {
        let (name, own) = (record.program.as_deref(), event.program.as_deref());
        let roots = (
            name.map(loops::root_of_logger),
            own.map(loops::root_of_logger),
        );
        !is_named || same(name, own) || event.host.is_none() && roots.0 == roots.1
    };
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
                && of_program(record)
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

/// Whether the event's record says whose it is; in a program's own file a name in a line is that of a logger.
fn names_its_program(event: &Event, format: Format) -> bool {
    let line = event.text.lines().next().unwrap_or_default();
    let frame = Frame {
        line: line.as_bytes(),
        before: &[],
        after: &[],
    };
    read(frame, format).is_none_or(|record| record.program.is_some())
}
