//! Which events stay when there are too many of different sorts.
//!
//! In: events, in their order. Out: which stay. Changes and all other events have a share each, so that
//! neither pushes the other out. Of the others those go first whose sort came once or twice and was seen
//! last the longest ago: that is no loop. Of changes those go first after which nothing crashed for the
//! longest time; the newest stay, for what they did may be still to come.

use std::collections::HashMap;

use super::class::Family;
use super::event::Event;

/// The part of all events that changes may be.
const CHANGES: usize = 4;
/// So many of a sort may be a loop (LoopPolicy's crashes).
const LOOP: usize = 3;
/// The newest part of the changes that stays.
const NEWEST: usize = 4;

/// How many events are changes, and how many are others.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Share {
    changes: usize,
    others: usize,
}

impl Share {
    pub(super) fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut share = Self::default();
        events.for_each(|event| share.add(event));
        share
    }

    pub(super) fn add(&mut self, event: &Event) {
        if is_change(event) {
            self.changes += 1;
        } else {
            self.others += 1;
        }
    }

    /// Whether one of the shares of `most` events is full.
    pub(super) fn are_over(self, most: usize) -> bool {
        self.changes > most / CHANGES || self.others > most - most / CHANGES
    }
}

fn is_change(event: &Event) -> bool {
    event.class.family() == Family::Change
}

/// When, as far as the stamp tells.
fn time(event: &Event) -> i64 {
    event.stamp.as_ref().map_or(i64::MIN, |s| s.known_nanos())
}

/// Whether each event stays, so that each share becomes half full, or stays what it is where it is no
/// fuller.
pub fn choose<'a>(events: impl Iterator<Item = &'a Event> + Clone, most: usize) -> Vec<bool> {
    let others = most - most / CHANGES;
    let mut sorts: HashMap<u64, (usize, i64)> = HashMap::new();
    for event in events.clone().filter(|e| !is_change(e)) {
        let (count, last) = sorts.entry(event.sort).or_insert((0, i64::MIN));
        *count += 1;
        *last = time(event).max(*last);
    }
    // Times at which something crashes that may be a loop, for the changes' sake.
    let mut crashes: Vec<i64> = events
        .clone()
        .filter(|e| sorts.get(&e.sort).is_some_and(|(count, _)| *count >= LOOP))
        .map(time)
        .collect();
    crashes.sort_unstable();
    let excess = |of: usize, share: usize| if of > share { of - share / 2 } else { 0 };
    let share = Share::of(events.clone());
    let mut least: Vec<(usize, i64, u64)> = sorts
        .iter()
        .map(|(sort, (count, last))| ((*count).min(LOOP), *last, *sort))
        .collect();
    least.sort_unstable();
    let mut left = excess(share.others, others);
    for (_, _, sort) in least {
        let Some((count, _)) = sorts.get_mut(&sort).filter(|_| left > 0) else {
            break;
        };
        left = left.saturating_sub(*count);
        // None stays.
        *count = 0;
    }
    let gone = changes_that_go(
        events.clone(),
        &crashes,
        excess(share.changes, most / CHANGES),
    );
    events
        .enumerate()
        .map(|(n, event)| match is_change(event) {
            true => gone.binary_search(&n).is_err(),
            false => sorts.get(&event.sort).is_some_and(|(count, _)| *count > 0),
        })
        .collect()
}

/// The places of `count` changes, sorted.
fn changes_that_go<'a>(
    events: impl Iterator<Item = &'a Event>,
    crashes: &[i64],
    count: usize,
) -> Vec<usize> {
    if count == 0 {
        return Vec::new();
    }
    let mut changes: Vec<(usize, i64)> = events
        .enumerate()
        .filter(|(_, event)| is_change(event))
        .map(|(n, event)| (n, time(event)))
        .collect();
    changes.sort_unstable_by_key(|(n, at)| (*at, *n));
    changes.truncate(changes.len() - changes.len() / NEWEST);
    let until_crash = |at: i64| {
        let next = crashes.partition_point(|crash| *crash < at);
        crashes
            .get(next)
            .map_or(i64::MAX, |crash| crash.saturating_sub(at))
    };
    // The longest time first; of equal ones the older.
    changes.sort_by_key(|(_, at)| std::cmp::Reverse(until_crash(*at)));
    let mut gone: Vec<usize> = changes.into_iter().take(count).map(|(n, _)| n).collect();
    gone.sort_unstable();
    gone
}
