//! Events of one identity become crash-restart cycles, and cycles crash loops.
//!
//! Owns: what a crash loop is ([`LoopPolicy`]) and which events belong to one service. In: a timeline.
//! Out: [`Track`]s, and the [`CrashLoop`]s in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::{Class, Event, Family, Signature};
use crate::time::{Span, Timestamp};
use crate::timeline::Timeline;

mod banner;
mod cycle;
mod exit;
mod identity;
mod job;
mod machine;
mod replaced;
mod silent;

pub use banner::{Surroundings, further_starts, starts as starts_told_by_banners, unanswered};
pub use cycle::{CrashKind, End, Track, is_supervisor};
pub use identity::{Entity, is_alias, plain, root_of_logger};
pub(crate) use silent::is_failure;
pub use silent::{Begun, Line, Process, Suspect, Voice, beginnings, suspects};

/// What makes a crash loop; each bound can be set.
#[derive(Debug, Clone, Copy)]
pub struct LoopPolicy {
    /// How many abnormal ends, each followed by a start or a refused one.
    pub crashes: u64,
    /// How many where the supervisor gave up.
    pub crashes_before_give_up: u64,
    /// The longest gap between two ends of one loop, where its own pace allows no longer one.
    pub gap: Span,
    /// The longest gap in median gaps.
    pub gap_in_medians: i64,
    /// The longest gap of a slow loop that keeps its pace.
    pub slowest: Span,
    /// The same crash, back within this time, is the same loop.
    pub relapse: Span,
    /// A service that ran this many of the loop's longest gaps has recovered.
    pub stable_gaps: i64,
    /// And at least this long.
    pub stable: Span,
}

impl Default for LoopPolicy {
    fn default() -> Self {
        Self {
            crashes: 3,
            crashes_before_give_up: 2,
            gap: Span::from_seconds(600),
            gap_in_medians: 4,
            slowest: Span::from_seconds(6 * 3600),
            relapse: Span::from_seconds(1800),
            stable_gaps: 3,
            stable: Span::from_seconds(30),
        }
    }
}

/// What shows that there is a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// A supervisor says so.
    Supervisor,
    /// The process says so.
    Process,
    /// It follows from how records come and go.
    Inferred,
}

/// A service that crashes, is started again, and crashes again.
#[derive(Debug, Clone)]
pub struct CrashLoop {
    /// Who.
    pub entity: Entity,
    /// Index of the track in [`Loops::tracks`].
    pub track: usize,
    /// Which of the track's ends belong to it.
    pub ends: std::ops::Range<usize>,
    /// What shows it.
    pub grade: Grade,
    /// Which sort of crash most of them are.
    pub kind: CrashKind,
    /// How many crashes, those that only a counter tells of included.
    pub crashes: u64,
    /// How many restarts.
    pub restarts: u64,
    /// The first crash.
    pub first: Timestamp,
    /// The last one.
    pub last: Timestamp,
    /// The median time from crash to crash.
    pub median_period: Option<Span>,
    /// The longest time from crash to crash; that before a first relapse is none, those of a loop that recovers
    /// again and again are.
    pub longest_gap: Span,
    /// Whether the waits grow.
    pub backoff: bool,
    /// Whether the supervisor gave up.
    pub gave_up: bool,
    /// Crash, recover, crash again: where it was failing.
    pub phases: Vec<(Timestamp, Timestamp)>,
    /// What the crashes say.
    pub said: Said,
}

/// What a loop's crashes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What stays the same from crash to crash.
    pub signature: Signature,
    /// As one of the crashes said it.
    pub text: String,
}

/// The services of a timeline, and the loops among them.
#[derive(Debug)]
pub struct Loops {
    /// All services that process events speak of.
    pub tracks: Vec<Track>,
    /// By first crash.
    pub loops: Vec<CrashLoop>,
}

/// Of an end that stands for more crashes than this no more gaps are told one by one.
const MANY: u64 = 16;
/// Texts so near to the one before are of the same failure.
const AT_ONCE: Span = Span::from_seconds(5);
/// A pace is regular where the median distance from the median interval is within this share of it.
const REGULAR: f64 = 0.3;

