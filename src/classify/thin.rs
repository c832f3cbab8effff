//! Fewer events of sorts that came very often.
//!
//! In: events, in their order. Out: which stay. Of a sort that came very often the first and the last stay as they
//! are; neighbours between them become one that counts both, where they lie so near to each other that they are of
//! one loop in any case.

use std::collections::HashMap;

use super::class::Family;
use super::event::Event;
use crate::time::Span;

/// The first ones stay as they are: they tell how it began. Of few that may stay a quarter.
const FIRST: usize = 16;
/// And the last ones: they tell how it goes. Of few a half.
const LAST: usize = 32;
/// Events of a sort that are no longer apart than this many times their usual distance, or than this
/// time, may become one: what lies between phases of a loop ([`loops`](crate::loops)) is longer.
const NEAR: (i64, Span) = (2, Span::from_seconds(14));
/// What comes again within this time is of the same loop ([`LoopPolicy`](crate::LoopPolicy)).
const RELAPSE: Span = Span::from_seconds(1800);
/// No loop is slower ([`LoopPolicy`](crate::LoopPolicy)).
const SLOWEST: Span = Span::from_seconds(6 * 3600);

/// Makes no more than so many of each sort, as far as that is possible; those that stand for others count them. Returns
/// which stay, and how many records are not counted any more.
pub(super) fn thin(events: &mut [Event], of_a_sort: usize) -> (Vec<bool>, u64) {
    let (first, last) = (FIRST.min(of_a_sort / 4), LAST.min(of_a_sort / 2));
    let mut sorts: HashMap<u64, Vec<usize>> = HashMap::new();
    for (n, event) in events.iter().enumerate() {
        sorts.entry(event.sort).or_default().push(n);
    }
    let mut gone = vec![false; events.len()];
    let mut dropped = 0;
    for places in sorts.into_values().filter(|p| p.len() > of_a_sort) {
        let middle = &places[first..places.len() - last];
        let near = near(events, middle);
        let mut middle = middle.to_vec();
        let others = places.len() - middle.len();
        // Half of them at a time, so that all stand for about as many.
        while middle.len() + others > of_a_sort {
            let before = middle.len();
            middle = pairs(events, &middle, near, &mut gone);
            if middle.len() == before {
                break;
            }
        }
        // Too far apart to be of one phase: of a loop that pauses some stand for their neighbours as well, a few in
        // each phase; those of no loop are of no use any more.
        let excess = (middle.len() + others).saturating_sub(of_a_sort);
        for n in 0..excess {
            let at = n * middle.len() / excess;
            let (a, next) = (middle[at], middle.get(at + 1).copied());
            gone[a] = true;
            let heir =
                next.filter(|&b| apart(&events[a], &events[b]).is_some_and(|it| it <= RELAPSE));
            match heir {
                Some(b) => events[b].count += events[a].count,
                None => dropped += events[a].count,
            }
        }
    }
    (gone.into_iter().map(|gone| !gone).collect(), dropped)
}

/// [`thin`], and takes those away that do not stay. Returns how many records are not counted any more.
pub fn make_fewer(events: &mut Vec<Event>, of_a_sort: usize) -> u64 {
    let (stays, dropped) = thin(events, of_a_sort);
    let mut stays = stays.into_iter();
    events.retain(|_| stays.next().unwrap_or(true));
    dropped
}

/// Makes one of every two neighbours that may be one; returns those that are left.
fn pairs(events: &mut [Event], places: &[usize], near: Span, gone: &mut [bool]) -> Vec<usize> {
    let mut left = Vec::with_capacity(places.len());
    let mut n = 0;
    while let Some(&a) = places.get(n) {
        left.push(a);
        n += 1;
        let Some(&b) = places.get(n) else { break };
        if let Some(both) = joined(&events[a], &events[b], near) {
            (events[a].count, events[a].spread) = both;
            gone[b] = true;
            n += 1;
        }
    }
    left
}

/// The time from the end of one event to the next.
fn apart(a: &Event, b: &Event) -> Option<Span> {
    let (first, second) = (a.stamp?.known_nanos(), b.stamp?.known_nanos());
    let begins = Span::from_nanos(second.saturating_sub(first));
    (begins >= Span::ZERO).then(|| Span::from_nanos(begins.nanos() - a.spread.nanos()))
}

/// How near to each other events of a sort are of one phase.
fn near(events: &[Event], places: &[usize]) -> Span {
    let pairs = places.windows(2);
    let mut all: Vec<Span> = pairs
        .filter_map(|pair| apart(&events[pair[0]], &events[pair[1]]))
        .collect();
    all.sort_unstable();
    let usual = all.get(all.len() / 2).copied().unwrap_or(Span::ZERO);
    usual.times(NEAR.0).max(NEAR.1).min(SLOWEST)
}

/// Count and spread of two neighbours as one, where they may be one.
fn joined(a: &Event, b: &Event, near: Span) -> Option<(u64, Span)> {
    if a.class.family() == Family::Change {
        return None;
    }
    let apart = apart(a, b).filter(|apart| *apart <= near)?;
    let spread = a.spread.plus(apart).plus(b.spread);
    Some((a.count + b.count, a.spread.max(spread)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::class::Class;
    use crate::primitives::{ByteOffset, FileId, LineNo, Place};
    use crate::time::{Known, Stamp, Timestamp};

    fn crash(second: i64) -> Event {
        let at = Timestamp::from_nanos(second * 1_000_000_000);
        let place = Place {
            file: FileId::new(0),
            offset: ByteOffset::new(second as u64),
            line: LineNo::after(0),
        };
        let stamp = Stamp {
            known: Known::Local(at),
            width: Span::from_seconds(1),
        };
        Event::untold(Class::Exit, place, Some(stamp), at, "", "")
    }

    #[test]
    fn a_loop_that_pauses_keeps_its_count_and_its_phases() {
        // Forty phases of twenty crashes each, ten seconds apart, with pauses of five minutes.
        let all = (0..40).flat_map(|phase| (0..20).map(move |n| phase * 500 + n * 10));
        let mut events: Vec<Event> = all.map(crash).collect();
        assert_eq!(make_fewer(&mut events, 64), 0);
        assert!(events.len() <= 64, "{}", events.len());
        assert_eq!(events.iter().map(|event| event.count).sum::<u64>(), 800);
        let phases: std::collections::BTreeSet<u64> =
            events.iter().map(|e| e.place.offset.get() / 500).collect();
        assert!(phases.len() > 12, "{phases:?}");
    }

    #[test]
    fn what_comes_now_and_then_is_let_go_of() {
        let mut events: Vec<Event> = (0..300).map(|n| crash(n * 86_400)).collect();
        assert_eq!(make_fewer(&mut events, 64), 300 - 64);
    }
}
