//! A clock that was set, or was not set yet, and records out of order, within one file.
//!
//! In: a file's stamps in file order, with year and zone settled. Out: the same, moved where the order of
//! the file shows that the clock was wrong, and a [`Story`] of what was found.
//!
//! - Stamps of the first days of 1970, 1980 or 2000, from which the file jumps more than a year forward,
//!   are of a clock that nobody had set: they are moved up to just before the jump.
//! - A fall that is not made good by a jump forward is a clock set back, where a line says so or where a
//!   process wrote both before and after it (files that were put one behind the other have no such
//!   process, or are told by where they begin and end). What was written by the wrong clock is moved back by the
//!   fall, so that the file's order holds: from the last gap before that is at least as long as the fall,
//!   since a clock that was set forward leaves such a gap, else from the file's start.
//! - A fall that a jump forward makes good is records that are late: they keep their stamps.
//!
//! A clock set forward looks like a silence, and is not told from one.

use std::collections::BTreeSet;

use crate::time::{Span, Timestamp};

use super::FileEvents;
use super::tick::{Of, Ticks};

/// Sources of one file disagree by this much without meaning it: kernel and journal stamps of the same
/// second may run backwards.
const SLACK: Span = Span::from_seconds(2);
/// Where clocks begin to count that nobody set, in seconds since 1970: the Unix epoch, that of DOS and of
/// many firmwares (1980-01-01), and the zero of many clock chips (2000-01-01).
const ZEROS: [i64; 3] = [0, 315_532_800, 946_684_800];
/// A clock that is not set counts no longer than this.
const UNSET: Span = Span::from_seconds(7 * 86_400);
/// And is then set by more than this.
const YEAR: Span = Span::from_seconds(365 * 86_400);
/// How many stamps have to follow a fall for it to be more than a late record.
const FOLLOW: usize = 3;
/// A line that tells of the clock lies within this many bytes of the fall.
const NEAR: u64 = 16 * 1024;
/// A log that begins anew does so within this of where it began.
const SAME_START: Span = Span::from_seconds(60);
/// Two rotated files that were put together in the wrong order: the second ends where the first begins,
/// but for a silence of this.
const SEAM: Span = Span::from_seconds(600);
/// How many stamps after a fall show whether time goes on.
const AFTER: usize = 24;
/// How far is looked for the end of a fall, and how many clocks are set in one file. A file with more
/// is in no order at all.
const REACH: usize = 2000;
const MOST: usize = 20;

/// What was found out about a file's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Story {
    /// When the clock was set back, by the clock that was right, and by how much.
    pub(super) steps: Vec<(Timestamp, Span)>,
    /// Falls that may be of a clock set back as well as of files put one behind the other.
    pub(super) falls: Vec<(Timestamp, Span)>,
    /// Records that tell something and are later in the file than their stamps say, and by how much at
    /// most.
    pub(super) late: (usize, Span),
    /// Records that tell something and are of a clock that was not set yet.
    pub(super) unset: usize,
}

/// Puts right what a file's clock told wrong.
pub(super) fn mend(file: &FileEvents, ticks: &mut Ticks, unset: &[bool]) -> Story {
    let mut story = Story::default();
    for members in writers(ticks) {
        let mut walk = Walk {
            file,
            ticks,
            members,
            story: &mut story,
        };
        walk.move_unset(unset);
        walk.set_back();
    }
    story.steps.sort_unstable();
    story.falls.sort_unstable();
    story
}

/// The ticks of each clock, as places in the list: all of a file that one host wrote; of a file of many
/// hosts those that bear one, by host.
fn writers(ticks: &Ticks) -> Vec<Vec<usize>> {
    if ticks.is_of_one_host() {
        return vec![(0..ticks.list.len()).collect()];
    }
    let mut all = vec![Vec::new(); ticks.hosts.len()];
    for (n, tick) in ticks.list.iter().enumerate() {
        if let Some(host) = tick.host {
            all[host].push(n);
        }
    }
    all
}

struct Walk<'a> {
    file: &'a FileEvents,
    ticks: &'a mut Ticks,
    members: Vec<usize>,
    story: &'a mut Story,
}

