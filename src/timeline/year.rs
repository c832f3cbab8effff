//! The year of stamps that bear none.
//!
//! In: the stamps of a log and its rotated copies, the oldest first, and what is known of the files.
//! Out: every stamp's year.
//!
//! Which stamps are of one year follows from their order: a fall by more than half a year is a new year
//! (rollover needs a big jump, for records may be out of order), and a jump forward to within two days of
//! the year's end is a late record of the year before. A spell that begins on 1 January and goes back
//! within a day to where the log had been is none of both: a clock that was not set yet. One stamp then
//! settles all: as given; else as near as can be to records that bear a year, of the same file first; else
//! to a date in the path; else the latest year that is not after the gzip header's time; else that is not
//! after the modification time. A log that holds a 29 February is of years that have one.

use jiff::civil;
use jiff::tz::Offset;

use crate::time::{Known, Span, Timestamp};

use super::FileEvents;
use super::tick::Ticks;

const DAY: Span = Span::from_seconds(86_400);
/// A fall by more than this is a new year.
const ROLLOVER: Span = DAY.times(183);
/// A late record of the old year comes within this time after New Year.
const LATE: Span = DAY.times(2);
/// A clock that is not set counts no longer than this, and is set to no later than this after the
/// record before it.
const UNSET: (Span, Span) = (DAY, DAY.times(30));
/// How far from the evidence a year with a 29 February is looked for: such years are four or, around
/// 1900 and 2100, eight years apart.
const REACH: i16 = 8;

/// The years of one file's stamps.
#[derive(Debug, Clone)]
pub(super) struct Years {
    /// Of the first stamp without one.
    pub(super) first: i16,
    /// How it is known.
    pub(super) how: String,
    /// By tick: years after the log's first stamp, and whether the clock was not set.
    steps: Vec<(i16, bool)>,
    /// The year that the steps count from.
    base: i16,
    /// Whether nothing tells the year.
    pub(super) assumed: bool,
    /// Whether it falls out that a 29 February is of a year that has none.
    pub(super) impossible: bool,
}

impl Years {
    /// The stamp's instant as if it were UTC, of the tick at `n`.
    pub(super) fn place(&self, n: usize, at: Timestamp) -> Timestamp {
        with_year(at, self.base + self.steps.get(n).map_or(0, |s| s.0))
    }

    /// Whether the tick at `n` is of a clock that was not set yet.
    pub(super) fn is_unset(&self, n: usize) -> bool {
        self.steps.get(n).is_some_and(|s| s.1)
    }
}

/// What tells a year.
#[derive(Debug, Clone)]
enum Anchor {
    Given(i16),
    Near(Timestamp),
    NotAfter(Timestamp),
    Nothing,
}

/// The years of all files, by file; `None` for those whose stamps bear one.
pub(super) fn of_all(
    files: &[FileEvents],
    ticks: &[Ticks],
    given: Option<i16>,
) -> Vec<Option<Years>> {
    let mut all: Vec<Option<Years>> = vec![None; files.len()];
    let dated = middle(ticks);
    let mut series: Vec<Log> = Vec::new();
    for n in 0..files.len() {
        if !ticks[n].list.iter().any(|t| is_yearless(t.stamp.known)) {
            continue;
        }
        match series.last_mut() {
            Some(log) if files[log.members[0]].series == files[n].series => log.members.push(n),
            _ => series.push(Log {
                members: vec![n],
                steps: Vec::new(),
            }),
        }
    }
    for log in &mut series {
        log.steps = steps(log.stamps(ticks));
    }
    let rolled = given.and_then(|year| rolled_over(&series, ticks, year));
    for log in &series {
        let (anchor, member, how) = match given {
            Some(year) => match rolled {
                Some(at) if !log.rolls_over() => (
                    Anchor::Near(at),
                    log.members[log.members.len() - 1],
                    "as given".to_owned(),
                ),
                _ => (Anchor::Given(year), log.members[0], "as given".to_owned()),
            },
            None => log.anchor(files, ticks, dated),
        };
        log.settle(ticks, &anchor, member, &how, &mut all);
    }
    all
}

fn is_yearless(known: Known) -> bool {
    matches!(known, Known::NoYear(_))
}

