//! The heads of lines, `host program[pid]`, that were taken apart before.
//!
//! In: where a line's head begins. Out: whether its writer is known, and how many lines each has written.
//! A line costs one comparison and one hash of 32 bytes, and nothing waits for the line before it: which
//! writer a line has cannot be foretold, and a processor that guesses wrong loses more than a look-up
//! costs, so lines are looked at in batches and those that a step knows are dropped without a branch.

use std::hint::select_unpredictable;
use std::ops::Range;

use wide::u8x16;

/// The head of a line's tag, up to its colon and blank.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    /// It, and what follows.
    low: &'a [u8; 16],
    high: &'a [u8; 16],
    len: usize,
}

/// The longest head that is looked for.
const HEAD: usize = 32;

impl<'a> Head<'a> {
    /// The head that begins so many bytes after the line; `None` where it is long, or ends a text.
    #[inline(always)]
    pub(super) fn of(text: &'a [u8], line: &Range<usize>, host: usize) -> Option<Self> {
        let at = line.start + host;
        let bytes: &[u8; HEAD] = text.get(at..)?.first_chunk()?;
        let (halves, _) = bytes.as_chunks::<16>();
        let [low, high] = halves else { return None };
        let head = Self { low, high, len: 0 };
        let stop = head.places(b':') & head.places(b' ') >> 1;
        let len = stop.trailing_zeros() as usize;
        (stop != 0 && at + len < line.end).then_some(Self { len, ..head })
    }

    #[inline(always)]
    fn places(self, byte: u8) -> u32 {
        let of = |half: &[u8; 16]| u8x16::new(*half).simd_eq(u8x16::splat(byte)).to_bitmask();
        of(self.low) | of(self.high) << 16
    }

    /// How long it is.
    pub(super) fn len(self) -> usize {
        self.len
    }

    /// How long it is before the pid.
    #[inline(always)]
    pub(super) fn before_pid(self) -> usize {
        (self.places(b'[') | 1 << self.len).trailing_zeros() as usize
    }

    /// A hash of all of it; never zero.
    #[inline(always)]
    pub(super) fn whole(self) -> u64 {
        mixed(self.low, self.high, self.len, 0)
    }

    /// A hash of what stands before the pid; no whole head's.
    #[inline(always)]
    pub(super) fn program(self) -> u64 {
        mixed(self.low, self.high, self.before_pid(), 1)
    }
}

/// Ones in the first so many of sixteen bytes.
const FIRST: [u128; 17] = {
    let mut masks = [u128::MAX; 17];
    let mut n = 0;
    while n < 16 {
        masks[n] = (1 << (8 * n)) - 1;
        n += 1;
    }
    masks
};

/// The first `len` of sixteen bytes; all of them where it is more.
#[inline(always)]
pub(super) fn kept(bytes: &[u8; 16], len: usize) -> u128 {
    u128::from_le_bytes(*bytes) & FIRST[len.min(16)]
}

/// A hash of the first `len` of 32 bytes by two multiplications to 128 bits, folded (as in wyhash,
/// public domain).
#[inline(always)]
fn mixed(low: &[u8; 16], high: &[u8; 16], len: usize, seed: u64) -> u64 {
    let fold = |bytes: u128, one: u64, two: u64| {
        let product = u128::from(bytes as u64 ^ one) * u128::from((bytes >> 64) as u64 ^ two);
        product as u64 ^ (product >> 64) as u64
    };
    let (low, high) = (kept(low, len), kept(high, len.saturating_sub(16)));
    let low = fold(low, 0x9e37_79b9_7f4a_7c15, 0xa076_1d64_78bd_642f);
    let high = fold(high, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3);
    (low.rotate_left(29) ^ high ^ len as u64 ^ seed << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
}

/// Lines of one writer, told by a head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    /// The head's hash; zero is none's.
    hash: u64,
    /// The writer's number.
    pub(super) writer: u32,
    /// How many.
    pub(super) lines: u32,
    /// Where the last begins.
    pub(super) last: usize,
}

impl Told {
    const NONE: Self = Self {
        hash: 0,
        writer: 0,
        lines: 0,
        last: 0,
    };
}

/// Slots of [`Known`]; a power of two.
const KNOWN: usize = 1024;

/// Heads that were taken apart, and the lines that bore them since. A head in the slot of another takes
/// its place: it is taken apart once more when it comes again.
#[derive(Debug)]
pub(super) struct Known(Box<[Told; KNOWN]>);

impl Known {
    pub(super) fn new() -> Self {
        Self(Box::new([Told::NONE; KNOWN]))
    }

    #[inline(always)]
    fn slot(&mut self, hash: u64) -> &mut Told {
        &mut self.0[(hash >> 48) as usize & (KNOWN - 1)]
    }

    /// Whether the head is known; counts its line, which begins at `at`, if so.
    #[inline(always)]
    pub(super) fn count(&mut self, hash: u64, at: usize) -> bool {
        let slot = self.slot(hash);
        let known = slot.hash == hash;
        slot.lines += u32::from(known);
        slot.last = select_unpredictable(known, at, slot.last);
        known
    }

    /// Notes that a head tells of a writer; what it takes the place of has to be added elsewhere.
    pub(super) fn note(&mut self, hash: u64, writer: usize) -> Option<Told> {
        // No block has so many lines.
        let writer = u32::try_from(writer).ok()?;
        let told = Told {
            hash,
            writer,
            ..Told::NONE
        };
        let before = std::mem::replace(self.slot(hash), told);
        (before.lines > 0).then_some(before)
    }

    /// Lines with this head that are not given back yet, and where the last of them begins.
    pub(super) fn of(&self, hash: u64) -> (u64, usize) {
        let told = &self.0[(hash >> 48) as usize & (KNOWN - 1)];
        match told.hash == hash {
            true => (told.lines.into(), told.last),
            false => (0, 0),
        }
    }

    /// All that was counted and not yet given back.
    pub(super) fn into_told(self) -> impl Iterator<Item = Told> {
        self.0.into_iter().filter(|told| told.lines > 0)
    }
}

/// Lines looked at together: some stay in the nearest cache.
const BATCH: usize = 64;

/// Lines that are laid out alike, with their heads' hashes, in order.
pub(super) struct Batch {
    lines: [(usize, usize); BATCH],
    hashes: [u64; BATCH],
    len: usize,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            lines: [(0, 0); BATCH],
            hashes: [0; BATCH],
            len: 0,
        }
    }
}

impl Batch {
    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.len == BATCH
    }

    /// Adds a line; there must be room.
    #[inline(always)]
    pub(super) fn push(&mut self, line: Range<usize>, hash: u64) {
        self.lines[self.len] = (line.start, line.end);
        self.hashes[self.len] = hash;
        self.len += 1;
    }

    /// Drops the lines of which this is true.
    #[inline(always)]
    pub(super) fn drop_those(&mut self, mut known: impl FnMut(Range<usize>, u64) -> bool) {
        let mut kept = 0;
        for n in 0..self.len {
            let (line, hash) = (self.lines[n], self.hashes[n]);
            self.lines[kept] = line;
            self.hashes[kept] = hash;
            kept += usize::from(!known(line.0..line.1, hash));
        }
        self.len = kept;
    }

    /// The lines that are left; none after.
    #[inline(always)]
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Range<usize>> + '_ {
        let len = std::mem::take(&mut self.len);
        self.lines[..len].iter().map(|(start, end)| *start..*end)
    }
}