/// Finds the crash loops of a timeline.
#[must_use]
pub fn find(timeline: &Timeline, policy: &LoopPolicy) -> Loops {
    let tracks = tracks(timeline, policy);
    let mut loops = Vec::new();
    for (n, track) in tracks.iter().enumerate() {
        for ends in joined(runs(&track.ends, policy), track, timeline, policy) {
            if let Some(found) = describe(n, track, ends, timeline, policy) {
                loops.push(found);
            }
        }
    }
    loops.sort_by(|a, b| a.first.cmp(&b.first).then_with(|| a.entity.cmp(&b.entity)));
    Loops { tracks, loops }
}

/// Process events by service.
#[derive(Default)]
struct Group {
    process: Vec<usize>,
    texts: Vec<usize>,
}

fn tracks(timeline: &Timeline, policy: &LoopPolicy) -> Vec<Track> {
    let events = &timeline.events;
    let sole = sole_host(events);
    let (machines, of_machines) = machine::tracks(events, sole.as_ref());
    let mut groups: BTreeMap<Entity, Group> = BTreeMap::new();
    for (n, event) in events
        .iter()
        .enumerate()
        .filter(|(n, e)| e.class.family() == Family::Process && !of_machines.contains(n))
        // By itself it tells nothing.
        .filter(|(_, e)| e.class != Class::Banner)
    {
        let Some(entity) = entity_of(event, sole.as_deref()) else {
            continue;
        };
        let group = groups.entry(entity).or_default();
        let is_text = matches!(event.class, Class::Crash | Class::Gone)
            || (event.class == Class::Oom && !cycle::is_supervisor(event));
        if is_text {
            group.texts.push(n)
        } else {
            group.process.push(n)
        }
    }
    replaced::join(&mut groups, events, policy);
    adopt_texts(&mut groups, events);
    groups
        .into_iter()
        .map(|(entity, group)| cycle::follow(entity, events, &group.process, &group.texts))
        .chain(machines)
        .collect()
}

/// Whom a process event is about; `None` where it is a group of processes. Where it names no host it is of the
/// timeline's only one, if there is such.
fn entity_of(event: &Event, sole: Option<&str>) -> Option<Entity> {
    let name = identity::name_of(event).filter(|name| !identity::is_group(name))?;
    let (service, instance) = plain(&name);
    let host = event.host.as_deref().or(sole);
    Some(Entity {
        host: host.map(str::to_owned),
        service,
        instance,
    })
}

/// The one host of a timeline, where all that bear one bear the same.
fn sole_host(events: &[Event]) -> Option<String> {
    let mut hosts = events.iter().filter_map(|e| e.host.as_deref());
    let first = hosts.next()?;
    hosts.all(|host| host == first).then(|| first.to_owned())
}

/// A service may log under its interpreter's name (`python3`), a kernel's record bears the process's:
/// texts of a name that no supervisor speaks of go to the supervised service of the same host whose
/// end lies nearest.
fn adopt_texts(groups: &mut BTreeMap<Entity, Group>, events: &[Event]) {
    let supervised = |group: &Group| {
        group
            .process
            .iter()
            .any(|&n| cycle::is_supervisor(&events[n]))
    };
    let mut ends: BTreeMap<Option<String>, Vec<(Timestamp, Entity)>> = BTreeMap::new();
    for (entity, group) in groups.iter().filter(|(_, g)| supervised(g)) {
        for &n in &group.process {
            if matches!(
                events[n].class,
                Class::Exit | Class::Oom | Class::StartFail | Class::Watchdog
            ) {
                ends.entry(entity.host.clone())
                    .or_default()
                    .push((events[n].at, entity.clone()));
            }
        }
    }
    for list in ends.values_mut() {
        list.sort();
    }
    let orphans: Vec<Entity> = groups
        .iter()
        .filter(|(_, group)| !supervised(group) && !group.texts.is_empty())
        .map(|(entity, _)| entity.clone())
        .collect();
    for orphan in orphans {
        let Some(list) = ends.get(&orphan.host) else {
            continue;
        };
        let Some(group) = groups.get_mut(&orphan) else {
            continue;
        };
        let mut moved = Vec::new();
        group.texts.retain(|&n| match adopter(list, events[n].at) {
            Some(entity) => {
                moved.push((entity.clone(), n));
                false
            }
            None => true,
        });
        for (entity, n) in moved {
            if let Some(group) = groups.get_mut(&entity) {
                group.texts.push(n);
                group.texts.sort_unstable();
            }
        }
    }
}

