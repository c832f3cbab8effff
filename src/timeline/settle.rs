//! Every event's instant.
//!
//! In: files with stamps as written. Out: the instants, and in words how they were settled: the year
//! ([`year`]), then the zone ([`zone`]), then what the order of the file tells of its clock ([`clock`]),
//! then what events that two clocks stamped tell of the two ([`skew`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Warning;
use crate::sieve::Writer;
use crate::time::{Known, Span, Timestamp};

use super::clock::{self, Story};
use super::skew::{self, Clocks};
use super::tick::{Of, Ticks};
use super::year::{self, Years};
use super::zone::{self, Reader, Zone, signed};
use super::{FileEvents, FileTimes, Life, TimeOptions};

/// Records out of order by less are told with the input; by more, in a warning as well.
const MUCH: Span = Span::from_seconds(60);

/// What [`settle`] found out.
pub(super) struct Settled {
    pub(super) files: Vec<FileTimes>,
    pub(super) clocks: Clocks,
    pub(super) warnings: Vec<Warning>,
}

pub(super) fn settle(files: &mut [FileEvents], options: &TimeOptions) -> Settled {
    let mut warnings = Vec::new();
    let mut ticks: Vec<Ticks> = files.iter().map(Ticks::of).collect();
    let years = year::of_all(files, &ticks, options.year);
    for (ticks, years) in ticks.iter_mut().zip(&years) {
        place_years(ticks, years.as_ref());
    }
    let zones = zone::of_all(files, &ticks, options.zone.as_ref());
    let mut told = Vec::with_capacity(files.len());
    for (n, file) in files.iter().enumerate() {
        let hours = tell_instants(&mut ticks[n], &zones[n]);
        let years = years[n].as_ref();
        let is_unset = |tick| years.is_some_and(|years| years.is_unset(tick));
        let unset: Vec<bool> = (0..ticks[n].list.len()).map(is_unset).collect();
        let story = clock::mend(file, &mut ticks[n], &unset);
        told.push((hours, story));
    }
    let found = skew::mend(files, &mut ticks);
    let mut out = Vec::with_capacity(files.len());
    for (n, file) in files.iter_mut().enumerate() {
        for tick in &ticks[n].list {
            if let Of::Event(event) = tick.of {
                let event = &mut file.events[event];
                event.at = tick.at;
                event.until = event.at.plus(event.spread);
            }
        }
        let (hours, story) = &told[n];
        let guesses = Guesses {
            file,
            ticks: &ticks[n],
            years: years[n].as_ref(),
            zone: &zones[n],
            hours: *hours,
            story,
        };
        guesses.warn(&mut warnings);
        out.push(FileTimes {
            skew: found.files[n],
            ..guesses.times()
        });
    }
    warnings.extend(found.warnings);
    Settled {
        files: out,
        clocks: found.clocks,
        warnings,
    }
}

/// Adds years to year-less stamps; what bears no zone is left as if it were UTC.
fn place_years(ticks: &mut Ticks, years: Option<&Years>) {
    for (n, tick) in ticks.list.iter_mut().enumerate() {
        if let (Known::NoYear(at), Some(years)) = (tick.stamp.known, years) {
            tick.at = years.place(n, at);
        }
    }
}

/// How many stamps are of an hour that a zone has twice, and of one that it has not.
#[derive(Debug, Clone, Copy, Default)]
struct Hours {
    twice: usize,
    missing: usize,
}

fn tell_instants(ticks: &mut Ticks, zone: &Zone) -> Hours {
    let mut reader = Reader::new(zone);
    for tick in &mut ticks.list {
        match tick.stamp.known {
            Known::Utc { at, .. } => reader.note(at),
            Known::Local(_) | Known::NoYear(_) => tick.at = reader.instant(tick.at),
        }
    }
    Hours {
        twice: reader.twice,
        missing: reader.missing,
    }
}

/// All that was settled of a file.
struct Guesses<'a> {
    file: &'a FileEvents,
    ticks: &'a Ticks,
    years: Option<&'a Years>,
    zone: &'a Zone,
    hours: Hours,
    story: &'a Story,
}

