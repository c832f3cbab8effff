//! Counts the lines of one block.
//!
//! In: the block's lines, a piece at a time, with their ends. Out: its [`Census`]. What most lines are is told by
//! their first bytes, by the batch; the others are taken apart.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::super::LineEnds;
use super::super::heads::{Batch, Head, Known, kept};
use super::table::Table;
use super::{Census, MinuteTally};
use crate::record::{Format, Tagger, minute_key, stamp_of};
use crate::time::Stamp;

/// Counts the lines of one block, a piece at a time.
#[derive(Debug)]
pub struct Counter<'a> {
    text: &'a [u8],
    format: Format,
    tagger: Tagger,
    census: Census,
    writers: Table<'a>,
    known: Known,
    minute: Option<Minute>,
}

impl<'a> Counter<'a> {
    /// For the block that holds `text`.
    #[must_use]
    pub fn new(text: &'a [u8], format: Format) -> Self {
        Self {
            text,
            format,
            tagger: Tagger::new(format),
            census: Census::default(),
            writers: Table::new(),
            known: Known::new(),
            minute: None,
        }
    }

    /// Counts the lines of the piece that begins at `from` of the block.
    pub fn count(&mut self, from: usize, piece: &[u8], ends: &LineEnds) {
        Arch::new().dispatch(Count {
            counter: self,
            from,
            piece,
            ends,
        });
    }

    #[inline(always)]
    fn count_all(&mut self, from: usize, piece: &[u8], ends: &LineEnds) {
        let mut batch = Batch::default();
        let mut at = from;
        let last = (!piece.ends_with(b"\n")).then_some(piece.len());
        for end in ends.places().chain(last) {
            let line = at..from + end;
            at = line.end + 1;
            let Some(minute) = self.minute.as_mut().filter(|m| m.has(self.text, &line)) else {
                self.count_batch(&mut batch);
                self.line_of_other_minute(line);
                continue;
            };
            // The same minute at the same place: the line is laid out as the one before it.
            minute.lines += 1;
            match minute
                .host_at
                .and_then(|host| Head::of(self.text, &line, host))
            {
                Some(head) => batch.push(line, head.whole()),
                None => self.line_of_other_writer(line, None),
            }
            if batch.is_full() {
                self.count_batch(&mut batch);
            }
        }
        self.count_batch(&mut batch);
    }

    /// Counts lines whose heads are known, whole or up to the pid, and takes the others apart.
    #[inline(always)]
    fn count_batch(&mut self, batch: &mut Batch) {
        let text = self.text;
        let host = self.minute.as_ref().and_then(|minute| minute.host_at);
        let head = |line: &Range<usize>| Head::of(text, line, host?);
        batch.drop_those(|line, whole| self.known.count(whole, line.start));
        batch.drop_those(|line, _| {
            head(&line).is_some_and(|head| self.known.count(head.program(), line.start))
        });
        for line in batch.drain() {
            let head = head(&line);
            self.line_of_other_writer(line, head);
        }
    }

    #[cold]
    fn line_of_other_minute(&mut self, line: Range<usize>) {
        let at = line.start;
        let line = &self.text[line];
        let tag = self.tagger.tag(line);
        if let Some(key) = minute_key(line, self.format) {
            let host_at = tag.as_ref().and_then(|tag| place_in(line, tag.host));
            let next = Minute {
                line: at,
                // Where there are none, none of the lines after it has them either.
                bytes: first_bytes(self.text, at, &key).unwrap_or(0),
                key,
                host_at,
                lines: 1,
            };
            if let Some(before) = self.minute.replace(next) {
                self.push_minute(&before);
            }
        }
        if let Some(tag) = tag {
            self.writers.count(&tag, at, &self.known);
        }
    }

    #[cold]
    fn line_of_other_writer(&mut self, line: Range<usize>, head: Option<Head<'_>>) {
        let at = line.start;
        let line = &self.text[line];
        let Some(tag) = self.tagger.tag(line) else {
            return;
        };
        let n = self.writers.count(&tag, at, &self.known);
        let host_at = self.minute.as_ref().and_then(|minute| minute.host_at);
        let before_pid = tag.host.len() + 1 + tag.program.len();
        let pid = if tag.pid.is_empty() {
            0
        } else {
            tag.pid.len() + 2
        };
        // Only where the head is the tag and nothing else does it tell the tag the next time.
        if let Some(head) = head
            && head.len() == before_pid + pid
            && place_in(line, tag.host) == host_at
        {
            let folded = self.writers.folds(n);
            let whole = head.before_pid() == before_pid;
            let before = match (folded, whole) {
                (false, _) => {
                    self.writers.seen[n].head = head.whole();
                    self.known.note(head.whole(), n)
                }
                (true, true) if pid > 0 => self.known.note(head.program(), n),
                (true, _) => None,
            };
            self.writers.add(before);
        }
    }

