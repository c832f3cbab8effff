//! Restarts that nobody announced, told by who wrote when.
//!
//! In: the lives of processes (who wrote first and last under which pid, or, without pids, where they say that they
//! begin: [`Begun`]), and what is known of ends. Out: [`Suspect`]s, programs that came back again and again, and,
//! once their first and last words are read ([`Voice`]), events of class `gone` and `start` where these are crashes.
//! What tells them from jobs, from processes forked for each connection, from pools and from operators is
//! told in `docs/loops.md`, with what the bounds rest on.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::{Class, Event};
use crate::time::{Span, Timestamp};
use crate::timeline::{Life, Timeline};

use super::identity::Entity;
use super::{Grade, LoopPolicy, Loops, grows, is_regular, median};

mod begun;
mod first_words;
mod heard;
mod processes;
mod requests;
mod signs;
mod voice;

pub use begun::{Begun, beginnings};
use heard::Heard;
pub use processes::Process;
use processes::{alone, processes};
pub(crate) use signs::is_failure;
pub use voice::{Line, Voice};

/// Lives of one program that overlap make it a pool, or one that forks: no more than this share of them.
const OVERLAPS: f64 = 0.2;
/// What nearly all lives of a loop have in common, this share of them has.
const NEARLY_ALL: f64 = 0.8;
/// How long before a start a request explains it: systemd's default `TimeoutStopSec`
/// (systemd-system.conf(5)); and how long after the start it may be written down.
const REQUEST: (Span, Span) = (Span::from_seconds(90), Span::from_seconds(2));
/// Jobs of a clock begin within this of a full minute, or of a fixed second of it.
const ON_THE_CLOCK: i64 = 2;
/// Where no healthy life was seen, only what is started again this soon after its last line is a loop:
/// the usual waits of supervisors are well below (systemd 0.1 s, runit 1 s, supervisord 1 s and more), and
/// checks and jobs come by the minute.
const SOON: Span = Span::from_seconds(45);
/// A life is a healthy one where it wrote for so many times the usual time of those that ended, and at
/// least from start to start of these or half a minute: as long as a service has to run to have recovered
/// ([`LoopPolicy::stable`]).
const HEALTHY: i64 = 3;
const WELL: Span = Span::from_seconds(30);
/// Ends without a word of failure need so many, where a loop needs three.
const SILENT: usize = 4;
/// And more where lives are told by their beginnings alone: a roll-out over replicas that share a file begins as many.
const SILENT_BEGINNINGS: usize = 8;
/// At most so many ends of one program are told one by one: half from the first, half from the last.
const TOLD: usize = 400;
/// At most so many lives that may be healthy are listened to.
const LISTENED: usize = 4;
/// At most so many suspects are looked at, those with the most restarts.
const SUSPECTS: usize = 64;

/// A program that came back under a new pid, and nobody told why.
#[derive(Debug)]
pub struct Suspect {
    entity: Entity,
    /// By their first lines.
    processes: Vec<Process>,
    /// Those after which another took over, unasked, as indices; in order.
    ended: Vec<usize>,
    /// From start to start of those.
    intervals: Vec<Span>,
    /// Its ends are known, and only its starts are wanted.
    ends_are_known: bool,
    apart: Apart,
}

/// What tells the processes of a program apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apart {
    /// Their ids.
    Ids,
    /// What they say as they begin; whether it is certain enough for lives that end without a word of failure.
    Beginnings { certain: bool },
}

/// Programs that came back under another pid so often, unasked, that they may be looping, and whose
/// ends nothing else tells of.
#[must_use]
pub fn suspects(timeline: &Timeline, loops: &Loops, policy: &LoopPolicy) -> Vec<Suspect> {
    let requests = requests::of(timeline);
    let mut found: Vec<Suspect> = (processes(timeline).into_iter())
        .filter(|(_, processes)| processes.len() as u64 >= policy.crashes)
        .filter_map(|(entity, processes)| {
            let requests = requests::to(&entity, &requests);
            suspect(entity, processes, &requests, loops, policy)
        })
        .collect();
    found.sort_by_key(|s| std::cmp::Reverse(s.ended.len()));
    found.truncate(SUSPECTS);
    found.extend(started_again(timeline, loops));
    found
}

