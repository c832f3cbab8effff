//! Years and zones of stamps that bear none.
//!
//! In: files with stamps as written. Out: every event's instant, and how it was settled.
//!
//! The year: as given; else nearest to the dated records of the other files; else a date in the path;
//! else the gzip header's time; else the file's modification time (the latest year that is not after
//! it). From December to January it rolls over. The zone: as given; else the offset at which the
//! file's events meet the same events of a file that bears a zone (three at least, one offset for all);
//! else the one offset other than UTC that files of the same set bear; else UTC. A modification time
//! never decides a zone: copies and checkouts change it.

use std::collections::{BTreeMap, HashMap};

use jiff::civil;
use jiff::tz::{Offset, TimeZone};

use crate::classify::Event;
use crate::error::Warning;
use crate::sieve::Writer;
use crate::time::{Known, Span, Stamp, Timestamp};

use super::{FileEvents, FileTimes, TimeOptions};

/// How much a stamp must fall back to be taken for a new year, in days: rollover needs a big jump, for
/// records may be out of order by hours.
const ROLLOVER_DAYS: i64 = 183;
/// From January back to December are more days than this.
const LATE_DAYS: i64 = 330;
/// Zones differ by quarters of an hour.
const QUARTER: i64 = 15 * 60;
/// How many events have to agree on an offset.
const ENOUGH: usize = 3;
const DAY: Span = Span::from_seconds(86_400);

/// What [`settle`] found out.
pub(super) struct Settled {
    pub(super) files: Vec<FileTimes>,
    pub(super) warnings: Vec<Warning>,
}

/// Which zone a file's zone-less stamps are in, and how that is known.
#[derive(Debug, Clone)]
enum Zone {
    Named(TimeZone),
    Shift(Span, String),
    Utc,
}

/// Which year a file's year-less stamps begin in, and how that is known.
struct Years {
    first: i16,
    how: &'static str,
}

pub(super) fn settle(files: &mut [FileEvents], options: &TimeOptions) -> Settled {
    let mut warnings = Vec::new();
    let dated = dated_instant(files);
    let years: Vec<Option<Years>> = files
        .iter()
        .map(|file| years_of(file, options, dated, &mut warnings))
        .collect();
    let walls: Vec<Vec<Option<Wall>>> = files
        .iter()
        .zip(&years)
        .map(|(file, years)| walls(file.events.iter().map(|e| e.stamp.as_ref()), years.as_ref()))
        .collect();
    let zones: Vec<Zone> = (0..files.len())
        .map(|n| zone_of(n, files, &walls, options))
        .collect();
    let mut out = Vec::with_capacity(files.len());
    for (n, file) in files.iter_mut().enumerate() {
        for (event, wall) in file.events.iter_mut().zip(&walls[n]) {
            if let Some(wall) = wall {
                event.at = instant(*wall, &zones[n]);
                event.until = event.at.plus(event.spread);
            }
        }
        out.push(times_of(file, years[n].as_ref(), &zones[n], &mut warnings));
    }
    Settled {
        files: out,
        warnings,
    }
}

/// A stamp with its year: an instant, or what a clock on the wall showed.
#[derive(Debug, Clone, Copy)]
enum Wall {
    Instant(Timestamp),
    Local(Timestamp),
}

impl Wall {
    fn year(&self) -> i16 {
        match self {
            Self::Instant(at) | Self::Local(at) => year_at(*at),
        }
    }
}

fn instant(wall: Wall, zone: &Zone) -> Timestamp {
    let local = match wall {
        Wall::Instant(at) => return at,
        Wall::Local(at) => at,
    };
    match zone {
        Zone::Utc => local,
        Zone::Shift(span, _) => local.minus(*span),
        Zone::Named(zone) => in_zone(local, zone).unwrap_or(local),
    }
}

/// The instant at which clocks of `zone` show `local`; the earlier one where they show it twice.
fn in_zone(local: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let wall = jiff::Timestamp::from_nanosecond(i128::from(local.nanos())).ok()?;
    let wall = Offset::UTC.to_datetime(wall);
    let at = zone.to_ambiguous_timestamp(wall).compatible().ok()?;
    i64::try_from(at.as_nanosecond())
        .ok()
        .map(Timestamp::from_nanos)
}