impl Guesses<'_> {
    fn is_local(&self) -> bool {
        let known = |tick: &super::tick::Tick| matches!(tick.stamp.known, Known::Utc { .. });
        self.ticks.list.iter().any(|tick| !known(tick))
    }

    fn warn(&self, warnings: &mut Vec<Warning>) {
        let mut warn = |text: String| warnings.push(Warning::new(Some(&self.file.path), text));
        if let Some(years) = self.years {
            if years.assumed {
                warn(
                    "its stamps bear no year, and nothing tells one: 1970 is assumed; give --year"
                        .to_owned(),
                );
            }
            if years.impossible {
                let year = years.first;
                warn(format!(
                    "it holds a 29 February, which {year} ({}) has none of: taken for 1 March; give \
                     another --year",
                    years.how
                ));
            }
        }
        if self.is_local() {
            let zone = self.zone.text();
            if self.zone.is_guess() && !matches!(self.zone, Zone::Utc) {
                warn(format!(
                    "its stamps bear no zone: {zone}; give --tz where that is wrong"
                ));
            }
            if self.hours.missing > 0 {
                warn(format!(
                    "stamps of an hour that {zone} does not have, as summer time begins: its zone is \
                     another; give --tz"
                ));
            }
        }
        for (at, by) in &self.story.steps {
            warn(format!(
                "its clock was set back by {by} at {} {}Z: what was written by the wrong clock is moved \
                 back by as much, so that its order stays",
                at.date(),
                at.clock()
            ));
        }
        for (at, by) in &self.story.falls {
            warn(format!(
                "its stamps go back by {by} to {} {}Z, and go on from there: taken as they are, as of \
                 files put one behind the other",
                at.date(),
                at.clock()
            ));
        }
        if self.story.unset > 0 {
            warn(format!(
                "{} record(s) are of a clock that was not set yet: taken to be of just before it was set",
                self.story.unset
            ));
        }
        let (late, by) = self.story.late;
        if by > MUCH {
            warn(format!(
                "{late} record(s) stand later in the file than their stamps say, by up to {by}: ordered \
                 by their stamps"
            ));
        }
    }

    fn times(&self) -> FileTimes {
        let census = &self.file.census;
        let mut minutes = BTreeMap::new();
        let mut spans: BTreeMap<usize, (Timestamp, Timestamp)> = BTreeMap::new();
        let mut whole: Option<(Timestamp, Timestamp)> = None;
        let mut host_of = BTreeMap::new();
        for (n, writer) in census.writers.iter().enumerate() {
            host_of.insert(n, String::from_utf8_lossy(&writer.host).into_owned());
        }
        for tick in &self.ticks.list {
            match tick.of {
                Of::Minute(n) => {
                    let minute = tick.at.nanos().div_euclid(60_000_000_000) * 60_000_000_000;
                    *minutes.entry(Timestamp::from_nanos(minute)).or_default() +=
                        census.minutes[n].lines;
                }
                Of::WriterFirst(n) | Of::WriterLast(n) => widen(spans.entry(n), tick.at),
                Of::First | Of::Event(_) | Of::Last => {}
            }
            let range = whole.get_or_insert((tick.at, tick.at));
            *range = (range.0.min(tick.at), range.1.max(tick.at));
        }
        let lives = (spans.iter())
            .filter_map(|(&n, &span)| life_of(&census.writers[n], span))
            .collect();
        let mut hosts: BTreeMap<String, (Timestamp, Timestamp)> = BTreeMap::new();
        for (n, (first, last)) in spans {
            let host = host_of.remove(&n).unwrap_or_default();
            widen(hosts.entry(host.clone()), first);
            widen(hosts.entry(host), last);
        }
        FileTimes {
            first: whole.map(|w| w.0),
            last: whole.map(|w| w.1),
            zone: self.zone_in_words(),
            clock: self.clock_in_words(),
            skew: None,
            format: self.file.format,
            minutes,
            hosts,
            lives,
        }
    }

    fn zone_in_words(&self) -> String {
        let Some(first) = self.ticks.list.first() else {
            return "no stamps".to_owned();
        };
        let offsets: BTreeSet<i32> = (self.ticks.list.iter())
            .filter_map(|tick| match tick.stamp.known {
                Known::Utc { offset_s, .. } => offset_s,
                Known::Local(_) | Known::NoYear(_) => None,
            })
            .collect();
        let written = || match offsets.len() {
            0 => "counted from the epoch".to_owned(),
            1 => "as written".to_owned(),
            _ => {
                let all: Vec<String> = offsets.iter().map(|s| signed(i64::from(*s))).collect();
                format!("as written ({})", all.join(", "))
            }
        };
        let mut words = match first.stamp.known {
            Known::Utc { .. } => written(),
            Known::Local(_) | Known::NoYear(_) if offsets.is_empty() => self.zone.text(),
            Known::Local(_) | Known::NoYear(_) => {
                format!("{}; else {}", self.zone.text(), written())
            }
        };
        if let Some(years) = self.years {
            words.push_str(&format!("; year {} {}", years.first, years.how));
        }
        if self.hours.twice > 0 {
            words.push_str("; of the hour that is there twice by order");
        }
        words
    }

    fn clock_in_words(&self) -> Option<String> {
        let mut words = Vec::new();
        for (at, by) in &self.story.steps {
            words.push(format!("set back by {by} at {at}"));
        }
        for (at, by) in &self.story.falls {
            words.push(format!("goes back by {by} to {at}"));
        }
        if self.story.unset > 0 {
            words.push(format!("{} records before it was set", self.story.unset));
        }
        if self.story.late.0 > 0 {
            let (count, by) = self.story.late;
            words.push(format!("{count} records out of order by up to {by}"));
        }
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// The life of a writer that is one process.
fn life_of(writer: &Writer, (first, last): (Timestamp, Timestamp)) -> Option<Life> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into();
    let tally = &writer.tally;
    Some(Life {
        host: text(&writer.host),
        program: text(&writer.program),
        pid: std::str::from_utf8(&writer.pid).ok()?.parse().ok()?,
        first: (first, tally.first.0),
        last: (last, tally.last.0),
        lines: tally.lines,
    })
}

fn widen<K: Ord>(
    entry: std::collections::btree_map::Entry<'_, K, (Timestamp, Timestamp)>,
    at: Timestamp,
) {
    let range = entry.or_insert((at, at));
    *range = (range.0.min(at), range.1.max(at));
}