/// The processes that took over after ends that the dying told themselves: nobody tells of those starts.
fn started_again(timeline: &Timeline, loops: &Loops) -> Vec<Suspect> {
    let told = loops.loops.iter().filter(|l| l.grade == Grade::Process);
    let mut told: BTreeMap<&Entity, usize> = told.map(|l| (&l.entity, l.track)).collect();
    if told.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (entity, mut processes) in processes(timeline) {
        let Some(track) = told.remove(&entity) else {
            continue;
        };
        let ends = &loops.tracks[track].ends;
        // The end before a start must be nearer than the start before it.
        let mut before = None;
        processes.retain(|process| {
            let at = process.life.first.0;
            let end = ends.partition_point(|end| end.at < at).checked_sub(1);
            let first = end.is_some() && end != before;
            before = end.or(before);
            first
        });
        processes.truncate(TOLD);
        found.push(Suspect {
            entity,
            processes,
            ended: Vec::new(),
            intervals: Vec::new(),
            ends_are_known: true,
            apart: Apart::Ids,
        });
    }
    found
}

fn suspect(
    entity: Entity,
    processes: Vec<Process>,
    requests: &[Timestamp],
    loops: &Loops,
    policy: &LoopPolicy,
) -> Option<Suspect> {
    let alone = alone(&processes);
    let overlapping = alone.iter().filter(|alone| !**alone).count();
    if overlapping as f64 > OVERLAPS * processes.len() as f64 {
        return None;
    }
    let ended: Vec<usize> = (0..processes.len() - 1)
        .filter(|&n| alone[n] && alone[n + 1])
        .filter(|&n| {
            let start = processes[n + 1].life.first.0;
            // What was asked for as it started was this life.
            let since = processes[n].life.first.0.plus(REQUEST.1);
            let from = start.minus(REQUEST.0).max(since);
            let to = start.plus(REQUEST.1);
            let first = requests.partition_point(|at| *at < from);
            requests.get(first).is_none_or(|at| *at > to)
        })
        .collect();
    let interval = |&n: &usize| {
        let [a, b] = [n, n + 1].map(|n| processes[n].life.first.0);
        b.since(a)
    };
    let intervals: Vec<Span> = ended.iter().map(interval).collect();
    // The last one may have ended as well.
    let enough = ended.len() as u64 + 1 >= policy.crashes;
    let found = Suspect {
        entity,
        processes,
        ended,
        intervals,
        ends_are_known: false,
        apart: Apart::Ids,
    };
    (enough && !found.is_told_of(loops)).then_some(found)
}

/// Of a message of several lines the last one that tells of a failure: a trace ends with what happened.
fn told_by(message: &str) -> &str {
    let mut lines = message.lines();
    let first = lines.next().filter(|line| is_failure(line));
    let last = || lines.rfind(|line| is_failure(line));
    first.is_none().then(last).flatten().unwrap_or(message)
}

impl Suspect {
    /// Whether other records tell of the same ends: its supervisor's, or those of the same process under
    /// another name.
    fn is_told_of(&self, loops: &Loops) -> bool {
        let slack = Span::from_seconds(1);
        let windows: Vec<(Timestamp, Timestamp)> = (self.ended.iter())
            .map(|&n| {
                let [a, b] = [n, n + 1].map(|n| &self.processes[n].life);
                (a.last.0.minus(slack), b.first.0.plus(slack))
            })
            .collect();
        let of_host = loops.tracks.iter().filter(|t| {
            t.entity.host.is_none()
                || self.entity.host.is_none()
                || t.entity.host == self.entity.host
        });
        of_host.into_iter().any(|track| {
            let is_it = track.entity.service == self.entity.service;
            let told = windows.iter().filter(|(from, to)| {
                let first = track.ends.partition_point(|end| end.until < *from);
                track.ends.get(first).is_some_and(|end| end.at <= *to)
            });
            is_it && track.announced || !track.ends.is_empty() && told.count() * 2 >= windows.len()
        })
    }

