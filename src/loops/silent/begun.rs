//! Lives of programs whose lines bear no process id, or the same one each time, cut where they begin.
//!
//! In: records by which a program says that it begins, or how long it has run, and what stands around them
//! ([`Surroundings`]). Out: events of class `gone` and `start` where the lives between them are crashes, by the same
//! judgement as those of processes with an id. A line of beginning may also be that of a job, or of another try
//! within a process that goes on: so the first lines have to be those of a process.

use std::collections::BTreeMap;

use crate::classify::{Class, Event, mask};
use crate::primitives::FileId;
use crate::time::{Span, Timestamp};
use crate::timeline::{Life, Timeline};

use super::first_words::{FirstWords, tells_an_end};
use super::heard::commonest_of;
use super::processes::Process;
use super::signs::stable;
use super::voice::{Line, Voice};
use super::{Apart, NEARLY_ALL, SUSPECTS, Suspect, requests, suspect};
use crate::loops::banner::{Surroundings, line_of, of_the_same};
use crate::loops::identity::Entity;
use crate::loops::{LoopPolicy, Loops, entity_of, median, sole_host};

/// So many beginnings of one service are looked at, half from the first, half from the last.
const LOOKED_AT: usize = 64;
/// What a process says before the line that says so is said within this time, where it says it at all.
const FIRST_WORDS: Span = Span::from_seconds(2);
/// A count up to this is the first of a process.
const AT_ONCE: Span = Span::from_seconds(1);
/// How many lines of each end are heard, and how many stand behind a beginning where there are so many.
const FIRST: usize = 8;
const LAST: usize = 20;
const AFTER: usize = 6;

/// What a record of a beginning says: words, to the letter, or a count, masked.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    Words(String),
    Count(String),
}

/// Where a program without process ids may have begun anew, nobody else telling of its ends.
#[derive(Debug)]
pub struct Begun {
    entity: Entity,
    file: FileId,
    /// The records that say so, as indices of events, by time.
    events: Vec<usize>,
    /// They say how long it has run, less than the one before.
    by_counter: bool,
}

/// Programs that say so often that they begin that they may be looping.
#[must_use]
pub fn beginnings(timeline: &Timeline, loops: &Loops, policy: &LoopPolicy) -> Vec<Begun> {
    let events = &timeline.events;
    let sole = sole_host(events);
    let announced = |entity: &Entity| {
        let mut tracks = loops.tracks.iter().filter(|t| t.entity == *entity);
        tracks.any(|track| track.announced || track.supervised)
    };
    let mut all: BTreeMap<(Entity, FileId), BTreeMap<Says, Vec<usize>>> = BTreeMap::new();
    for (n, event) in events.iter().enumerate() {
        let tells = matches!(event.class, Class::Banner | Class::Loaded);
        if !tells || event.pid.is_some_and(|pid| pid > 1) {
            continue;
        }
        let Some(entity) = entity_of(event, sole.as_deref()) else {
            continue;
        };
        let says = match event.field("counter") {
            Some(_) => Says::Count(mask(&event.message)),
            None => Says::Words(stable(&event.message, None)),
        };
        let of_file = all.entry((entity, event.place.file)).or_default();
        of_file.entry(says).or_default().push(n);
    }
    let mut found: Vec<Begun> = Vec::new();
    for ((entity, file), mut lines) in all {
        for (_, counted) in (lines.iter_mut()).filter(|(says, _)| matches!(says, Says::Count(_))) {
            *counted = falls(counted, events);
        }
        // Of several that come as often the first is nearest to the start.
        let most = lines.into_iter().max_by(|(_, a), (_, b)| {
            let first = |of: &[usize]| std::cmp::Reverse(of.first().copied());
            a.len().cmp(&b.len()).then(first(a).cmp(&first(b)))
        });
        if let Some((says, events)) = most
            && events.len() as u64 >= policy.crashes
            && !announced(&entity)
        {
            found.push(Begun {
                entity,
                file,
                events,
                by_counter: matches!(says, Says::Count(_)),
            });
        }
    }
    // One service writes into one file; copies of it tell nothing more.
    found.sort_by(|a, b| (&a.entity, b.events.len()).cmp(&(&b.entity, a.events.len())));
    found.dedup_by(|next, kept| next.entity == kept.entity);
    found.sort_by_key(|begun| std::cmp::Reverse(begun.events.len()));
    found.truncate(SUSPECTS);
    found
}

/// Those that tell less than the one before, or are the first of their count once more.
fn falls(counted: &[usize], events: &[Event]) -> Vec<usize> {
    let mut before: Option<Span> = None;
    let mut fell = |n: &usize| {
        let now = counted_by(&events[*n])?;
        let is_first = now <= AT_ONCE;
        let fell = match before.replace(now) {
            Some(before) => now < before || now == before && is_first,
            None => is_first,
        };
        Some(fell)
    };
    let counted = counted.iter().copied();
    counted.filter(|n| fell(n) == Some(true)).collect()
}

