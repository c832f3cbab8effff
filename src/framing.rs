//! Bytes become blocks of whole lines.
//!
//! In: a stream of decompressed bytes. Out: [`Block`]s: a main part of whole lines, with up to
//! [`CONTEXT`] bytes of whole lines before and after it, so that what lies around a line is seen the
//! same whatever the block size. Every line is in the main part of exactly one block.
//!
//! Buffers begin at a page: reading to 16 bytes after a page's start, where large vectors otherwise
//! lie, costs up to four times the system time on some processors (`docs/benchmarks.md`).

use std::io::{self, Read};
use std::ops::Range;

use crate::primitives::ByteOffset;
use crate::record::CONTEXT;

mod tail;

pub use tail::{QUIET, Tail};

/// The longest line, in bytes; what follows is dropped, counted and warned of.
pub const MAX_LINE: usize = 1 << 20;
/// The usual size of a block's main part, in bytes.
pub const BLOCK: usize = 1 << 20;

/// Bytes in a page of memory.
const PAGE: usize = 4096;

/// A vector whose used part begins at a page.
#[derive(Debug, Default)]
struct Aligned {
    store: Vec<u8>,
    head: usize,
    len: usize,
}

impl Aligned {
    fn with_capacity(bytes: usize) -> Self {
        let store = vec![0; bytes + PAGE];
        let head = store.as_ptr().align_offset(PAGE).min(PAGE);
        Self {
            store,
            head,
            len: 0,
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.store[self.head..self.head + self.len]
    }

    fn capacity(&self) -> usize {
        self.store.len() - self.head
    }

    fn reserve(&mut self, bytes: usize) {
        if self.capacity() < bytes {
            let mut bigger = Self::with_capacity(bytes.next_power_of_two());
            bigger.push(self.bytes());
            *self = bigger;
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.reserve(self.len + bytes.len());
        let from = self.head + self.len;
        self.store[from..from + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Reads once into the free part, `at_most` bytes; returns how many came.
    fn read_from(&mut self, reader: &mut dyn Read, at_most: usize) -> io::Result<usize> {
        let from = self.head + self.len;
        let to = (from + at_most).min(self.store.len());
        let n = reader.read(&mut self.store[from..to])?;
        self.len += n;
        Ok(n)
    }
}

/// A place where bytes of an over-long line were dropped.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// Kept bytes of the stream before it.
    kept: u64,
    /// Bytes dropped.
    dropped: u64,
}

/// Passes a stream on, and drops of each line what follows its first [`MAX_LINE`] bytes.
#[derive(Debug)]
struct LineCutter<R> {
    inner: R,
    /// Kept bytes handed on so far.
    kept: u64,
    /// Bytes of the current line so far, dropped ones included.
    line: usize,
    cuts: Vec<Cut>,
    cut_lines: u64,
    /// What ended the stream before its end.
    failure: Option<io::Error>,
}

impl<R: Read> LineCutter<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            kept: 0,
            line: 0,
            cuts: Vec::new(),
            cut_lines: 0,
            failure: None,
        }
    }

    /// Drops what is too much of the line that the chunk begins in; returns the length that is left.
    ///
    /// A chunk is no longer than [`MAX_LINE`], so that no other line in it can be too long.
    fn trim(&mut self, chunk: &mut [u8]) -> usize {
        let first = memchr::memchr(b'\n', chunk).unwrap_or(chunk.len());
        let mut len = chunk.len();
        if self.line + first > MAX_LINE {
            let keep = MAX_LINE.saturating_sub(self.line);
            let dropped = first - keep;
            chunk.copy_within(first.., keep);
            len -= dropped;
            if self.line <= MAX_LINE {
                self.cut_lines += 1;
            }
            let kept = self.kept + keep as u64;
            match self.cuts.last_mut() {
                Some(cut) if cut.kept == kept => cut.dropped += dropped as u64,
                _ => self.cuts.push(Cut {
                    kept,
                    dropped: dropped as u64,
                }),
            }
        }
        match memchr::memrchr(b'\n', &chunk[..len]) {
            Some(last) => self.line = len - last - 1,
            None => self.line += first,
        }
        self.kept += len as u64;
        len
    }
}

impl<R: Read> Read for LineCutter<R> {
    /// A failure of the stream is kept, and reads as its end.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let want = buf.len().min(MAX_LINE);
        while self.failure.is_none() && want > 0 {
            match self.inner.read(&mut buf[..want]) {
                Ok(0) => return Ok(0),
                Ok(n) => {
                    let len = self.trim(&mut buf[..n]);
                    if len > 0 {
                        return Ok(len);
                    }
                }
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => self.failure = Some(err),
            }
        }
        Ok(0)
    }
}

/// A run of whole lines, and what lies around it.
#[derive(Debug)]
pub struct Block {
    buffer: Aligned,
    /// The main part in the buffer.
    main: Range<usize>,
    /// Kept bytes of the stream before the main part.
    kept: u64,
    /// Cuts up to the end of the main part; the bytes dropped before it are in the first.
    cuts: Vec<Cut>,
}