/// A log with its rotated copies, the oldest first.
struct Log {
    members: Vec<usize>,
    /// Of all its stamps without a year, in order.
    steps: Vec<(i16, bool)>,
}

impl Log {
    fn stamps(&self, ticks: &[Ticks]) -> Vec<Timestamp> {
        let all = self.members.iter().flat_map(|&n| yearless(&ticks[n]));
        all.map(|(_, at)| at).collect()
    }

    fn rolls_over(&self) -> bool {
        let first = self.steps.first().map_or(0, |s| s.0);
        self.steps.iter().any(|s| s.0 > first)
    }

    /// The best evidence, and the member that it is about.
    fn anchor(
        &self,
        files: &[FileEvents],
        ticks: &[Ticks],
        dated: Option<Timestamp>,
    ) -> (Anchor, usize, String) {
        let members = || self.members.iter().rev().copied();
        let own = members().find_map(|n| Some((Anchor::Near(middle([&ticks[n]])?), n)));
        let last = self.members[self.members.len() - 1];
        let near = |at: Timestamp| (Anchor::Near(at), last);
        let by_path = || {
            members().find_map(|n| {
                let (year, month, day) = files[n].meta.path_date?;
                // Of a month the middle, of a year its middle.
                let middle_day = if month.is_some() { 15 } else { 1 };
                let date =
                    civil::Date::new(year, month.unwrap_or(7), day.unwrap_or(middle_day)).ok()?;
                Some((Anchor::Near(instant_of(date)?), n))
            })
        };
        let by_gzip =
            || members().find_map(|n| Some((Anchor::NotAfter(files[n].meta.gzip_time?), n)));
        let by_mtime =
            || members().find_map(|n| Some((Anchor::NotAfter(files[n].meta.modified?), n)));
        let tell = |found: Option<(Anchor, usize)>, how: &str| {
            found.map(|(anchor, n)| (anchor, n, how.to_owned()))
        };
        tell(own, "of its own dated records")
            .or_else(|| tell(dated.map(near), "of the other files' records"))
            .or_else(|| tell(by_path(), "from the path"))
            .or_else(|| tell(by_gzip(), "from the gzip header"))
            .or_else(|| tell(by_mtime(), "from the file's modification time"))
            .unwrap_or((Anchor::Nothing, last, "assumed".to_owned()))
    }

    /// Settles the years of all members from what is known of one.
    fn settle(
        &self,
        ticks: &[Ticks],
        anchor: &Anchor,
        member: usize,
        how: &str,
        all: &mut [Option<Years>],
    ) {
        let mut from = 0;
        let mut told = (0, Timestamp::from_nanos(0));
        for &n in &self.members {
            let count = yearless(&ticks[n]).count();
            let steps = &self.steps[from..from + count];
            if n == member {
                // A clock that is not set, or a late record, tells no year.
                let best = steps.iter().map(|s| s.0).max().unwrap_or(0);
                let stamps = steps.iter().zip(yearless(&ticks[n]));
                told = stamps
                    .filter(|(step, _)| step.0 == best && !step.1)
                    .map(|(step, (_, at))| (step.0, at))
                    .last()
                    .unwrap_or(told);
            }
            from += count;
        }
        let stamps = self.stamps(ticks);
        let leap: Vec<i16> = (stamps.iter().zip(&self.steps))
            .filter(|(at, step)| is_leap_day(**at) && !step.1)
            .map(|(_, step)| step.0)
            .collect();
        let fits = |base: i16| leap.iter().all(|step| is_leap(base + step));
        let (step, last) = told;
        let year = match anchor {
            Anchor::Given(year) => *year - self.steps.first().map_or(0, |s| s.0) + step,
            Anchor::Near(at) => years_around(*at)
                .filter(|year| fits(year - step))
                .min_by_key(|&year| with_year(last, year).since(*at).abs())
                .unwrap_or(year_at(*at)),
            Anchor::NotAfter(at) => years_around(*at)
                .filter(|year| fits(year - step))
                .filter(|&year| with_year(last, year) <= at.plus(DAY))
                .max()
                .unwrap_or(year_at(*at)),
            Anchor::Nothing => 1970 + step,
        };
        let base = year - step;
        let mut from = 0;
        for &n in &self.members {
            let list = &ticks[n].list;
            let mut own = vec![(0, false); list.len()];
            let mut first = None;
            for ((at, _), step) in yearless(&ticks[n]).zip(&self.steps[from..]) {
                own[at] = *step;
                first = first.or((!step.1).then_some(base + step.0));
                from += 1;
            }
            all[n] = Some(Years {
                first: first.unwrap_or(base),
                how: how.to_owned(),
                steps: own,
                base,
                assumed: matches!(anchor, Anchor::Nothing),
                impossible: !fits(base),
            });
        }
    }
}