/// For how long the program has run, as the record tells.
fn counted_by(event: &Event) -> Option<Span> {
    let count: f64 = event.field("counter")?.parse().ok()?;
    let scale = match event.field("scale").unwrap_or("s") {
        "ms" => 0.001,
        scale if scale.starts_with('h') => 3600.0,
        scale if scale.starts_with('m') => 60.0,
        _ => 1.0,
    };
    // Longer ones are none.
    (count * scale < 1e9).then(|| Span::from_nanos((count * scale * 1e9) as i64))
}

/// A line, and when it was written.
type Said = (Timestamp, Line);

/// Where a life ends and the next one begins.
struct Cut<'a> {
    /// What the life before said last.
    before: &'a [Said],
    /// The first lines, up to the one that says that it begins.
    head: &'a [Said],
    /// What stands behind that, of any life.
    after: &'a [Said],
}

impl Cut<'_> {
    /// The first lines of the life, of which one is the event's; those of the next begin at byte `to`.
    fn first_words(&self, event: &Event, to: u64) -> Vec<Said> {
        let own = [(event.at, line_of(event))];
        let lines = self.head.iter().chain(&own).chain(self.after);
        let lines = lines.take_while(|(_, line)| line.place.offset.get() < to);
        lines.take(FIRST).cloned().collect()
    }
}

impl Begun {
    /// The file into which it writes.
    #[must_use]
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The events whose surroundings are needed, each with the one before it, whose life they end.
    #[must_use]
    pub fn wanted(&self) -> Vec<(Option<usize>, usize)> {
        let pairs = (0..self.events.len()).map(|at| {
            let before = at.checked_sub(1).map(|at| self.events[at]);
            (before, self.events[at])
        });
        let left_out = match self.events.len() {
            n if n > LOOKED_AT => LOOKED_AT / 2..n - LOOKED_AT / 2,
            _ => 0..0,
        };
        let pairs = pairs.enumerate().filter(|(at, _)| !left_out.contains(at));
        pairs.map(|(_, pair)| pair).collect()
    }

    /// Events of its ends and starts, where these are crashes.
    #[must_use]
    pub fn judge(
        &self,
        around: &BTreeMap<usize, Surroundings>,
        timeline: &Timeline,
        loops: &Loops,
        policy: &LoopPolicy,
    ) -> Vec<Event> {
        let Some(&like) = self.events.first() else {
            return Vec::new();
        };
        let like = &timeline.events[like];
        let cuts = self.cuts(around, timeline);
        let (processes, voices) = self.lives(&cuts, timeline);
        let first_words = FirstWords::of(&voices);
        if first_words.tries_again || !self.by_counter && !first_words.are_of_a_process {
            return Vec::new();
        }
        let requests = requests::of(timeline);
        let found = suspect(self.entity.clone(), processes, &requests, loops, policy);
        let certain = self.by_counter || first_words.are_certain;
        let Some(found) = found.map(|found| Suspect {
            apart: Apart::Beginnings { certain },
            ..found
        }) else {
            return Vec::new();
        };
        let events = found.judge(&voices, timeline, policy).into_iter();
        events.map(|event| of_the_same(event, like)).collect()
    }

