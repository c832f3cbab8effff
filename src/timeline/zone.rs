//! The zone of stamps that bear none.
//!
//! In: files with years settled. Out: each file's [`Zone`], and instants by it ([`Reader`]).
//!
//! The zone is as given; else the offset at which the file's events meet the same events of a file that
//! bears a zone (three at least, one offset for all, or two that a known zone has in turn); else what the
//! same machine wrote beside its stamps in another file, for a machine has one zone; else UTC. A
//! modification time never decides a zone: copies and checkouts change it.
//!
//! An hour that is there twice is told by order: a stamp that falls back by more than a minute is of the
//! second one. A stamp of the hour that is missing shows that the zone is wrong, and is counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::classify::Event;
use crate::time::{Known, Span, Timestamp};

use super::FileEvents;
use super::tick::{Of, Ticks};

/// Zones differ by quarters of an hour.
const QUARTER: i64 = 15 * 60;
/// The farthest zones: 12 hours west, 14 east (IANA time zone database), and a summer hour.
const FARTHEST: i64 = 15 * 3600;
/// How many events have to agree on an offset.
const ENOUGH: usize = 3;
/// The same event's two stamps lie this near, the offset left aside, in seconds.
const SAME: i64 = 5;
/// A message that comes more often than this is no witness.
const OFTEN: usize = 20;
/// Records are out of order by no more than this, where an hour is there twice.
const LATE: Span = Span::from_seconds(60);
/// Zones with summer time, one for each of the rules that most machines keep (IANA time zone database,
/// files `europe`, `northamerica`, `southamerica`, `australasia`, `asia`). Which of those with the same
/// rules it is makes no difference.
const KNOWN: [&str; 15] = [
    "Europe/Berlin",
    "Europe/London",
    "Europe/Athens",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Halifax",
    "America/St_Johns",
    "America/Anchorage",
    "America/Santiago",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Pacific/Auckland",
    "Asia/Jerusalem",
];

/// Which zone a file's zone-less stamps are in, and how that is known.
#[derive(Debug, Clone)]
pub(super) enum Zone {
    /// One whose offset may change.
    Named(TimeZone, String),
    /// An offset from UTC.
    Shift(Span, String),
    /// Nothing tells.
    Utc,
}

impl Zone {
    /// In words.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Named(zone, how) => match (zone.iana_name(), zone.to_fixed_offset()) {
                (Some(name), _) => format!("{name} {how}"),
                (None, Ok(offset)) => format!("{} {how}", signed(i64::from(offset.seconds()))),
                (None, Err(_)) => format!("the zone {how}"),
            },
            Self::Shift(span, how) => format!("{} {how}", signed(span.nanos() / 1_000_000_000)),
            Self::Utc => "UTC assumed".to_owned(),
        }
    }

    /// Whether it was inferred.
    pub(super) fn is_guess(&self) -> bool {
        !matches!(self, Self::Named(_, how) if how == GIVEN)
    }
}

const GIVEN: &str = "as given";

/// `+01:00`.
pub(super) fn signed(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Tells instants of local times, in file order.
pub(super) struct Reader<'a> {
    zone: &'a Zone,
    last: Option<Timestamp>,
    /// Stamps of an hour that is there twice.
    pub(super) twice: usize,
    /// Stamps of an hour that is missing.
    pub(super) missing: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(zone: &'a Zone) -> Self {
        Self {
            zone,
            last: None,
            twice: 0,
            missing: 0,
        }
    }

    /// The instant at which the clocks showed `local`.
    pub(super) fn instant(&mut self, local: Timestamp) -> Timestamp {
        let at = match self.zone {
            Zone::Utc => local,
            Zone::Shift(span, _) => local.minus(*span),
            Zone::Named(zone, _) => self.in_zone(local, zone),
        };
        self.last = Some(at);
        at
    }

    /// Notes an instant that needed no telling.
    pub(super) fn note(&mut self, at: Timestamp) {
        self.last = Some(at);
    }

    fn in_zone(&mut self, local: Timestamp, zone: &TimeZone) -> Timestamp {
        let Ok(wall) = jiff::Timestamp::from_nanosecond(i128::from(local.nanos())) else {
            return local;
        };
        let wall = Offset::UTC.to_datetime(wall);
        let by = |offset: Offset| local.minus(Span::from_seconds(i64::from(offset.seconds())));
        match zone.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => by(offset),
            AmbiguousOffset::Gap { before, .. } => {
                self.missing += 1;
                by(before)
            }
            AmbiguousOffset::Fold { before, after } => {
                self.twice += 1;
                let (first, second) = (by(before), by(after));
                let falls_back = self.last.is_some_and(|last| last.since(first) > LATE);
                if falls_back { second } else { first }
            }
        }
    }
}

