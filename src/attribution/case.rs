//! One incident as attribution sees it: who crashed, when it began, and what was around.
//!
//! In: the loops of an incident, the timeline and the ledger. Out: a [`Case`], asked by the factors.
//! Nothing that lies after the incident's close is looked at.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::classify::{Class, Event};
use crate::ledger::{Change, Instance, Ledger};
use crate::loops::{CrashLoop, End, Entity, Loops, Track};
use crate::time::{Span, Timestamp};
use crate::timeline::Timeline;

use super::ground::Ground;
use super::index::Index;
use super::naming::Naming;
use super::weights::Weights;

/// Signs of another cause lie this near to a crash that they explain.
const IN_CRASH: (Span, Span) = (Span::from_seconds(10), Span::from_seconds(3));

/// What an incident is about.
pub struct Case<'a> {
    /// All events.
    pub timeline: &'a Timeline,
    /// All changes.
    pub ledger: &'a Ledger,
    /// Where the changes are found.
    pub index: &'a Index<'a>,
    /// All services and loops.
    pub all: &'a Loops,
    /// The incident's loops, the root's first.
    pub loops: Vec<&'a CrashLoop>,
    /// What was read around crashes and around changes, by event (see the second look).
    pub looks: &'a BTreeMap<usize, Vec<String>>,
    /// The first crash.
    pub onset: Timestamp,
    /// How far the onset may lie off.
    pub uncertainty: Span,
    /// The last moment that counts.
    pub close: Timestamp,
    /// The numbers.
    pub weights: &'a Weights,
    /// Which causes are told.
    pub naming: &'a Naming,
    /// What is worked out of it once; empty at first.
    pub ground: OnceCell<Ground<'a>>,
}

impl<'a> Case<'a> {
    /// How long before the onset signs on the host are looked for.
    pub const NEARBY: Span = Span::from_seconds(600);

