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

/// Where a line begins in its file, and its stamp.
pub type Spot = (u64, Option<Stamp>);

/// Lines of one writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub lines: u64,
    /// Where the first begins in the file, and its stamp.
    pub first: Spot,
    /// Where the last begins, and its stamp.
    pub last: Spot,
}

impl Tally {
    /// Adds lines of the same writer. First and last go by their places, not by their stamps, which may
    /// be out of order: so the sum is the same whatever the blocks.
    fn join(&mut self, other: &Self) {
        self.lines += other.lines;
        if other.first.0 < self.first.0 {
            self.first = other.first;
        }
        if other.last.0 > self.last.0 {
            self.last = other.last;
        }
    }
}

/// A name as it stands in the text.
type Name = Box<[u8]>;

/// Who wrote: host, program and pid as they stand in the text; no pid where there are too many.
pub type Writer = (Name, Name, Option<Name>);

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
    hash: u64,
    program_no: usize,
    host: &'a [u8],
    program: &'a [u8],
    pid: &'a [u8],
    lines: u64,
    first: &'a [u8],
    last: &'a [u8],
}

impl Census {
    /// Counts the lines of a block that begins at byte `begin` of its file; returns the census and how many lines there are.
    #[must_use]
    pub fn take(text: &[u8], begin: u64, format: Format) -> (Self, u64) {
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
                match known.host_at.and_then(|host| tag_at(line, host)) {
                    Some((tag, whole)) => table.count(hash(0, whole), &tag, line),
                    None => table.count_tag(tag(line, format), line),
                }
                continue;
            }
            let tag = tag(line, format);
            if let Some(range) = minute_key(line, format) {
                let host_at = tag.as_ref().and_then(|tag| place_in(line, tag.host));
                let next = Minute {
                    first: line,
                    range,
                    host_at,
                    lines: 1,
                };
                if let Some(before) = minute.replace(next) {
                    census.push_minute(before.first, before.lines, format);
                }
            }
            table.count_tag(tag, line);
        }
        if let Some(before) = minute {
            census.push_minute(before.first, before.lines, format);
        }
        census.first = first_stamp(text, format);
        census.last = last_stamp(text, format);
        let spot = |line: &[u8]| {
            let at = (line.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            (begin + at as u64, stamp_of(line, format))
        };
        table.finish(&mut census, &spot);
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
        let minute = |stamp: &Stamp| stamp.known_nanos().div_euclid(60_000_000_000);
        for (stamp, count) in next.minutes {
            // A minute may go on in the next block.
            if let Some(last) = self
                .minutes
                .last_mut()
                .filter(|l| minute(&l.0) == minute(&stamp))
            {
                last.1 += count;
                continue;
            }
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
            Some(known) => known.join(&tally),
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
        let forkers: BTreeSet<(Name, Name)> = pids
            .into_iter()
            .filter(|(_, count)| *count > MAX_PIDS)
            .map(|((host, program), _)| (host.into(), program.into()))
            .collect();
        let is_forker = |w: &Writer| forkers.contains(&(w.0.clone(), w.1.clone()));
        let (folded, kept): (HashMap<_, _>, HashMap<_, _>) = std::mem::take(&mut self.writers)
            .into_iter()
            .partition(|(w, _)| is_forker(w));
        self.writers = kept;
        let mut folded: Vec<(Writer, Tally)> = folded.into_iter().collect();
        folded.sort_by_key(|(_, t)| t.first.0);
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

/// `host program[pid]:` at a known place, taken apart and whole; `None` where the line does not look so.
fn tag_at(line: &[u8], host_at: usize) -> Option<(Tag<'_>, &[u8])> {
    let rest = line.get(host_at..)?;
    if line.get(host_at.checked_sub(1)?) != Some(&b' ') {
        return None;
    }
    let blank = rest.iter().take(64).position(|b| *b == b' ')?;
    let (host, after) = (&rest[..blank], &rest[blank + 1..]);
    let stop = after
        .iter()
        .take(64)
        .position(|b| matches!(b, b'[' | b':' | b' ' | b'('))?;
    let program = &after[..stop];
    let pid = match after[stop] {
        b':' => &after[stop..stop],
        b'[' => {
            let pid = &after[stop + 1..];
            let digits = pid.iter().take(10).position(|b| !b.is_ascii_digit())?;
            (pid[digits] == b']' && pid.get(digits + 1) == Some(&b':')).then(|| &pid[..digits])?
        }
        _ => return None,
    };
    let whole = &rest[..blank + 1 + stop + usize::from(!pid.is_empty()) + pid.len()];
    let named = !host.is_empty() && !program.is_empty() && !host.ends_with(b":");
    named.then_some((Tag { host, program, pid }, whole))
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

/// The writers of one block, found by a hash of their tag.
struct Table<'a> {
    /// One more than the place in `seen`; a power of two of slots, at most half of them taken.
    slots: Vec<u32>,
    seen: Vec<Seen<'a>>,
    programs: Vec<Program>,
    last: usize,
}

impl<'a> Table<'a> {
    fn new() -> Self {
        Self {
            slots: vec![0; SLOTS],
            seen: Vec::new(),
            programs: Vec::new(),
            last: 0,
        }
    }

    /// Counts a line with a tag, if it has one.
    fn count_tag(&mut self, tag: Option<Tag<'a>>, line: &'a [u8]) {
        if let Some(tag) = tag {
            let hash = hash(hash(hash(1, tag.host), tag.program), tag.pid);
            self.count(hash, &tag, line);
        }
    }

    /// Writers are told apart by a 64-bit hash alone: comparing names would fetch lines that have long
    /// left the cache, and two names of one hash would only be counted together.
    fn count(&mut self, hash: u64, tag: &Tag<'a>, line: &'a [u8]) {
        let (host, program, pid) = (tag.host, tag.program, tag.pid);
        if let Some(seen) = self
            .seen
            .get_mut(self.last)
            .filter(|seen| seen.hash == hash)
        {
            seen.add(line);
            return;
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while let Some(n) = (self.slots[slot] as usize).checked_sub(1) {
            if self.seen[n].hash == hash {
                self.seen[n].add(line);
                self.last = n;
                return;
            }
            slot = (slot + 1) & mask;
        }
        let program_no = self.program(host, program);
        let known = &mut self.programs[program_no];
        known.pids += 1;
        if known.pids > MAX_PIDS {
            // It forks for each connection: further pids are counted together.
            match known.others {
                Some(n) => return self.seen[n].add(line),
                None => known.others = Some(self.seen.len()),
            }
        }
        self.slots[slot] = self.seen.len() as u32 + 1;
        self.last = self.seen.len();
        self.seen.push(Seen {
            hash,
            program_no,
            host,
            program,
            pid,
            lines: 1,
            first: line,
            last: line,
        });
        if self.seen.len() * 2 > self.slots.len() {
            self.grow();
        }
    }

    /// The number of a program among those of the block; there are few.
    fn program(&mut self, host: &[u8], program: &[u8]) -> usize {
        let hash = hash(hash(2, host), program);
        let known = self.programs.iter().position(|p| p.hash == hash);
        known.unwrap_or_else(|| {
            self.programs.push(Program {
                hash,
                pids: 0,
                others: None,
            });
            self.programs.len() - 1
        })
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 4 - 1;
        self.slots = vec![0; mask + 1];
        for (n, seen) in self.seen.iter().enumerate() {
            let mut slot = seen.hash as usize & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = n as u32 + 1;
        }
    }

    /// Moves the writers into the census, those with very many pids as one.
    fn finish(self, census: &mut Census, spot: &dyn Fn(&[u8]) -> Spot) {
        let mut forkers: Vec<Option<Seen<'a>>> = self.programs.iter().map(|_| None).collect();
        for seen in self.seen {
            if self.programs[seen.program_no].pids <= MAX_PIDS {
                census.add(seen.writer(), seen.tally(spot));
                continue;
            }
            match &mut forkers[seen.program_no] {
                Some(known) => known.join(&seen),
                none => *none = Some(Seen { pid: b"", ..seen }),
            }
        }
        for seen in forkers.into_iter().flatten() {
            census.add(seen.writer(), seen.tally(spot));
        }
    }
}

/// A program of a host, and how many pids of it were seen.
struct Program {
    hash: u64,
    pids: usize,
    /// Where pids beyond the bound are counted together.
    others: Option<usize>,
}

impl<'a> Seen<'a> {
    fn writer(&self) -> Writer {
        let pid = (!self.pid.is_empty()).then(|| self.pid.into());
        (self.host.into(), self.program.into(), pid)
    }

    fn tally(&self, spot: &dyn Fn(&[u8]) -> Spot) -> Tally {
        Tally {
            lines: self.lines,
            first: spot(self.first),
            last: spot(self.last),
        }
    }

    /// Adds the lines of another pid of the same program in the same block.
    fn join(&mut self, other: &Self) {
        self.lines += other.lines;
        if other.first.as_ptr() < self.first.as_ptr() {
            self.first = other.first;
        }
        if other.last.as_ptr() > self.last.as_ptr() {
            self.last = other.last;
        }
    }

    fn add(&mut self, line: &'a [u8]) {
        self.lines += 1;
        self.last = line;
    }
}

/// A quick hash of a name, on top of another; no defence against names made to collide, of which the
/// worst is a wrong count.
fn hash(seed: u64, name: &[u8]) -> u64 {
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(29) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut hash = mix(seed, name.len() as u64);
    let (chunks, rest) = name.as_chunks::<8>();
    for chunk in chunks {
        hash = mix(hash, u64::from_le_bytes(*chunk));
    }
    match name.last_chunk::<8>() {
        // The last eight bytes, some of them a second time.
        Some(last) if !rest.is_empty() => hash = mix(hash, u64::from_le_bytes(*last)),
        Some(_) => {}
        None => hash = mix(hash, rest.iter().fold(0, |w, b| w << 8 | u64::from(*b))),
    }
    // The lower bits choose the slot.
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_by_writer_and_minute() {
        let text = b"Mar  1 10:00:00 web01 app[8]: a\nMar  1 10:00:30 web01 app[8]: b\n\
            Mar  1 10:01:00 web02 app[9]: c\n\tmore\nMar  1 10:01:01 web02 kernel: d\n";
        let (census, lines) = Census::take(text, 0, crate::record::detect(text));
        assert_eq!(lines, 5);
        assert_eq!(
            census.minutes.iter().map(|m| m.1).collect::<Vec<_>>(),
            [2, 2]
        );
        let mut counts: Vec<(String, u64)> = census
            .writers
            .iter()
            .map(|((host, program, pid), t)| {
                let pid = pid.as_deref().unwrap_or(b"-");
                let all =
                    [&host[..], program, pid].map(|b| String::from_utf8_lossy(b).into_owned());
                (all.join(" "), t.lines)
            })
            .collect();
        counts.sort();
        let expected = [
            ("web01 app 8", 2),
            ("web02 app 9", 1),
            ("web02 kernel -", 1),
        ];
        assert_eq!(counts, expected.map(|(a, n)| (a.to_owned(), n)));
    }
}
