//! Lives of programs whose lines bear no process id, or the same one each time, cut where they begin.
//!
//! In: records by which a program says that it begins, or how long it has run, and what stands around them
//! ([`Surroundings`]). Out: events of class `gone` and `start` where the lives between them are crashes, by the same
//! judgement as those of processes with an id. A line of beginning may also be that of a job, or of another try
//! within a process that goes on: so the first lines have to be those of a process.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::classify::{Class, Event, mask};
use crate::primitives::{ByteOffset, FileId, Place};
use crate::time::{Span, Timestamp};
use crate::timeline::{FileTimes, Life, Timeline};

use super::first_words::{FirstWords, tells_an_end};
use super::heard::commonest_of;
use super::processes::Process;
use super::signs::stable;
use super::voice::{Line, Voice};
use super::{Apart, NEARLY_ALL, Suspect, requests, suspect};
use crate::loops::banner::{Surroundings, of_the_same};
use crate::loops::identity::{Entity, root_of_logger};
use crate::loops::{LoopPolicy, Loops, entity_of, median, sole_host};

/// So many services are looked at, those that begin the most often.
const SERVICES: usize = 1024;
/// So many beginnings are looked at in all, and of one service, half from the first, half from the last.
const LOOKS: usize = 4096;
const LOOKED_AT: RangeInclusive<usize> = 10..=64;
/// What a process says before the line that says so is said within this time, where it says it at all.
const FIRST_WORDS: Span = Span::from_seconds(2);
/// The same line within this time is of one process.
const AT_A_TIME: Span = Span::from_nanos(200_000_000);
/// An end lies at least this long before the start that follows.
const MOMENT: Span = Span::from_nanos(1000);
/// A count up to this is the first of a process.
const AT_ONCE: Span = Span::from_seconds(1);
/// How many lines of each end are heard, and how many stand behind a beginning where there are so many.
const FIRST: usize = 40;
const LAST: usize = 20;
const AFTER: usize = 32;
/// At most so many lines before the one that says that it begins belong to the beginning.
const HEAD: usize = 8;

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
    /// The log into which it writes, in files that were rotated away one after the other.
    log: FileId,
    /// The records that say so, as indices of events, by time.
    events: Vec<usize>,
    /// They say how long it has run, less than the one before.
    by_counter: bool,
    /// Where there were so many that further ones were folded: these, of which the first is the last of `events`.
    folded: Vec<usize>,
    /// How many of them are looked at.
    looked_at: usize,
    /// When somebody asked it to stop or to start.
    requests: Vec<Timestamp>,
}

