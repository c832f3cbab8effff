//! Who wrote how much, and when: counted over all lines, candidates or not.
//!
//! In: the lines of a block. Out: a [`Census`]: lines by host, program and pid with the first and the
//! last stamp, and lines a minute. It yields what nobody announces: a process that came back under
//! another pid, a host that fell silent, a rate that rose. Every line costs a comparison of bytes at
//! the format's fixed positions and one look-up; times are read at the first and last line only.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::record::{Format, Tag, minute_key, stamp_of, tag};
use crate::time::Stamp;

/// A program with more pids than this is counted as one (it forks for each connection).
const MAX_PIDS: usize = 64;
/// The most (host, program, pid) that one file's census keeps apart.
const MAX_ENTRIES: usize = 20_000;
/// The most minutes kept apart; 70 days.
const MAX_MINUTES: usize = 100_000;
/// Slots of the look-up table at first; a power of two.
const SLOTS: usize = 1024;

/// Lines of one writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub lines: u64,
    /// The stamp of the first.
    pub first: Option<Stamp>,
    /// The stamp of the last.
    pub last: Option<Stamp>,
}

/// Who wrote: host, program and pid as they stand in the text; no pid where there are too many.
pub type Writer = (Box<[u8]>, Box<[u8]>, Option<Box<[u8]>>);

/// The census of a block or a file.
#[derive(Debug, Clone, Default)]
pub struct Census {
    /// Lines, by who wrote them.
    pub writers: HashMap<Writer, Tally>,
    /// Lines, by the minute in which they were written, in order of appearance.
    pub minutes: Vec<(Stamp, u64)>,
    /// The first stamp of all lines.
    pub first: Option<Stamp>,
    /// The last stamp of all lines.
    pub last: Option<Stamp>,
    /// Whether bounds were met, so that some writers or minutes are counted with others.
    pub folded: bool,
}

/// A writer of the block at hand: where its tag stands, and its lines.
struct Seen<'a> {
    host: &'a [u8],
    program: &'a [u8],
    pid: &'a [u8],
    lines: u64,
    first: &'a [u8],
    last: &'a [u8],
}

impl Census {
    /// Counts the lines of a block; returns the census and how many lines there are.
    #[must_use]
    pub fn take(text: &[u8], format: Format) -> (Self, u64) {
        let mut table = Table::new();
        let mut census = Self::default();
        let mut minute: Option<Minute<'_>> = None;
        let mut lines = 0;
        let mut at = 0;
        let last = (!text.ends_with(b"\n") && !text.is_empty()).then_some(text.len());
        for end in memchr::memchr_iter(b'\n', text).chain(last) {
            let line = &text[at..end];
            at = end + 1;
            lines += 1;
            if let Some(known) = minute.as_mut().filter(|m| m.has(line)) {
                // The same minute at the same place: the line is laid out as the one before it.
                known.lines += 1;
                let tag = known.host_at.and_then(|host| tag_at(line, host)).or_else(|| tag(line, format));
                if let Some(tag) = tag {
                    table.count(tag.host, tag.program, tag.pid, line);
                }
                continue;
            }
            let tag = tag(line, format);
            if let Some(range) = minute_key(line, format) {
                let host_at = tag.as_ref().and_then(|tag| place_in(line, tag.host));
                let next = Minute { first: line, range, host_at, lines: 1 };
                if let Some(before) = minute.replace(next) {
                    census.push_minute(before.first, before.lines, format);
                }
            }
            if let Some(tag) = tag {
                table.count(tag.host, tag.program, tag.pid, line);
            }
        }
        if let Some(before) = minute {
            census.push_minute(before.first, before.lines, format);
        }
        census.first = first_stamp(text, format);
        census.last = last_stamp(text, format);
        table.finish(&mut census, format);
        (census, lines)
    }

    fn push_minute(&mut self, line: &[u8], count: u64, format: Format) {
        if let Some(stamp) = stamp_of(line, format) {
            self.minutes.push((stamp, count));
        }
    }