    /// The processes whose first and last words are needed.
    #[must_use]
    pub fn wanted(&self) -> Vec<(usize, &Process)> {
        if self.ends_are_known {
            return self.processes.iter().enumerate().collect();
        }
        let (first, last) = self.told();
        let mut wanted: Vec<usize> = first.iter().chain(last).copied().collect();
        wanted.extend(wanted.clone().iter().map(|n| n + 1));
        wanted.extend(self.healthy().into_iter().take(LISTENED));
        wanted.push(self.processes.len() - 1);
        wanted.sort_unstable();
        wanted.dedup();
        wanted
            .into_iter()
            .map(|n| (n, &self.processes[n]))
            .collect()
    }

    /// Those ended that are told one by one.
    fn told(&self) -> (&[usize], &[usize]) {
        match self.ended.len() {
            n if n > TOLD => (&self.ended[..TOLD / 2], &self.ended[n - TOLD / 2..]),
            _ => (&self.ended, &[]),
        }
    }

    /// From start to start, usually.
    fn interval(&self) -> Span {
        median(self.intervals.clone()).unwrap_or(Span::ZERO)
    }

    /// How long a process wrote.
    fn wrote(&self, n: usize) -> Span {
        let life = &self.processes[n].life;
        life.last.0.since(life.first.0)
    }

    /// Those that wrote for much longer than those that ended usually do; the longest first.
    fn healthy(&self) -> Vec<usize> {
        let wrote = self.ended.iter().map(|&n| self.wrote(n)).collect();
        let usual = median(wrote).unwrap_or(Span::ZERO);
        let least = usual.times(HEALTHY).max(self.interval().min(WELL));
        let mut healthy: Vec<usize> = (0..self.processes.len())
            .filter(|&n| self.wrote(n) >= least)
            .collect();
        healthy.sort_by_key(|&n| std::cmp::Reverse(self.wrote(n)));
        healthy
    }

    /// From the last line of each of these to the first of the next.
    fn waits(&self, ended: &[usize]) -> Vec<Span> {
        let wait = |&n: &usize| {
            let [a, b] = [n, n + 1].map(|n| &self.processes[n].life);
            b.first.0.since(a.last.0).max(Span::ZERO)
        };
        ended.iter().map(wait).collect()
    }

    /// Whether all begin at the same second of a minute, as jobs of a clock do.
    fn is_on_the_clock(&self) -> bool {
        let starts: Vec<i64> = (self.ended.iter())
            .map(|&n| self.processes[n + 1].life.first.0.nanos() / 1_000_000_000)
            .collect();
        let Some(first) = starts.first() else {
            return false;
        };
        let near = |at: &i64| {
            let off = (at - first).rem_euclid(60);
            off.min(60 - off) <= ON_THE_CLOCK
        };
        self.interval() >= Span::from_seconds(50) && starts.iter().all(near)
    }

    /// Whether the intervals are much alike, or grow as a supervisor's waits do.
    fn is_regular(&self, ended: &[usize]) -> bool {
        let of_ended = |n: &usize| self.ended.iter().position(|e| e == n);
        let intervals: Vec<Span> = (ended.iter())
            .filter_map(of_ended)
            .map(|at| self.intervals[at])
            .collect();
        is_regular(&intervals) || grows(&intervals)
    }

