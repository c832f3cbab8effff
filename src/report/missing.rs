//! What would decide a verdict, or turn it: logs that are not here, and what could be tried.
//!
//! In: an incident with its verdict, and what was read. Out: sentences, what would tell most first.

use std::collections::BTreeSet;

use crate::incident::{self, Status};
use crate::loops::CrashLoop;
use crate::time::Span;

use super::build::Parts;

/// Changes that bite do so mostly within this time (see the lags that timing is weighed by).
const EARLIER: Span = Span::from_seconds(3600);
/// A kind of cause that is less likely than this is not worth another log.
const LIKELY: f64 = 0.02;
/// Two changes as near as this are told apart by undoing one.
const NEAR: f64 = 0.1;
/// The most hosts that are named.
const HOSTS: usize = 3;

/// What is missing, best first; `has_words` where what the service says last is known, though by no rule.
pub(super) fn of(parts: &Parts<'_>, found: &incident::Incident, has_words: bool) -> Vec<String> {
    let root = &parts.loops.loops[found.loops[0]];
    let causes = &found.verdict.causes;
    let mut told = Vec::new();
    let changes: Vec<_> = causes
        .iter()
        .filter(|c| c.change.is_some() && c.probability >= NEAR)
        .collect();
    if let [first, second, ..] = changes[..] {
        let tense = match found.status {
            Status::Ongoing => "undoing one of them and not the other",
            _ => "whether one of them was undone, and when",
        };
        told.push(format!("{tense}: {}; {}", first.summary, second.summary));
    }
    told.extend(elsewhere(parts, found, root));
    told.extend(earlier(parts, found, root));
    told.extend(own_words(parts, found, root, has_words));
    told.extend(hosts(parts, found));
    let unseen = found.verdict.ruled_out.iter().filter(|out| !out.looked_at);
    for out in unseen {
        let likely = causes
            .iter()
            .any(|c| c.kind == out.kind && c.probability >= LIKELY);
        let log = match out.kind {
            "traffic" => {
                "an access log from an hour before the first crash on: whether there was more traffic"
            }
            "hardware" => "the kernel's log (`journalctl -k`, dmesg): whether the hardware fails",
            _ => continue,
        };
        if likely {
            told.push(log.to_owned());
        }
    }
    told
}

/// The service was started shortly before, and nothing here tells what for.
fn elsewhere(parts: &Parts<'_>, found: &incident::Incident, root: &CrashLoop) -> Option<String> {
    let mut causes = found.verdict.causes.iter();
    let unknown = causes.find(|c| c.kind == "unknown" && c.probability >= NEAR)?;
    let started = unknown.evidence.iter().find(|e| e.factor == "unseen")?;
    let at = parts.timeline.events[*started.refs.first()?].at.clock();
    let service = &root.entity.service;
    Some(format!(
        "the log of whatever deploys or configures {service}: why it was started at {at}"
    ))
}

/// Logs that begin shortly before the first crash show few of the changes that there were.
fn earlier(parts: &Parts<'_>, found: &incident::Incident, root: &CrashLoop) -> Option<String> {
    let host = root.entity.host.as_deref();
    let start = parts.timeline.first_of(host)?;
    let covered = found.onset.since(start);
    (covered < EARLIER).then(|| {
        let since = start.minus(EARLIER.times(6));
        let (date, time) = (since.date(), since.clock());
        format!(
            "logs from before {} (`journalctl --since \"{date} {time} UTC\"`): of what changed earlier than {covered} before the \
             first crash nothing is here",
            start.clock()
        )
    })
}

/// Nothing but the supervisor tells of the crashes.
fn own_words(
    parts: &Parts<'_>,
    found: &incident::Incident,
    root: &CrashLoop,
    has_words: bool,
) -> Option<String> {
    let service = &root.entity.service;
    let of_service = found
        .loops
        .iter()
        .map(|&n| &parts.loops.loops[n])
        .filter(|l| l.entity.service == *service);
    let mut ends = of_service.flat_map(|l| &parts.loops.tracks[l.track].ends[l.ends.clone()]);
    let silent = !has_words && ends.all(|end| end.texts.is_empty());
    if silent && root.entity.is_machine() {
        let text = "the machine's own last words (`journalctl -k -b -1`, /sys/fs/pstore, its console, the board's event log): none are known here";
        return Some(text.to_owned());
    }
    // A name is a log's word: what is to be pasted to a shell holds no other.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.@:".contains(c);
    let command = match service.chars().all(is_plain) && !service.starts_with('-') {
        true => format!(", `journalctl -u {service}`"),
        false => String::new(),
    };
    silent.then(|| {
        format!(
            "what {service} itself writes as it dies (its own log{command}): no word of it is known here"
        )
    })
}

/// Hosts that the first change reached and of which no log tells how the service fares there.
fn hosts(parts: &Parts<'_>, found: &incident::Incident) -> Option<String> {
    let (n, instance) = found.verdict.causes.first()?.change?;
    let reached = &parts.ledger.changes[n].instances[instance].hosts;
    let known: BTreeSet<&str> = parts
        .loops
        .tracks
        .iter()
        .filter_map(|track| track.entity.host.as_deref())
        .collect();
    let unseen: Vec<&str> = reached
        .keys()
        .map(String::as_str)
        .filter(|host| !host.is_empty() && !known.contains(host))
        .collect();
    (!unseen.is_empty()).then(|| {
        let more = match unseen.len().saturating_sub(HOSTS) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        format!(
            "logs of {}{more}, which the change reached: whether the service is well there",
            unseen[..unseen.len().min(HOSTS)].join(", ")
        )
    })
}
