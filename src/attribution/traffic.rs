//! More traffic than usual, as a cause.
//!
//! In: the access logs among the inputs, by the minute, and signs that records tell of. Out: a [`Finding`]. What is
//! usual is what came in as long in the hour before, by the median, or, where that is more, about the same time of the
//! days before: neither a burst nor the rise of every morning is a surge.

use crate::time::{Span, Timestamp};
use crate::timeline::{FileTimes, Usual};

use super::case::Case;
use super::other::{Finding, Inputs, first_line, nearby_odds, shorten};
use super::{Evidence, RuledOut};

/// So many times what is usual are a surge.
const SURGE: f64 = 1.8;
/// What came before without harm is none: so many times the most that came in as long are above it.
const ABOVE_ALL: f64 = 1.2;
/// So many days before are looked at.
const DAYS: i64 = 7;
const DAY: Span = Span::from_seconds(86_400);
/// How long before a first crash traffic counts.
const BEFORE: Span = Span::from_seconds(600);
const HOUR: Span = Span::from_seconds(3600);
/// What lies so far from this time of another day is of the same time.
const NEAR: Span = Span::from_seconds(600);
const MINUTE: Span = Span::from_seconds(60);

pub(super) fn traffic(case: &Case<'_>, inputs: &Inputs<'_>) -> Finding {
    let logs = (inputs.files.iter().zip(&case.timeline.files))
        .filter(|((_, format), _)| format.is_access_log());
    let mut logs: Vec<(u64, &str, &FileTimes)> = logs
        .map(|((path, _), file)| {
            let from = case.onset.minus(BEFORE);
            let before = file.minutes.range(from.minus(HOUR)..from);
            (before.map(|(_, count)| count).sum(), *path, file)
        })
        .collect();
    // The fullest of those that tell enough.
    logs.sort_by_key(|(before, ..)| std::cmp::Reverse(*before));
    let measured = (logs.into_iter()).find_map(|(_, path, file)| Some((path, rates(case, file)?)));
    let summary = "more traffic than usual".to_owned();
    let Some((path, r)) = measured else {
        let mut signs = one_sign_of_traffic(case);
        let ruled_out = signs.is_empty().then(|| RuledOut {
            kind: "traffic",
            looked_at: false,
            text: "traffic: no access log here covers the hour before".to_owned(),
            refs: vec![],
        });
        if signs.is_empty() {
            signs.push(Evidence::new(
                "sign",
                case.weights.sign.none / 2.0,
                "no sign of it".to_owned(),
                vec![],
            ));
        }
        return Finding {
            kind: "traffic",
            evidence: signs,
            summary,
            ruled_out,
        };
    };
    let text = r.text(path);
    if r.is_surge() {
        let log_odds = case
            .weights
            .sign
            .in_crash
            .get("traffic")
            .copied()
            .unwrap_or(0.0)
            * (r.ratio() / 2.0).ln_1p();
        let evidence = vec![Evidence::new("traffic", log_odds, text, vec![])];
        return Finding {
            kind: "traffic",
            evidence,
            summary,
            ruled_out: None,
        };
    }
    let evidence = vec![Evidence::new(
        "traffic",
        case.weights.sign.none,
        text.clone(),
        vec![],
    )];
    let ruled_out = Some(RuledOut {
        kind: "traffic",
        looked_at: true,
        text: format!("traffic: {text}"),
        refs: vec![],
    });
    Finding {
        kind: "traffic",
        evidence,
        summary,
        ruled_out,
    }
}

fn one_sign_of_traffic(case: &Case<'_>) -> Vec<Evidence> {
    let events = &case.timeline.events;
    case.signs_nearby("traffic")
        .into_iter()
        .filter(|&n| events[n].at <= case.onset)
        .take(1)
        .map(|n| {
            let text = format!(
                "\u{201c}{}\u{201d}",
                shorten(first_line(&events[n].message))
            );
            Evidence::new("sign", nearby_odds(case, "traffic"), text, vec![n])
        })
        .collect()
}

/// Requests around the onset and before it.
struct Rates {
    from: Timestamp,
    to: Timestamp,
    around: u64,
    baseline: Span,
    before: u64,
    /// In as long, in the time before.
    hour: f64,
    /// In as long, about this time of so many days before.
    days: Option<(usize, f64)>,
    /// The most in as long, more than an hour before.
    most: Option<u64>,
    /// Whether it is more than chance and bursts explain, and was before the first crash: clients that try again
    /// come after it.
    stands_out: bool,
}