/// Who ended just after (or as) a text was written.
fn adopter(ends: &[(Timestamp, Entity)], at: Timestamp) -> Option<&Entity> {
    let from = ends.partition_point(|(end, _)| at.since(*end) > Span::from_seconds(3));
    ends[from..]
        .iter()
        .take_while(|(end, _)| end.since(at) <= Span::from_seconds(5))
        .min_by_key(|(end, _)| end.since(at).abs())
        .map(|(_, entity)| entity)
}

/// Runs of ends without a gap that is too long.
fn runs(ends: &[End], policy: &LoopPolicy) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::new();
    let mut from = 0;
    let is_over = |from: usize, n: usize| {
        let gap = ends[n].at.since(ends[n - 1].until);
        // Most gaps are short, and need no bound worked out.
        gap > policy.gap
            && gap > bound(&ends[from..n], policy)
            && !keeps_pace(&ends[n - 1..], policy)
    };
    for n in 1..=ends.len() {
        if n == ends.len() || is_over(from, n) {
            runs.push(from..n);
            from = n;
        }
    }
    runs
}

/// Whether the next ends keep a slow pace, each gap within a half of the first: what crashes every three
/// hours (a leak) is no accident, though no gap before tells of the pace.
fn keeps_pace(ends: &[End], policy: &LoopPolicy) -> bool {
    let gaps: Vec<Span> = gaps(ends)
        .into_iter()
        .take(policy.crashes as usize - 1)
        .collect();
    let Some(first) = gaps.first().filter(|g| **g <= policy.slowest) else {
        return false;
    };
    let near = |g: &Span| (g.seconds() - first.seconds()).abs() <= 0.5 * first.seconds();
    gaps.len() as u64 + 1 >= policy.crashes && gaps.iter().all(near)
}

/// Runs that make a loop each, and are the same crash come back, are one.
fn joined(
    runs: Vec<std::ops::Range<usize>>,
    track: &Track,
    timeline: &Timeline,
    policy: &LoopPolicy,
) -> Vec<std::ops::Range<usize>> {
    let signature = |run: &std::ops::Range<usize>| {
        let ends: Vec<&End> = track.ends[run.clone()]
            .iter()
            .filter(|e| !e.requested)
            .collect();
        said(&ends, &timeline.events, track, timeline).signature
    };
    let mut all: Vec<std::ops::Range<usize>> = Vec::new();
    for run in runs {
        let is_relapse = all.last().is_some_and(|before| {
            let gap = track.ends[run.start]
                .at
                .since(track.ends[before.end - 1].until);
            gap <= policy.relapse
                && before.len() as u64 >= policy.crashes
                && signature(before).is_same(&signature(&run))
        });
        match all.last_mut() {
            Some(before) if is_relapse => before.end = run.end,
            _ => all.push(run),
        }
    }
    all
}

/// The longest gap that continues the loop of these ends.
fn bound(ends: &[End], policy: &LoopPolicy) -> Span {
    let gaps = gaps(ends);
    let own = median(gaps.clone()).map_or(Span::ZERO, |m| m.times(policy.gap_in_medians));
    // A wait of the supervisor's is no sign of health: the next may be twice as long.
    let waits = ends
        .iter()
        .filter_map(|end| end.restarted.map(|at| at.since(end.until)));
    policy
        .gap
        .max(own)
        .max(waits.max().unwrap_or(Span::ZERO).times(2))
}

/// The times from crash to crash. One end may stand for several crashes: they lie evenly between its
/// first and its last record.
fn gaps(ends: &[End]) -> Vec<Span> {
    let mut gaps = Vec::with_capacity(ends.len());
    for pair in ends.windows(2) {
        let begins = pair[1].at.since(pair[0].at);
        let (within, count) = (pair[0].until.since(pair[0].at), pair[0].count);
        if count > 1 && within > Span::ZERO && within < begins {
            let each = within.nanos() / (count - 1).min(i64::MAX as u64) as i64;
            gaps.extend((1..count.min(MANY)).map(|_| Span::from_nanos(each)));
            gaps.push(pair[1].at.since(pair[0].until));
        } else {
            gaps.push(begins);
        }
    }
    gaps
}

fn median(mut spans: Vec<Span>) -> Option<Span> {
    spans.sort_unstable();
    spans.get(spans.len() / 2).copied()
}

