//! What stood before the events of an input that is read only once.
//!
//! In: blocks, in order, and the places of their events. Out: the text before an event, and after a crash
//! text or a beginning without a process id, for the second look ([`look`](super::look)). A plain file can be read again at any place. A stream cannot, and what
//! is compressed would have to be decompressed once more from its start: so of these the text is kept,
//! compressed, within a bound.

use std::collections::HashMap;

use lz4_flex::block::{compress_prepend_size, decompress_size_prepended};
use serde::{Deserialize, Serialize};

use super::heard::Heard;
use crate::classify::{Class, Event};
use crate::framing::{Block, whole_lines};
use crate::primitives::ByteOffset;
use crate::record::CONTEXT;

/// The most that is kept of one input, in bytes; some thousands of events.
const OF_ONE: usize = 8 << 20;
/// The most that is kept of all inputs, in bytes.
pub(super) const OF_ALL: usize = 24 << 20;

/// How much is kept after an event, in bytes.
pub(super) const AFTER: usize = 8 << 10;
/// After so many events; of more the first half stay, and the newest.
const FOLLOWED: usize = 256;

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
}

/// What stands after an event's record.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct After {
    at: ByteOffset,
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
    /// Keeps what stands before the record that begins at `at`, of this block or a little before it.
    /// Blocks must come in order.
    pub(super) fn keep(&mut self, block: &Block, at: ByteOffset) {
        if self.bytes > OF_ONE || self.ends.contains_key(&at) {
            return;
        }
        let Some((text, to)) = block.text_before(at) else {
            return;
        };
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
            Class::Banner | Class::Loaded => event.pid.is_none_or(|pid| pid <= 1),
            _ => false,
        };
        if !is_wanted || self.after.last().is_some_and(|last| last.at >= at) {
            return;
        }
        if self.after.len() >= FOLLOWED {
            self.after.remove(FOLLOWED / 2);
        }
        self.after.push(After {
            at,
            to: at.get() + event.covers,
            text: Vec::new(),
        });
        self.follow(block);
    }

    /// Adds to what stands after events that came before.
    pub(super) fn follow(&mut self, block: &Block) {
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
        let to = *self.ends.get(&at)?;
        let last = self.pieces.partition_point(|piece| piece.to < to);
        let mut texts = Vec::new();
        let (mut reach, mut begin) = (0, to);
        for piece in self.pieces[..self.pieces.len().min(last + 1)].iter().rev() {
            if piece.to < begin || reach >= CONTEXT {
                break;
            }
            let mut text = decompress_size_prepended(&piece.packed).ok()?;
            text.truncate((begin - piece.from) as usize);
            reach += text.len();
            begin = piece.from;
            texts.push(text);
        }
        texts.reverse();
        Some(whole_lines(&texts.concat()).to_vec())
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
        self.bytes + after + self.heard.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Blocks;

    /// The last lines within [`CONTEXT`] before a place.
    fn right(text: &[u8], at: usize) -> &[u8] {
        whole_lines(&text[..at])
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
                let all = wanted.iter().map(|n| starts[*n]);
                for at in all.filter(|at| (begin..begin + block.main().len()).contains(at)) {
                    kept.keep(&block, ByteOffset::new(at as u64));
                }
            }
            for n in &wanted {
                let at = starts[*n];
                let found = kept.before(ByteOffset::new(at as u64));
                assert_eq!(found.as_deref(), Some(right(text, at)), "{size} {at}");
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