impl Walk<'_> {
    fn at(&self, n: usize) -> Timestamp {
        self.ticks.list[self.members[n]].at
    }

    fn is_event(&self, n: usize) -> bool {
        matches!(self.ticks.list[self.members[n]].of, Of::Event(_))
    }

    fn shift(&mut self, range: std::ops::Range<usize>, by: Span) {
        for n in range {
            let tick = &mut self.ticks.list[self.members[n]];
            tick.at = tick.at.plus(by);
        }
    }

    fn events_in(&self, range: std::ops::Range<usize>) -> usize {
        range.filter(|&n| self.is_event(n)).count()
    }

    /// A line may bear several ticks: its minute's, its writer's, its event's.
    fn lines_in(&self, range: std::ops::Range<usize>) -> usize {
        let places: BTreeSet<u64> = range
            .map(|n| self.ticks.list[self.members[n]])
            .filter(|tick| tick.of != Of::Last)
            .map(|tick| tick.place)
            .collect();
        places.len()
    }

    /// Moves stamps of a clock that was not set to just before the first one of the clock that is.
    fn move_unset(&mut self, flagged: &[bool]) {
        let mut from = 0;
        while from < self.members.len() {
            let flag = |n: usize| flagged.get(self.members[n]).copied().unwrap_or(false);
            let is_zero = |n: usize| {
                let at = self.at(n);
                let since = |zero: &i64| at.since(Timestamp::from_seconds(*zero));
                let counts = |zero: &i64| since(zero) >= Span::ZERO && since(zero) < UNSET;
                flag(n) || ZEROS.iter().any(counts)
            };
            if !is_zero(from) {
                from += 1;
                continue;
            }
            let run = (from..self.members.len()).take_while(|&n| is_zero(n));
            let to = from + run.count();
            let last = self.at(to - 1);
            let set = (to < self.members.len()).then(|| self.at(to));
            if let Some(set) = set.filter(|at| at.since(last) > YEAR || flag(from)) {
                self.story.unset += self.events_in(from..to);
                self.shift(from..to, set.since(last));
            }
            from = to;
        }
    }

    fn set_back(&mut self) {
        let mut high = 0;
        let mut n = 1;
        while n < self.members.len() {
            if self.at(n) >= self.at(high).minus(SLACK) {
                if self.at(n) >= self.at(high) {
                    high = n;
                }
                n += 1;
                continue;
            }
            let by = self.at(high).since(self.at(n));
            let (end, returns) = self.follow(n, high, by);
            let full = self.story.steps.len() + self.story.falls.len() >= MOST;
            if returns || full || self.lines_in(n..end) < FOLLOW || !self.goes_on(n) {
                let late = self.events_in(n..end);
                self.story.late.0 += late;
                if late > 0 {
                    self.story.late.1 = self.story.late.1.max(by);
                }
                n = end;
                continue;
            }
            let at = self.at(n);
            if self.is_set_back(n, high) {
                let from = self.wrong_since(n, by);
                self.shift(from..n, Span::ZERO.minus(by));
                self.story.steps.push((at, by));
            } else {
                self.story.falls.push((at, by));
            }
            high = n;
            n += 1;
        }
    }

    /// Where what follows the fall at `n` ends: with a jump forward to where the stamps had been
    /// (true), or by time's passing, or with the file.
    fn follow(&self, n: usize, high: usize, by: Span) -> (usize, bool) {
        let high = self.at(high);
        let to = self.members.len().min(n + REACH);
        for m in n + 1..to {
            let (at, before) = (self.at(m), self.at(m - 1));
            if at >= high.minus(SLACK) {
                return (m, at.since(before).times(2) > by);
            }
        }
        (to, false)
    }

    /// Whether a fall is of a clock, rather than of files put one behind the other.
    fn is_set_back(&self, n: usize, high: usize) -> bool {
        let place = |n: usize| self.ticks.list[self.members[n]].place;
        let (fall, before) = (place(n), place(high));
        let told = self.file.events.iter().any(|event| {
            let at = event.place.offset.get();
            event.kind == Some("clock") && at + NEAR >= before && at <= fall.saturating_add(NEAR)
        });
        // The first process is of every machine.
        let wrote_on = self.file.census.writers.iter().any(|w| {
            let (first, last) = (w.tally.first.0, w.tally.last.0);
            !w.pid.is_empty() && *w.pid != *b"1" && first < fall && last >= fall
        });
        told || wrote_on && !self.begins_anew(n)
    }

    /// Whether the stamps at and after the fall at `n` look like the same log once more, or like the log
    /// before it.
    fn begins_anew(&self, n: usize) -> bool {
        let start = self.at(0);
        let again = self.at(n).since(start).abs() <= SAME_START;
        let end = (n..self.members.len()).map(|m| self.at(m)).max();
        let before = end.is_some_and(|end| {
            let gap = start.since(end);
            gap >= Span::ZERO.minus(SLACK) && gap <= SEAM
        });
        again || before
    }

    /// Whether time goes on after the fall at `n`: a log whose newest line is first falls on and on.
    fn goes_on(&self, n: usize) -> bool {
        let floor = self.at(n).minus(SLACK);
        let to = self.members.len().min(n + AFTER);
        (n..to).all(|m| self.at(m) >= floor)
    }

    /// Since which stamp the clock had been wrong that was set back by `by` before the stamp at `n`.
    fn wrong_since(&self, n: usize, by: Span) -> usize {
        (1..n)
            .rev()
            .find(|&m| self.at(m).since(self.at(m - 1)) >= by)
            .unwrap_or(0)
    }
}