/// The loop of a run of ends, where they make one.
fn describe(
    n: usize,
    track: &Track,
    run: std::ops::Range<usize>,
    timeline: &Timeline,
    policy: &LoopPolicy,
) -> Option<CrashLoop> {
    let events = &timeline.events;
    let ends = &track.ends[run.clone()];
    // An operator's kill is an end, but no crash.
    let crashes: Vec<&End> = ends.iter().filter(|end| !end.requested).collect();
    let first = crashes.first()?.at;
    let lost = saturating(crashes.iter().map(|end| end.lost));
    let seen_before = counted_before(track, &run, timeline, policy);
    let count = saturating([told_of(&crashes, events), lost, seen_before]);
    let gave_up = ends.iter().any(|end| end.gave_up);
    let followed = crashes
        .iter()
        .filter(|end| end.restarted.is_some() || end.gave_up)
        .count() as u64;
    let enough =
        count >= policy.crashes && followed + 1 >= policy.crashes.min(crashes.len() as u64);
    let given_up = gave_up && count >= policy.crashes_before_give_up;
    let is_none = || job::is_job(track, ends, events) || go_on(track, &crashes, events);
    if !enough && !given_up || is_none() {
        return None;
    }
    let gaps = gaps(ends);
    let waits: Vec<Span> = ends
        .iter()
        .filter_map(|e| e.restarted.map(|at| at.since(e.until)))
        .collect();
    let restarted = ends.iter().filter(|end| end.restarted.is_some());
    let restarted = saturating(restarted.map(|end| end.count).chain([lost, seen_before]));
    Some(CrashLoop {
        entity: track.entity.clone(),
        track: n,
        ends: run,
        grade: grade(track, &crashes, events),
        kind: commonest(crashes.iter().map(|end| end.kind)).unwrap_or(CrashKind::Unknown),
        crashes: count,
        restarts: restarted.min(count.max(ends.len() as u64)),
        first,
        last: crashes.last().map_or(first, |end| end.until.max(end.at)),
        median_period: median(gaps.clone()),
        longest_gap: longest_gap(&gaps, policy),
        backoff: grows(&waits),
        gave_up,
        phases: phases(&crashes, &gaps),
        said: said(&crashes, events, track, timeline),
    })
}

/// Whether what looks like ends are failures of a process that goes on: texts without a process id came again and again
/// between starts, as those of requests do while workers are replaced now and then.
fn go_on(track: &Track, crashes: &[&End], events: &[Event]) -> bool {
    let times = |end: &&End| {
        let texts = end.texts.iter().map(|&n| &events[n]);
        let mut at: Vec<Timestamp> = texts
            .filter(|event| event.pid.is_none() && event.field("pid").is_none())
            .map(|event| event.at)
            .collect();
        at.sort_unstable();
        at.dedup_by(|next, before| next.since(*before) <= AT_ONCE);
        at.len()
    };
    let all: usize = crashes.iter().map(times).sum();
    !track.supervised && all > 2 * crashes.len()
}

/// How many crashes records tell of. Where records were folded, each sort by itself, which ends they stand beside hangs
/// on how they were: so those of a sort are counted, and of sorts that tell of the same ends the one that came most often.
/// Restarts whose end was not seen count where no end was.
fn told_of(crashes: &[&End], events: &[Event]) -> u64 {
    if crashes.iter().all(|end| end.count == 1) {
        return crashes.len() as u64;
    }
    let is_start = |n: &usize| matches!(events[*n].class, Class::Restart | Class::Backoff);
    let ends_are_told = (crashes.iter()).any(|end| !end.records.iter().all(is_start));
    // Groups of sorts that tell of the same ends, and how often each sort came.
    let mut groups: Vec<BTreeMap<u64, u64>> = Vec::new();
    for end in crashes {
        let telling = || (end.records.iter()).filter(|n| !ends_are_told || !is_start(n));
        let sorts: BTreeSet<u64> = telling().map(|n| events[*n].sort).collect();
        let is_of = |group: &BTreeMap<u64, u64>| sorts.iter().any(|sort| group.contains_key(sort));
        let (of_it, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_of);
        groups = others;
        let mut group: BTreeMap<u64, u64> = of_it.into_iter().flatten().collect();
        for event in telling().map(|n| &events[*n]) {
            let told = group.entry(event.sort).or_default();
            *told = told.saturating_add(event.count);
        }
        groups.push(group);
    }
    let only_texts = crashes.iter().filter(|end| end.records.is_empty());
    let by_texts = saturating(only_texts.map(|end| end.count));
    let most = groups
        .into_iter()
        .filter_map(|group| group.into_values().max());
    saturating(most).saturating_add(by_texts)
}

