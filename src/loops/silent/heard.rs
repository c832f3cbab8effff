//! What the voices of a suspect's processes have in common.
//!
//! In: what they said first and last ([`Voice`]s). Out: [`Heard`], which says whether they crashed.

use std::collections::BTreeMap;

use crate::classify::mask;
use crate::loops::{LoopPolicy, grows, median};
use crate::time::Span;

use super::signs::{is_end, is_failure, stable};
use super::voice::{Line, Voice};
use super::{Apart, NEARLY_ALL, SILENT, SOON, Suspect};

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
            Some(stable(&first.message, pid(n)))
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
            .flat_map(|v| &v.last)
            .map(|l| mask(&l.message))
            .collect();
        let mut found = Self {
            end,
            failing: false,
            same: false,
            healthy: !well.is_empty(),
            go_on: false,
            harmless,
        };
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
        found.go_on = !lasting.is_empty()
            && lasting.len() == well.len()
            && lasting.iter().all(passes)
            && ended.len() >= SILENT
            && least > most;
        Some(found)
    }

    /// The first of the last words that tells of a failure, as only lives that end tell. What a process
    /// says at once and goes on is none, and nothing is where it says that it ends well.
    fn failure<'v>(&self, voice: &'v Voice) -> Option<&'v Line> {
        let tells = |l: &&Line| {
            (l.severe || is_failure(&l.message)) && !self.harmless.contains(&mask(&l.message))
        };
        let first = voice.first.first().map(|l| l.place);
        let (last, before) = voice.last.split_last()?;
        if tells(&last) {
            return before.iter().find(tells).or(Some(last));
        }
        let mut later = before.iter().filter(|l| Some(l.place) != first);
        later.find(tells).filter(|_| !is_end(&last.message))
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
            && match self.healthy {
                true => (self.failing || self.go_on && certain) && within(policy.gap),
                false => self.failing && self.same && within(SOON),
            }
    }
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
