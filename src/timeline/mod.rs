//! Events of all files in one order of time.
//!
//! Owns: the settling of instants ([`settle`]: years, zones, clocks) and the joining of what two files
//! tell twice ([`join`]). In: each file's events and census in file order. Out: a [`Timeline`].

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;

use crate::classify::Event;
use crate::error::Warning;
use crate::primitives::FileId;
use crate::record::Format;
use crate::sieve::Census;
use crate::source::Meta;
use crate::time::{Span, Timestamp};

mod clock;
mod join;
mod settle;
mod skew;
mod tick;
mod usual;
mod year;
mod zone;

pub use skew::Clocks;
pub use usual::Usual;

/// What a file yielded, before its times are settled.
#[derive(Debug)]
pub struct FileEvents {
    /// The path, as in a report.
    pub path: String,
    /// The path of the log that it is a rotated copy of, or its own: what stands one after the other with
    /// the same is one log, the oldest first.
    pub series: String,
    /// The format of most of its lines.
    pub format: Format,
    /// What is known of the file besides its bytes.
    pub meta: Meta,
    /// In file order.
    pub events: Vec<Event>,
    /// Who wrote, and when.
    pub census: Census,
}

/// How a person wants times to be read.
#[derive(Debug, Clone, Default)]
pub struct TimeOptions {
    /// The zone of stamps that bear none.
    pub zone: Option<TimeZone>,
    /// The year of the first stamp that bears none; later ones roll over from it.
    pub year: Option<i16>,
}

/// What one process wrote into one file: from its first line to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// As the lines have it; empty where they name none.
    pub host: Box<str>,
    /// The program, as it names itself.
    pub program: Box<str>,
    /// The process.
    pub pid: u32,
    /// When its first line was written, and where in the file it begins.
    pub first: (Timestamp, u64),
    /// When its last line was written, and where in the file it begins.
    pub last: (Timestamp, u64),
    /// How many lines.
    pub lines: u64,
}

/// What was settled of one file.
#[derive(Debug, Clone)]
pub struct FileTimes {
    /// The format of most of its lines.
    pub format: Format,
    /// The first stamp.
    pub first: Option<Timestamp>,
    /// The last stamp.
    pub last: Option<Timestamp>,
    /// How zone and year were settled, in words.
    pub zone: String,
    /// What the order of its records tells of its clock, where there is anything.
    pub clock: Option<String>,
    /// How far the clock that stamped it is ahead of the one that counts, where that is known; its times
    /// are moved by as much.
    pub skew: Option<Span>,
    /// Lines a minute, by the minute's instant.
    pub minutes: BTreeMap<Timestamp, u64>,
    /// The last line of each host, by the host's name; under `""` that of lines without a host.
    pub hosts: BTreeMap<String, (Timestamp, Timestamp)>,
    /// Processes, by their first lines; those of programs that fork for each connection left out.
    pub lives: Vec<Life>,
}

/// Events in one order of time, and what is known of the time that they span.
#[derive(Debug)]
pub struct Timeline {
    /// By time; each event once.
    pub events: Vec<Event>,
    /// Events of files without any stamp, in file order.
    pub untimed: Vec<Event>,
    /// By file.
    pub files: Vec<FileTimes>,
    /// By file, the oldest one of its log, where it is a rotated copy or has some; else itself.
    logs: Vec<FileId>,
    /// The first stamp of all.
    pub start: Option<Timestamp>,
    /// The last stamp of all.
    pub end: Option<Timestamp>,
    /// How far hosts' clocks may lie apart.
    pub clocks: Clocks,
    /// What was guessed.
    pub warnings: Vec<Warning>,
}

impl Timeline {
    /// The time of the last line of `host`, over all files; of any host where it wrote none.
    #[must_use]
    pub fn last_of(&self, host: Option<&str>) -> Option<Timestamp> {
        self.ranges_of(host)
            .map(|(_, last)| last)
            .max()
            .or(self.end)
    }

    /// The time of the first line of `host`, over all files.
    #[must_use]
    pub fn first_of(&self, host: Option<&str>) -> Option<Timestamp> {
        self.ranges_of(host)
            .map(|(first, _)| first)
            .min()
            .or(self.start)
    }

