//! What each process of a stream said first and last, kept while it goes by.
//!
//! In: blocks in order, with their census. Out: these lines, by where they begin, for the inference of
//! restarts ([`lives`](super::lives)): a stream cannot be read once more. What is kept is bounded; those
//! that wrote last the longest ago are forgotten first.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::framing::Block;
use crate::sieve::{Census, Writer};

/// The most that is kept of one stream, in bytes.
const MOST: usize = 4 << 20;
/// How many lines of each end, and how much of the block is looked at for them, in bytes.
const LINES: usize = 12;
const REACH: usize = 16 << 10;
/// Longer lines are of no use here, and dear.
const LONG: usize = 2048;

/// A line and where it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) offset: u64,
    /// From 1.
    pub(super) line: u64,
    pub(super) text: Box<[u8]>,
}

/// The first lines of a process, or its last ones, oldest first.
type End = Vec<Kept>;

/// First and last lines, by writer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Heard {
    by_writer: HashMap<u64, (End, End)>,
    bytes: usize,
}

impl Heard {
    /// Keeps what the processes of a block say first and last; so many lines came before it.
    pub(super) fn hear(&mut self, block: &Block, census: &Census, lines: u64) {
        let text = block.main();
        let begin = block.offset_of(0).get();
        // Offsets and bytes differ where a line was cut.
        if block.offset_of(text.len()).get() - begin != text.len() as u64 {
            return;
        }
        for writer in census.writers.iter().filter(|w| !w.pid.is_empty()) {
            let (first, last) = (writer.tally.first.0 - begin, writer.tally.last.0 - begin);
            let known = self.by_writer.entry(writer.key()).or_default();
            self.bytes -= size_of_end(&known.1);
            if known.0.is_empty() {
                known.0 = forward(text, first as usize, begin, writer);
                self.bytes += size_of_end(&known.0);
            }
            known.1 = back(text, last as usize, begin, writer);
            self.bytes += size_of_end(&known.1);
        }
        self.number(text, begin, lines, census);
        if self.bytes > MOST {
            self.forget();
        }
    }

    /// Numbers the lines of this block that were kept of these writers.
    fn number(&mut self, text: &[u8], begin: u64, lines: u64, census: &Census) {
        let keys = || census.writers.iter().map(Writer::key);
        let new = |end: &(End, End)| -> Vec<u64> {
            let all = end.0.iter().chain(&end.1);
            let new = all.filter(|kept| kept.line == 0);
            new.map(|kept| kept.offset).collect()
        };
        let ends = keys().filter_map(|key| self.by_writer.get(&key));
        let mut places: Vec<u64> = ends.flat_map(new).collect();
        places.sort_unstable();
        places.dedup();
        let (mut at, mut line) = (0, lines + 1);
        let mut numbers = HashMap::with_capacity(places.len());
        for place in places {
            let to = (place - begin) as usize;
            line += memchr::memchr_iter(b'\n', &text[at..to]).count() as u64;
            at = to;
            numbers.insert(place, line);
        }
        for key in keys() {
            let Some(end) = self.by_writer.get_mut(&key) else {
                continue;
            };
            let all = end.0.iter_mut().chain(&mut end.1);
            for kept in all.filter(|kept| kept.line == 0) {
                kept.line = numbers.get(&kept.offset).copied().unwrap_or(0);
            }
        }
    }

    /// Forgets half of what is kept.
    fn forget(&mut self) {
        let last = |end: &(End, End)| end.1.last().map_or(0, |kept| kept.offset);
        let mut places: Vec<u64> = self.by_writer.values().map(last).collect();
        places.sort_unstable();
        let middle = places[places.len() / 2];
        self.by_writer.retain(|_, end| last(end) > middle);
        let sizes = self.by_writer.values();
        self.bytes = sizes.map(|(a, b)| size_of_end(a) + size_of_end(b)).sum();
    }

    /// The kept ends: where the first line begins, or the last one; whether it is the last; the lines.
    pub(super) fn ends(&self) -> impl Iterator<Item = ((u64, bool), &End)> {
        self.by_writer.values().flat_map(|(first, last)| {
            let first = first.first().map(|kept| ((kept.offset, false), first));
            let last = last.last().map(|kept| ((kept.offset, true), last));
            first.into_iter().chain(last)
        })
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn size_of_end(end: &End) -> usize {
    end.iter().map(|k| k.text.len() + size_of::<Kept>()).sum()
}

/// Whether a line may be of a writer; the record tells, once it is read.
fn may_be(line: &[u8], writer: &Writer) -> bool {
    line.len() <= LONG && memchr::memmem::find(line, &writer.pid).is_some()
}

fn keep(line: &[u8], at: usize, begin: u64) -> Kept {
    Kept {
        offset: begin + at as u64,
        line: 0,
        text: line.trim_ascii_end().into(),
    }
}

fn forward(text: &[u8], at: usize, begin: u64, writer: &Writer) -> End {
    let mut end = End::new();
    let mut from = at;
    for line in text[at..].split_inclusive(|b| *b == b'\n') {
        if from - at > REACH || end.len() >= LINES {
            break;
        }
        if may_be(line, writer) {
            end.push(keep(line, from, begin));
        }
        from += line.len();
    }
    end
}

fn back(text: &[u8], at: usize, begin: u64, writer: &Writer) -> End {
    let mut end = End::new();
    let mut from = at;
    loop {
        let to = memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |n| from + n);
        if may_be(&text[from..to], writer) {
            end.push(keep(&text[from..to], from, begin));
        }
        if from == 0 || at - from > REACH || end.len() >= LINES {
            break;
        }
        from = memchr::memrchr(b'\n', &text[..from - 1]).map_or(0, |n| n + 1);
    }
    end.reverse();
    end
}