    /// What stands around each beginning, parted into lives; nothing of those that were not looked at.
    fn cuts<'a>(
        &self,
        around: &'a BTreeMap<usize, Surroundings>,
        timeline: &Timeline,
    ) -> Vec<Option<Cut<'a>>> {
        let looked = || self.events.iter().map(|n| around.get(n).map(|a| (*n, a)));
        let common = self.lines_in_common(&looked().flatten().collect::<Vec<_>>(), timeline);
        let cut = |(n, around): (usize, &'a Surroundings)| {
            let event = &timeline.events[n];
            let lines = &around.before;
            let ran = counted_by(event).filter(|ran| self.by_counter && *ran > AT_ONCE);
            let head = match ran {
                // It tells when it began.
                Some(ran) => {
                    let began = event.at.minus(ran);
                    let own = |(at, line): &&Said| *at >= began && !tells_an_end(line);
                    lines.iter().rev().take_while(own).count()
                }
                None => common.min(lines.len()),
            };
            let (before, head) = lines.split_at(lines.len() - head);
            Cut {
                head,
                before,
                after: &around.after,
            }
        };
        looked().map(|looked| looked.map(cut)).collect()
    }

    /// How many lines before those that say that it begins are the same, and so belong to the beginning.
    fn lines_in_common(&self, looked: &[(usize, &Surroundings)], timeline: &Timeline) -> usize {
        // Nothing is known of what stands before the first.
        let looked: Vec<_> = looked
            .iter()
            .filter(|(n, _)| *n != self.events[0])
            .collect();
        let enough = (NEARLY_ALL * looked.len() as f64).ceil().max(1.0) as usize;
        let shortest = looked.iter().map(|(_, around)| around.before.len()).min();
        let is_common = |back: &usize| {
            let lines = looked.iter().filter_map(|(n, around)| {
                let (at, line) = around.before.iter().rev().nth(*back)?;
                let near = timeline.events[*n].at.since(*at) <= FIRST_WORDS;
                (near && !tells_an_end(line)).then(|| stable(&line.message, None))
            });
            commonest_of(lines, enough).is_some()
        };
        let common = (0..FIRST).take_while(is_common).count();
        // Where all of a life is the same, it begins with the line that says so.
        match shortest {
            Some(shortest) if common < shortest => common,
            _ => 0,
        }
    }

    /// The processes, of which one began before all that was looked at where something stands there, and what they
    /// said.
    fn lives(
        &self,
        cuts: &[Option<Cut<'_>>],
        timeline: &Timeline,
    ) -> (Vec<Process>, BTreeMap<usize, Voice>) {
        let anchors: Vec<&Event> = self.events.iter().map(|n| &timeline.events[*n]).collect();
        let place = |(at, line): &Said| (*at, line.place.offset.get());
        let begins: Vec<(Timestamp, u64)> = (anchors.iter().zip(cuts))
            .map(|(event, cut)| {
                let first = cut.as_ref().and_then(|cut| cut.head.first());
                first.map_or((event.at, event.place.offset.get()), place)
            })
            .collect();
        // Life `n` ends before beginning `n`, and begins with the one before that.
        let first_words = |n: usize| -> Option<Vec<Said>> {
            let own = n.checked_sub(1)?;
            let to = begins.get(n).map_or(u64::MAX, |begin| begin.1);
            Some(cuts[own].as_ref()?.first_words(anchors[own], to))
        };
        let last_words = |n: usize| -> Option<Vec<Said>> {
            match cuts.get(n) {
                Some(Some(next)) if !next.before.is_empty() => {
                    let skip = next.before.len().saturating_sub(LAST);
                    Some(next.before[skip..].to_vec())
                }
                Some(Some(_)) => first_words(n),
                Some(None) => None,
                // Of the last one nothing more is known, but where that is all that it said.
                None => {
                    let own = n.checked_sub(1).and_then(|own| cuts[own].as_ref());
                    first_words(n).filter(|_| own.is_some_and(|own| own.after.len() < AFTER))
                }
            }
        };
        let words: Vec<Option<Vec<Said>>> = (0..=begins.len()).map(last_words).collect();
        let ends = words.iter().map(|words| words.as_ref()?.last().map(place));
        let ends: Vec<Option<(Timestamp, u64)>> = ends.collect();
        let waits =
            (ends.iter().zip(&begins)).filter_map(|(end, begin)| Some(begin.0.since((*end)?.0)));
        let wait = median(waits.collect()).unwrap_or(Span::ZERO);
        let times = timeline.files.get(self.file.index());
        let (start, end) = times.map_or((None, None), |times| (times.first, times.last));
        let mut processes = Vec::with_capacity(ends.len());
        let mut voices = BTreeMap::new();
        for (n, words) in words.into_iter().enumerate() {
            let begin = n.checked_sub(1).map(|own| begins[own]);
            let last = ends[n].unwrap_or_else(|| match begins.get(n) {
                Some(next) => (next.0.minus(wait), next.1),
                None => (end.unwrap_or(begins[n - 1].0), u64::MAX),
            });
            if begin.is_none() && ends[n].is_none() {
                continue;
            }
            let first = begin.unwrap_or((start.map_or(last.0, |start| start.min(last.0)), 0));
            let lines = match cuts.get(n) {
                Some(next) => next.as_ref().map_or(1, |next| next.before.len() as u64 + 1),
                // All that came since, of whomever.
                None => times.map_or(1, |times| {
                    times.minutes.range(first.0..).map(|(_, lines)| lines).sum()
                }),
            };
            let lines_of = |said: Option<Vec<Said>>| {
                let said = said.into_iter().flatten();
                said.map(|(_, line)| line).collect()
            };
            let voice = Voice {
                first: lines_of(first_words(n)),
                last: lines_of(words),
            };
            voices.insert(processes.len(), voice);
            processes.push(Process {
                file: self.file,
                life: Life {
                    host: anchors[0].host.clone().unwrap_or_default(),
                    program: anchors[0].program.clone().unwrap_or_default(),
                    pid: anchors[0].pid.unwrap_or(0),
                    first,
                    last: (last.0.max(first.0), last.1),
                    lines,
                },
            });
        }
        (processes, voices)
    }
}