/// Programs that say so often that they begin that they may be looping.
#[must_use]
pub fn beginnings(timeline: &Timeline, loops: &Loops, policy: &LoopPolicy) -> Vec<Begun> {
    let events = &timeline.events;
    let sole = sole_host(events);
    let announced = loops.tracks.iter().filter(|t| t.announced || t.supervised);
    let announced: BTreeSet<&Entity> = announced.map(|track| &track.entity).collect();
    let mut all: BTreeMap<(Entity, FileId), BTreeMap<Says, Vec<usize>>> = BTreeMap::new();
    for (n, event) in events.iter().enumerate() {
        let tells = matches!(event.class, Class::Banner | Class::Loaded);
        let has_lives = || {
            let file = timeline.files.get(event.place.file.index());
            file.is_some_and(|file| !file.lives.is_empty())
        };
        if !tells || event.pid.is_some_and(|pid| pid > 1) && has_lives() {
            continue;
        }
        let Some(entity) = entity_of(event, sole.as_deref()) else {
            continue;
        };
        let says = match event.field("counter") {
            Some(_) => Says::Count(mask(&event.message)),
            None => Says::Words(stable(&event.message, None)),
        };
        let log = timeline.log_of(event.place.file);
        let of_log = all.entry((entity, log)).or_default();
        of_log.entry(says).or_default().push(n);
    }
    let mut found: Vec<Begun> = Vec::new();
    for ((entity, log), mut lines) in all {
        for (_, counted) in (lines.iter_mut()).filter(|(says, _)| matches!(says, Says::Count(_))) {
            *counted = falls(counted, events);
        }
        // One may say it twice, of each of its addresses.
        let at = |n: usize| events[n].at;
        for lines in lines.values_mut() {
            lines.dedup_by(|next, before| at(*next).since(at(*before)) < AT_A_TIME);
        }
        // Of several that come as often the first is nearest to the start.
        let most = lines.into_iter().max_by(|(_, a), (_, b)| {
            let first = |of: &[usize]| std::cmp::Reverse(of.first().copied());
            a.len().cmp(&b.len()).then(first(a).cmp(&first(b)))
        });
        if let Some((says, mut events_of)) = most
            && events_of.len() as u64 >= policy.crashes
            && !announced.contains(&entity)
        {
            let first = events_of.iter().position(|n| events[*n].count > 1);
            let folded = first.map_or(Vec::new(), |at| events_of[at..].to_vec());
            events_of.truncate(first.map_or(events_of.len(), |at| at + 1));
            found.push(Begun {
                entity,
                log,
                events: events_of,
                folded,
                by_counter: matches!(says, Says::Count(_)),
                looked_at: 0,
                requests: Vec::new(),
            });
        }
    }
    // Loggers of one program say so at the same time.
    let program = |begun: &Begun| {
        let service = &begun.entity.service;
        let times = timeline.files.get(begun.log.index());
        let name = match begun.entity.host {
            None if times.is_some_and(|times| times.format.names_loggers()) => "",
            None => root_of_logger(service),
            Some(_) => service,
        };
        (begun.log, begun.entity.host.clone(), name.to_owned())
    };
    found.sort_by_key(|begun| (program(begun), std::cmp::Reverse(begun.events.len())));
    found.dedup_by_key(|begun| program(begun));
    // One service writes into one log; copies of it tell nothing more.
    found.sort_by(|a, b| (&a.entity, b.events.len()).cmp(&(&b.entity, a.events.len())));
    found.dedup_by(|next, kept| next.entity == kept.entity);
    found.sort_by_key(|begun| std::cmp::Reverse(begun.events.len()));
    found.truncate(SERVICES);
    let looked_at = (LOOKS / found.len().max(1)).clamp(*LOOKED_AT.start(), *LOOKED_AT.end());
    let requests = match found.is_empty() {
        true => Vec::new(),
        false => requests::of(timeline),
    };
    for begun in &mut found {
        begun.looked_at = looked_at;
        begun.requests = requests::to(&begun.entity, &requests);
    }
    found
}

/// Those of a process that began after the one before, by its count, or that are the first of their count once more.
fn falls(counted: &[usize], events: &[Event]) -> Vec<usize> {
    let mut before: Option<(Timestamp, Span)> = None;
    let mut fell = |n: &usize| {
        let event = &events[*n];
        let now = counted_by(event)?;
        let is_first = now <= AT_ONCE;
        Some(match before.replace((event.at, now)) {
            Some((at, before)) => {
                // Another that counts as well has run for longer.
                let is_young = now <= event.at.since(at).plus(unit_of(event));
                now < before && is_young || now == before && is_first
            }
            None => is_first,
        })
    };
    let counted = counted.iter().copied();
    counted.filter(|n| fell(n) == Some(true)).collect()
}

/// For how long the program has run, as the record tells.
fn counted_by(event: &Event) -> Option<Span> {
    let count: f64 = event.field("counter")?.parse().ok()?;
    let nanos = count * unit_of(event).nanos() as f64;
    // Longer ones are none.
    (nanos < 1e18).then(|| Span::from_nanos(nanos as i64))
}

/// What the record counts.
fn unit_of(event: &Event) -> Span {
    match event.field("scale").unwrap_or("s") {
        "ms" => Span::from_nanos(1_000_000),
        scale if scale.starts_with('h') => Span::from_seconds(3600),
        scale if scale.starts_with('m') => Span::from_seconds(60),
        _ => Span::from_seconds(1),
    }
}

