//! Starts that nobody announced, of programs whose lines bear no process id: told by what they say first.
//!
//! In: what stands after and before the crash texts of one service ([`Surroundings`]). Out: events of
//! class `start`, where nearly every text is followed by the same line, which comes no more often, and
//! words of a start stand in it or soon after. A server that writes the trace of a failed request down
//! goes on with whatever comes next; a process that died of it begins anew, with its banner.

use std::collections::BTreeMap;

use crate::classify::{Class, Event, mask};
use crate::time::{Span, Timestamp};
use crate::timeline::Timeline;

use super::silent::Line;
use super::{LoopPolicy, Loops, median};

/// This share of the texts is followed by the banner; the rest may have been cut short.
const NEARLY_ALL: f64 = 0.8;
/// Words of a start stand among so many lines.
const FIRST_WORDS: usize = 10;
/// So many texts of one service are looked at, half from the first, half from the last.
const LOOKED_AT: usize = 64;

/// Words that programs say as they begin, as parts of words.
const BEGINS: [&str; 22] = [
    "start",
    "listening",
    "initializ",
    "initialis",
    "boot",
    "launch",
    "loading",
    "loaded config",
    "reading config",
    "using config",
    "server running",
    "running on",
    "serving on",
    "running at",
    "serving at",
    "welcome",
    "version ",
    "ready to accept",
    "entrypoint",
    "begin",
    "build ",
    "bind",
];

/// What stands around a record of a crash or of a beginning, of the same writer.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The lines right after it, in order, and when they were written.
    pub after: Vec<(Timestamp, Line)>,
    /// The lines before it, back to the event before at most.
    pub before: Vec<(Timestamp, Line)>,
}

/// The crash texts without a process id of a service of whose ends and starts nobody else tells, as indices of events in
/// order.
#[derive(Debug)]
pub struct Unanswered {
    /// Those that are worth a look.
    pub looked_at: Vec<usize>,
    /// The others, in the middle of these.
    pub others: Vec<usize>,
}

/// By service.
#[must_use]
pub fn unanswered(timeline: &Timeline, loops: &Loops, policy: &LoopPolicy) -> Vec<Unanswered> {
    let mut all = Vec::new();
    for track in &loops.tracks {
        if track.announced || track.supervised || !track.starts.is_empty() {
            continue;
        }
        let texts = track.ends.iter().flat_map(|end| &end.texts).copied();
        let of_none = |n: &usize| {
            let event = &timeline.events[*n];
            event.pid.is_none() && event.field("pid").is_none()
        };
        let mut texts: Vec<usize> = texts.filter(of_none).collect();
        texts.sort_unstable();
        if (texts.len() as u64) < policy.crashes {
            continue;
        }
        let others = match texts.len() {
            n if n > LOOKED_AT => texts.drain(LOOKED_AT / 2..n - LOOKED_AT / 2).collect(),
            _ => Vec::new(),
        };
        all.push(Unanswered {
            looked_at: texts,
            others,
        });
    }
    all
}

/// The starts that follow the texts; none where what follows is no banner. One for each text that one
/// follows, in their order.
#[must_use]
pub fn starts(texts: &[(&Event, Surroundings)], policy: &LoopPolicy) -> Vec<Event> {
    let first = |around: &Surroundings| around.after.first().map(|(_, line)| mask(&line.message));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for banner in texts.iter().filter_map(|(_, around)| first(around)) {
        *counts.entry(banner).or_default() += 1;
    }
    let followed: usize = counts.values().sum();
    let Some((banner, count)) = counts.into_iter().max_by_key(|(_, count)| *count) else {
        return Vec::new();
    };
    let enough = (NEARLY_ALL * followed as f64).ceil() as usize;
    let begins = |around: &Surroundings| {
        around
            .after
            .iter()
            .take(FIRST_WORDS)
            .any(|(_, line)| tells_a_start(&line.message))
    };
    let banners: Vec<&(&Event, Surroundings)> = texts
        .iter()
        .filter(|(_, around)| first(around).as_ref() == Some(&banner))
        .collect();
    let told = banners.iter().filter(|(_, around)| begins(around)).count();
    // One life has one banner: what comes more often is no start.
    let again = |around: &Surroundings| {
        let before = around.before.iter();
        before
            .filter(|(_, line)| mask(&line.message) == banner)
            .count()
    };
    let often = texts.iter().filter(|(_, around)| again(around) > 1).count();
    // The last text may be the log's last word.
    let is_banner = count >= enough
        && told >= (NEARLY_ALL * count as f64).ceil() as usize
        && count as u64 + 1 >= policy.crashes
        && often * 2 <= texts.len();
    if !is_banner {
        return Vec::new();
    }
    banners
        .into_iter()
        .filter_map(|(text, around)| {
            let (at, line) = around.after.first()?;
            let (place, stamp) = (line.place, line.stamp);
            let start = Event {
                cursor: line.cursor.clone(),
                covers: line.covers,
                ..Event::untold(Class::Start, place, stamp, *at, &line.text, &line.message)
            };
            Some(of_the_same(start, text))
        })
        .collect()
}

