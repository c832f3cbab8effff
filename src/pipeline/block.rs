//! A block becomes events and a census. Blocks are worked on in parallel and know nothing of each
//! other.

use std::ops::Range;

use crate::classify::{Candidate, Flood, InputName, Often, RuleSet};
use crate::framing::Block;
use crate::primitives::LineNo;
use crate::record::{self, Frame};
use crate::sieve::{Candidates, Census, Counter, LineEnds, Sieve};

/// What one block yielded; line numbers count from the block's first line.
pub(super) struct BlockYield {
    pub(super) events: Flood,
    pub(super) census: Census,
    pub(super) lines: u64,
    /// Candidate lines that were read as records.
    pub(super) bytes: u64,
}

/// What every block of a run is worked on with.
#[derive(Clone, Copy)]
pub(super) struct Tools<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) sieve: &'a Sieve,
    pub(super) census: bool,
    /// The bound of all events.
    pub(super) most: usize,
}

/// Works on a block, of a file that has had `often` too often already.
pub(super) fn work(
    block: &Block,
    input: &InputName<'_>,
    often: Often,
    tools: Tools<'_>,
) -> BlockYield {
    let text = block.main();
    let mut counter = tools.census.then(|| Counter::new(text, input.format));
    let mut events = Flood::new(tools.most, often);
    let (mut ends, mut candidates) = (LineEnds::default(), Candidates::default());
    let (mut from, mut lines) = (0, 0);
    while from < text.len() {
        let piece = LineEnds::piece(text, from);
        ends.find(piece);
        if let Some(counter) = &mut counter {
            counter.count(from, piece, &ends);
        }
        tools.sieve.candidates(piece, &ends, &mut candidates);
        for candidate in candidates.lines() {
            let line = &candidate.line;
            let no = LineNo::after(lines + ends.before(line.start) as u64);
            let texts = candidates.texts(candidate);
            let line = from + line.start..from + line.end;
            look_at(block, line, no, texts, input, tools, &mut events);
        }
        lines += ends.count() as u64 + u64::from(!piece.ends_with(b"\n"));
        from += piece.len();
    }
    BlockYield {
        events,
        census: counter.map_or_else(Census::default, |c| c.finish(block.offset_of(0).get())),
        lines,
        bytes: text.len() as u64,
    }
}

/// Reads the record that the line of a block tells of.
fn look_at(
    block: &Block,
    line: Range<usize>,
    no: LineNo,
    texts: Option<&[usize]>,
    input: &InputName<'_>,
    tools: Tools<'_>,
    events: &mut Flood,
) {
    let (start, end) = (line.start, line.end);
    let line = &block.main()[line];
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let at = block.offset_of(start);
    let line = if at.get() == 0 {
        line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
    } else {
        line
    };
    let frame = Frame {
        line,
        before: block.before(start),
        after: block.after(end),
    };
    if let Some(record) = record::read(frame, input.format) {
        let candidate = Candidate {
            frame,
            at,
            no,
            texts,
        };
        tools.rules.classify(&record, candidate, input, events);
    }
}