/// Adds years to year-less stamps, in file order, with rollover.
fn walls<'a>(
    stamps: impl Iterator<Item = Option<&'a Stamp>>,
    years: Option<&Years>,
) -> Vec<Option<Wall>> {
    let mut year = years.map_or(1970, |y| y.first);
    let mut last: Option<Timestamp> = None;
    stamps
        .map(|stamp| {
            stamp.map(|stamp| match stamp.known {
                Known::Utc { at, .. } => Wall::Instant(at),
                Known::Local(at) => Wall::Local(at),
                Known::NoYear(at) => {
                    if let Some(before) = last {
                        let back = before.since(at);
                        if back > DAY.times(ROLLOVER_DAYS) {
                            year += 1;
                        } else if back < DAY.times(-LATE_DAYS) {
                            // Out of order around New Year: a late record of the old year.
                            return Wall::Local(with_year(at, year - 1));
                        }
                    }
                    last = Some(at);
                    Wall::Local(with_year(at, year))
                }
            })
        })
        .collect()
}

/// The stamp of the leap year 2000 moved to `year`; 29 February becomes 1 March where there is none.
fn with_year(at: Timestamp, year: i16) -> Timestamp {
    let start = |year: i16| days_before(year).unwrap_or(0);
    let since = at.since(Timestamp::from_seconds(start(2000) * 86_400));
    let leap = civil::Date::new(year, 1, 1).is_ok_and(civil::Date::in_leap_year);
    // Day 60 of a leap year is 1 March.
    let shift = if !leap && since >= DAY.times(60) {
        DAY
    } else {
        Span::ZERO
    };
    Timestamp::from_seconds(start(year) * 86_400)
        .plus(since)
        .minus(shift)
}

/// Days from 1970 to the first day of `year`.
fn days_before(year: i16) -> Option<i64> {
    let date = civil::Date::new(year, 1, 1).ok()?;
    let at = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    Some(at.as_second() / 86_400)
}

fn year_at(at: Timestamp) -> i16 {
    at.date()
        .get(..4)
        .and_then(|y| y.parse().ok())
        .unwrap_or(1970)
}

/// An instant in the middle of all records that bear a year.
fn dated_instant(files: &[FileEvents]) -> Option<Timestamp> {
    let mut dated: Vec<Timestamp> = files
        .iter()
        .flat_map(|file| [file.census.first, file.census.last])
        .flatten()
        .filter_map(|stamp| match stamp.known {
            Known::Utc { at, .. } | Known::Local(at) => Some(at),
            Known::NoYear(_) => None,
        })
        .collect();
    dated.sort();
    dated.get(dated.len() / 2).copied()
}

fn years_of(
    file: &FileEvents,
    options: &TimeOptions,
    dated: Option<Timestamp>,
    warnings: &mut Vec<Warning>,
) -> Option<Years> {
    let yearless = |stamp: &&Stamp| matches!(stamp.known, Known::NoYear(_));
    let stamps: Vec<&Stamp> = file
        .census
        .first
        .iter()
        .chain(file.census.minutes.iter().map(|(stamp, _)| stamp))
        .chain(file.events.iter().filter_map(|e| e.stamp.as_ref()))
        .chain(file.census.last.iter())
        .filter(yearless)
        .collect();
    let last = stamps.last()?;
    if let Some(first) = options.year {
        return Some(Years {
            first,
            how: "as given",
        });
    }
    let as_of_2000 = walls(
        stamps.iter().copied().map(Some),
        Some(&Years {
            first: 2000,
            how: "",
        }),
    );
    let rollovers = as_of_2000
        .iter()
        .flatten()
        .map(Wall::year)
        .max()
        .unwrap_or(2000)
        - 2000;
    let last = Timestamp::from_nanos(last.known_nanos());
    let (year, how) = if let Some(dated) = dated {
        (nearest_year(last, dated), "of the other files' records")
    } else if let Some((year, ..)) = file.meta.path_date {
        (year, "from the path")
    } else if let Some(at) = file.meta.gzip_time {
        (latest_year(last, at), "from the gzip header")
    } else if let Some(at) = file.meta.modified {
        (latest_year(last, at), "from the file's modification time")
    } else {
        warnings.push(Warning::new(
            Some(&file.path),
            "its stamps bear no year, and nothing tells one: 1970 is assumed; give --year",
        ));
        return Some(Years {
            first: 1970,
            how: "assumed",
        });
    };
    Some(Years {
        first: year - rollovers,
        how,
    })
}

