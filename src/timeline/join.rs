//! The same event, told by two files, is one.
//!
//! In: events with settled times, file by file. Out: the events by time, each once, with the places of
//! its copies. Two are one when class, host, program, pid (where both bear one) and message agree and
//! the times agree within the coarser stamp. Each event takes at most one copy from each file, so that
//! of equal records within one stamp the larger file's count holds.

use std::collections::{BTreeMap, HashMap};

use crate::classify::{Copied, Event};
use crate::primitives::FileId;
use crate::time::Timestamp;

use super::width;

/// Events that may be the same: those whose host, class and message agree.
type Key = (u64, usize);

pub(super) fn join(mut events: Vec<Event>) -> Vec<Event> {
    let files: std::collections::BTreeSet<FileId> = events.iter().map(|e| e.place.file).collect();
    if files.len() > 1 {
        events = merge(events);
    }
    refine(&mut events);
    events.sort_by_key(|e| (e.at, e.place));
    events
}

/// Joins copies. The files with finer stamps go first, so that an event keeps its best time.
fn merge(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by_key(|e| (width(e), e.at, e.place));
    let mut kept: Vec<Event> = Vec::with_capacity(events.len());
    let mut known: HashMap<Key, BTreeMap<Timestamp, Vec<usize>>> = HashMap::new();
    for event in events {
        let same = known.entry(key(&event)).or_default();
        // None before has a coarser stamp.
        let near = event.at.minus(width(&event))..=event.at.plus(width(&event));
        let near = same.range(near).flat_map(|(_, same)| same).copied();
        let twin = near.filter(|&n| is_same(&kept[n], &event)).min();
        match twin {
            Some(n) => kept[n].copies.push(Copied {
                place: event.place,
                cursor: event.cursor,
                text: event.text,
                at: event.at,
            }),
            None => {
                same.entry(event.at).or_default().push(kept.len());
                kept.push(event);
            }
        }
    }
    kept
}

fn key(event: &Event) -> Key {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    event.message.trim().hash(&mut hasher);
    (hasher.finish(), event.rule)
}

fn is_same(a: &Event, b: &Event) -> bool {
    let agree = |a: &Option<Box<str>>, b: &Option<Box<str>>| a.is_none() || b.is_none() || a == b;
    a.place.file != b.place.file
        && a.copies.iter().all(|copy| copy.place.file != b.place.file)
        && a.at.since(b.at).abs() < width(a).max(width(b))
        && (a.pid.is_none() || b.pid.is_none() || a.pid == b.pid)
        && agree(&a.host, &b.host)
        && agree(&a.program, &b.program)
}

/// Keeps the order of each file: an event with a coarse stamp is not earlier than the one before it in
/// the same file whose finer time another file told.
fn refine(events: &mut [Event]) {
    let mut spots: Vec<(FileId, u64, usize, Option<usize>)> = Vec::new();
    for (n, event) in events.iter().enumerate() {
        spots.push((event.place.file, event.place.offset.get(), n, None));
        for (c, copy) in event.copies.iter().enumerate() {
            spots.push((copy.place.file, copy.place.offset.get(), n, Some(c)));
        }
    }
    spots.sort_unstable();
    let mut last: Option<(FileId, Timestamp, Timestamp)> = None;
    for (file, _, n, copy) in spots {
        let event = &mut events[n];
        let stamped = copy.map_or(event.at, |c| event.copies[c].at);
        if copy.is_none()
            && let Some((before, its_stamp, refined)) = last
            && before == file
            && its_stamp == stamped
            && refined > event.at
        {
            event.at = refined;
        }
        last = Some((file, stamped, event.at));
    }
}
