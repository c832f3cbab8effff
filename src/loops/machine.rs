//! Machines that start again and again.
//!
//! In: a timeline. Out: a [`Track`] for each host that started more than once, with an end for each start
//! that no stop in order and no request came before. The dying kernel's last words belong to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::{Class, Event};
use crate::time::{Span, Timestamp};

use super::cycle::{CrashKind, End, Track, kind_of};
use super::identity::Entity;

/// A kernel that said its last words starts again within this time: the longest wait for a panic's reboot
/// that is in use (kernel.panic, Documentation/admin-guide/sysctl/kernel.rst) and the firmware's part.
const REBOOT: Span = Span::from_seconds(900);

/// The field of a journal's record that says in which life of the machine it was written
/// (systemd.journal-fields(7)).
const BOOT_ID: &str = "_BOOT_ID";
/// A service that was stopped so shortly before a machine's last record was stopped for it to go down.
const GOING_DOWN: Span = Span::from_seconds(30);

/// The tracks of machines, and the events that are theirs alone.
pub(super) fn tracks(events: &[Event], sole: Option<&String>) -> (Vec<Track>, BTreeSet<usize>) {
    let mut hosts: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (n, event) in events.iter().enumerate() {
        let host = event.host.as_deref().or(sole.map(String::as_str));
        hosts.entry(host).or_default().push(n);
    }
    let mut tracks = Vec::new();
    let mut own = BTreeSet::new();
    for (host, list) in hosts {
        let starts = starts(events, &list);
        if starts.len() < 2 {
            continue;
        }
        let track = follow(host.map(str::to_owned), events, &list, &starts);
        own.extend(track.ends.iter().flat_map(|end| &end.texts).copied());
        tracks.push(track);
    }
    (tracks, own)
}

/// Which events of a host tell that it has started: several records do of each start, those of one rule count;
/// where a journal holds none of them, the first record of each of its boots.
fn starts(events: &[Event], list: &[usize]) -> BTreeSet<usize> {
    let mut rules: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    // The first and the last event of each.
    let mut boots: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for &n in list {
        if events[n].class == Class::Boot {
            rules.entry(events[n].rule).or_default().insert(n);
        }
        if let Some(boot) = events[n].field(BOOT_ID) {
            boots.entry(boot).or_insert((n, n)).1 = n;
        }
    }
    let most = rules
        .into_iter()
        .max_by_key(|(rule, starts)| (starts.len(), std::cmp::Reverse(*rule)));
    match most {
        Some((_, starts)) if starts.len() >= 2 => starts,
        _ => {
            let mut boots: Vec<(usize, usize)> = boots.into_values().collect();
            boots.sort_unstable();
            // Those that run side by side are of several machines of one name.
            match boots.windows(2).all(|pair| pair[0].1 < pair[1].0) {
                true => boots.into_iter().map(|(first, _)| first).collect(),
                false => BTreeSet::new(),
            }
        }
    }
}

fn follow(
    host: Option<String>,
    events: &[Event],
    list: &[usize],
    starts: &BTreeSet<usize>,
) -> Track {
    let mut track = Track {
        entity: Entity::machine(host),
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
    // The last record before, and the services that were stopped and have not started again.
    let mut before: Option<Timestamp> = None;
    let mut stopped: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for &n in list {
        let event = &events[n];
        let about = event.subject.as_deref().or(event.unit.as_deref());
        if starts.contains(&n) {
            let goes_down = |at: &Timestamp| before.is_some_and(|b| b.since(*at) <= GOING_DOWN);
            asked |= stopped.values().any(goes_down);
            stopped.clear();
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
        let of_host = event.field("scope") == Some("host");
        match event.class {
            Class::Crash if of_host => words.push(n),
            Class::Shutdown => {
                asked = true;
                track.stops.push((event.at, n));
            }
            Class::Change if of_host => {
                asked = true;
                track.stops.push((event.at, n));
            }
            Class::Stopped | Class::StopRequest => {
                stopped.insert(about.unwrap_or_default(), event.at);
            }
            Class::Start | Class::Started => {
                stopped.remove(about.unwrap_or_default());
            }
            _ => {}
        }
        before = Some(event.at);
    }
    for end in &mut track.ends {
        end.kind = kind_of(end, events);
    }
    track
}
