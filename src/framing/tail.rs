//! A stream that goes on becomes blocks, as its bytes come.
//!
//! In: bytes, whenever they come. Out: [`Block`]s of whole lines, with what lies around them. What a
//! record's further lines may still change is told apart from what is settled: a line is settled when
//! [`CONTEXT`] bytes stand behind it, or a few seconds after it came. A line that came a moment ago may
//! be looked at before that, and is looked at again when more has come.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use super::{Aligned, Block, CONTEXT, LineCutter, MAX_LINE, whole_lines};

/// After this time without a further line a record is taken as it is. Writers write the lines of one
/// record at once.
pub const QUIET: Duration = Duration::from_millis(50);
/// What came so long ago no further line changes.
const SETTLED: Duration = Duration::from_secs(5);

/// The end of a stream that goes on.
#[derive(Debug)]
pub struct Tail {
    cutter: LineCutter<io::Empty>,
    /// Context, then what is not taken yet.
    buffer: Vec<u8>,
    /// How much of the buffer is context.
    context: usize,
    /// Kept bytes of the stream before what is not taken.
    kept: u64,
    /// How many bytes, counted as `kept` is, had come when.
    came: VecDeque<(u64, Instant)>,
    ended: bool,
}

impl Default for Tail {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl Tail {
    /// For a stream of which `offset` bytes were read before, up to the end of a line.
    #[must_use]
    pub fn starting_at(offset: u64) -> Self {
        Self {
            cutter: LineCutter {
                kept: offset,
                ..LineCutter::new(io::empty())
            },
            buffer: Vec::new(),
            context: 0,
            kept: offset,
            came: VecDeque::new(),
            ended: false,
        }
    }

    /// Takes bytes that came at `now`.
    pub fn push(&mut self, bytes: &mut [u8], now: Instant) {
        for chunk in bytes.chunks_mut(MAX_LINE) {
            let length = self.cutter.trim(chunk);
            self.buffer.extend_from_slice(&chunk[..length]);
        }
        let all = self.kept + (self.buffer.len() - self.context) as u64;
        // Many small writes of one moment need one note.
        match self.came.back_mut() {
            Some((to, at)) if now.duration_since(*at) < QUIET / 10 => *to = all,
            _ => self.came.push_back((all, now)),
        }
    }

    /// Nothing more will come: what is left is settled, though its last line may have no end.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// How many lines were cut at [`MAX_LINE`].
    #[must_use]
    pub fn cut_lines(&self) -> u64 {
        self.cutter.cut_lines
    }

    /// Bytes of the stream that were taken, those that were dropped of long lines included.
    #[must_use]
    pub fn taken(&self) -> u64 {
        let dropped = self.cutter.cuts.iter().filter(|cut| cut.kept <= self.kept);
        self.kept + dropped.map(|cut| cut.dropped).sum::<u64>()
    }

    /// Length of the whole lines that are not taken.
    fn whole(&self) -> usize {
        let open = &self.buffer[self.context..];
        if self.ended {
            return open.len();
        }
        memchr::memrchr(b'\n', open).map_or(0, |n| n + 1)
    }

    /// Length of the whole lines that came before `age` ago.
    fn older_than(&self, age: Duration, now: Instant) -> usize {
        let old = |(_, at): &&(u64, Instant)| now.saturating_duration_since(*at) >= age;
        let Some((to, _)) = self.came.iter().rev().find(old) else {
            return 0;
        };
        let length = to.saturating_sub(self.kept) as usize;
        let open = &self.buffer[self.context..];
        let open = &open[..length.min(self.whole())];
        if self.ended && open.len() == self.whole() {
            return open.len();
        }
        memchr::memrchr(b'\n', open).map_or(0, |n| n + 1)
    }

    /// Length of what is settled.
    #[must_use]
    pub fn settled(&self, now: Instant) -> usize {
        if self.ended {
            return self.whole();
        }
        let open = &self.buffer[self.context..];
        let far = open.len().saturating_sub(CONTEXT);
        let far = memchr::memrchr(b'\n', &open[..far]).map_or(0, |n| n + 1);
        far.max(self.older_than(SETTLED, now))
    }

    /// Length of what has had its time for further lines ([`QUIET`]).
    #[must_use]
    pub fn quiet(&self, now: Instant) -> usize {
        self.older_than(QUIET, now)
    }

    /// When what has come last will have had its time; `None` where nothing waits for it.
    #[must_use]
    pub fn quiet_at(&self) -> Option<Instant> {
        let (to, at) = self.came.back()?;
        (*to > self.kept).then_some(*at + QUIET)
    }

    /// The first bytes that are not taken, whole lines, for a look at their format.
    #[must_use]
    pub fn sample(&self) -> &[u8] {
        &self.buffer[self.context..self.context + self.whole().min(CONTEXT)]
    }