/// The zones of all files, by file. `locals` are the stamps that bear no zone, as if they were UTC.
pub(super) fn of_all(files: &[FileEvents], ticks: &[Ticks], given: Option<&TimeZone>) -> Vec<Zone> {
    if let Some(zone) = given {
        return vec![Zone::Named(zone.clone(), GIVEN.to_owned()); files.len()];
    }
    let is_local = |ticks: &Ticks| ticks.list.iter().any(|t| !is_instant(t.stamp.known));
    if !ticks.iter().any(is_local) {
        return vec![Zone::Utc; files.len()];
    }
    let told: Vec<HashMap<Told<'_>, Vec<Spot>>> = (0..files.len())
        .map(|n| told(&files[n], &ticks[n]))
        .collect();
    let machines: BTreeSet<&String> = ticks.iter().flat_map(|t| &t.hosts).collect();
    (0..files.len())
        .map(|n| {
            if !is_local(&ticks[n]) {
                return Zone::Utc;
            }
            let by_events = offsets_by_events(n, &told).and_then(|(seen, m)| {
                zone_of(&seen, &format!("as the same events in {}", files[m].path))
            });
            by_events.unwrap_or_else(|| {
                let mates = (0..files.len()).filter(|&m| {
                    let alone = ticks[n].hosts.is_empty() || ticks[m].hosts.is_empty();
                    let shared = ticks[m]
                        .hosts
                        .iter()
                        .any(|host| ticks[n].hosts.contains(host));
                    shared || alone && machines.len() <= 1
                });
                written(mates, ticks)
                    .and_then(|(seen, m)| {
                        zone_of(&seen, &format!("as written in {}", files[m].path))
                    })
                    .unwrap_or(Zone::Utc)
            })
        })
        .collect()
}

fn is_instant(known: Known) -> bool {
    matches!(known, Known::Utc { .. })
}

/// Local time, and its distance from UTC in seconds.
type Seen = (Timestamp, i64);

/// The zone that has been seen at these distances from UTC.
fn zone_of(seen: &[Seen], how: &str) -> Option<Zone> {
    let offsets: BTreeSet<i64> = seen.iter().map(|s| s.1).collect();
    match offsets.into_iter().collect::<Vec<_>>().as_slice() {
        [offset] => Some(Zone::Shift(Span::from_seconds(*offset), how.to_owned())),
        [_, _] => {
            let zones = KNOWN.iter().filter_map(|name| TimeZone::get(name).ok());
            let fits =
                |zone: &TimeZone| seen.iter().all(|&(local, offset)| has(zone, local, offset));
            zones
                .into_iter()
                .find(fits)
                .map(|zone| Zone::Named(zone, how.to_owned()))
        }
        _ => None,
    }
}

/// Whether clocks of the zone show `local` at this distance from UTC.
fn has(zone: &TimeZone, local: Timestamp, offset: i64) -> bool {
    let at = local.minus(Span::from_seconds(offset));
    jiff::Timestamp::from_nanosecond(i128::from(at.nanos()))
        .is_ok_and(|at| i64::from(zone.to_offset(at).seconds()) == offset)
}

/// What was told, and by which process.
type Told<'a> = (&'a str, Option<u32>);

/// When: an instant or a local time.
type Spot = (Timestamp, bool);

/// When each was told, in order; what is told too often is left out.
fn told<'a>(file: &'a FileEvents, ticks: &Ticks) -> HashMap<Told<'a>, Vec<Spot>> {
    let mut all: HashMap<Told<'a>, Vec<Spot>> = HashMap::new();
    for tick in &ticks.list {
        let Of::Event(n) = tick.of else { continue };
        let event: &Event = &file.events[n];
        let spot = (tick.at, is_instant(tick.stamp.known));
        all.entry((&event.message, event.pid))
            .or_default()
            .push(spot);
    }
    all.retain(|_, spots| spots.len() <= OFTEN);
    all
}

