//! What stood before the events of an input that is read only once.
//!
//! In: blocks, in order, and the places of their events. Out: the text before an event, and after a crash
//! text or a beginning without a process id, for the second look ([`look`](super::look)). A plain file can be read
//! again at any place. A stream cannot, and what is compressed would have to be decompressed once more from its
//! start: so of these the text is kept, compressed, within a bound.

use std::collections::{BTreeMap, HashMap};

use lz4_flex::block::{compress_prepend_size, decompress_size_prepended};
use serde::{Deserialize, Serialize};

use super::heard::Heard;
use crate::classify::{Class, Event, Family};
use crate::framing::{Block, whole_lines};
use crate::primitives::ByteOffset;
use crate::record::CONTEXT;

/// The most that is kept of one input, in bytes; some thousands of events.
const OF_ONE: usize = 8 << 20;
/// The most that is kept of all inputs, in bytes.
pub(super) const OF_ALL: usize = 24 << 20;

/// How much is kept after an event, in bytes.
pub(super) const AFTER: usize = 8 << 10;
/// After so many events; of more those of the sort that has the most go, but for its first and its newest.
const FOLLOWED: usize = 384;

/// Text of an input, in its order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    pieces: Vec<Piece>,
    /// Where the text before an event ends, counted as [`Piece::from`] is.
    ends: HashMap<ByteOffset, u64>,
    bytes: usize,
    /// What stands after events, in their order.
    after: Vec<After>,
    /// What processes said first and last.
    pub(super) heard: Heard,
    /// Begins anew with each run of the program.
    #[serde(skip)]
    past: Past,
}

/// The newest text of an input, and which sorts of events came in it.
#[derive(Debug, Clone, Default)]
struct Past {
    text: Vec<u8>,
    /// Where it ends, counted as [`Piece::from`] is.
    to: u64,
    /// Where events of a sort came last.
    sorts: HashMap<u64, u64>,
    most: usize,
}

impl Past {
    /// Adds what the block holds, and forgets what lies farther back than `most` bytes, or twice as many.
    fn push(&mut self, block: &Block, most: usize) {
        if most == 0 {
            *self = Self::default();
            return;
        }
        self.most = most;
        let text = block.main();
        let Some((_, to)) = block.text_before(block.offset_of(text.len())) else {
            return;
        };
        if self.text.len() > 2 * most {
            self.text.drain(..self.text.len() - most);
            let from = self.to.saturating_sub(most as u64);
            self.sorts.retain(|_, last| *last >= from);
        }
        self.text.extend_from_slice(text);
        self.to = to;
    }

    /// The text up to `to`, where the event of this sort that ends there is the first one in it.
    fn first_of_its_sort(&mut self, sort: u64, to: u64) -> Option<&[u8]> {
        let before = self.sorts.insert(sort, to);
        let back = usize::try_from(self.to.checked_sub(to)?).ok()?;
        let end = self.text.len().checked_sub(back)?;
        let from = end.saturating_sub(self.most);
        let begin = to - (end - from) as u64;
        before
            .is_none_or(|before| before < begin)
            .then_some(&self.text[from..end])
    }
}

/// What stands after an event's record.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct After {
    at: ByteOffset,
    /// Of the event.
    #[serde(default)]
    sort: u64,
    /// Where the text ends that has come.
    to: u64,
    text: Vec<u8>,
}

/// A run of the input's text.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Piece {
    /// The first byte, counted without what was dropped of lines that are too long.
    from: u64,
    /// After the last byte.
    to: u64,
    packed: Vec<u8>,
}

impl Kept {
    /// Keeps what stands before the event's record, of this block, which is being followed, or a little before it.
    /// Blocks must come in order. Of the first of its sort for long more is kept, for what was new before it.
    pub(super) fn keep(&mut self, block: &Block, event: &Event) {
        let at = event.place.offset;
        if self.bytes > OF_ONE || self.ends.contains_key(&at) {
            return;
        }
        let Some((text, to)) = block.text_before(at) else {
            return;
        };
        let long = match event.class.family() {
            Family::Process => self.past.first_of_its_sort(event.sort, to),
            _ => None,
        };
        let text = long.filter(|long| long.len() > text.len()).unwrap_or(text);
        let begin = to - text.len() as u64;
        let from = self.pieces.last().map_or(begin, |last| begin.max(last.to));
        if from < to {
            let packed = compress_prepend_size(&text[(from - begin) as usize..]);
            self.bytes += packed.len() + size_of::<Piece>();
            self.pieces.push(Piece { from, to, packed });
        }
        self.bytes += size_of::<(ByteOffset, u64)>();
        self.ends.insert(at, to);
    }