impl Block {
    /// The lines that are this block's own; each ends with `\n`, but the last of a stream may not.
    #[must_use]
    pub fn main(&self) -> &[u8] {
        &self.buffer.bytes()[self.main.clone()]
    }

    /// The whole lines before the one that begins at `at` of the main part, within [`CONTEXT`].
    #[must_use]
    pub fn before(&self, at: usize) -> &[u8] {
        let end = self.main.start + at;
        let text = &self.buffer.bytes()[end.saturating_sub(CONTEXT)..end];
        if self.kept + (at as u64) < CONTEXT as u64 {
            return text;
        }
        whole_lines(text)
    }

    /// What [`Block::before`] has, of a record that begins at `offset` of the stream, in the main part or
    /// shortly before it; and where it ends, counted without what was dropped. `None` where the block
    /// does not hold it.
    #[must_use]
    pub fn text_before(&self, offset: ByteOffset) -> Option<(&[u8], u64)> {
        if offset >= self.offset_of(0) {
            let at = self.position_of(offset);
            return Some((self.before(at), self.kept + at as u64));
        }
        let back = self.offset_of(0).get() - offset.get();
        let text = self.before(0);
        let length = text.len().checked_sub(usize::try_from(back).ok()?)?;
        Some((&text[..length], self.kept.checked_sub(back)?))
    }

    /// The whole lines after byte `at` of the main part, within [`CONTEXT`].
    #[must_use]
    pub fn after(&self, at: usize) -> &[u8] {
        let from = (self.main.start + at).min(self.buffer.len);
        let rest = &self.buffer.bytes()[from..];
        if rest.len() < CONTEXT {
            return rest;
        }
        // The last line may have lost its end.
        let whole = memchr::memrchr(b'\n', &rest[..CONTEXT]).map_or(0, |n| n + 1);
        &rest[..whole]
    }

    /// The stream's offset of byte `at` of the main part.
    #[must_use]
    pub fn offset_of(&self, at: usize) -> ByteOffset {
        let kept = self.kept + at as u64;
        let dropped: u64 = self
            .cuts
            .iter()
            .filter(|cut| cut.kept <= kept)
            .map(|cut| cut.dropped)
            .sum();
        ByteOffset::new(kept + dropped)
    }
}

impl Block {
    /// The byte of the main part that lies at `offset` of the stream, or the next one where it was
    /// dropped.
    #[must_use]
    pub fn position_of(&self, offset: ByteOffset) -> usize {
        let (mut low, mut high) = (0, self.main.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.offset_of(middle) < offset {
                low = middle + 1
            } else {
                high = middle
            }
        }
        low
    }
}

/// Cuts a stream into blocks.
pub struct Blocks<R> {
    reader: LineCutter<R>,
    size: usize,
    /// What the next block begins with: context, then what was read beyond the last main part.
    carry: Vec<u8>,
    /// How much of `carry` is context.
    context: usize,
    /// Kept bytes of the stream before the next main part.
    kept: u64,
    ended: bool,
    spare: Vec<Aligned>,
}

/// The whole lines of the last [`CONTEXT`] bytes of a text that begins with a line.
#[must_use]
pub fn whole_lines(text: &[u8]) -> &[u8] {
    let text = &text[text.len().saturating_sub(CONTEXT)..];
    if text.len() < CONTEXT {
        return text;
    }
    // The first line may have lost its head.
    let whole = memchr::memchr(b'\n', text).map_or(text.len(), |n| n + 1);
    &text[whole..]
}

impl<R: Read> Blocks<R> {
    /// Blocks with main parts of about `size` bytes, longer where a line is longer.
    pub fn new(reader: R, size: usize) -> Self {
        Self {
            reader: LineCutter::new(reader),
            size: size.max(1),
            carry: Vec::new(),
            context: 0,
            kept: 0,
            ended: false,
            spare: Vec::new(),
        }
    }

    /// The next block; `None` at the end of the stream.
    pub fn next_block(&mut self) -> Option<Block> {
        let mut buffer = self
            .spare
            .pop()
            .unwrap_or_else(|| Aligned::with_capacity(self.size + 4 * CONTEXT));
        buffer.len = 0;
        buffer.push(&self.carry);
        let start = self.context;
        self.fill(&mut buffer, start + self.size + CONTEXT);
        let end = self.main_end(&mut buffer, start);
        if end == start {
            return None;
        }
        self.fill(&mut buffer, end + CONTEXT);
        let block = Block {
            main: start..end,
            kept: self.kept,
            cuts: self.cuts_before(self.kept + (end - start) as u64),
            buffer,
        };
        let from = end.saturating_sub(CONTEXT);
        self.carry.clear();
        self.carry.extend_from_slice(&block.buffer.bytes()[from..]);
        self.context = end - from;
        self.kept += (end - start) as u64;
        Some(block)
    }

    /// Takes a block back for its memory.
    pub fn recycle(&mut self, block: Block) {
        self.spare.push(block.buffer);
    }

