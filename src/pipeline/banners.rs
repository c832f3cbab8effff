//! What stands around crash texts, and around what tells of a beginning, that bear no process id: whether their
//! program began anew.
//!
//! In: a timeline, what is known of loops, and the inputs. Out: events of ends and starts that no record tells. What
//! stands there is [`gather`]ed.

use std::collections::BTreeMap;

use super::around::{Around, Piece, Wanted, gather};
use super::lives::line_of;
use super::look::Opened;
use crate::classify::Event;
use crate::loops::{self, Begun, Line, LoopPolicy, Loops, Surroundings};
use crate::primitives::FileId;
use crate::record::{CONTEXT, Format, Frame, Record, read};
use crate::time::{Span, Timestamp};
use crate::timeline::Timeline;

/// How many lines after a text are looked at.
const LINES: usize = 32;
/// How far back lives are looked at, in bytes and lines of anybody; crash texts as far as [`CONTEXT`].
const AROUND: (usize, usize) = (CONTEXT / 4, 60);

/// The starts after crash texts, by nothing but what their programs say first.
pub(super) fn starts(
    timeline: &Timeline,
    loops: &Loops,
    sources: &[Opened<'_>],
    policy: &LoopPolicy,
) -> Vec<Event> {
    let services = loops::unanswered(timeline, loops, policy);
    let event = |n: usize| &timeline.events[n];
    let wanted = services.iter().flat_map(|service| {
        let looked_at = &service.looked_at;
        let before = std::iter::once(None).chain(looked_at.iter().copied().map(Some));
        before.zip(looked_at)
    });
    let wanted =
        wanted.map(|(before, &n)| Wanted::of(event(n), before.map(event), (CONTEXT, CONTEXT)));
    let texts = gather(&wanted.collect::<Vec<_>>(), timeline, sources);
    let mut found = Vec::new();
    for service in services {
        let around = service.looked_at.iter().map(|&n| {
            let text = texts.get(&event(n).place);
            let found = text.map(|text| surroundings(event(n), text, sources));
            (event(n), found.unwrap_or_default())
        });
        let around: Vec<(&Event, Surroundings)> = around.collect();
        let starts = loops::starts_told_by_banners(&around, policy);
        found.extend(loops::further_starts(&service, &starts, timeline));
        found.extend(starts);
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
    let mut by_log: BTreeMap<FileId, Vec<Begun>> = BTreeMap::new();
    for begun in loops::beginnings(timeline, loops, policy) {
        by_log.entry(begun.log()).or_default().push(begun);
    }
    let event = |n: usize| &timeline.events[n];
    let mut found = Vec::new();
    for services in by_log.into_values() {
        let all = services.iter().flat_map(Begun::wanted);
        let wanted = all.map(|(before, n)| Wanted::of(event(n), before.map(event), AROUND));
        let texts = gather(&wanted.collect::<Vec<_>>(), timeline, sources);
        for service in services {
            let around = service.wanted().into_iter().filter_map(|(_, n)| {
                let text = texts.get(&event(n).place)?;
                Some((n, surroundings(event(n), text, sources)))
            });
            found.extend(service.judge(&around.collect(), timeline, loops, policy));
        }
    }
    found
}

/// What the event's writer wrote around it.
fn surroundings(event: &Event, around: &Around, sources: &[Opened<'_>]) -> Surroundings {
    let each = |pieces: &[Piece], most: usize| {
        let mut lines: Vec<(Timestamp, Line)> = Vec::new();
        for piece in pieces {
            let Some(opened) = sources.get(piece.file.index()) else {
                continue;
            };
            each_record(&piece.text, opened.format, event, |record, line, offset| {
                let line = line_of(record, line, piece.at + offset as u64, piece.file);
                lines.push((time_of(record, event), line));
                lines.len() < most
            });
        }
        lines.truncate(most);
        lines
    };
    Surroundings {
        before: each(&around.before, usize::MAX),
        // The rest of the record's own line is blank.
        after: each(&around.after, LINES),
    }
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
        !is_named
            || same(name, own)
            || event.host.is_none() && (format.names_loggers() || roots.0 == roots.1)
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
