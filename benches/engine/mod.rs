//! What the benchmarks of stages do with a text: the pipeline's steps, one after another, in memory.

use std::collections::BTreeMap;
use std::hint::black_box;

use crashtrail::stages::{
    ByteOffset, Candidate, Candidates, Counter, Event, Facts, FileEvents, FileId, Flood, Frame,
    Index, InputName, Inputs, Ledger, LineEnds, LineNo, Loops, Meta, Often, Sieve, Timeline,
    detect, incidents, read,
};
use crashtrail::{LoopPolicy, Naming, RuleSet, Weights};

/// How far a block is worked on.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(crate) enum Depth {
    LineEnds,
    Sieve,
    Census,
    Records,
    Events,
}

/// Works on a text, as the pipeline does on a block.
pub(crate) fn work(text: &[u8], rules: &RuleSet, sieve: &Sieve, depth: Depth) -> Flood {
    let format = detect(&text[..text.len().min(64 << 10)]);
    let input = InputName {
        file: FileId::new(0),
        host: None,
        stem: Some("syslog"),
        format,
    };
    let mut events = Flood::new(usize::MAX, Often::default());
    let (mut ends, mut found) = (LineEnds::default(), Candidates::default());
    let mut counter = (depth >= Depth::Census).then(|| Counter::new(text, format));
    let (mut from, mut lines) = (0, 0);
    while from < text.len() {
        let piece = LineEnds::piece(text, from);
        ends.find(piece);
        if let Some(counter) = &mut counter {
            counter.count(from, piece, &ends);
        }
        if depth >= Depth::Sieve {
            sieve.candidates(piece, &ends, &mut found);
        }
        for candidate in found.lines().iter().filter(|_| depth >= Depth::Records) {
            let (start, end) = (from + candidate.line.start, from + candidate.line.end);
            let frame = Frame {
                line: text[start..end].trim_ascii_end(),
                before: &text[start.saturating_sub(64 << 10)..start],
                after: &text[end..text.len().min(end + (64 << 10))],
            };
            let Some(record) = black_box(read(frame, format)) else {
                continue;
            };
            if depth >= Depth::Events {
                let candidate = Candidate {
                    frame,
                    at: ByteOffset::new(start as u64),
                    no: LineNo::after(lines + ends.before(candidate.line.start) as u64),
                    texts: found.texts(candidate),
                };
                rules.classify(&record, candidate, &input, &mut events);
            }
        }
        lines += ends.count() as u64;
        from += piece.len();
    }
    black_box(counter.map(|counter| counter.finish(0)));
    events
}

/// The events of a text as those of one file.
pub(crate) fn file(text: &[u8], events: Vec<Event>) -> FileEvents {
    FileEvents {
        path: "syslog".to_owned(),
        series: String::new(),
        format: detect(&text[..text.len().min(64 << 10)]),
        meta: Meta::default(),
        events,
        census: Default::default(),
    }
}

/// How many incidents there are, each with its verdict.
pub(crate) fn verdicts(
    events: &Timeline,
    found: &Loops,
    changes: &Ledger,
    policy: &LoopPolicy,
) -> usize {
    incidents(&Facts {
        timeline: events,
        ledger: changes,
        index: &Index::new(changes, &events.events),
        loops: found,
        looks: &BTreeMap::new(),
        inputs: &Inputs {
            files: Vec::new(),
            kernel: false,
        },
        policy,
        weights: Weights::builtin(),
        naming: &Naming::Likely,
    })
    .len()
}