/// A line, and when it was written.
type Said = (Timestamp, Line);
/// A place in a log, whose files follow each other.
type Spot = (FileId, ByteOffset);

fn spot(place: Place) -> Spot {
    (place.file, place.offset)
}

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
    /// The first lines of the life, of which one is the event's; those of the next begin there.
    fn first_words(&self, event: &Event, to: Option<Spot>) -> Vec<Said> {
        let own = [(event.at, Line::of(event))];
        let lines = self.head.iter().chain(&own).chain(self.after);
        let is_own = |(_, line): &&Said| to.is_none_or(|to| spot(line.place) < to);
        lines.take_while(is_own).take(FIRST).cloned().collect()
    }
}

impl Begun {
    /// The log into which it writes, as its oldest file.
    #[must_use]
    pub fn log(&self) -> FileId {
        self.log
    }

    /// The events whose surroundings are needed, each with the one before it, whose life they end.
    #[must_use]
    pub fn wanted(&self) -> Vec<(Option<usize>, usize)> {
        let pairs = (0..self.events.len()).map(|at| {
            let before = at.checked_sub(1).map(|at| self.events[at]);
            (before, self.events[at])
        });
        let left_out = match self.events.len() {
            n if n > self.looked_at => self.looked_at / 2..n - self.looked_at / 2,
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
        let found = suspect(
            self.entity.clone(),
            processes,
            &self.requests,
            loops,
            policy,
        );
        let certain = self.by_counter || first_words.are_certain;
        let Some(found) = found.map(|found| Suspect {
            apart: Apart::Beginnings { certain },
            ..found
        }) else {
            return Vec::new();
        };
        let mut events = found.judge(&voices, timeline, policy);
        if let Some(gone) = events.iter().rfind(|event| event.class == Class::Gone) {
            let further = self.further(gone, timeline);
            events.extend(further);
        }
        let events = events.into_iter();
        events.map(|event| of_the_same(event, like)).collect()
    }

    /// The ends between beginnings that were folded, like the last one before, and the start after each lot.
    fn further(&self, gone: &Event, timeline: &Timeline) -> Vec<Event> {
        let mut events = Vec::new();
        for (n, begun) in self.folded.iter().map(|n| &timeline.events[*n]).enumerate() {
            // Before the very first of them an end was told.
            let count = begun.count - u64::from(n == 0);
            let like = |class, at, message: &str| Event {
                host: gone.host.clone(),
                program: gone.program.clone(),
                covers: begun.covers,
                ..Event::untold(class, begun.place, begun.stamp, at, &begun.text, message)
            };
            if count > 0 {
                // The last of them ended before the last one began.
                let until = begun.until.minus(MOMENT).max(begun.at);
                events.push(Event {
                    kind: gone.kind,
                    count,
                    spread: until.since(begun.at),
                    until,
                    ..like(Class::Gone, begun.at, &gone.message)
                });
            }
            events.push(like(Class::Start, begun.until, &begun.message));
        }
        events
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
                // It tells when it began, in whole units.
                Some(ran) => {
                    let began = event.at.minus(ran).minus(unit_of(event));
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
            let lines: Vec<(&Line, &[Said])> = (looked.iter())
                .filter_map(|(n, around)| {
                    let at = around.before.len().checked_sub(back + 1)?;
                    let (when, line) = &around.before[at];
                    let near = timeline.events[*n].at.since(*when) <= FIRST_WORDS;
                    (near && !tells_an_end(line)).then(|| (line, &around.before[..at]))
                })
                .collect();
            let same = lines.iter().map(|(line, _)| stable(&line.message, None));
            // Where numbers in it vary it is no line that comes all the time.
            let once = lines.iter().filter_map(|(line, before)| {
                let text = mask(&line.message);
                let is_again = |(_, other): &Said| mask(&other.message) == text;
                (!before.iter().any(is_again)).then_some(text)
            });
            commonest_of(same, enough).is_some() || commonest_of(once, enough).is_some()
        };
        let common = (0..HEAD).take_while(is_common).count();
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
        let place = |(at, line): &Said| (*at, spot(line.place));
        let begins: Vec<(Timestamp, Spot)> = (anchors.iter().zip(cuts))
            .map(|(event, cut)| {
                let first = cut.as_ref().and_then(|cut| cut.head.first());
                first.map_or((event.at, spot(event.place)), place)
            })
            .collect();
        // Life `n` ends before beginning `n`, and begins with the one before that.
        let first_words = |n: usize| -> Option<Vec<Said>> {
            let own = n.checked_sub(1)?;
            let to = begins.get(n).map(|begin| begin.1);
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
        let ends: Vec<Option<(Timestamp, Spot)>> = ends.collect();
        let says_last = |n: usize| {
            let line = words.get(n)?.as_ref()?.last();
            line.map(|(_, line)| mask(&line.message))
        };
        let others: Vec<Option<String>> = (1..words.len()).map(says_last).collect();
        let ends_like_another = says_last(0).is_some_and(|last| others.contains(&Some(last)));
        let waits =
            (ends.iter().zip(&begins)).filter_map(|(end, begin)| Some(begin.0.since((*end)?.0)));
        let wait = median(waits.collect()).unwrap_or(Span::ZERO);
        let parts: Vec<&FileTimes> = (timeline.parts_of(self.log))
            .filter_map(|file| timeline.files.get(file.index()))
            .collect();
        let start = parts.iter().filter_map(|times| times.first).min();
        let end = parts.iter().filter_map(|times| times.last).max();
        let mut processes = Vec::with_capacity(ends.len());
        let mut voices = BTreeMap::new();
        for (n, words) in words.into_iter().enumerate() {
            let begin = n.checked_sub(1).map(|own| begins[own]);
            // Of those behind the first that was folded too little is known.
            if n == begins.len() && !self.folded.is_empty() {
                continue;
            }
            // Of what stands before all beginnings only an end like the others' tells anything.
            if n == 0 && !ends_like_another {
                continue;
            }
            let last = ends[n].unwrap_or_else(|| match begins.get(n) {
                Some(next) => (next.0.minus(wait), next.1),
                None => {
                    let (at, (file, _)) = begins[n - 1];
                    (end.unwrap_or(at), (file, ByteOffset::new(u64::MAX)))
                }
            });
            let first = begin.unwrap_or_else(|| {
                let start = start.map_or(last.0, |start| start.min(last.0));
                (start, (self.log, ByteOffset::new(0)))
            });
            let lines = match cuts.get(n) {
                Some(next) => next.as_ref().map_or(1, |next| next.before.len() as u64 + 1),
                // All that came since, of whomever.
                None => {
                    let since = |times: &&FileTimes| -> u64 {
                        times.minutes.range(first.0..).map(|(_, lines)| lines).sum()
                    };
                    parts.iter().map(since).sum()
                }
            };
            let lines_of = |said: Option<Vec<Said>>| {
                let said = said.into_iter().flatten();
                said.map(|(_, line)| line).collect()
            };
            let voice = Voice {
                first: lines_of(first_words(n)),
                last: lines_of(words),
            };
            if !voice.first.is_empty() || !voice.last.is_empty() {
                voices.insert(processes.len(), voice);
            }
            processes.push(Process {
                file: first.1.0,
                last_file: last.1.0,
                life: Life {
                    host: anchors[0].host.clone().unwrap_or_default(),
                    program: anchors[0].program.clone().unwrap_or_default(),
                    pid: anchors[0].pid.unwrap_or(0),
                    first: (first.0, first.1.1.get()),
                    last: (last.0.max(first.0), last.1.1.get()),
                    lines,
                },
            });
        }
        (processes, voices)
    }
}