    /// Keeps what stands after the event's record, as far as the block has it.
    pub(super) fn keep_after(&mut self, block: &Block, event: &Event) {
        let at = event.place.offset;
        let is_wanted = match event.class {
            Class::Crash => event.pid.is_none(),
            Class::Banner => true,
            Class::Loaded => event.pid.is_none_or(|pid| pid <= 1),
            _ => false,
        };
        if !is_wanted || self.after.last().is_some_and(|last| last.at >= at) {
            return;
        }
        if self.after.len() >= FOLLOWED {
            self.thin_after();
        }
        self.after.push(After {
            at,
            sort: event.sort,
            to: at.get() + event.covers,
            text: Vec::new(),
        });
        self.add_after(block);
    }

    /// Forgets the middle half of what stands after the events of the sort that has the most, or one of them.
    fn thin_after(&mut self) {
        let mut sorts: BTreeMap<u64, usize> = BTreeMap::new();
        for after in &self.after {
            *sorts.entry(after.sort).or_default() += 1;
        }
        let most = sorts.into_iter().max_by_key(|(_, count)| *count);
        let (sort, count) = most.unwrap_or_default();
        let middle = count / 4..(count - count / 4).max(count / 4 + 1);
        let mut n = 0;
        self.after.retain(|after| {
            let is_of_sort = after.sort == sort;
            n += usize::from(is_of_sort);
            !is_of_sort || !middle.contains(&(n - 1))
        });
    }

    /// Adds to what stands after events that came before, and remembers the newest text, so much of it.
    pub(super) fn follow(&mut self, block: &Block, past: usize) {
        self.past.push(block, past);
        self.add_after(block);
    }

    fn add_after(&mut self, block: &Block) {
        let begin = block.offset_of(0).get();
        // The newest come last, and those before them have all they need.
        for after in self.after.iter_mut().rev() {
            if after.text.len() >= AFTER {
                break;
            }
            let from = ByteOffset::new(after.to.max(begin));
            let at = block.position_of(from);
            let rest = block.main().get(at..).unwrap_or_default();
            let rest = &rest[..rest.len().min(AFTER - after.text.len())];
            after.text.extend_from_slice(rest);
            after.to = after.to.max(begin) + rest.len() as u64;
        }
    }

    /// What stands after the record that begins at `at`, where it was kept.
    pub(super) fn after(&self, at: ByteOffset) -> Option<Vec<u8>> {
        let found = self.after.iter().find(|after| after.at == at)?;
        Some(found.text.clone())
    }

    /// The whole lines before the record that begins at `at`, within [`CONTEXT`]; `None` where they were
    /// not kept.
    pub(super) fn before(&self, at: ByteOffset) -> Option<Vec<u8>> {
        let (text, _) = self.run_before(at, CONTEXT)?;
        Some(whole_lines(&text).to_vec())
    }

    /// The whole lines before the record that begins at `at`, as far as they were kept without a gap, of at least so
    /// many bytes where there are as many; `None` where none were.
    pub(super) fn long_before(&self, at: ByteOffset, reach: usize) -> Option<Vec<u8>> {
        let (mut text, begin) = self.run_before(at, reach)?;
        if begin > 0 {
            let first = memchr::memchr(b'\n', &text).map_or(text.len(), |end| end + 1);
            text.drain(..first);
        }
        Some(text)
    }

    /// Text up to the record that begins at `at`, and where it begins.
    fn run_before(&self, at: ByteOffset, least: usize) -> Option<(Vec<u8>, u64)> {
        let to = *self.ends.get(&at)?;
        let last = self.pieces.partition_point(|piece| piece.to < to);
        let mut texts = Vec::new();
        let (mut reach, mut begin) = (0, to);
        for piece in self.pieces[..self.pieces.len().min(last + 1)].iter().rev() {
            if piece.to < begin || reach >= least {
                break;
            }
            let mut text = decompress_size_prepended(&piece.packed).ok()?;
            text.truncate((begin - piece.from) as usize);
            reach += text.len();
            begin = piece.from;
            texts.push(text);
        }
        texts.reverse();
        Some((texts.concat(), begin))
    }

