//! Where the lines of a text end, found once for all that asks.
//!
//! In: a piece of a block. Out: the places of its line ends, from which lines are cut, counted and
//! numbered without another pass. Sixteen bytes are compared at once; the places of 64 bytes are written
//! without a branch, for where a line ends cannot be foretold.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use wide::u8x16;

/// Bytes of a piece: what is read by several passes stays in the processor's nearer caches.
const PIECE: usize = 32 << 10;
/// Places that are written for each mask, needed or not; more lines than this in 64 bytes are rare.
const USUAL: usize = 4;

/// The first byte of a sequence that steers a terminal (ECMA-48, ESC).
pub(super) const ESCAPE: u8 = 0x1b;

/// The line ends of a piece.
#[derive(Debug, Default)]
pub struct LineEnds {
    /// Room beyond `count` holds nothing.
    places: Vec<u32>,
    count: usize,
    has_escape: bool,
}

impl LineEnds {
    /// The piece that begins at `from`: as many whole lines as fit, or one that is longer.
    #[must_use]
    pub fn piece(text: &[u8], from: usize) -> &[u8] {
        let rest = &text[from..];
        if rest.len() <= PIECE {
            return rest;
        }
        let end = memchr::memrchr(b'\n', &rest[..PIECE])
            .or_else(|| memchr::memchr(b'\n', &rest[PIECE..]).map(|n| PIECE + n));
        &rest[..end.map_or(rest.len(), |n| n + 1)]
    }

    /// Finds the line ends of `piece`, and forgets those of any other.
    pub fn find(&mut self, piece: &[u8]) {
        Arch::new().dispatch(Find(self, piece));
    }

    #[inline(always)]
    fn find_all(&mut self, piece: &[u8]) {
        self.count = 0;
        let (chunks, rest) = piece.as_chunks::<64>();
        let mut escapes = u8x16::splat(0);
        for (n, chunk) in chunks.iter().enumerate() {
            self.add(mask(chunk, &mut escapes), n * 64);
        }
        if !rest.is_empty() {
            let mut last = [0; 64];
            last[..rest.len()].copy_from_slice(rest);
            self.add(mask(&last, &mut escapes), chunks.len() * 64);
        }
        self.has_escape = escapes.to_bitmask() != 0;
    }

    #[inline(always)]
    fn add(&mut self, mut mask: u64, at: usize) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let count = mask.count_ones() as usize;
        if self.places.len() < self.count + 64 {
            self.places.resize(self.count + PIECE, 0);
        }
        let (usual, more) = self.places[self.count..].split_at_mut(USUAL);
        for place in usual {
            *place = at.wrapping_add(mask.trailing_zeros());
            mask &= mask.wrapping_sub(1);
        }
        for place in more.iter_mut().take(count.saturating_sub(USUAL)) {
            *place = at.wrapping_add(mask.trailing_zeros());
            mask &= mask.wrapping_sub(1);
        }
        self.count += count;
    }

    /// Where the line ends stand.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.places[..self.count].iter().map(|n| *n as usize)
    }

    /// How many lines end before `at`.
    #[must_use]
    pub fn before(&self, at: usize) -> usize {
        self.places[..self.count].partition_point(|n| (*n as usize) < at)
    }

    /// Whether the piece holds the character with which terminals' sequences begin ([`ESCAPE`]).
    #[must_use]
    pub fn has_escape(&self) -> bool {
        self.has_escape
    }

    /// How many line ends there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The line of `piece` that `at` lies in, with its line end.
    #[must_use]
    pub fn line_at(&self, piece: &[u8], at: usize) -> Range<usize> {
        let n = self.before(at);
        let end_of = |n: usize| {
            self.places[..self.count]
                .get(n)
                .map(|end| *end as usize + 1)
        };
        let start = n.checked_sub(1).and_then(end_of).unwrap_or(0);
        start..end_of(n).unwrap_or(piece.len())
    }
}

/// [`LineEnds::find`], compiled for each kind of processor.
struct Find<'a>(&'a mut LineEnds, &'a [u8]);

impl WithSimd for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.0.find_all(self.1);
    }
}

/// A bit for each line end. In `escapes` the places of [`ESCAPE`] among sixteen get a mark.
#[inline(always)]
fn mask(chunk: &[u8; 64], escapes: &mut u8x16) -> u64 {
    let (quarters, _) = chunk.as_chunks::<16>();
    let (line_end, escape) = (u8x16::splat(b'\n'), u8x16::splat(ESCAPE));
    quarters.iter().rev().fold(0, |mask, quarter| {
        let quarter = u8x16::new(*quarter);
        *escapes |= quarter.simd_eq(escape);
        mask << 16 | u64::from(quarter.simd_eq(line_end).to_bitmask())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_is_found() {
        let mut text = vec![b'\n'; 70];
        for n in 0..900 {
            text.resize(text.len() + n % 90, b'x');
            text.push(b'\n');
        }
        text.extend_from_slice(b"no end");
        let mut ends = LineEnds::default();
        let (mut from, mut found) = (0, Vec::new());
        while from < text.len() {
            let piece = LineEnds::piece(&text, from);
            ends.find(piece);
            assert_eq!(ends.places().count(), ends.count());
            assert_eq!(ends.before(piece.len()), ends.count());
            found.extend(ends.places().map(|n| from + n));
            from += piece.len();
        }
        let expected: Vec<usize> = memchr::memchr_iter(b'\n', &text).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_escape_is_seen_anywhere_and_forgotten() {
        let mut ends = LineEnds::default();
        for len in [1, 15, 64, 65, 200] {
            for at in 0..len {
                let mut text = vec![b'x'; len];
                text[at] = ESCAPE;
                ends.find(&text);
                assert!(ends.has_escape(), "{at} of {len}");
                text[at] = b'[';
                ends.find(&text);
                assert!(!ends.has_escape(), "{at} of {len}");
            }
        }
    }

    #[test]
    fn a_line_longer_than_a_piece_is_one() {
        let mut text = vec![b'x'; 3 * PIECE];
        assert_eq!(LineEnds::piece(&text, 0).len(), 3 * PIECE);
        text.extend_from_slice(b"\nshort\n");
        assert_eq!(LineEnds::piece(&text, 0).len(), 3 * PIECE + 1);
    }
}