    /// What all its suspects are measured against.
    pub(super) fn ground(&self) -> &Ground<'a> {
        self.ground.get_or_init(|| Ground::of(self))
    }

    /// The loop that the incident is called after.
    #[must_use]
    pub fn root(&self) -> &'a CrashLoop {
        self.loops[0]
    }

    /// The looping service's name.
    #[must_use]
    pub fn service(&self) -> &'a str {
        &self.root().entity.service
    }

    /// The track of a loop.
    #[must_use]
    pub fn track(&self, found: &CrashLoop) -> &'a Track {
        &self.all.tracks[found.track]
    }

    /// The loops of the root's service, one for each host.
    pub fn of_service(&self) -> impl Iterator<Item = &'a CrashLoop> + '_ {
        self.loops
            .iter()
            .copied()
            .filter(|l| l.entity.service == self.service())
    }

    /// The abnormal ends of the root's service in this incident, with their tracks.
    pub fn ends(&self) -> impl Iterator<Item = (&'a Entity, &'a End)> + '_ {
        self.of_service().flat_map(|l| {
            let track = self.track(l);
            track.ends[l.ends.clone()]
                .iter()
                .filter(|e| !e.requested)
                .map(|e| (&track.entity, e))
        })
    }

    /// The hosts on which the root's service loops.
    #[must_use]
    pub fn hosts(&self) -> BTreeSet<&'a str> {
        self.of_service()
            .filter_map(|l| l.entity.host.as_deref())
            .collect()
    }

    /// How long the logs of the root's host go back before the onset; a minute at least. What other
    /// hosts logged earlier tells nothing of how often changes come here.
    #[must_use]
    pub fn history(&self) -> Span {
        let host = self.root().entity.host.as_deref();
        let start = self.timeline.first_of(host).unwrap_or(self.onset);
        self.onset.since(start).max(Span::from_seconds(60))
    }

    /// Since when the logs tell of the root's service, before the onset.
    #[must_use]
    pub fn seen_for(&self) -> Span {
        let ground = self.ground();
        let stops = ground.replicas.iter().flat_map(|track| &track.stops);
        let first = (ground.loadings())
            .chain(stops.copied())
            .map(|(t, _)| t)
            .chain(self.first_line())
            .min();
        first.map_or(Span::ZERO, |t| self.onset.since(t).max(Span::ZERO))
    }

    /// Whether the event comes after the first record of the root's first crash, in the order of the
    /// timeline; of what a supervisor starts anew the crash was the reason.
    #[must_use]
    pub fn is_after_first_crash(&self, event: usize) -> bool {
        let root = self.root();
        let end = self.track(root).ends.get(root.ends.start);
        let first = end.and_then(|end| end.records.iter().chain(&end.texts).min());
        first.is_some_and(|first| event > *first)
    }

    /// When a process of the root's service wrote its first line on its host, where it is named as the service
    /// is.
    fn first_line(&self) -> Option<Timestamp> {
        let entity = &self.root().entity;
        let files = self.timeline.files.iter();
        files
            .flat_map(|file| &file.lives)
            .filter(|life| *life.program == *entity.service)
            .filter(|life| {
                entity
                    .host
                    .as_deref()
                    .is_none_or(|host| *life.host == *host)
            })
            .map(|life| life.first.0)
            .min()
    }

    /// The last moment at which an instance of a change may be told and yet lie before the onset: that of
    /// the onset, as far as it may lie off, and as far as the clocks of who tells of it and of the root's
    /// host may lie apart.
    #[must_use]
    pub fn reach(&self, instance: &Instance) -> Timestamp {
        self.onset.plus(self.uncertainty).plus(self.apart(instance))
    }

    /// How far the clocks of who tells of an instance and of the root's host may lie apart.
    #[must_use]
    pub fn apart(&self, instance: &Instance) -> Span {
        let host = self.root().entity.host.as_deref();
        let hosts = instance.hosts.keys();
        let apart = hosts.map(|h| self.timeline.clocks.apart(Some(h), host));
        apart.min().unwrap_or(Span::ZERO)
    }

    /// When an instance of a change took effect on the host of the root's loop: with the last of its
    /// records there that is not after the onset, for a file is written first and put to work last.
    #[must_use]
    pub fn effect(&self, change: &Change, instance: usize) -> Timestamp {
        let instance = &change.instances[instance];
        let host = self.root().entity.host.as_deref();
        let reach = self.onset.plus(self.uncertainty);
        let records = instance.records.iter().map(|&n| &self.timeline.events[n]);
        records
            .filter(|e| e.host.is_none() || host.is_none() || e.host.as_deref() == host)
            .map(|e| e.at)
            .filter(|at| *at <= reach)
            .max()
            .unwrap_or(instance.at)
    }

    /// Signs of causes of `kind` in the crashes themselves: how many ends bear one, of how many, and
    /// the events.
    #[must_use]
    pub fn signs_in_crashes(&self, kind: &str) -> (usize, usize, Vec<usize>) {
        let ends: Vec<(&Entity, &End)> = self.ends().collect();
        let mut with = 0;
        let mut found = Vec::new();
        for (entity, end) in &ends {
            let signs = self.signs_at(kind, entity, end);
            if !signs.is_empty() {
                with += 1;
                found.extend(signs);
            }
        }
        found.sort_unstable();
        found.dedup();
        (with, ends.len(), found)
    }

    /// Signs of `kind` that the crashing process itself gives at its end.
    fn signs_at(&self, kind: &str, entity: &Entity, end: &End) -> Vec<usize> {
        let events = &self.timeline.events;
        let from = events.partition_point(|e| e.at < end.at.minus(IN_CRASH.0));
        let to = events.partition_point(|e| e.at <= end.until.plus(IN_CRASH.1));
        let signs = self.index.signs(kind, from..to).iter().copied();
        if signs.len() == 0 {
            return Vec::new();
        }
        let pids: BTreeSet<u32> = end.texts.iter().filter_map(|&n| events[n].pid).collect();
        let files: BTreeSet<_> = end.texts.iter().map(|&n| events[n].place.file).collect();
        signs
            .filter(|&n| {
                let e = &events[n];
                let same_host = match (&e.host, &entity.host) {
                    (Some(a), Some(b)) => **a == **b,
                    _ => true,
                };
                let same_process = e.pid.is_some_and(|p| pids.contains(&p))
                    || e.pid.is_none() && files.contains(&e.place.file)
                    || self.is_by(e, &entity.service);
                same_host && same_process
            })
            .collect()
    }

    /// Whether the service wrote the event, or the event is about it.
    #[must_use]
    pub fn is_by(&self, event: &Event, service: &str) -> bool {
        [
            event.unit.as_deref(),
            event.subject.as_deref(),
            event.program.as_deref(),
            event.field("unit"),
            event.field("comm"),
        ]
        .into_iter()
        .flatten()
        .any(|name| crate::loops::is_alias(&crate::loops::plain(name).0, service))
    }

    /// Signs of `kind` on the incident's hosts from ten minutes before the onset to its close, by
    /// others than the crashing process.
    #[must_use]
    pub fn signs_nearby(&self, kind: &str) -> Vec<usize> {
        let events = &self.timeline.events;
        let hosts = self.hosts();
        let from = events.partition_point(|e| e.at < self.onset.minus(Self::NEARBY));
        let to = events.partition_point(|e| e.at <= self.onset.plus(Span::from_seconds(60)));
        let signs = self.index.signs(kind, from..to).iter().copied();
        signs.filter(|&n| is_of(&events[n], &hosts)).collect()
    }

    /// How long before these signs there had been none of the kind on the incident's hosts, as far as the
    /// logs go back.
    #[must_use]
    pub fn quiet_before(&self, kind: &str) -> Span {
        let events = &self.timeline.events;
        let hosts = self.hosts();
        let begin = self.onset.minus(Self::NEARBY);
        let to = events.partition_point(|e| e.at < begin);
        let signs = self.index.signs(kind, 0..to).iter();
        let last = signs.rev().find(|n| is_of(&events[**n], &hosts));
        let since = last.map_or(self.onset.minus(self.history()), |n| events[*n].at);
        begin.since(since).max(Span::ZERO)
    }

    /// The texts of the first crashes and of what the process said before them.
    #[must_use]
    pub fn crash_texts(&self) -> Vec<(usize, String)> {
        let events = &self.timeline.events;
        let mut texts = Vec::new();
        for (_, end) in self.ends().take(8) {
            for &n in end.texts.iter().chain(&end.records) {
                texts.push((n, events[n].message.to_string()));
                for line in self.looks.get(&n).into_iter().flatten() {
                    texts.push((n, line.clone()));
                }
            }
        }
        for event in self
            .timeline
            .untimed
            .iter()
            .filter(|e| e.class == Class::Crash)
            .take(8)
        {
            if self.is_by(event, self.service()) {
                texts.push((usize::MAX, event.message.to_string()));
            }
        }
        texts
    }
}

/// Whether the event is of one of these hosts; where hosts are not told, any is.
fn is_of(event: &Event, hosts: &BTreeSet<&str>) -> bool {
    let host = event.host.as_deref();
    host.is_none_or(|host| hosts.is_empty() || hosts.contains(host))
}