    fn push_minute(&mut self, minute: &Minute) {
        if let Some(stamp) = stamp_of(line_at(self.text, minute.line), self.format) {
            self.census.minutes.push(MinuteTally {
                at: minute.line as u64,
                stamp,
                lines: minute.lines,
            });
        }
    }

    /// The census of the block, which begins at byte `begin` of its file.
    #[must_use]
    pub fn finish(mut self, begin: u64) -> Census {
        if let Some(minute) = self.minute.take() {
            self.push_minute(&minute);
        }
        let Self {
            text,
            format,
            mut tagger,
            mut census,
            mut writers,
            known,
            ..
        } = self;
        writers.add(known.into_told());
        for minute in &mut census.minutes {
            minute.at += begin;
        }
        census.first = first_stamp(text, format);
        census.last = last_stamp(text, format);
        let mut spot = |at: usize| (begin + at as u64, tagger.stamp(line_at(text, at)));
        writers.finish(&mut census, &mut spot);
        census
    }
}

/// [`Counter::count`], compiled for each kind of processor.
struct Count<'a, 't> {
    counter: &'a mut Counter<'t>,
    from: usize,
    piece: &'a [u8],
    ends: &'a LineEnds,
}

impl WithSimd for Count<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.counter.count_all(self.from, self.piece, self.ends);
    }
}

/// The line that begins at `at`.
fn line_at(text: &[u8], at: usize) -> &[u8] {
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
    &text[at..end]
}

/// Lines that bear the same minute, one after the other.
#[derive(Debug)]
struct Minute {
    /// Where the first of them begins.
    line: usize,
    /// Where in a line they bear it.
    key: Range<usize>,
    /// Its first bytes, up to sixteen.
    bytes: u128,
    /// Where in a line the host's name begins.
    host_at: Option<usize>,
    lines: u64,
}

impl Minute {
    /// Whether a line bears it at the same place. Sixteen bytes are compared at once where there are so
    /// many; hardly a stamp's minute is longer.
    #[inline(always)]
    fn has(&self, text: &[u8], line: &Range<usize>) -> bool {
        let (at, end) = (line.start, line.end);
        let key = |at: usize| text.get(at + self.key.start..at + self.key.end);
        if at + self.key.end > end {
            return false;
        }
        match first_bytes(text, at, &self.key) {
            Some(bytes) if self.key.len() <= 16 => bytes == self.bytes,
            _ => key(at) == key(self.line),
        }
    }
}

/// The first bytes, up to sixteen, of a part of the line that begins at `at`; `None` near the text's end.
#[inline(always)]
fn first_bytes(text: &[u8], at: usize, part: &Range<usize>) -> Option<u128> {
    let bytes = text.get(at + part.start..)?.first_chunk::<16>()?;
    Some(kept(bytes, part.len()))
}

/// Where `part` begins in `line`, of which it is a part.
fn place_in(line: &[u8], part: &[u8]) -> Option<usize> {
    let at = (part.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    (!part.is_empty() && at + part.len() <= line.len()).then_some(at)
}

/// The stamp of the first stamped line of the text.
fn first_stamp(text: &[u8], format: Format) -> Option<Stamp> {
    text.split(|b| *b == b'\n')
        .find_map(|line| stamp_of(line, format))
}

/// The stamp of the last stamped line of the text.
fn last_stamp(text: &[u8], format: Format) -> Option<Stamp> {
    let mut end = text.strip_suffix(b"\n").unwrap_or(text).len();
    loop {
        let at = memchr::memrchr(b'\n', &text[..end]).map_or(0, |n| n + 1);
        if let Some(stamp) = stamp_of(&text[at..end], format) {
            return Some(stamp);
        }
        if at == 0 {
            return None;
        }
        end = at - 1;
    }
}