    /// The oldest file of the log that this one is a part of.
    #[must_use]
    pub fn log_of(&self, file: FileId) -> FileId {
        self.logs.get(file.index()).copied().unwrap_or(file)
    }

    /// The files of a log, the oldest first, each a rotated copy of it but for the last.
    pub fn parts_of(&self, log: FileId) -> impl DoubleEndedIterator<Item = FileId> + '_ {
        let all = self.logs.iter().enumerate();
        all.filter(move |(_, of)| **of == log)
            .map(|(n, _)| FileId::new(n))
    }

    /// The part of its log that was rotated away before this file.
    #[must_use]
    pub fn part_before(&self, file: FileId) -> Option<FileId> {
        self.parts_of(self.log_of(file)).rfind(|part| *part < file)
    }

    /// The part of its log that follows this file.
    #[must_use]
    pub fn part_after(&self, file: FileId) -> Option<FileId> {
        self.parts_of(self.log_of(file)).find(|part| *part > file)
    }

    /// Adds events that no log tells of; their times are settled.
    pub fn add(&mut self, events: impl IntoIterator<Item = Event>) {
        self.events.extend(events);
        self.events.sort_by_key(|e| (e.at, e.place));
    }

    /// First and last time of the files that `host` wrote; where it is the only host that any file
    /// names, also of those that name none.
    fn ranges_of<'a>(
        &'a self,
        host: Option<&'a str>,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + 'a {
        let named = |f: &'a FileTimes| f.hosts.keys().filter(|h| !h.is_empty());
        let sole = self
            .files
            .iter()
            .flat_map(named)
            .all(|h| Some(h.as_str()) == host);
        self.files.iter().filter_map(move |f| {
            let whole = || Some((f.first?, f.last?));
            match host.and_then(|host| f.hosts.get(host)) {
                Some(range) => Some(*range),
                None if sole && named(f).next().is_none() => whole(),
                None => None,
            }
        })
    }
}

/// Settles times, joins what is told twice, and orders what is left.
#[must_use]
pub fn build(mut files: Vec<FileEvents>, options: &TimeOptions) -> Timeline {
    let settled = settle::settle(&mut files, options);
    let logs = logs(&files, &settled.files);
    let mut events = Vec::new();
    let mut untimed = Vec::new();
    for file in files {
        for event in file.events {
            if event.stamp.is_some() {
                events.push(event)
            } else {
                untimed.push(event)
            }
        }
    }
    let events = join::join(events);
    Timeline {
        start: settled.files.iter().filter_map(|f| f.first).min(),
        end: settled.files.iter().filter_map(|f| f.last).max(),
        events,
        untimed,
        files: settled.files,
        logs,
        clocks: settled.clocks,
        warnings: settled.warnings,
    }
}

/// Parts of one log may overlap by this much: some lines come late.
const OVERLAP: Span = Span::from_seconds(60);

/// By file, the oldest one of its log: a watch takes files up as they are rotated, others between them. Files that were
/// written side by side are no parts of one log, whatever their names (`worker.1`, `worker.2`).
fn logs(files: &[FileEvents], times: &[FileTimes]) -> Vec<FileId> {
    let mut logs: Vec<FileId> = Vec::with_capacity(files.len());
    let mut newest: HashMap<&str, (FileId, Option<Timestamp>)> = HashMap::new();
    for (n, (file, times)) in files.iter().zip(times).enumerate() {
        let own = (FileId::new(n), times.last);
        if file.series.is_empty() {
            logs.push(own.0);
            continue;
        }
        let part = newest.entry(&file.series).or_insert(own);
        let overlaps = |(last, first): (Timestamp, Timestamp)| last > first.plus(OVERLAP);
        if part.1.zip(times.first).is_some_and(overlaps) {
            *part = own;
        }
        part.1 = times.last.or(part.1);
        logs.push(part.0);
    }
    logs
}

/// The width of an event's stamp.
pub(crate) fn width(event: &Event) -> Span {
    event
        .stamp
        .map_or(Span::from_seconds(1), |stamp| stamp.width)
}
