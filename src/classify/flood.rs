//! What comes too often, or is too much, to be kept one by one.
//!
//! In: what records tell, in file order. Out: the events, of one sort the first [`OF_A_MINUTE`] of a run
//! within one minute, the last of which counts the others; one of a minute when many of the sort were
//! kept. Whatever a block leaves out by this measure its file would leave out too: so it is applied to a
//! block, and then to the blocks joined, and the outcome is the same for any size of block. Where all
//! sorts together are too many, neighbours of a sort become one ([`thin`]), and then [`keep`](super::keep) says which go.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use super::event::Event;
use super::keep::{self, Share};
use super::thin::thin;
use crate::primitives::{ByteOffset, Hashed};
use crate::time::{Span, Stamp};

/// Events of one sort that are kept of a minute.
const OF_A_MINUTE: u64 = 120;
/// Events of one sort that are kept before those of a minute become one, and how many times that are
/// kept in all; fewer where the bound of all events is low.
const OF_A_SORT: (u64, u64) = (4000, 5);
/// The part of all events that [`OF_A_SORT`] may be.
const PART: usize = 50;
/// Where all are too many, of a sort that came more often than this some become one; than the further ones, where that
/// does not make room enough: this part of all.
pub const THINNED: [usize; 4] = [1024, 256, 64, 16];
pub const ROOM: usize = 8;
/// Sorts of fewer events than this are forgotten with their events.
const FORGOTTEN: u64 = 100;
/// Nanoseconds.
const MINUTE: i64 = 60_000_000_000;
/// How far back a record that is told twice is known again: one over several lines, of which more than
/// one holds a rule's text.
const TOLD: usize = 16;

/// Sorts of which a file has had so many events that of a minute only one is kept from there on. A block
/// that is told so makes no others; what its file keeps is the same.
#[derive(Debug, Clone, Default)]
pub struct Often(Arc<HashSet<u64, BuildHasherDefault<Hashed>>>);

/// Events in file order, without what came too often.
#[derive(Debug)]
pub struct Flood {
    /// What was seen too often before this block.
    before: Often,
    /// With what was seen too often since.
    often: Often,
    /// The bound of all events, for the sorts' share of it.
    most: usize,
    events: Vec<Event>,
    folded: u64,
    dropped: u64,
    minute: Option<i64>,
    /// Of the minute at hand, by sort: how many were kept, and which was the last.
    seen: HashMap<u64, (u64, Option<usize>), BuildHasherDefault<Hashed>>,
    /// How many were kept in all, by sort.
    kept: HashMap<u64, u64, BuildHasherDefault<Hashed>>,
    /// How many of the kept ones are changes, and how many are not.
    shares: Share,
    /// Where the last records begin that were told, and by which rules.
    told: VecDeque<(ByteOffset, usize)>,
}

/// What a file's records told.
#[derive(Debug)]
pub struct Told {
    /// In file order.
    pub events: Vec<Event>,
    /// How many more there were, that are counted with these.
    pub folded: u64,
    /// How many records are not counted at all.
    pub dropped: u64,
}

impl Flood {
    /// Nothing yet; at most so many events are to be kept in all, fewer of the sorts in `before`.
    #[must_use]
    pub fn new(most: usize, before: Often) -> Self {
        Self {
            often: before.clone(),
            before,
            most,
            events: Vec::new(),
            folded: 0,
            dropped: 0,
            minute: None,
            seen: HashMap::default(),
            kept: HashMap::default(),
            shares: Share::default(),
            told: VecDeque::new(),
        }
    }

    /// What was seen too often so far.
    #[must_use]
    pub fn often(&self) -> Often {
        self.often.clone()
    }

    /// What was kept.
    #[must_use]
    pub fn finish(self) -> Told {
        Told {
            events: self.events,
            folded: self.folded,
            dropped: self.dropped,
        }
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
        self.count(sort, stamp, 1, Span::ZERO)
    }

