//! What comes too often to be kept one by one.
//!
//! In: what records tell, in file order. Out: the events, of one sort the first [`OF_A_MINUTE`] of a run
//! within one minute, the last of which counts the others; one of a minute when [`OF_A_SORT`] were kept.
//! Whatever a block leaves out by this measure its file would leave out too: so it is applied to a block,
//! and then to the blocks joined, and the outcome is the same for any size of block.

use std::collections::{HashMap, VecDeque};

use super::event::Event;
use crate::primitives::ByteOffset;
use crate::time::{Span, Stamp};

/// Events of one sort that are kept of a minute.
const OF_A_MINUTE: u64 = 120;
/// Events of one sort that are kept before those of a minute become one.
const OF_A_SORT: u64 = 4000;
/// Nanoseconds.
const MINUTE: i64 = 60_000_000_000;
/// How far back a record that is told twice is known again: one over several lines, of which more than
/// one holds a rule's text.
const TOLD: usize = 16;

/// Events in file order, without what came too often.
#[derive(Debug, Default)]
pub struct Flood {
    events: Vec<Event>,
    folded: u64,
    minute: Option<i64>,
    /// Of the minute at hand, by sort: how many were kept, and which was the last.
    seen: HashMap<u64, (u64, usize)>,
    /// How many were kept in all, by sort.
    kept: HashMap<u64, u64>,
    /// Where the last records begin that were told, and by which rules.
    told: VecDeque<(ByteOffset, usize)>,
}

impl Flood {
    /// The events kept, and how many more there were.
    #[must_use]
    pub fn into_events(self) -> (Vec<Event>, u64) {
        (self.events, self.folded)
    }

    /// Whether rule `rule` told the record at `offset` already; notes that it does.
    pub(super) fn told(&mut self, offset: ByteOffset, rule: usize) -> bool {
        let known = self.told.contains(&(offset, rule));
        if !known {
            self.told.truncate(TOLD - 1);
            self.told.push_front((offset, rule));
        }
        known
    }

    /// Whether an event of this sort need not be made, because it is only counted.
    pub(super) fn takes(&mut self, sort: u64, stamp: Option<&Stamp>) -> bool {
        let taken = self.count(sort, stamp, 1, Span::ZERO);
        self.folded += u64::from(taken);
        taken
    }

    /// Adds the event that was not taken.
    pub(super) fn keep(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Adds the events of the block that follows, each changed by `place` before.
    pub fn append(&mut self, block: Self, place: impl Fn(&mut Event)) {
        self.folded += block.folded;
        for mut event in block.events {
            place(&mut event);
            // A record over both blocks. The block has counted it too, but as the first of its run: the
            // one told before takes its place.
            if self.told(event.place.offset, event.rule) {
                continue;
            }
            if self.count(event.sort, event.stamp.as_ref(), event.count, event.spread) {
                self.folded += 1;
            } else {
                self.events.push(event);
            }
        }
        for &(offset, rule) in block.told.iter().rev() {
            self.told(offset, rule);
        }
    }

    /// Counts an event with the last one kept of its sort, where enough are.
    fn count(&mut self, sort: u64, stamp: Option<&Stamp>, count: u64, spread: Span) -> bool {
        let minute = stamp.map(|stamp| stamp.known_nanos().div_euclid(MINUTE));
        if minute != self.minute {
            // Also where a file's times go to and fro: what matters is that a run has ended.
            self.minute = minute;
            self.seen.clear();
        }
        let (of_minute, last) = self.seen.entry(sort).or_default();
        let of_sort = self.kept.entry(sort).or_default();
        let most = if *of_sort < OF_A_SORT { OF_A_MINUTE } else { 1 };
        if *of_minute < most {
            *of_minute += 1;
            *of_sort += 1;
            *last = self.events.len();
            return false;
        }
        // Kept ones stay where they are.
        let Some(event) = self.events.get_mut(*last) else {
            return false;
        };
        event.count += count;
        if let (Some(first), Some(stamp)) = (&event.stamp, stamp) {
            let apart = stamp.known_nanos().saturating_sub(first.known_nanos());
            event.spread = event.spread.max(Span::from_nanos(apart).plus(spread));
        }
        true
    }
}