    /// Forgets what was kept first, down to so many bytes and a half of them where it is more.
    pub(super) fn forget_oldest(&mut self, most: usize) {
        if self.bytes <= most {
            return;
        }
        let mut gone = 0;
        let mut count = 0;
        for piece in &self.pieces {
            if self.bytes - gone <= most / 2 {
                break;
            }
            gone += piece.packed.len() + size_of::<Piece>();
            count += 1;
        }
        self.pieces.drain(..count);
        let from = self.pieces.first().map_or(u64::MAX, |piece| piece.from);
        let ends = self.ends.len();
        self.ends.retain(|_, end| *end > from);
        gone += (ends - self.ends.len()) * size_of::<(ByteOffset, u64)>();
        self.bytes = self.bytes.saturating_sub(gone);
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let after: usize = self.after.iter().map(|after| after.text.len()).sum();
        self.bytes + after + self.heard.bytes() + self.past.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Blocks;
    use crate::primitives::{FileId, LineNo, Place};
    use crate::time::Timestamp;

    /// The last lines within [`CONTEXT`] before a place.
    fn right(text: &[u8], at: usize) -> &[u8] {
        whole_lines(&text[..at])
    }

    /// A crash whose record begins there.
    fn event(at: usize) -> Event {
        let place = Place {
            file: FileId::new(0),
            offset: ByteOffset::new(at as u64),
            line: LineNo::after(0),
        };
        Event {
            pid: Some(1),
            ..Event::untold(Class::Exit, place, None, Timestamp::from_nanos(0), "", "")
        }
    }

    #[test]
    fn more_is_kept_before_the_first_of_a_sort() {
        let text: String = (0..200_000).map(|n| format!("line {n}\n")).collect();
        let starts: Vec<usize> = memchr::memchr_iter(b'\n', text.as_bytes())
            .map(|n| n + 1)
            .collect();
        // Two near each other, and one long after.
        let wanted = [60_000, 60_300, 190_000].map(|n| starts[n]);
        for size in [1 << 12, 1 << 16, 1 << 20] {
            let mut kept = Kept::default();
            let mut blocks = Blocks::new(text.as_bytes(), size);
            while let Some(block) = blocks.next_block() {
                let begin = block.offset_of(0).get() as usize;
                let end = begin + block.main().len();
                kept.follow(&block, 1 << 19);
                for at in wanted.iter().filter(|at| (begin..end).contains(at)) {
                    kept.keep(&block, &event(*at));
                }
            }
            for at in wanted {
                let long = kept.long_before(ByteOffset::new(at as u64), 1 << 20);
                let long = long.unwrap();
                assert!(text.as_bytes()[..at].ends_with(&long), "{size} {at}");
                // A line may be cut at its start.
                assert!(long.len() + 20 > (1 << 19), "{size} {at}: {}", long.len());
            }
        }
    }

    #[test]
    fn what_was_kept_is_what_a_file_has_there() {
        let line = |n: usize| format!("{n} {}\n", "x".repeat(n * 7919 % 300));
        let text: String = (0..4000).map(line).collect();
        let text = text.as_bytes();
        let starts: Vec<usize> = memchr::memchr_iter(b'\n', text).map(|n| n + 1).collect();
        // Near ones, whose texts overlap, and far ones.
        let wanted: Vec<usize> = (0..starts.len() - 1)
            .filter(|n| n % 700 < 3 || n % 311 == 5)
            .collect();
        for size in [1 << 12, 1 << 16, 1 << 20] {
            let mut kept = Kept::default();
            let mut blocks = Blocks::new(text, size);
            while let Some(block) = blocks.next_block() {
                let begin = block.offset_of(0).get() as usize;
                kept.follow(&block, 0);
                let all = wanted.iter().map(|n| starts[*n]);
                for at in all.filter(|at| (begin..begin + block.main().len()).contains(at)) {
                    kept.keep(&block, &event(at));
                }
            }
            for n in &wanted {
                let at = starts[*n];
                let found = kept.before(ByteOffset::new(at as u64));
                assert_eq!(found.as_deref(), Some(right(text, at)), "{size} {at}");
                let long = kept.long_before(ByteOffset::new(at as u64), 1 << 20);
                let long = long.unwrap();
                assert!(text[..at].ends_with(&long) && long.len() >= right(text, at).len());
            }
            assert_eq!(kept.before(ByteOffset::new(1)), None);
            let bytes = kept.bytes();
            kept.forget_oldest(bytes / 3);
            assert!(kept.bytes() <= bytes / 3);
            let at = |n: &usize| ByteOffset::new(starts[*n] as u64);
            assert_eq!(kept.before(at(&wanted[0])), None);
            let last = at(&wanted[wanted.len() - 1]);
            let expected = right(text, last.get() as usize);
            // The text of the oldest that are left may have lost its beginning.
            let found = kept.before(last).unwrap();
            assert!(
                found.ends_with(b"\n") && expected.ends_with(&found),
                "{size}"
            );
        }
    }
}