impl Rates {
    fn ratio(&self) -> f64 {
        let days = self.days.map_or(0.0, |(_, usual)| usual);
        self.around as f64 / self.hour.max(days).max(1.0)
    }

    fn is_surge(&self) -> bool {
        let most = self.most.unwrap_or(0) as f64;
        self.ratio() >= SURGE && self.stands_out && self.around as f64 > ABOVE_ALL * most
    }

    fn text(&self, path: &str) -> String {
        let most = self.most.map_or_else(String::new, |most| {
            format!(", at most {most} in as long earlier")
        });
        let days = match self.days {
            Some((1, usual)) => format!(", {usual:.0} about this time of the day before"),
            Some((n, usual)) => format!(", {usual:.0} about this time of {n} days before"),
            None => String::new(),
        };
        format!(
            "{path}: {:.2} x the usual ({} requests from {} to {}; {} from {} to {}, {:.0} in {}{days}{most})",
            self.ratio(),
            self.around,
            self.from.clock(),
            self.to.clock(),
            self.before,
            self.from.minus(self.baseline).clock(),
            self.from.clock(),
            self.hour,
            self.to.since(self.from),
        )
    }
}

/// Requests from ten minutes before the onset to five after it, and what is usual; `None` where the file does not
/// cover twice ten minutes before that.
fn rates(case: &Case<'_>, file: &FileTimes) -> Option<Rates> {
    let whole = |t: Timestamp| {
        let minute = MINUTE.nanos();
        Timestamp::from_nanos(t.nanos().div_euclid(minute) * minute)
    };
    let first = whole(file.first?.plus(Span::from_seconds(59)));
    let from = whole(case.onset.minus(BEFORE));
    let to = whole(case.onset.plus(Span::from_seconds(300))).min(whole(file.last?));
    let begin = from.minus(HOUR).max(first);
    if to.since(from) < Span::from_seconds(300) || begin >= from {
        return None;
    }
    let minutes = by_minute(file, begin, from);
    let length = (to.since(from).nanos() / MINUTE.nanos()) as usize;
    // Of a short time before, times half as long are compared.
    let compared = length.min(minutes.len() / 2).max(1);
    let hour = Usual::of(&times(&minutes, compared))?;
    let as_long = |usual: Usual| usual.count * length as f64 / compared as f64;
    let mut days = 0;
    let mut at_this_time = Vec::new();
    for day in 1..=DAYS {
        let begin = from.minus(DAY.times(day)).minus(NEAR);
        let end = to.minus(DAY.times(day)).plus(NEAR);
        if begin >= first {
            days += 1;
            at_this_time.extend(times(&by_minute(file, begin, end), compared));
        }
    }
    let around: u64 = by_minute(file, from, to).iter().sum();
    let now = around as f64 * compared as f64 / length as f64;
    let earlier = first.max(from.minus(DAY.times(DAYS)));
    let earlier = times(&by_minute(file, earlier, from.minus(HOUR)), length);
    let until_onset = by_minute(file, from, whole(case.onset));
    let risen = until_onset.iter().max().copied().unwrap_or(0) as f64;
    let on_days = Usual::of(&at_this_time);
    Some(Rates {
        from,
        to,
        around,
        baseline: from.since(begin),
        before: minutes.iter().sum(),
        hour: as_long(hour),
        days: on_days.map(|usual| (days, as_long(usual))),
        most: earlier.into_iter().max(),
        stands_out: hour.is_exceeded_by(now) && risen >= SURGE * hour.count / compared as f64,
    })
}

/// The counts of all times of so many minutes.
fn times(minutes: &[u64], length: usize) -> Vec<u64> {
    let times = minutes.windows(length);
    times.map(|minutes| minutes.iter().sum()).collect()
}

/// The counts of all minutes of a time, those in which nothing came as well.
fn by_minute(file: &FileTimes, from: Timestamp, to: Timestamp) -> Vec<u64> {
    let mut minutes = vec![0; (to.since(from).nanos() / MINUTE.nanos()).max(0) as usize];
    for (at, count) in file.minutes.range(from..to.max(from)) {
        let n = at.since(from).nanos() / MINUTE.nanos();
        if let Some(minute) = minutes.get_mut(n as usize) {
            *minute += count;
        }
    }
    minutes
}
