//! What the voices of a suspect's processes have in common.
//!
//! In: what they said first and last ([`Voice`]s). Out: [`Heard`], which says whether they crashed.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::mask;
use crate::loops::{LoopPolicy, grows, median};
use crate::time::Span;

use super::signs::{is_end, is_failure, is_signal, is_stop, stable};
use super::voice::{Line, Voice};
use super::{Apart, NEARLY_ALL, SILENT, SILENT_BEGINNINGS, SOON, Suspect};

/// A stop within so many lines of a failure brought it about, or answers it.
const NEAR: usize = 4;

/// What the lives have in common.
pub(super) struct Heard {
    /// How nearly all of those that ended ended, masked.
    end: String,
    /// Whether their last words tell of a failure that healthy ones do not tell.
    failing: bool,
    /// Whether these words are the same to the letter.
    same: bool,
    /// Whether healthy lives were heard that begin alike.
    healthy: bool,
    /// Whether they go on where the others end.
    go_on: bool,
    /// Lives are cut by beginnings, and so may go on behind a failure that only looks like an end.
    by_beginnings: bool,
    /// Whether half of them were asked to stop.
    stopped: bool,
    /// Failures that healthy lives tell as well, masked.
    harmless: Vec<String>,
}

impl Heard {
    /// `None` where they do not begin alike and end alike.
    pub(super) fn of(
        suspect: &Suspect,
        voices: &BTreeMap<usize, Voice>,
        ended: &[usize],
        healthy: &[usize],
    ) -> Option<Self> {
        let pid = |n: usize| (suspect.apart == Apart::Ids).then_some(suspect.processes[n].life.pid);
        let heard: Vec<(usize, &Voice)> = (ended.iter())
            .filter_map(|n| Some((*n, voices.get(n)?)))
            .collect();
        let enough = (NEARLY_ALL * heard.len() as f64).ceil().max(1.0) as usize;
        let banner = |n: usize, voice: &Voice| {
            let first = voice.first.first()?;
            // Where lives are told by what they begin with, that it is the same is known.
            Some(match suspect.apart {
                Apart::Ids => stable(&first.message, pid(n)),
                Apart::Beginnings { .. } => mask(&first.message),
            })
        };
        let banners = heard.iter().filter_map(|(n, v)| banner(*n, v));
        let (begin, _) = commonest_of(banners, enough)?;
        let last = |v: &Voice| v.last.last().map(|l| mask(&l.message));
        let (end, _) = commonest_of(heard.iter().filter_map(|(_, v)| last(v)), enough)?;
        let well: Vec<&Voice> = (healthy.iter())
            .filter_map(|n| Some((*n, voices.get(n)?)))
            .filter(|(n, v)| banner(*n, v).as_ref() == Some(&begin))
            .map(|(_, v)| v)
            .collect();
        // One that had been well may have ended as the others did.
        let lasting: Vec<&&Voice> = (well.iter())
            .filter(|v| last(v).as_ref() != Some(&end))
            .collect();
        let harmless: Vec<String> = (lasting.iter())
            .flat_map(|v| v.first.iter().chain(&v.last))
            .map(|l| mask(&l.message))
            .collect();
        let mut found = Self {
            end,
            failing: false,
            same: false,
            healthy: !well.is_empty(),
            go_on: false,
            by_beginnings: suspect.apart != Apart::Ids,
            stopped: false,
            harmless,
        };
        let stopped = (heard.iter()).filter(|(_, v)| found.was_asked_to_stop(v));
        found.stopped = stopped.count() * 2 > heard.len();
        let failures =
            (heard.iter()).filter_map(|(n, v)| Some(stable(&found.failure(v)?.message, pid(*n))));
        let failures: Vec<String> = failures.collect();
        found.failing = failures.len() >= enough;
        found.same = commonest_of(failures.into_iter(), enough).is_some();
        let lines = |n: &usize| suspect.processes[*n].life.lines;
        let most = ended.iter().map(lines).max().unwrap_or(0);
        let least = healthy.iter().map(lines).min().unwrap_or(0);
        // Only what says something after the same line goes on where the others end.
        let passes = |v: &&&Voice| {
            let first = v.first.split_last().map_or(&[][..], |(_, first)| first);
            first.iter().any(|l| mask(&l.message) == found.end)
        };
        let needed = match found.by_beginnings {
            true => SILENT_BEGINNINGS,
            false => SILENT,
        };
        found.go_on = !lasting.is_empty()
            && lasting.len() == well.len()
            && lasting.iter().all(passes)
            && ended.len() >= needed
            && least > most;
        Some(found)
    }