    /// Adds the census of the block that follows.
    pub fn append(&mut self, next: Self) {
        self.folded |= next.folded;
        self.first = self.first.or(next.first);
        self.last = next.last.or(self.last);
        for (writer, tally) in next.writers {
            self.add(writer, tally);
        }
        for (stamp, count) in next.minutes {
            if self.minutes.len() < MAX_MINUTES {
                self.minutes.push((stamp, count));
            } else if let Some(last) = self.minutes.last_mut() {
                self.folded = true;
                last.1 += count;
            }
        }
    }

    fn add(&mut self, writer: Writer, tally: Tally) {
        let full = self.writers.len() >= MAX_ENTRIES && !self.writers.contains_key(&writer);
        let writer = if full {
            self.folded = true;
            (Box::default(), Box::default(), None)
        } else {
            writer
        };
        match self.writers.get_mut(&writer) {
            Some(known) => {
                known.lines += tally.lines;
                known.first = known.first.or(tally.first);
                known.last = tally.last.or(known.last);
            }
            None => {
                self.writers.insert(writer, tally);
            }
        }
    }

    /// Counts programs with very many pids as one each. Done once, for a whole file, so that it does
    /// not depend on the blocks.
    pub fn fold_forkers(&mut self) {
        let mut pids: BTreeMap<(&[u8], &[u8]), usize> = BTreeMap::new();
        for (host, program, pid) in self.writers.keys() {
            // A block has folded it already where there is none.
            *pids.entry((host, program)).or_default() +=
                if pid.is_some() { 1 } else { MAX_PIDS + 1 };
        }
        let forkers: BTreeSet<(Box<[u8]>, Box<[u8]>)> = pids
            .into_iter()
            .filter(|(_, count)| *count > MAX_PIDS)
            .map(|((host, program), _)| (host.into(), program.into()))
            .collect();
        let is_forker = |w: &Writer| forkers.contains(&(w.0.clone(), w.1.clone()));
        let (folded, kept): (HashMap<_, _>, HashMap<_, _>) =
            std::mem::take(&mut self.writers).into_iter().partition(|(w, _)| is_forker(w));
        self.writers = kept;
        let mut folded: Vec<(Writer, Tally)> = folded.into_iter().collect();
        folded.sort_by_key(|(w, t)| (t.last.map(|s| s.known_nanos()), w.clone()));
        for ((host, program, _), tally) in folded {
            self.add((host, program, None), tally);
        }
    }
}

/// Lines that bear the same minute, one after the other.
struct Minute<'a> {
    /// The first of them.
    first: &'a [u8],
    /// Where they bear it.
    range: Range<usize>,
    /// Where the host's name begins.
    host_at: Option<usize>,
    lines: u64,
}

impl Minute<'_> {
    fn has(&self, line: &[u8]) -> bool {
        line.get(self.range.clone()) == self.first.get(self.range.clone())
    }
}

/// Where `part` begins in `line`, of which it is a part.
fn place_in(line: &[u8], part: &[u8]) -> Option<usize> {
    let at = (part.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    (!part.is_empty() && at + part.len() <= line.len()).then_some(at)
}

/// `host program[pid]:` at a known place; `None` where the line does not look so.
fn tag_at(line: &[u8], host_at: usize) -> Option<Tag<'_>> {
    let rest = line.get(host_at..)?;
    if line.get(host_at.checked_sub(1)?) != Some(&b' ') {
        return None;
    }
    let blank = rest.iter().take(64).position(|b| *b == b' ')?;
    let (host, rest) = (&rest[..blank], &rest[blank + 1..]);
    let stop = rest.iter().take(64).position(|b| matches!(b, b'[' | b':' | b' ' | b'('))?;
    let program = &rest[..stop];
    match rest[stop] {
        b':' => Some(Tag { host, program, pid: b"" }),
        b'[' => {
            let pid = &rest[stop + 1..];
            let digits = pid.iter().take(10).position(|b| !b.is_ascii_digit())?;
            (pid[digits] == b']' && pid.get(digits + 1) == Some(&b':'))
                .then(|| Tag { host, program, pid: &pid[..digits] })
        }
        _ => None,
    }
    .filter(|tag| !tag.host.is_empty() && !tag.program.is_empty() && !tag.host.ends_with(b":"))
}

/// The stamp of the first stamped line of the text.
fn first_stamp(text: &[u8], format: Format) -> Option<Stamp> {
    text.split(|b| *b == b'\n').take(256).find_map(|line| stamp_of(line, format))
}

