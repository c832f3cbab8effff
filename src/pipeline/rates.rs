//! Whether a service wrote unlike itself just before its first crash.
//!
//! In: when it wrote, and whether it warned. Out: [`Rate`]s: far more records or warnings a minute than usual
//! ([`Usual`]), or a silence longer than any before.

use crate::report::{Rate, Seconds, Time};
use crate::time::{Span, Timestamp};
use crate::timeline::Usual;

/// The last minutes before the first crash, at most; fewer where a change that is blamed came later, but one.
const WINDOW: i64 = 5;
const MINUTE: Span = Span::from_seconds(60);
/// A rate is another where there are so many times as many.
const TIMES: f64 = 2.0;
/// A silence is one where it lasts so many times as long as any before; and so many records would have come.
const LONGER: i64 = 3;
const EXPECTED: f64 = 10.0;

/// A record of the service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) at: Timestamp,
    pub(super) warns: bool,
}

/// What of these was unlike before the first crash at `onset`, or since `from`; they are in the order of their times.
/// `stopped`: when somebody asked it to stop before that, the last time.
pub(super) fn unusual(
    service: &str,
    written: &[Written],
    from: Timestamp,
    onset: Timestamp,
    stopped: Option<Timestamp>,
) -> Vec<Rate> {
    let Some(start) = written.first().map(|first| first.at) else {
        return Vec::new();
    };
    let minutes_to = |at: Timestamp| onset.since(at).nanos() / MINUTE.nanos();
    let window = minutes_to(from).clamp(1, WINDOW);
    // Whole minutes alone count.
    let all = minutes_to(start).max(0) as usize;
    let rate = |of: &'static str, counts: &dyn Fn(&Written) -> bool| {
        let mut minutes = vec![0; all];
        for record in written.iter().filter(|record| counts(record)) {
            // One of the very moment of the crash belongs to the minute before it.
            let back = onset.since(record.at).nanos().max(1) - 1;
            if let Some(minute) = minutes.get_mut((back / MINUTE.nanos()) as usize) {
                *minute += 1;
            }
        }
        let (now, before) = minutes.split_at_checked(window as usize)?;
        // What comes every few minutes is usual: times as long are compared.
        let sum = |minutes: &[u64]| minutes.iter().sum::<u64>();
        let times: Vec<u64> = before.windows(window as usize).map(sum).collect();
        let usual = Usual::of(&times)?;
        let now = sum(now) as f64;
        // What came before, if only once an hour, is nothing new.
        let most = times.iter().max().copied().unwrap_or(0) as f64;
        let stands_out = usual.is_exceeded_by(now) && now >= TIMES * usual.count.max(most / 1.5);
        stands_out.then(|| Rate {
            service: service.to_owned(),
            of,
            from: Time(onset.minus(MINUTE.times(window))),
            to: Time(onset),
            per_minute: now / window as f64,
            usual: usual.count / window as f64,
            longest_pause_s: None,
        })
    };
    let mut found: Vec<Rate> = Vec::new();
    found.extend(rate("records", &|record| !record.warns));
    found.extend(rate("warnings", &|record| record.warns));
    found.extend(silence(service, written, start, onset).filter(|silence| {
        // One that was stopped says nothing.
        stopped.is_none_or(|stopped| stopped < silence.from.0.minus(MINUTE))
    }));
    found
}

/// A silence from its last record before the crash on.
fn silence(service: &str, written: &[Written], start: Timestamp, onset: Timestamp) -> Option<Rate> {
    let before: Vec<Timestamp> = written
        .iter()
        .map(|w| w.at)
        .filter(|at| *at < onset)
        .collect();
    let last = *before.last()?;
    let longest = before.windows(2).map(|pair| pair[1].since(pair[0])).max()?;
    let silent = onset.since(last);
    let usual = before.len() as f64 / last.since(start).seconds().max(1.0) * 60.0;
    let is_one = silent >= MINUTE
        && silent > longest.times(LONGER)
        && usual * silent.seconds() / 60.0 >= EXPECTED;
    is_one.then(|| Rate {
        service: service.to_owned(),
        of: "silence",
        from: Time(last),
        to: Time(onset),
        per_minute: 0.0,
        usual,
        longest_pause_s: Some(Seconds(longest)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONSET: i64 = 1_772_359_200;

    /// Records so many seconds before the onset.
    fn at(seconds: impl IntoIterator<Item = i64>, warns: bool) -> Vec<Written> {
        let record = |back: i64| Written {
            at: Timestamp::from_nanos((ONSET - back) * 1_000_000_000),
            warns,
        };
        seconds.into_iter().map(record).collect()
    }

    fn told(mut written: Vec<Written>, window: i64) -> Vec<(&'static str, f64)> {
        written.sort_by_key(|w| w.at);
        let onset = Timestamp::from_nanos(ONSET * 1_000_000_000);
        let from = onset.minus(Span::from_seconds(window));
        let rates = unusual("geod", &written, from, onset, None);
        rates
            .iter()
            .map(|rate| (rate.of, rate.per_minute))
            .collect()
    }

    #[test]
    fn what_is_as_ever_is_not_told() {
        assert_eq!(told(at((0..1800).step_by(2), false), 300), []);
        assert_eq!(told(at((0..300).step_by(2), false), 300), []);
    }

    #[test]
    fn a_surge_and_warnings_are() {
        let steady = at((0..3600).step_by(2), false);
        let surge = [steady.clone(), at((0..1200).map(|n| 1 + n % 299), false)].concat();
        assert_eq!(told(surge, 300), [("records", 270.2)]);
        let warnings = [steady.clone(), at((1..120).step_by(5), true)].concat();
        assert_eq!(told(warnings.clone(), 120), [("warnings", 12.0)]);
        // Beside those that come all the time they are nothing.
        let always = [warnings, at((0..3600).step_by(2), true)].concat();
        assert_eq!(told(always, 120), []);
    }

    #[test]
    fn a_silence_is_told_where_there_was_none_so_long() {
        let steady = at((90..3600).step_by(2), false);
        assert_eq!(told(steady, 300), [("silence", 0.0)]);
        let often = at((90..3600).filter(|n| n / 60 % 2 == 0), false);
        assert_eq!(told(often, 300), []);
    }
}
