//! What is found from the timeline on.
//!
//! In: a timeline, and what was read besides its events. Out: an [`Analysis`]; of it incidents, under any
//! weights, and the report. One thread, in time order, but for verdicts, of which none knows of another.

use crate::attribution::{Index, Inputs, Naming, Weights};
use crate::error::Warning;
use crate::incident::{self, Facts, Incident};
use crate::ledger::{self, Ledger};
use crate::loops::{self, Loops};
use crate::report::{self, Report};
use crate::timeline::Timeline;

use super::look::Opened;
use super::news::Known;
use super::{Read, ScanOptions, banners, lives, look, news};

/// Loops and changes of a timeline, before anybody is blamed.
pub(super) struct Analysis<'a> {
    timeline: Timeline,
    loops: Loops,
    ledger: Ledger,
    looks: look::Looks,
    read: Read<'a>,
    warnings: Vec<Warning>,
    options: &'a ScanOptions,
}

impl<'a> Analysis<'a> {
    pub(super) fn of(
        mut timeline: Timeline,
        read: Read<'a>,
        mut warnings: Vec<Warning>,
        options: &'a ScanOptions,
    ) -> Self {
        let opened = read.opened;
        let mut loops = loops::find(&timeline, &options.policy);
        let mut inferred = lives::Inferred::default();
        if options.inference {
            inferred = infer(&mut timeline, &mut loops, opened, options);
        }
        for n in &inferred.unread {
            let path = opened.get(*n).map(|o| o.path);
            warnings.push(Warning::new(
                path,
                "could not be read once more: restarts that nobody announced are not told",
            ));
        }
        let ledger = ledger::build(&timeline);
        let looks = look::look(&timeline, &loops, &ledger, opened, options.block_bytes);
        for n in &looks.unread {
            let path = opened.get(*n).map(|o| o.path);
            warnings.push(Warning::new(
                path,
                "could not be read once more: what stood before the crashes is not told",
            ));
        }
        Self {
            timeline,
            loops,
            ledger,
            looks,
            read,
            warnings,
            options,
        }
    }

    /// The incidents, with their verdicts.
    pub(super) fn incidents(&self, weights: &Weights, naming: &Naming) -> Vec<Incident> {
        if self.loops.loops.is_empty() {
            return Vec::new();
        }
        let inputs = self.read.inputs.iter().zip(self.read.opened);
        incident::find(&Facts {
            timeline: &self.timeline,
            ledger: &self.ledger,
            index: &Index::new(&self.ledger, &self.timeline.events),
            loops: &self.loops,
            looks: &self.looks.messages,
            inputs: &Inputs {
                files: inputs.map(|(i, o)| (i.path.as_str(), o.format)).collect(),
                kernel: self.read.kernel,
            },
            policy: &self.options.policy,
            weights,
            naming,
        })
    }

    /// Each incident's first cause, with its service and onset.
    pub(super) fn first_causes(&self, weights: &Weights) -> Vec<String> {
        let told = |incident: &Incident| {
            let service = &self.loops.loops[incident.loops[0]].entity.service;
            let cause = incident.verdict.causes.first();
            let cause = cause.map_or("", |cause| &cause.summary);
            format!("{service} from {}: {cause}", incident.onset)
        };
        self.incidents(weights, &Naming::Likely)
            .iter()
            .map(told)
            .collect()
    }

    /// The report on these incidents, and whether any input failed. `known` is what was new before incidents, as it was
    /// found the last time, and is now.
    pub(super) fn report(self, incidents: &[Incident], known: &mut Known) -> (Report, bool) {
        let news = match self.options.inference {
            true => news::of_all(
                &self.timeline,
                &self.ledger,
                &self.loops,
                incidents,
                self.read.opened,
                known,
            ),
            false => vec![None; incidents.len()],
        };
        let failed = (self.warnings.iter())
            .chain(&self.timeline.warnings)
            .any(|w| w.fails);
        let report = report::build(report::Parts {
            timeline: &self.timeline,
            ledger: &self.ledger,
            loops: &self.loops,
            incidents,
            inputs: self.read.inputs,
            outside: self.read.outside,
            words: &self.looks.words,
            said: &self.looks.messages,
            news: &news,
            warnings: self.warnings,
            range: (self.options.since, self.options.until),
        });
        (report, failed)
    }
}

/// Adds what follows from who wrote when, and from first and last words, to the timeline, and finds the loops anew.
fn infer(
    timeline: &mut Timeline,
    loops: &mut Loops,
    opened: &[Opened<'_>],
    options: &ScanOptions,
) -> lives::Inferred {
    let policy = &options.policy;
    let mut inferred = lives::infer(timeline, loops, opened, policy);
    let starts = banners::starts(timeline, loops, opened, policy);
    inferred.add(starts, opened);
    add(timeline, loops, &mut inferred, options);
    // What is told by now is not told again.
    let lives = banners::lives(timeline, loops, opened, policy);
    inferred.add(lives, opened);
    add(timeline, loops, &mut inferred, options);
    inferred
}

fn add(
    timeline: &mut Timeline,
    loops: &mut Loops,
    inferred: &mut lives::Inferred,
    options: &ScanOptions,
) {
    if !inferred.events.is_empty() {
        timeline.add(std::mem::take(&mut inferred.events));
        *loops = loops::find(timeline, &options.policy);
    }
}
