//! Boots, and records from before a boot's clock was set.
//!
//! In: each entry's times and its line, in the file's order. Out: the lines, in the same order. A machine
//! without a battery-backed clock starts with a time long past, and sets it when the network is up: the
//! lines until then are held back, and get the time that the boot's monotonic clock tells once the other
//! one is set.

use super::layout::Entry;
use super::line::Lines;

/// 2012-01-01, in microseconds since 1970: the journal came with systemd 38, of that month.
const FIRST: u64 = 1_325_376_000_000_000;
/// So much may a boot seem to begin before the last record of an earlier one: clocks of several hosts
/// differ, and are put right by little.
const SLACK: u64 = 300_000_000;
/// So many bytes of lines are held back; what comes then is taken as it is.
const HELD: usize = 4 << 20;
/// So many boots are remembered, the latest ones.
const BOOTS: usize = 64;

/// What is to be done with an entry's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Emit,
    Hold,
}

#[derive(Debug, Default)]
pub(super) struct Clock {
    boot: Option<[u8; 16]>,
    /// Boots whose clock is settled.
    settled: Vec<[u8; 16]>,
    /// The latest time of all boots but this one, and of this one.
    before: u64,
    latest: u64,
    held: Lines,
    /// Where held lines begin, and their monotonic time.
    marks: Vec<(usize, u64)>,
    /// Records that got another time.
    pub(super) placed: u64,
    /// Records whose time could not be told.
    pub(super) unplaced: u64,
}

impl Clock {
    /// Where the line of the next entry, which is to be written at once, goes.
    pub(super) fn lines<'a>(&'a mut self, entry: &Entry, out: &'a mut Lines) -> &'a mut Lines {
        match self.fate(entry, out) {
            Fate::Emit => out,
            Fate::Hold => {
                self.marks.push((self.held.0.len(), entry.monotonic));
                &mut self.held
            }
        }
    }

    /// Lets go what is held; the file has ended.
    pub(super) fn finish(&mut self, out: &mut Lines) {
        self.release(None, out);
    }

    fn fate(&mut self, entry: &Entry, out: &mut Lines) -> Fate {
        if self.boot != Some(entry.boot) {
            self.turn_to(entry.boot, out);
        }
        if self.marks.is_empty() && self.settled.last() == Some(&entry.boot) {
            self.latest = self.latest.max(entry.realtime);
            return Fate::Emit;
        }
        let floor = self.before.saturating_sub(SLACK).max(FIRST);
        if entry.realtime < floor && self.held.0.len() < HELD {
            return Fate::Hold;
        }
        let is_set = entry.realtime >= floor;
        // When the boot began, by a clock that is set.
        let began = entry.realtime.checked_sub(entry.monotonic);
        self.release(began.filter(|_| is_set), out);
        self.settle(entry.boot);
        self.latest = entry.realtime;
        Fate::Emit
    }

    fn turn_to(&mut self, boot: [u8; 16], out: &mut Lines) {
        self.release(None, out);
        if let Some(last) = self.boot.replace(boot) {
            self.settle(last);
        }
        self.before = self.before.max(self.latest);
        self.latest = 0;
        if self.settled.contains(&boot) {
            self.settle(boot);
        }
    }

    /// Makes `boot` the last of the settled ones.
    fn settle(&mut self, boot: [u8; 16]) {
        self.settled.retain(|known| *known != boot);
        if self.settled.len() == BOOTS {
            self.settled.remove(0);
        }
        self.settled.push(boot);
    }

    /// Lets go what is held, at the times that follow from when the boot began.
    fn release(&mut self, began: Option<u64>, out: &mut Lines) {
        let count = self.marks.len() as u64;
        match began {
            Some(began) => {
                self.placed += count;
                for (at, monotonic) in self.marks.drain(..) {
                    self.held.set_time(at, began.saturating_add(monotonic));
                }
            }
            None => {
                self.unplaced += count;
                self.marks.clear();
            }
        }
        out.0.append(&mut self.held.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::time_of;
    use super::*;

    const T: u64 = 1_763_424_000_000_000;
    const MINUTE: u64 = 60_000_000;

    /// The times, in minutes after T, that entries (boot, minutes after T, monotonic minutes) get.
    fn times(entries: &[(u8, i64, u64)]) -> (Vec<i64>, u64, u64) {
        let (mut clock, mut out) = (Clock::default(), Lines::default());
        for (boot, minutes, monotonic) in entries {
            let entry = Entry {
                seqnum: 1,
                realtime: T.wrapping_add_signed(minutes * MINUTE as i64),
                monotonic: monotonic * MINUTE,
                boot: [*boot; 16],
                hash: 0,
            };
            let lines = clock.lines(&entry, &mut out);
            lines.begin(entry.realtime, b"h", b"p", b"");
            lines.end(b"m");
        }
        clock.finish(&mut out);
        let minutes = out.0.split_inclusive(|b| *b == b'\n').map(|line| {
            let at = time_of(line).unwrap();
            (at - T as i64) / MINUTE as i64
        });
        (minutes.collect(), clock.placed, clock.unplaced)
    }

    #[test]
    fn lines_from_before_the_clock_was_set_get_the_time_they_had() {
        const LONG_AGO: i64 = -20_000_000;
        let entries = [
            (1, 0, 500),
            (1, 1, 501),
            (2, LONG_AGO, 0),
            (2, LONG_AGO + 1, 1),
            (2, 62, 2),
            (2, 63, 3),
        ];
        assert_eq!(times(&entries), (vec![0, 1, 60, 61, 62, 63], 2, 0));
    }

    #[test]
    fn a_clock_that_is_never_set_leaves_the_times_as_they_are() {
        let entries = [(1, 0, 500), (2, -100, 0), (2, -99, 1), (3, 5, 0)];
        assert_eq!(times(&entries), (vec![0, -100, -99, 5], 0, 2));
        assert_eq!(
            times(&entries[..3]),
            (vec![0, -100, -99], 0, 2),
            "at the end of the file"
        );
    }

    #[test]
    fn a_suspended_machine_and_hosts_in_one_file_are_left_alone() {
        let entries = [(1, 0, 0), (1, 1, 1), (1, 300, 2), (2, 298, 9), (1, 301, 3)];
        assert_eq!(times(&entries), (vec![0, 1, 300, 298, 301], 0, 0));
    }
}