    /// The first of the last words that tells of a failure, as only lives that end tell. What a process
    /// says at once and goes on is none; nor is one after which it says that it ends well, or that a stop that was
    /// asked for brought about. That it stops may be its answer to the failure, where it says so soon after.
    pub(super) fn failure<'v>(&self, voice: &'v Voice) -> Option<&'v Line> {
        let tells = |l: &Line| {
            (l.severe || is_failure(&l.message)) && !self.harmless.contains(&mask(&l.message))
        };
        let (last, before) = voice.last.split_last()?;
        let first = voice.first.first().map(|l| l.place);
        let is_last = tells(last);
        let found = (before.iter())
            .position(|l| tells(l) && (is_last || Some(l.place) != first))
            .or(is_last.then_some(before.len()))?;
        let near = &voice.last[found.saturating_sub(NEAR)..found];
        let after = &voice.last[found + 1..];
        let goes_on = self.by_beginnings && has_repeated(after);
        let was_asked_for =
            near.iter().any(|l| is_stop(&l.message)) || after.iter().any(|l| is_signal(&l.message));
        let answers = is_stop(&last.message) && before.len() - found <= NEAR;
        let ends_well = !is_last && is_end(&last.message) && !answers;
        (!was_asked_for && !ends_well && !goes_on).then(|| &voice.last[found])
    }

    /// Whether its last words are those of a stop, and no failure's.
    fn was_asked_to_stop(&self, voice: &Voice) -> bool {
        let mut last = voice.last.iter().rev().take(NEAR + 1);
        last.any(|l| is_stop(&l.message)) && self.failure(voice).is_none()
    }

    /// The line that tells most of an end.
    pub(super) fn telling<'v>(&self, voice: &'v Voice) -> Option<&'v Line> {
        self.failure(voice).or(voice.last.last())
    }

    pub(super) fn ends_alike(&self, voice: Option<&Voice>) -> bool {
        let last = voice.and_then(|v| v.last.last());
        last.is_some_and(|l| mask(&l.message) == self.end)
    }

    pub(super) fn is_crash(&self, suspect: &Suspect, ended: &[usize], policy: &LoopPolicy) -> bool {
        let certain = suspect.apart != Apart::Beginnings { certain: false };
        let regular = suspect.is_regular(ended);
        let waits = suspect.waits(ended);
        let wait = median(waits.clone()).unwrap_or(Span::ZERO);
        let within = |most: Span| wait <= most || grows(&waits);
        regular
            && !self.stopped
            && match self.healthy {
                true => (self.failing || self.go_on && certain) && within(policy.gap),
                false => self.failing && self.same && within(SOON),
            }
    }
}

/// Whether a record is one of several alike.
fn has_repeated(lines: &[Line]) -> bool {
    let records = lines.iter().filter(|line| line.stamp.is_some());
    let mut seen = BTreeSet::new();
    records
        .map(|line| mask(&line.message))
        .any(|text| !seen.insert(text))
}

/// What at least so many say.
pub(super) fn commonest_of(
    items: impl Iterator<Item = String>,
    enough: usize,
) -> Option<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    let most = counts
        .into_iter()
        .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
    most.filter(|(_, count)| *count >= enough)
}