    /// Adds the event that was not taken.
    pub(super) fn keep(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Adds the events of the block that follows, each changed by `place` before; calls `kept` with those
    /// that stay. Here the bound of all
    /// events is minded: a block holds too few for it to matter.
    pub fn append(
        &mut self,
        block: Self,
        place: impl Fn(&mut Event),
        mut kept: impl FnMut(&Event),
    ) {
        self.folded += block.folded;
        self.dropped += block.dropped;
        for mut event in block.events {
            place(&mut event);
            // A record over both blocks. The block has counted it too, but as the first of its run: the
            // one told before takes its place.
            if self.told(event.place.offset, event.rule) {
                continue;
            }
            if self.count(event.sort, event.stamp.as_ref(), event.count, event.spread) {
                continue;
            }
            self.shares.add(&event);
            kept(&event);
            self.events.push(event);
            if self.shares.are_over(self.most) {
                self.drop_least();
            }
        }
        for &(offset, rule) in block.told.iter().rev() {
            self.told(offset, rule);
        }
    }

    /// Counts an event with the last one kept of its sort, where enough are; of a sort that was seen
    /// too often for too long nothing more is counted.
    fn count(&mut self, sort: u64, stamp: Option<&Stamp>, count: u64, spread: Span) -> bool {
        let minute = stamp.map(|stamp| stamp.known_nanos().div_euclid(MINUTE));
        if minute != self.minute {
            // Also where a file's times go to and fro: what matters is that a run has ended.
            self.minute = minute;
            self.seen.clear();
        }
        let (usual, times) = OF_A_SORT;
        let usual = usual.min((self.most / PART) as u64);
        let (of_minute, last) = self.seen.entry(sort).or_default();
        let of_sort = self.kept.entry(sort).or_insert_with(|| {
            let often = self.before.0.contains(&sort);
            if often { usual } else { 0 }
        });
        let most = match *of_sort {
            n if n < usual => OF_A_MINUTE,
            n if n < usual * times => 1,
            _ => 0,
        };
        if *of_minute < most {
            *of_minute += 1;
            *of_sort += 1;
            // Fewer may be forgotten.
            if *of_sort == usual && usual >= FORGOTTEN {
                Arc::make_mut(&mut self.often.0).insert(sort);
            }
            *last = Some(self.events.len());
            return false;
        }
        match last.and_then(|last| self.events.get_mut(last)) {
            Some(event) => {
                self.folded += 1;
                event.count += count;
                if let (Some(first), Some(stamp)) = (&event.stamp, stamp) {
                    let apart = stamp.known_nanos().saturating_sub(first.known_nanos());
                    event.spread = event.spread.max(Span::from_nanos(apart).plus(spread));
                }
            }
            // There is none in this minute, or it was let go.
            None => self.dropped += count,
        }
        true
    }

    /// Makes fewer of the sorts that came often; where that is not enough, lets go of what is least likely to matter.
    fn drop_least(&mut self) {
        for of_a_sort in THINNED {
            let (stay, dropped) = thin(&mut self.events, of_a_sort);
            self.dropped += dropped;
            self.retain(&stay);
            if !self.shares.are_over(self.most - self.most / ROOM) {
                return;
            }
        }
        let stay = keep::choose(self.events.iter(), self.most);
        let gone = self.events.iter().zip(&stay).filter(|(_, stays)| !**stays);
        self.dropped += gone.map(|(event, _)| event.count).sum::<u64>();
        self.retain(&stay);
    }

    fn retain(&mut self, stay: &[bool]) {
        let mut places = Vec::with_capacity(stay.len());
        let mut next = 0;
        for stays in stay {
            places.push(stays.then_some(next));
            next += usize::from(*stays);
        }
        let mut stays = stay.iter();
        self.events
            .retain(|_| stays.next().is_none_or(|stays| *stays));
        for (_, last) in self.seen.values_mut() {
            *last = last.and_then(|n| places.get(n).copied().flatten());
        }
        let left: HashSet<u64> = self.events.iter().map(|e| e.sort).collect();
        self.kept
            .retain(|sort, count| *count >= FORGOTTEN || left.contains(sort));
        self.shares = Share::of(self.events.iter());
    }
}