    /// Events of its ends and starts, where its voices tell of crashes.
    #[must_use]
    pub fn judge(
        &self,
        voices: &BTreeMap<usize, Voice>,
        timeline: &Timeline,
        policy: &LoopPolicy,
    ) -> Vec<Event> {
        if self.ends_are_known {
            return self.starts(voices);
        }
        let healthy = self.healthy();
        let is_healthy: BTreeSet<usize> = healthy.iter().copied().collect();
        let (long, mut ended): (Vec<usize>, Vec<usize>) =
            self.ended.iter().partition(|n| is_healthy.contains(n));
        let heard = Heard::of(self, voices, &ended, &healthy);
        let Some(heard) = heard else {
            return Vec::new();
        };
        let last = self.processes.len() - 1;
        let has_failed = || {
            let voice = voices.get(&last);
            voice.is_some_and(|voice| heard.failure(voice).is_some())
        };
        let tail = (self.is_dead(last, timeline) || has_failed())
            && !is_healthy.contains(&last)
            && ended.contains(&last.wrapping_sub(1))
            && heard.ends_alike(voices.get(&last));
        // One that had been well may have ended of the same.
        let long: Vec<usize> = (long.into_iter())
            .filter(|n| heard.ends_alike(voices.get(n)))
            .collect();
        if ((ended.len() + long.len() + usize::from(tail)) as u64) < policy.crashes
            || self.is_on_the_clock()
            || !heard.is_crash(self, &ended, policy)
        {
            return Vec::new();
        }
        ended.extend(tail.then_some(last));
        ended.extend(long);
        ended.sort_unstable();
        self.events(&ended, voices, &heard)
    }

    /// Whether the log went on without a process for much longer than it takes to start one.
    fn is_dead(&self, n: usize, timeline: &Timeline) -> bool {
        let end = timeline.last_of(self.entity.host.as_deref());
        let silent = end.map(|end| end.since(self.processes[n].life.last.0));
        silent.is_some_and(|silent| silent > self.interval().times(HEALTHY))
    }

    fn events(
        &self,
        ended: &[usize],
        voices: &BTreeMap<usize, Voice>,
        heard: &Heard,
    ) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        let mut untold = 0;
        // The last end that was told: those that are not, behind it, are counted with it.
        let mut told: Option<usize> = None;
        for &n in ended {
            let voice = voices
                .get(&n)
                .and_then(|v| Some((v.last.last()?, heard.telling(v)?)));
            let life = &self.processes[n].life;
            let Some((last, telling)) = voice else {
                match told {
                    Some(before) => {
                        let before: &mut Event = &mut events[before];
                        before.count += 1;
                        before.until = before.until.max(life.last.0);
                        before.spread = before.until.since(before.at);
                    }
                    None => untold += 1,
                }
                continue;
            };
            told = Some(events.len());
            let mut event = self.event(Class::Gone, life, last, life.last.0);
            event.message = told_by(&telling.message).into();
            event.kind = Some("unknown");
            event.count = 1 + std::mem::take(&mut untold);
            events.push(event);
            let next = self.processes.get(n + 1).map(|p| &p.life);
            let first = voices.get(&(n + 1)).and_then(|v| v.first.first());
            if let Some((next, first)) = next.zip(first) {
                events.push(self.event(Class::Start, next, first, next.first.0));
            }
        }
        events
    }

    fn starts(&self, voices: &BTreeMap<usize, Voice>) -> Vec<Event> {
        let start = |(n, process): (usize, &Process)| {
            let first = voices.get(&n)?.first.first()?;
            Some(self.event(Class::Start, &process.life, first, process.life.first.0))
        };
        let processes = self.processes.iter().enumerate();
        processes.filter_map(start).collect()
    }

    fn event(&self, class: Class, life: &Life, line: &Line, at: Timestamp) -> Event {
        Event {
            host: self.entity.host.as_deref().map(Into::into),
            program: Some(life.program.clone()),
            pid: (self.apart == Apart::Ids).then_some(life.pid),
            cursor: line.cursor.clone(),
            covers: line.covers,
            ..Event::untold(class, line.place, line.stamp, at, &line.text, &line.message)
        }
    }
}