    /// The first `length` bytes of what is not taken, as [`Tail::settled`] or [`Tail::quiet`] has it.
    #[must_use]
    pub fn block(&self, length: usize) -> Block {
        let end = self.context + self.whole();
        let end = end.min(self.context + length + CONTEXT + 1);
        let mut buffer = Aligned::with_capacity(end);
        buffer.push(&self.buffer[..end]);
        let upto = self.kept + length as u64;
        Block {
            buffer,
            main: self.context..self.context + length,
            kept: self.kept,
            cuts: (self.cutter.cuts.iter())
                .filter(|cut| cut.kept < upto)
                .copied()
                .collect(),
        }
    }

    /// Takes the first `length` bytes: they are context from now on.
    pub fn take(&mut self, length: usize) {
        let end = self.context + length;
        self.kept += length as u64;
        let keep = whole_lines(&self.buffer[..end]).len();
        self.buffer.drain(..end - keep);
        self.context = keep;
        while self.came.front().is_some_and(|(to, _)| *to <= self.kept) {
            self.came.pop_front();
        }
        // All that lies before what is open is told by one sum.
        let (cuts, kept) = (&mut self.cutter.cuts, self.kept);
        let known = cuts.partition_point(|cut| cut.kept < kept);
        if known > 1 {
            let dropped = cuts[..known].iter().map(|cut| cut.dropped).sum();
            cuts[known - 1].dropped = dropped;
            cuts.drain(..known - 1);
        }
        if self.buffer.capacity() > 4 * self.buffer.len().max(CONTEXT) {
            self.buffer.shrink_to(2 * self.buffer.len().max(CONTEXT));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Blocks;
    use super::*;

    /// Each line with its offset and what lies around it.
    type Seen = Vec<(Vec<u8>, u64, Vec<u8>, Vec<u8>)>;

    fn seen(block: &Block, all: &mut Seen) {
        let main = block.main();
        let mut at = 0;
        while at < main.len() {
            let end = memchr::memchr(b'\n', &main[at..]).map_or(main.len(), |n| at + n + 1);
            all.push((
                main[at..end].to_vec(),
                block.offset_of(at).get(),
                block.before(at).to_vec(),
                block.after(end).to_vec(),
            ));
            at = end;
        }
    }

    #[test]
    fn what_is_settled_looks_as_a_file_does() {
        let mut text: Vec<u8> = (0..6000_usize)
            .flat_map(|n| format!("{n} {}\n", "x".repeat(n * 7919 % 200)).into_bytes())
            .collect();
        text.extend_from_slice(&vec![b'y'; 2 * MAX_LINE]);
        text.extend_from_slice(b"\nafter\nlast without end");
        let mut whole = Seen::new();
        let mut blocks = Blocks::new(&text[..], 1 << 20);
        while let Some(block) = blocks.next_block() {
            seen(&block, &mut whole);
        }
        for size in [7919, 70_000, 1 << 20] {
            let now = Instant::now();
            let mut tail = Tail::default();
            let mut told = Seen::new();
            let mut take = |tail: &mut Tail| {
                let length = tail.settled(now);
                if length > 0 {
                    seen(&tail.block(length), &mut told);
                    tail.take(length);
                }
            };
            for chunk in text.clone().chunks_mut(size) {
                tail.push(chunk, now);
                take(&mut tail);
            }
            tail.end();
            take(&mut tail);
            assert_eq!(tail.taken(), text.len() as u64);
            assert_eq!(told.len(), whole.len());
            for (n, (a, b)) in told.iter().zip(&whole).enumerate() {
                assert!(a == b, "size {size}: line {n}: {} {}", a.1, b.1);
            }
        }
    }

    #[test]
    fn a_line_has_its_time_for_further_ones() {
        let begin = Instant::now();
        let mut tail = Tail::default();
        tail.push(&mut b"first\nsecond\nthi".to_vec(), begin);
        assert_eq!(tail.quiet(begin + QUIET / 2), 0);
        tail.push(&mut b"rd\n".to_vec(), begin + QUIET / 2);
        assert_eq!(tail.quiet(begin + QUIET), "first\nsecond\n".len());
        assert_eq!(tail.settled(begin + QUIET), 0);
        assert_eq!(
            tail.quiet(begin + 2 * QUIET),
            "first\nsecond\nthird\n".len()
        );
        assert_eq!(
            tail.settled(begin + 2 * SETTLED),
            "first\nsecond\nthird\n".len()
        );
        tail.take("first\n".len());
        assert_eq!(tail.block(7).before(0), b"first\n");
        assert_eq!(tail.quiet_at(), Some(begin + QUIET / 2 + QUIET));
    }
}
