//! Instances whose name changes with each start: pods that a controller makes anew, tasks of a swarm.
//!
//! In: the process events of each instance. Out: the same, those of instances that took each other's place, one
//! crash after another, as of one. Replicas that run side by side stay apart: that three of them crashed once each
//! is no loop.

use std::collections::BTreeMap;

use crate::classify::{Class, Event};
use crate::time::{Span, Timestamp};

use super::identity::Entity;
use super::{Group, LoopPolicy};

/// The record of an end may be stamped this long after that of the successor's start.
const HANDOVER: Span = Span::from_seconds(2);

/// What is known of an instance.
struct Life {
    entity: Entity,
    /// Whether its first record tells of its start.
    begins: bool,
    first: Timestamp,
    /// Its last abnormal end.
    ended: Option<Timestamp>,
}

impl Life {
    fn of(entity: &Entity, group: &Group, events: &[Event]) -> Option<Self> {
        let first = group.process.iter().chain(&group.texts).min()?;
        let is_end = |n: &&usize| {
            let class = events[**n].class;
            matches!(
                class,
                Class::Exit | Class::Oom | Class::StartFail | Class::Watchdog
            )
        };
        let ends = group.process.iter().filter(is_end).chain(&group.texts);
        Some(Self {
            entity: entity.clone(),
            begins: matches!(events[*first].class, Class::Start | Class::Started),
            first: events[*first].at,
            ended: ends.map(|&n| events[n].at).max(),
        })
    }

    /// Whether it took the other's place after that had crashed.
    fn replaces(&self, other: &Self, policy: &LoopPolicy) -> bool {
        let after = other.ended.map(|ended| self.first.since(ended));
        let near = |after: Span| after.plus(HANDOVER) >= Span::ZERO && after <= policy.gap;
        self.begins && after.is_some_and(near)
    }
}

/// Joins the groups of instances that replaced each other again and again.
pub(super) fn join(groups: &mut BTreeMap<Entity, Group>, events: &[Event], policy: &LoopPolicy) {
    let mut services: BTreeMap<String, Vec<Life>> = BTreeMap::new();
    for (entity, group) in groups.iter().filter(|(e, _)| e.is_generated()) {
        let life = Life::of(entity, group, events);
        let lives = services.entry(entity.service.clone()).or_default();
        lives.extend(life);
    }
    for mut lives in services.into_values() {
        lives.sort_by_key(|life| (life.first, life.entity.clone()));
        for run in lives.chunk_by(|before, next| next.replaces(before, policy)) {
            let ended = run.iter().filter(|life| life.ended.is_some()).count();
            if ended as u64 >= policy.crashes {
                join_run(groups, run);
            }
        }
    }
}

fn join_run(groups: &mut BTreeMap<Entity, Group>, run: &[Life]) {
    let host = run[0].entity.host.clone();
    let one = Entity {
        host: host.filter(|host| {
            let mut all = run.iter();
            all.all(|life| life.entity.host.as_ref() == Some(host))
        }),
        service: run[0].entity.service.clone(),
        instance: None,
    };
    for life in run {
        let Some(group) = groups.remove(&life.entity) else {
            continue;
        };
        let all = groups.entry(one.clone()).or_default();
        all.process.extend(group.process);
        all.texts.extend(group.texts);
        all.process.sort_unstable();
        all.texts.sort_unstable();
    }
}