/// The distances at which the file's zone-less events meet the same events of a file that bears a zone;
/// `None` where they do not agree.
fn offsets_by_events(
    n: usize,
    told: &[HashMap<Told<'_>, Vec<Spot>>],
) -> Option<(Vec<Seen>, usize)> {
    for (m, other) in told.iter().enumerate().filter(|(m, _)| *m != n) {
        let mut seen: Vec<Seen> = Vec::new();
        let mut astray = 0;
        for (what, spots) in &told[n] {
            // What both tell equally often they tell in the same order; else it meets by chance.
            let Some(others) = other.get(what).filter(|others| others.len() == spots.len()) else {
                continue;
            };
            for ((local, zoneless), (at, zoned)) in spots.iter().zip(others) {
                if *zoneless || !zoned {
                    continue;
                }
                let seconds = local.since(*at).nanos().div_euclid(1_000_000_000);
                let quarters = (seconds + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
                if (seconds - quarters).abs() <= SAME && quarters.abs() <= FARTHEST {
                    seen.push((*local, quarters));
                } else {
                    astray += 1;
                }
            }
        }
        let mut votes: BTreeMap<i64, usize> = BTreeMap::new();
        for (_, offset) in &seen {
            *votes.entry(*offset).or_default() += 1;
        }
        let sure = votes.len() <= 2 && votes.values().all(|count| *count >= ENOUGH);
        if !seen.is_empty() && astray == 0 && sure {
            seen.sort_unstable();
            return Some((seen, m));
        }
    }
    None
}

/// The offsets that stamps of these files bear, UTC left aside: what writes UTC tells of no machine.
fn written(files: impl Iterator<Item = usize>, ticks: &[Ticks]) -> Option<(Vec<Seen>, usize)> {
    let mut seen: Vec<Seen> = Vec::new();
    let mut first = None;
    for m in files {
        for tick in &ticks[m].list {
            if let Known::Utc {
                at,
                offset_s: Some(offset),
            } = tick.stamp.known
                && offset != 0
            {
                let offset = i64::from(offset);
                seen.push((at.plus(Span::from_seconds(offset)), offset));
                first = first.or(Some(m));
            }
        }
    }
    first.map(|m| (seen, m))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let at: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_nanos(i64::try_from(at.as_nanosecond()).unwrap())
    }

    fn berlin() -> Zone {
        Zone::Named(TimeZone::get("Europe/Berlin").unwrap(), GIVEN.to_owned())
    }

    #[test]
    fn the_hour_that_is_there_twice_is_told_by_order() {
        let zone = berlin();
        let mut reader = Reader::new(&zone);
        // A record that is some seconds late is of the first hour still.
        let locals = [
            "01:59:58", "02:59:50", "02:59:40", "02:00:10", "02:30:00", "03:00:01",
        ];
        let told: Vec<String> = locals
            .iter()
            .map(|local| reader.instant(at(&format!("2025-10-26T{local}Z"))).clock())
            .collect();
        let wanted = [
            "23:59:58", "00:59:50", "00:59:40", "01:00:10", "01:30:00", "02:00:01",
        ];
        assert_eq!(told, wanted);
        assert_eq!((reader.twice, reader.missing), (4, 0));
    }

    #[test]
    fn the_hour_that_is_missing_is_counted() {
        let zone = berlin();
        let mut reader = Reader::new(&zone);
        let told: Vec<String> = ["01:59:59", "02:30:00", "03:00:01"]
            .iter()
            .map(|local| reader.instant(at(&format!("2026-03-29T{local}Z"))).clock())
            .collect();
        assert_eq!(told, ["00:59:59", "01:30:00", "01:00:01"]);
        assert_eq!((reader.twice, reader.missing), (0, 1));
    }

    #[test]
    fn two_offsets_that_a_zone_has_in_turn_make_it_known() {
        let winter = (at("2026-03-29T01:30:00Z"), 3600);
        let summer = (at("2026-03-29T03:10:00Z"), 7200);
        let Some(Zone::Named(zone, _)) = zone_of(&[winter, summer], "") else {
            panic!("no zone")
        };
        assert_eq!(zone.iana_name(), Some("Europe/Berlin"));
        // In no zone that we know is summer before winter in March.
        assert!(zone_of(&[(winter.0, 7200), (summer.0, 3600)], "").is_none());
    }
}