/// The year in which `stamp` is nearest to `at`.
fn nearest_year(stamp: Timestamp, at: Timestamp) -> i16 {
    let year = year_at(at);
    [year - 1, year, year + 1]
        .into_iter()
        .min_by_key(|&year| with_year(stamp, year).since(at).abs())
        .unwrap_or(year)
}

/// The latest year in which `stamp` is not after `at`, a day of slack for zones.
fn latest_year(stamp: Timestamp, at: Timestamp) -> i16 {
    let year = year_at(at);
    if with_year(stamp, year) > at.plus(DAY) {
        year - 1
    } else {
        year
    }
}

fn zone_of(
    n: usize,
    files: &[FileEvents],
    walls: &[Vec<Option<Wall>>],
    options: &TimeOptions,
) -> Zone {
    if let Some(zone) = &options.zone {
        return Zone::Named(zone.clone());
    }
    if let Some((span, path)) = offset_by_events(n, files, walls) {
        return Zone::Shift(span, format!("as the same events in {path}"));
    }
    match written_offset(files) {
        Some((span, path)) => Zone::Shift(span, format!("as written in {path}")),
        None => Zone::Utc,
    }
}

/// The offset at which the file's zone-less events meet the same events of one that bears a zone.
fn offset_by_events(
    n: usize,
    files: &[FileEvents],
    walls: &[Vec<Option<Wall>>],
) -> Option<(Span, String)> {
    let mut instants: HashMap<Told<'_>, Vec<(Timestamp, usize)>> = HashMap::new();
    for (m, file) in files.iter().enumerate().filter(|(m, _)| *m != n) {
        for (event, wall) in file.events.iter().zip(&walls[m]) {
            if let Some(Wall::Instant(at)) = wall {
                instants.entry(same(event)).or_default().push((*at, m));
            }
        }
    }
    let mut votes: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    for (event, wall) in files[n].events.iter().zip(&walls[n]) {
        let Some(Wall::Local(local)) = wall else {
            continue;
        };
        // Repeated messages meet by chance at many offsets; only single ones are witnesses.
        let Some([(at, m)]) = instants.get(&same(event)).map(Vec::as_slice) else {
            continue;
        };
        let seconds = local.since(*at).nanos().div_euclid(1_000_000_000);
        let quarters = (seconds + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
        if (seconds - quarters).abs() <= 5 && quarters.abs() <= 15 * 3600 {
            votes.entry(quarters).or_insert((0, *m)).0 += 1;
        }
    }
    match votes.iter().next() {
        Some((&offset, &(count, m))) if votes.len() == 1 && count >= ENOUGH => {
            Some((Span::from_seconds(offset), files[m].path.clone()))
        }
        _ => None,
    }
}

/// What was told, and by which process.
type Told<'a> = (&'a str, Option<u32>);

fn same(event: &Event) -> Told<'_> {
    (&event.message, event.pid)
}

/// The one offset other than zero that stamps of the set bear: a machine's own zone, for what writes
/// UTC writes zero.
fn written_offset(files: &[FileEvents]) -> Option<(Span, String)> {
    let mut offsets: BTreeMap<i32, &str> = BTreeMap::new();
    for file in files {
        for stamp in [file.census.first, file.census.last].into_iter().flatten() {
            if let Known::Utc {
                offset_s: Some(offset),
                ..
            } = stamp.known
            {
                offsets.entry(offset).or_insert(&file.path);
            }
        }
    }
    offsets.remove(&0);
    match offsets.into_iter().collect::<Vec<_>>().as_slice() {
        [(offset, path)] => Some((Span::from_seconds(i64::from(*offset)), (*path).to_owned())),
        _ => None,
    }
}