/// The starts after the texts that were not looked at, where nearly all others are followed by one: as long after them as
/// these usually are, but before the next text.
#[must_use]
pub fn further_starts(service: &Unanswered, found: &[Event], timeline: &Timeline) -> Vec<Event> {
    let events = &timeline.events;
    let waits = found.iter().filter_map(|start| {
        let before = service
            .looked_at
            .partition_point(|n| events[*n].at <= start.at);
        let text = &events[service.looked_at[before.checked_sub(1)?]];
        Some(start.at.since(text.until))
    });
    let Some(wait) = median(waits.collect()) else {
        return Vec::new();
    };
    let first_after = service.looked_at.get(LOOKED_AT / 2).copied();
    let next = service.others.iter().skip(1).copied().chain(first_after);
    let pairs = service.others.iter().zip(next);
    let start = |(&n, next): (&usize, usize)| {
        let text = &events[n];
        let gap = events[next].at.since(text.until).max(Span::ZERO);
        let at = text.until.plus(wait.min(Span::from_nanos(gap.nanos() / 2)));
        let start = Event::untold(Class::Start, text.place, text.stamp, at, &text.text, "");
        of_the_same(start, text)
    };
    pairs.map(start).collect()
}

/// The event as one of whom `like` is about.
pub(super) fn of_the_same(event: Event, like: &Event) -> Event {
    let names = |field: &&(Box<str>, Box<str>)| {
        ["unit", "service", "pod", "container", "namespace"].contains(&&*field.0)
    };
    Event {
        host: like.host.clone(),
        program: like.program.clone(),
        unit: like.unit.clone(),
        subject: like.subject.clone(),
        // Another id is that of another process.
        pid: like.pid.filter(|pid| *pid <= 1),
        fields: like.fields.iter().filter(names).cloned().collect(),
        ..event
    }
}

fn tells_a_start(message: &str) -> bool {
    let text = message.to_lowercase();
    BEGINS.iter().any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::{ByteOffset, FileId, LineNo, Place};

    fn line(message: &str) -> Line {
        Line {
            place: Place {
                file: FileId::new(0),
                offset: ByteOffset::new(0),
                line: LineNo::after(0),
            },
            cursor: None,
            stamp: None,
            text: message.to_owned(),
            message: message.to_owned(),
            severe: false,
            covers: 0,
        }
    }

    /// How many starts follow texts after which these lines stand.
    fn told(after: &[&[&str]], before: &[&str]) -> usize {
        let event = Event::untold(
            Class::Crash,
            line("x").place,
            None,
            Timestamp::from_nanos(0),
            "x",
            "x",
        );
        let at = Timestamp::from_nanos(0);
        let texts: Vec<_> = after
            .iter()
            .map(|lines| {
                let around = Surroundings {
                    after: lines.iter().map(|text| (at, line(text))).collect(),
                    before: before.iter().map(|text| (at, line(text))).collect(),
                };
                (&event, around)
            })
            .collect();
        starts(&texts, &LoopPolicy::default()).len()
    }

    #[test]
    fn a_banner_after_every_text_tells_of_starts() {
        let life: &[&str] = &["shop 2.4.1", "listening on :8080"];
        assert_eq!(told(&[life, life, life, life], &[]), 4);
        // The log ends with the last text.
        assert_eq!(told(&[life, life, &[]], &[]), 2);
    }

    #[test]
    fn a_request_that_failed_is_followed_by_anything() {
        let (a, b): (&[&str], &[&str]) = (&["GET / 200"], &["pool: 4 idle, starting one"]);
        assert_eq!(told(&[a, b, a, b], &[]), 0);
        // By the same, but nothing begins.
        assert_eq!(told(&[a, a, a, a], &[]), 0);
        // By the same, which comes all the time.
        let job: &[&str] = &["job 7 started"];
        assert_eq!(
            told(&[job, job, job], &["job 3 started", "job 4 started"]),
            0
        );
        assert_eq!(told(&[job, job, job], &["job 3 started"]), 3);
    }
}