fn saturating(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}

/// What shows that these are crashes: the best of what tells of any.
fn grade(track: &Track, crashes: &[&End], events: &[Event]) -> Grade {
    let mut told = (crashes.iter()).flat_map(|end| end.records.iter().chain(&end.texts));
    match track.announced {
        true => Grade::Supervisor,
        false if told.any(|&n| !events[n].is_inferred()) => Grade::Process,
        false => Grade::Inferred,
    }
}

/// Crashes that a counter tells of from before the log began. The counter runs on across healthy
/// spells, so that it says nothing where the log shows that the service had been well.
fn counted_before(
    track: &Track,
    run: &std::ops::Range<usize>,
    timeline: &Timeline,
    policy: &LoopPolicy,
) -> u64 {
    if run.start > 0 {
        return 0;
    }
    let Some(end) = track.ends.get(run.start) else {
        return 0;
    };
    let begin = timeline.first_of(track.entity.host.as_deref());
    let fresh = begin.is_none_or(|begin| end.at.since(begin) <= policy.gap);
    let was_up = end.life.is_some();
    let first = track.starts.iter().find_map(|&(at, n)| {
        let counter = timeline.events[n].field("counter")?.parse::<u64>().ok()?;
        (at >= end.at).then_some(counter)
    });
    match first {
        Some(counter) if fresh && !was_up => counter.saturating_sub(1),
        _ => 0,
    }
}

/// Whether intervals are much alike.
fn is_regular(intervals: &[Span]) -> bool {
    let Some(usual) = median(intervals.to_vec()) else {
        return false;
    };
    let off = intervals
        .iter()
        .map(|i| Span::from_nanos((i.nanos() - usual.nanos()).abs()));
    let off = median(off.collect()).unwrap_or(Span::ZERO);
    off.seconds() <= (REGULAR * usual.seconds()).max(1.0)
}

/// Whether waits grow: the last is well over the first, and hardly one is shorter than the one before.
fn grows(waits: &[Span]) -> bool {
    let (Some(first), Some(last)) = (waits.first(), waits.last()) else {
        return false;
    };
    let falls = waits
        .windows(2)
        .filter(|pair| pair[1].nanos() * 10 < pair[0].nanos() * 9)
        .count();
    waits.len() >= 3 && last.seconds() > 2.0 * first.seconds().max(0.5) && falls * 4 <= waits.len()
}

/// The longest of the gaps, but for one after which it had recovered, where there was one such.
fn longest_gap(gaps: &[Span], policy: &LoopPolicy) -> Span {
    let (mut longest, mut pauses) = (Span::ZERO, Vec::new());
    for &gap in gaps {
        let well = longest.times(policy.stable_gaps).max(policy.stable);
        match longest > Span::ZERO && gap > well {
            true => pauses.push(gap),
            false => longest = longest.max(gap),
        }
    }
    match pauses[..] {
        [_] => longest,
        _ => pauses.into_iter().fold(longest, Span::max),
    }
}

/// Failing phases: a crash after the service had run well again begins a new one.
fn phases(ends: &[&End], gaps: &[Span]) -> Vec<(Timestamp, Timestamp)> {
    let usual = median(gaps.to_vec()).unwrap_or(Span::ZERO).times(3);
    let well = usual.max(Span::from_seconds(15));
    let mut phases: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (n, end) in ends.iter().enumerate() {
        let ran = end.life.or_else(|| {
            let before = ends.get(n.checked_sub(1)?)?;
            Some(end.at.since(before.restarted.unwrap_or(before.until)))
        });
        match phases.last_mut() {
            Some(phase) if ran.is_none_or(|ran| ran <= well) => phase.1 = end.until,
            _ => phases.push((end.at, end.until)),
        }
    }
    phases
}

fn commonest<T: Ord + Copy>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))
        .map(|(item, _)| item)
}

