//! A block becomes events and a census. Blocks are worked on in parallel and know nothing of each
//! other.

use crate::classify::{Event, InputName, RuleSet};
use crate::framing::Block;
use crate::primitives::LineNo;
use crate::record::{self, Frame};
use crate::sieve::{Census, Sieve};

/// What one block yielded; line numbers count from the block's first line.
pub(super) struct BlockYield {
    pub(super) events: Vec<Event>,
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
}

pub(super) fn work(block: &Block, input: &InputName<'_>, tools: Tools<'_>) -> BlockYield {
    let text = block.main();
    let (census, lines) = if tools.census {
        Census::take(text, block.offset_of(0).get(), input.format)
    } else {
        (Census::default(), count_lines(text))
    };
    let mut events = Vec::new();
    let mut counted = 0;
    let mut line_no = 0;
    for start in tools.sieve.candidates(text) {
        line_no += memchr::memchr_iter(b'\n', &text[counted..start]).count() as u64;
        counted = start;
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |n| start + n);
        let line = text[start..end]
            .strip_suffix(b"\r")
            .unwrap_or(&text[start..end]);
        let at = block.offset_of(start);
        let line = if at.get() == 0 {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        } else {
            line
        };
        let frame = Frame {
            line,
            before: block.before(start),
            after: block.after((end + 1).min(text.len().max(end))),
        };
        if let Some(record) = record::read(frame, input.format) {
            tools.rules.classify(
                &record,
                frame,
                input,
                at,
                LineNo::after(line_no),
                &mut events,
            );
        }
    }
    events.dedup_by(|b, a| a.place.offset == b.place.offset && a.rule == b.rule);
    BlockYield {
        events,
        census,
        lines,
        bytes: text.len() as u64,
    }
}

fn count_lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
        + u64::from(!text.is_empty() && !text.ends_with(b"\n"))
}