/// The stamps without a year, with their places among the ticks.
fn yearless(ticks: &Ticks) -> impl Iterator<Item = (usize, Timestamp)> + '_ {
    let all = ticks.list.iter().enumerate();
    all.filter_map(|(n, tick)| match tick.stamp.known {
        Known::NoYear(at) => Some((n, at)),
        Known::Utc { .. } | Known::Local(_) => None,
    })
}

/// Years after the first of these stamps (of the year 2000), and which are of a clock that was not set.
fn steps(stamps: Vec<Timestamp>) -> Vec<(i16, bool)> {
    let mut out: Vec<(i16, bool)> = Vec::with_capacity(stamps.len());
    let mut year = 0;
    let mut last: Option<Timestamp> = None;
    // Where the present spell began, and the stamp before it.
    let mut spell: (usize, Option<Timestamp>) = (0, None);
    for (n, &at) in stamps.iter().enumerate() {
        let Some(before) = last else {
            last = Some(at);
            out.push((year, false));
            continue;
        };
        let back = before.since(at);
        if back > ROLLOVER {
            year += 1;
            spell = (n, Some(before));
        } else if back < DAY.times(-366).plus(LATE) {
            out.push((year - 1, false));
            continue;
        } else if back < ROLLOVER.times(-1) && was_unset(&stamps[spell.0..n], spell.1, at) {
            if spell.1.is_some() {
                year -= 1;
            }
            for step in &mut out[spell.0..] {
                *step = (year, true);
            }
            spell = (n, Some(at));
        }
        last = Some(at);
        out.push((year, false));
    }
    out
}

/// Whether these stamps are of a clock that counts from 1 January because nobody set it: the log came from
/// `before` and goes on at `after`.
fn was_unset(spell: &[Timestamp], before: Option<Timestamp>, after: Timestamp) -> bool {
    let (Some(first), Some(last)) = (spell.first(), spell.last()) else {
        return false;
    };
    let new_year = Timestamp::from_seconds(days_before(2000).unwrap_or(0) * 86_400);
    let resumes = before.is_none_or(|before| {
        let gap = after.since(before);
        gap >= DAY.times(-1) && gap <= UNSET.1
    });
    first.since(new_year) < DAY && last.since(*first) <= UNSET.0 && resumes
}

/// The middle of what rolls over in the year that was given: what does not is placed near it.
fn rolled_over(series: &[Log], ticks: &[Ticks], year: i16) -> Option<Timestamp> {
    let log = series.iter().find(|log| log.rolls_over())?;
    let first = log.steps.first()?.0;
    let stamps = log.stamps(ticks);
    let (at, step) = stamps
        .iter()
        .zip(&log.steps)
        .find(|(_, step)| step.0 > first)?;
    Some(with_year(*at, year + step.0 - first))
}

/// An instant in the middle of the records that bear a year; those of a clock that was not set are left
/// aside.
fn middle<'a>(ticks: impl IntoIterator<Item = &'a Ticks>) -> Option<Timestamp> {
    let unset = Timestamp::from_seconds(days_before(1990)? * 86_400);
    let mut dated: Vec<Timestamp> = ticks
        .into_iter()
        .flat_map(|ticks| &ticks.list)
        .filter_map(|tick| match tick.stamp.known {
            Known::Utc { at, .. } | Known::Local(at) => Some(at),
            Known::NoYear(_) => None,
        })
        .filter(|at| *at >= unset)
        .collect();
    dated.sort_unstable();
    dated.get(dated.len() / 2).copied()
}