    /// How many lines were cut at [`MAX_LINE`].
    #[must_use]
    pub fn cut_lines(&self) -> u64 {
        self.reader.cut_lines
    }

    /// What ended the stream before its end.
    #[must_use]
    pub fn failure(&self) -> Option<&io::Error> {
        self.reader.failure.as_ref()
    }

    /// Reads until the buffer holds `want` bytes or the stream ends.
    fn fill(&mut self, buffer: &mut Aligned, want: usize) {
        buffer.reserve(want);
        while !self.ended && buffer.len < want {
            // What is read beyond has to be copied to the next block.
            let missing = want - buffer.len;
            match buffer.read_from(&mut self.reader, missing) {
                // The cutter keeps failures, so that an error cannot come here.
                Ok(0) | Err(_) => self.ended = true,
                Ok(_) => {}
            }
        }
    }

    /// Where the main part that begins at `start` ends: after the last line end within the size, or
    /// after the first one where a line is longer, or with the stream.
    fn main_end(&mut self, buffer: &mut Aligned, start: usize) -> usize {
        let limit = (start + self.size).min(buffer.len);
        if self.ended && buffer.len <= start + self.size {
            return buffer.len;
        }
        if let Some(n) = memchr::memrchr(b'\n', &buffer.bytes()[start..limit]) {
            return start + n + 1;
        }
        let mut searched = limit;
        loop {
            if let Some(n) = memchr::memchr(b'\n', &buffer.bytes()[searched..]) {
                return searched + n + 1;
            }
            if self.ended {
                return buffer.len;
            }
            searched = buffer.len;
            self.fill(buffer, searched + self.size.max(CONTEXT));
        }
    }

    /// The cuts that the block ending at `end` has to know; those before its end are folded into one.
    fn cuts_before(&mut self, end: u64) -> Vec<Cut> {
        let cuts = &mut self.reader.cuts;
        let known: Vec<Cut> = cuts.iter().copied().filter(|cut| cut.kept < end).collect();
        if let Some(last) = known.last() {
            let dropped = known.iter().map(|cut| cut.dropped).sum();
            cuts.retain(|cut| cut.kept >= end);
            cuts.insert(
                0,
                Cut {
                    kept: last.kept,
                    dropped,
                },
            );
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line, its offset, and the lines before and after it.
    type Seen = (Vec<u8>, u64, Vec<u8>, Vec<u8>);

    fn lines_with_context(text: &[u8], size: usize) -> Vec<Seen> {
        let mut blocks = Blocks::new(text, size);
        let mut all = Vec::new();
        while let Some(block) = blocks.next_block() {
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
            blocks.recycle(block);
        }
        all
    }

    #[test]
    fn any_block_size_shows_the_same_lines_and_context() {
        let mut text = Vec::new();
        for n in 0..3000_u32 {
            text.extend_from_slice(&vec![b'a' + (n % 26) as u8; (n * 7 % 113) as usize]);
            text.push(b'\n');
        }
        text.extend_from_slice(b"the last line has no end");
        let whole = lines_with_context(&text, 1 << 22);
        for size in [1, 100, 4097, 70_000] {
            assert!(lines_with_context(&text, size) == whole, "size {size}");
        }
    }

    #[test]
    fn a_line_over_the_bound_is_cut_and_offsets_stay_exact() {
        let mut text = b"first\n".to_vec();
        text.extend_from_slice(&vec![b'x'; 3 * MAX_LINE + 17]);
        text.extend_from_slice(b"\nsecond\nthird");
        let mut blocks = Blocks::new(&text[..], BLOCK);
        let mut seen = Vec::new();
        while let Some(block) = blocks.next_block() {
            for (at, line) in starts(block.main()) {
                seen.push((block.offset_of(at).get(), line.len()));
            }
        }
        assert_eq!(blocks.cut_lines(), 1);
        let second = (text.len() - b"second\nthird".len()) as u64;
        assert_eq!(
            seen,
            [(0, 6), (6, MAX_LINE + 1), (second, 7), (second + 7, 5)]
        );
    }

    fn starts(text: &[u8]) -> Vec<(usize, &[u8])> {
        let mut at = 0;
        text.split_inclusive(|&b| b == b'\n')
            .map(|line| {
                at += line.len();
                (at - line.len(), line)
            })
            .collect()
    }

    #[test]
    fn a_failing_stream_gives_what_it_had() {
        struct Fails(u8);
        impl Read for Fails {
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                if self.0 > 1 {
                    return Err(io::Error::other("broken"));
                }
                buf[..4].copy_from_slice(b"a\nb\n");
                Ok(4)
            }
        }
        let mut blocks = Blocks::new(Fails(0), BLOCK);
        assert_eq!(
            blocks.next_block().map(|b| b.main().to_vec()),
            Some(b"a\nb\n".to_vec())
        );
        assert!(blocks.next_block().is_none());
        assert_eq!(
            blocks.failure().map(ToString::to_string),
            Some("broken".to_owned())
        );
    }
}