/// What most of the crashes said, numbers, ids and words that vary left aside.
fn said(ends: &[&End], events: &[Event], track: &Track, timeline: &Timeline) -> Said {
    let mut said: Vec<(String, Option<&str>)> = ends
        .iter()
        .filter_map(|end| last_words(end, events))
        .collect();
    if said.is_empty() {
        let untimed = untimed_words(track, timeline);
        said.extend(untimed.into_iter().map(|text| (text, None)));
    }
    if said.is_empty() {
        let first = ends.iter().filter_map(|end| end.records.first());
        said.extend(first.map(|&n| (exit_words(&events[n]), None)));
    }
    let all: Vec<Signature> = said
        .iter()
        .map(|(text, place)| Signature::new(text, *place))
        .collect();
    let signature = Signature::of_most(&all);
    let one = all.iter().position(|one| one.is_same(&signature));
    Said {
        text: one.map_or_else(|| signature.masked.clone(), |n| said.swap_remove(n).0),
        signature,
    }
}

/// What a crash said, in a line, and where in the program, where its trace tells.
fn last_words<'a>(end: &End, events: &'a [Event]) -> Option<(String, Option<&'a str>)> {
    end.texts
        .iter()
        .map(|&n| &events[n])
        .min_by_key(|e| (kind_rank(e), e.at))
        .map(words_of)
}

fn words_of(event: &Event) -> (String, Option<&str>) {
    let words = event
        .field("what")
        .unwrap_or_else(|| first_line(&event.message));
    (words.trim().to_owned(), event.field("place"))
}

/// The signature of one crash that said something.
#[must_use]
pub fn signature(end: &End, events: &[Event]) -> Option<Signature> {
    let (text, place) = last_words(end, events)?;
    Some(Signature::new(&text, place))
}

/// The signature of a crash that this event tells of.
#[must_use]
pub fn signature_of(event: &Event) -> Signature {
    let (text, place) = words_of(event);
    Signature::new(&text, place)
}

/// Configuration errors first, for they say most.
fn kind_rank(event: &Event) -> u8 {
    u8::from(event.kind != Some("config_error"))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}

/// What the service's own file says without any stamp.
fn untimed_words(track: &Track, timeline: &Timeline) -> Vec<String> {
    timeline
        .untimed
        .iter()
        .filter(|e| e.class == Class::Crash)
        .filter(|e| identity::name_of(e).is_some_and(|name| plain(&name).0 == track.entity.service))
        .map(|e| {
            e.field("what")
                .unwrap_or_else(|| first_line(&e.message))
                .trim()
                .to_owned()
        })
        .collect()
}

/// What a supervisor said of the end, without the service's name.
fn exit_words(event: &Event) -> String {
    let line = first_line(event.field("what").unwrap_or(&event.message));
    match event.field("unit") {
        Some(unit) => line
            .trim_start_matches(unit)
            .trim_start_matches([':', ' '])
            .to_owned(),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::{ByteOffset, FileId, LineNo, Place};

    fn event(class: Class, sort: u64, count: u64) -> Event {
        let place = Place {
            file: FileId::new(0),
            offset: ByteOffset::new(0),
            line: LineNo::after(0),
        };
        Event {
            sort,
            count,
            ..Event::untold(class, place, None, Timestamp::from_nanos(0), "", "")
        }
    }

    #[test]
    fn crashes_are_counted_by_what_tells_of_them_however_it_was_folded() {
        let events = [
            // Two sorts that tell of the same ends; the second lot of them fell to the first end.
            event(Class::Exit, 1, 10),
            event(Class::Exit, 2, 10),
            event(Class::Exit, 1, 10),
            event(Class::Exit, 2, 9),
            // A restart whose end seemed to be missing.
            event(Class::Restart, 3, 8),
            // Another way to end.
            event(Class::StartFail, 4, 3),
        ];
        let end = |records: &[usize], count: u64| End {
            at: Timestamp::from_nanos(0),
            until: Timestamp::from_nanos(0),
            records: records.to_vec(),
            texts: Vec::new(),
            count,
            requested: false,
            gave_up: false,
            restarted: None,
            life: None,
            was_started: false,
            lost: 0,
            kind: CrashKind::Exit,
        };
        let ends = [end(&[0, 1, 2, 3], 10), end(&[4], 8), end(&[5], 3)];
        assert_eq!(told_of(&ends.iter().collect::<Vec<_>>(), &events), 23);
        assert_eq!(told_of(&[&ends[1]], &events), 8);
    }
}