/// The stamp of the last stamped line of the text.
fn last_stamp(text: &[u8], format: Format) -> Option<Stamp> {
    let mut end = text.strip_suffix(b"\n").unwrap_or(text).len();
    // A trace of a hundred lines may stand at the end.
    for _ in 0..256 {
        let at = memchr::memrchr(b'\n', &text[..end]).map_or(0, |n| n + 1);
        if let Some(stamp) = stamp_of(&text[at..end], format) {
            return Some(stamp);
        }
        if at == 0 {
            break;
        }
        end = at - 1;
    }
    None
}

/// The writers of one block, found by a hash of their tag.
struct Table<'a> {
    /// One more than the place in `seen`; a power of two of slots, at most half of them taken.
    slots: Vec<u32>,
    seen: Vec<Seen<'a>>,
    last: usize,
}

impl<'a> Table<'a> {
    fn new() -> Self {
        Self { slots: vec![0; SLOTS], seen: Vec::new(), last: 0 }
    }

    fn count(&mut self, host: &'a [u8], program: &'a [u8], pid: &'a [u8], line: &'a [u8]) {
        let same = |seen: &Seen<'a>| seen.pid == pid && seen.program == program && seen.host == host;
        if let Some(seen) = self.seen.get_mut(self.last).filter(|seen| same(seen)) {
            seen.add(line);
            return;
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash(host, program, pid) & mask;
        while let Some(n) = (self.slots[slot] as usize).checked_sub(1) {
            if same(&self.seen[n]) {
                self.seen[n].add(line);
                self.last = n;
                return;
            }
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = self.seen.len() as u32 + 1;
        self.last = self.seen.len();
        self.seen.push(Seen { host, program, pid, lines: 1, first: line, last: line });
        if self.seen.len() * 2 > self.slots.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 4 - 1;
        self.slots = vec![0; mask + 1];
        for (n, seen) in self.seen.iter().enumerate() {
            let mut slot = hash(seen.host, seen.program, seen.pid) & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = n as u32 + 1;
        }
    }

    /// Moves the writers into the census.
    fn finish(self, census: &mut Census, format: Format) {
        for seen in self.seen {
            let pid = (!seen.pid.is_empty()).then(|| seen.pid.into());
            let writer: Writer = (seen.host.into(), seen.program.into(), pid);
            let tally = Tally {
                lines: seen.lines,
                first: stamp_of(seen.first, format),
                last: stamp_of(seen.last, format),
            };
            census.add(writer, tally);
        }
    }
}

impl<'a> Seen<'a> {
    fn add(&mut self, line: &'a [u8]) {
        self.lines += 1;
        self.last = line;
    }
}

/// A quick hash of the ends of host, program and pid; not fit for anything but this table.
fn hash(host: &[u8], program: &[u8], pid: &[u8]) -> usize {
    let end = |text: &[u8]| text.iter().rev().take(8).fold(0_u64, |h, b| h << 8 | u64::from(*b));
    let mixed = end(program) ^ end(pid).rotate_left(21) ^ end(host).rotate_left(43);
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_by_writer_and_minute() {
        let text = b"Mar  1 10:00:00 web01 app[8]: a\nMar  1 10:00:30 web01 app[8]: b\n\
            Mar  1 10:01:00 web02 app[9]: c\n\tmore\nMar  1 10:01:01 web02 kernel: d\n";
        let (census, lines) = Census::take(text, crate::record::detect(text));
        assert_eq!(lines, 5);
        assert_eq!(census.minutes.iter().map(|m| m.1).collect::<Vec<_>>(), [2, 2]);
        let mut counts: Vec<(String, u64)> = census
            .writers
            .iter()
            .map(|((host, program, pid), t)| {
                let pid = pid.as_deref().unwrap_or(b"-");
                let all = [&host[..], program, pid].map(|b| String::from_utf8_lossy(b).into_owned());
                (all.join(" "), t.lines)
            })
            .collect();
        counts.sort();
        let expected = [("web01 app 8", 2), ("web02 app 9", 1), ("web02 kernel -", 1)];
        assert_eq!(counts, expected.map(|(a, n)| (a.to_owned(), n)));
    }
}