/// First and last time, minutes and hosts of a file, and in words how they were settled.
fn times_of(
    file: &FileEvents,
    years: Option<&Years>,
    zone: &Zone,
    warnings: &mut Vec<Warning>,
) -> FileTimes {
    let settle_all = |stamps: Vec<Option<Stamp>>| -> Vec<Option<Timestamp>> {
        walls(stamps.iter().map(Option::as_ref), years)
            .into_iter()
            .map(|wall| wall.map(|wall| instant(wall, zone)))
            .collect()
    };
    let mut stamps = vec![file.census.first];
    stamps.extend(file.census.minutes.iter().map(|(stamp, _)| Some(*stamp)));
    stamps.extend(
        file.events
            .iter()
            .map(|e| e.stamp)
            .filter(|_| file.census.minutes.is_empty()),
    );
    stamps.push(file.census.last);
    let settled = settle_all(stamps);
    let mut minutes = BTreeMap::new();
    for ((_, count), at) in file.census.minutes.iter().zip(settled.iter().skip(1)) {
        if let Some(at) = at {
            let minute = at.nanos().div_euclid(60_000_000_000) * 60_000_000_000;
            *minutes.entry(Timestamp::from_nanos(minute)).or_default() += count;
        }
    }
    let mut hosts: BTreeMap<String, (Timestamp, Timestamp)> = BTreeMap::new();
    for Writer { host, tally, .. } in &file.census.writers {
        let ends = settle_all(vec![tally.first.1, tally.last.1]);
        let (Some(first), Some(last)) = (ends[0].or(ends[1]), ends[1].or(ends[0])) else {
            continue;
        };
        let host = String::from_utf8_lossy(host).into_owned();
        let range = hosts.entry(host).or_insert((first, last));
        range.0 = range.0.min(first);
        range.1 = range.1.max(last);
    }
    let stamp = file
        .census
        .first
        .or_else(|| file.events.iter().find_map(|e| e.stamp));
    let zone_words = match stamp.map(|s| s.known) {
        None => "no stamps".to_owned(),
        Some(Known::Utc {
            offset_s: Some(_), ..
        }) => "as written".to_owned(),
        Some(Known::Utc { offset_s: None, .. }) => "counted from the epoch".to_owned(),
        Some(Known::Local(_) | Known::NoYear(_)) => zone_in_words(zone),
    };
    if matches!(zone, Zone::Shift(..))
        && matches!(
            stamp.map(|s| s.known),
            Some(Known::Local(_) | Known::NoYear(_))
        )
    {
        warnings.push(Warning::new(
            Some(&file.path),
            format!("its stamps bear no zone: {zone_words}; give --tz where that is wrong"),
        ));
    }
    let zone = match years {
        Some(years) => format!("{zone_words}; year {} {}", years.first, years.how),
        None => zone_words,
    };
    FileTimes {
        first: settled.iter().flatten().min().copied(),
        last: settled.iter().flatten().max().copied(),
        zone,
        minutes,
        hosts,
    }
}

fn zone_in_words(zone: &Zone) -> String {
    match zone {
        Zone::Named(zone) => format!("{} as given", zone.iana_name().unwrap_or("the zone")),
        Zone::Shift(span, how) => {
            let minutes = span.nanos() / 60_000_000_000;
            let sign = if minutes < 0 { '-' } else { '+' };
            format!(
                "{sign}{:02}:{:02} {how}",
                minutes.abs() / 60,
                minutes.abs() % 60
            )
        }
        Zone::Utc => "UTC assumed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_year(month: i8, day: i8) -> Stamp {
        Stamp::from_civil(None, month, day, (10, 0, 0), 0, Span::from_seconds(1), None).unwrap()
    }

    fn settled(stamps: &[Stamp], first: i16) -> Vec<String> {
        walls(stamps.iter().map(Some), Some(&Years { first, how: "" }))
            .into_iter()
            .map(|wall| instant(wall.unwrap(), &Zone::Utc).date())
            .collect()
    }

    #[test]
    fn december_rolls_over_to_january_and_a_late_record_does_not_roll_back() {
        let stamps = [
            no_year(12, 31),
            no_year(1, 1),
            no_year(12, 31),
            no_year(1, 2),
        ];
        let got = settled(&stamps, 2025);
        assert_eq!(
            got,
            ["2025-12-31", "2026-01-01", "2025-12-31", "2026-01-02"]
        );
    }

    #[test]
    fn leap_days_keep_their_place() {
        assert_eq!(settled(&[no_year(2, 29)], 2024), ["2024-02-29"]);
        assert_eq!(
            settled(&[no_year(3, 1), no_year(12, 31)], 2025),
            ["2025-03-01", "2025-12-31"]
        );
    }

    #[test]
    fn a_stamp_after_the_modification_time_is_of_the_year_before() {
        let at = Timestamp::from_seconds(1_772_355_600); // 2026-03-01
        assert_eq!(
            latest_year(Timestamp::from_nanos(no_year(11, 23).known_nanos()), at),
            2025
        );
        assert_eq!(
            latest_year(Timestamp::from_nanos(no_year(2, 28).known_nanos()), at),
            2026
        );
    }
}
