//! Machines that start again and again.
//!
//! In: a timeline. Out: a [`Track`] for each host that started more than once, with an end for each start
//! that no stop in order and no request came before. The dying kernel's last words belong to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::{Class, Event};
use crate::time::{Span, Timestamp};

use super::cycle::{CrashKind, End, Track, kind_of};
use super::identity::Entity;

/// What a machine is called among services.
const MACHINE: &str = "machine";
/// A kernel that said its last words starts again within this time: the longest wait for a panic's reboot
/// that is in use (kernel.panic, Documentation/admin-guide/sysctl/kernel.rst) and the firmware's part.
const REBOOT: Span = Span::from_seconds(900);

/// The tracks of machines, and the events that are theirs alone.
pub(super) fn tracks(events: &[Event], sole: Option<&String>) -> (Vec<Track>, BTreeSet<usize>) {
    let mut hosts: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for (n, event) in events.iter().enumerate() {
        let of_host = event.field("scope") == Some("host");
        let matters = match event.class {
            Class::Boot | Class::Shutdown => true,
            Class::Crash | Class::Change => of_host,
            _ => false,
        };
        if matters {
            let host = event.host.as_deref().map(str::to_owned);
            let host = host.or_else(|| sole.cloned());
            hosts.entry(host).or_default().push(n);
        }
    }
    let mut tracks = Vec::new();
    let mut own = BTreeSet::new();
    for (host, list) in hosts {
        // Several records tell of each start: those of one rule count.
        let mut rules: BTreeMap<usize, usize> = BTreeMap::new();
        for &n in list.iter().filter(|&&n| events[n].class == Class::Boot) {
            *rules.entry(events[n].rule).or_default() += 1;
        }
        let most = rules
            .into_iter()
            .max_by_key(|&(rule, count)| (count, std::cmp::Reverse(rule)));
        let Some((rule, 2..)) = most else {
            continue;
        };
        let track = follow(host, events, &list, rule);
        own.extend(track.ends.iter().flat_map(|end| &end.texts).copied());
        tracks.push(track);
    }
    (tracks, own)
}

fn follow(host: Option<String>, events: &[Event], list: &[usize], rule: usize) -> Track {
    let mut track = Track {
        entity: Entity {
            host,
            service: MACHINE.to_owned(),
            instance: None,
        },
        supervised: false,
        announced: false,
        ends: Vec::new(),
        starts: Vec::new(),
        loads: Vec::new(),
        stops: Vec::new(),
    };
    let mut up: Option<Timestamp> = None;
    let mut asked = false;
    let mut words: Vec<usize> = Vec::new();
    for &n in list {
        let event = &events[n];
        match event.class {
            Class::Crash => words.push(n),
            Class::Shutdown | Class::Change => {
                asked = true;
                track.stops.push((event.at, n));
            }
            Class::Boot if event.rule == rule => {
                words.retain(|&n| event.at.since(events[n].at) <= REBOOT);
                let texts = std::mem::take(&mut words);
                if !std::mem::take(&mut asked) && (up.is_some() || !texts.is_empty()) {
                    let at = texts.first().map_or(event.at, |&n| events[n].at);
                    track.ends.push(End {
                        at,
                        until: event.at,
                        records: vec![n],
                        texts,
                        count: 1,
                        requested: false,
                        gave_up: false,
                        restarted: Some(event.at),
                        life: up.map(|up| at.since(up)),
                        was_started: true,
                        lost: 0,
                        kind: CrashKind::Unknown,
                    });
                }
                up = Some(event.at);
                track.starts.push((event.at, n));
            }
            _ => {}
        }
    }
    for end in &mut track.ends {
        end.kind = kind_of(end, events);
    }
    track
}