fn years_around(at: Timestamp) -> impl Iterator<Item = i16> {
    let year = year_at(at);
    year - REACH..=year + REACH
}

/// The stamp of the leap year 2000 moved to `year`; 29 February becomes 1 March where there is none.
pub(super) fn with_year(at: Timestamp, year: i16) -> Timestamp {
    let start = |year: i16| days_before(year).unwrap_or(0);
    let since = at.since(Timestamp::from_seconds(start(2000) * 86_400));
    // Day 60 of a leap year is 1 March.
    let shift = if !is_leap(year) && since >= DAY.times(60) {
        DAY
    } else {
        Span::ZERO
    };
    Timestamp::from_seconds(start(year) * 86_400)
        .plus(since)
        .minus(shift)
}

fn is_leap(year: i16) -> bool {
    civil::Date::new(year, 1, 1).is_ok_and(civil::Date::in_leap_year)
}

/// Whether a stamp of the year 2000 is of 29 February.
fn is_leap_day(at: Timestamp) -> bool {
    let start = Timestamp::from_seconds(days_before(2000).unwrap_or(0) * 86_400);
    let since = at.since(start);
    since >= DAY.times(59) && since < DAY.times(60)
}

/// Days from 1970 to the first day of `year`.
fn days_before(year: i16) -> Option<i64> {
    let at = instant_of(civil::Date::new(year, 1, 1).ok()?)?;
    Some(at.nanos().div_euclid(DAY.nanos()))
}

fn instant_of(date: civil::Date) -> Option<Timestamp> {
    let at = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    Some(Timestamp::from_seconds(at.as_second()))
}

fn year_at(at: Timestamp) -> i16 {
    at.date()
        .get(..4)
        .and_then(|y| y.parse().ok())
        .unwrap_or(1970)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Stamp;

    fn at(month: i8, day: i8, hour: i8) -> Timestamp {
        let time = (hour, 0, 0);
        let stamp =
            Stamp::from_civil(None, month, day, time, 0, Span::from_seconds(1), None).unwrap();
        Timestamp::from_nanos(stamp.known_nanos())
    }

    fn told(stamps: &[Timestamp]) -> Vec<(i16, bool)> {
        steps(stamps.to_vec())
    }

    #[test]
    fn december_rolls_over_and_a_late_record_does_not_roll_back() {
        let stamps = [at(12, 31, 10), at(1, 1, 0), at(12, 31, 23), at(1, 2, 1)];
        let years: Vec<i16> = told(&stamps).iter().map(|s| s.0).collect();
        assert_eq!(years, [0, 1, 0, 1]);
    }

    #[test]
    fn a_spell_of_a_clock_that_was_not_set_is_no_new_year() {
        let stamps = [
            at(12, 3, 9),
            at(1, 1, 0),
            at(1, 1, 1),
            at(12, 3, 10),
            at(12, 31, 1),
            at(1, 1, 0),
        ];
        let wanted = [
            (0, false),
            (0, true),
            (0, true),
            (0, false),
            (0, false),
            (1, false),
        ];
        assert_eq!(told(&stamps), wanted);
        // The log may begin with it.
        assert_eq!(told(&stamps[1..4]), [(0, true), (0, true), (0, false)]);
        // A log that was silent for most of the year is no such spell.
        let sparse = [at(11, 3, 9), at(1, 5, 0), at(11, 4, 10)];
        assert_eq!(
            told(&sparse).iter().map(|s| s.0).collect::<Vec<_>>(),
            [0, 1, 1]
        );
    }

    #[test]
    fn leap_days_keep_their_place() {
        assert_eq!(with_year(at(2, 29, 10), 2024).date(), "2024-02-29");
        assert_eq!(with_year(at(3, 1, 10), 2025).date(), "2025-03-01");
        assert_eq!(with_year(at(12, 31, 10), 2025).date(), "2025-12-31");
        assert!(is_leap_day(at(2, 29, 0)) && is_leap_day(at(2, 29, 23)));
        assert!(!is_leap_day(at(2, 28, 23)) && !is_leap_day(at(3, 1, 0)));
    }
}
