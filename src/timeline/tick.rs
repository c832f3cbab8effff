//! The stamps of a file, at their places.
//!
//! In: a file's events and census. Out: [`Tick`]s in file order: what is settled of a stamp often depends
//! on the stamps above it (which year, which of two hours, whether the clock was set), and lines that
//! are no events count there as well.

use std::collections::BTreeMap;

use crate::time::{Stamp, Timestamp};

use super::FileEvents;

/// A stamp at its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tick {
    /// Where the line begins in the file.
    pub(super) place: u64,
    /// As written.
    pub(super) stamp: Stamp,
    /// Which of the file's hosts wrote it: the place in [`Ticks::hosts`]; `None` where it names none.
    pub(super) host: Option<usize>,
    /// What bears it.
    pub(super) of: Of,
    /// The instant, as far as it is settled.
    pub(super) at: Timestamp,
}

/// What bears a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    /// The first line that bears one.
    First,
    /// A minute of the census, by its place there.
    Minute(usize),
    /// The first line of a writer.
    WriterFirst(usize),
    /// The last line of a writer.
    WriterLast(usize),
    /// An event.
    Event(usize),
    /// The last line that bears one.
    Last,
}

/// The stamps of one file.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    /// In file order.
    pub(super) list: Vec<Tick>,
    /// The hosts that its lines name, by name.
    pub(super) hosts: Vec<String>,
}

impl Ticks {
    pub(super) fn of(file: &FileEvents) -> Self {
        let writers = &file.census.writers;
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let of_writers = writers
            .iter()
            .map(|w| String::from_utf8_lossy(&w.host).into_owned());
        let of_events = file
            .events
            .iter()
            .filter_map(|e| e.host.as_deref())
            .map(str::to_owned);
        for host in of_writers.chain(of_events).filter(|host| !host.is_empty()) {
            names.insert(host, 0);
        }
        for (n, place) in names.values_mut().enumerate() {
            *place = n;
        }
        let mut list = Vec::new();
        let mut add = |place: u64, stamp: Option<Stamp>, host: Option<usize>, of: Of| {
            list.extend(stamp.map(|stamp| Tick {
                place,
                stamp,
                host,
                of,
                at: Timestamp::from_nanos(stamp.known_nanos()),
            }));
        };
        add(0, file.census.first, None, Of::First);
        for (n, minute) in file.census.minutes.iter().enumerate() {
            add(minute.at, Some(minute.stamp), None, Of::Minute(n));
        }
        for (n, writer) in writers.iter().enumerate() {
            let host = names.get(&*String::from_utf8_lossy(&writer.host)).copied();
            let (first, last) = (writer.tally.first, writer.tally.last);
            add(first.0, first.1, host, Of::WriterFirst(n));
            add(last.0, last.1, host, Of::WriterLast(n));
        }
        for (n, event) in file.events.iter().enumerate() {
            let host = event
                .host
                .as_deref()
                .and_then(|host| names.get(host))
                .copied();
            add(event.place.offset.get(), event.stamp, host, Of::Event(n));
        }
        add(u64::MAX, file.census.last, None, Of::Last);
        list.sort_by_key(|tick| (tick.place, tick.of));
        Self {
            list,
            hosts: names.into_keys().collect(),
        }
    }

    /// Whether all is written by one clock, as far as the lines tell.
    pub(super) fn is_of_one_host(&self) -> bool {
        self.hosts.len() <= 1
    }
}
