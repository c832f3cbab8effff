//! Who wrote how much, and when: counted over all lines, candidates or not.
//!
//! In: the lines of a block. Out: a [`Census`]: lines by host, program and pid with the first and the
//! last stamp, and lines a minute. It yields what nobody announces: a process that came back under
//! another pid, a host that fell silent, a rate that rose. Every line costs a comparison of bytes at
//! the format's fixed positions and one look-up; times are read at the first and last line only.

use std::collections::BTreeMap;

use crate::record::{Format, minute_key, stamp_of, tag};
use crate::time::Stamp;

/// A program with more pids than this is counted as one (it forks for each connection).
const MAX_PIDS: usize = 64;
/// The most (host, program, pid) that one file's census keeps apart.
const MAX_ENTRIES: usize = 20_000;
/// The most minutes kept apart; 70 days.
const MAX_MINUTES: usize = 100_000;
/// Slots of the look-up table; a power of two.
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
    pub writers: BTreeMap<Writer, Tally>,
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
        let mut table = Table::default();
        let mut census = Self::default();
        let mut minute: Option<(&[u8], &[u8], u64)> = None;
        let mut lines = 0;
        let mut first_line: Option<&[u8]> = None;
        let mut at = 0;
        for end in
            memchr::memchr_iter(b'\n', text).chain((!text.ends_with(b"\n")).then_some(text.len()))
        {
            let line = &text[at..end];
            at = end + 1;
            lines += 1;
            if let Some(tag) = tag(line, format) {
                table.count(tag.host, tag.program, tag.pid, line);
            }
            if first_line.is_none() && stamp_of(line, format).is_some() {
                first_line = Some(line);
            }
            let Some(key) = minute_key(line, format).and_then(|range| line.get(range)) else {
                continue;
            };
            match &mut minute {
                Some((known, _, count)) if *known == key => *count += 1,
                _ => {
                    if let Some((_, line, count)) = minute.replace((key, line, 1)) {
                        census.push_minute(line, count, format);
                    }
                }
            }
        }
        if let Some((_, line, count)) = minute {
            census.push_minute(line, count, format);
        }
        census.first = first_line.and_then(|line| stamp_of(line, format));
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
        let forkers: Vec<(Box<[u8]>, Box<[u8]>)> = pids
            .into_iter()
            .filter(|(_, count)| *count > MAX_PIDS)
            .map(|((host, program), _)| (host.into(), program.into()))
            .collect();
        for (host, program) in forkers {
            let of_it: Vec<Writer> = self
                .writers
                .range((host.clone(), program.clone(), None)..)
                .take_while(|(writer, _)| writer.0 == host && writer.1 == program)
                .map(|(writer, _)| writer.clone())
                .collect();
            let mut tallies: Vec<Tally> = of_it
                .iter()
                .filter_map(|writer| self.writers.remove(writer))
                .collect();
            tallies.sort_by_key(|tally| tally.last.map(|stamp| stamp.known_nanos()));
            for tally in tallies {
                self.add((host.clone(), program.clone(), None), tally);
            }
        }
    }
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
    slots: Box<[u32; SLOTS]>,
    seen: Vec<Seen<'a>>,
    last: usize,
}

impl Default for Table<'_> {
    fn default() -> Self {
        Self {
            slots: Box::new([0; SLOTS]),
            seen: Vec::new(),
            last: 0,
        }
    }
}

impl<'a> Table<'a> {
    fn count(&mut self, host: &'a [u8], program: &'a [u8], pid: &'a [u8], line: &'a [u8]) {
        let same =
            |seen: &Seen<'a>| seen.pid == pid && seen.program == program && seen.host == host;
        if self.seen.get(self.last).is_some_and(same) {
            self.add(self.last, line);
            return;
        }
        let mut slot = hash(program, pid) % SLOTS;
        for _ in 0..8 {
            match self.slots[slot] {
                0 => {
                    self.seen.push(Seen {
                        host,
                        program,
                        pid,
                        lines: 1,
                        first: line,
                        last: line,
                    });
                    self.slots[slot] = self.seen.len() as u32;
                    self.last = self.seen.len() - 1;
                    return;
                }
                n => {
                    let n = n as usize - 1;
                    if same(&self.seen[n]) {
                        self.add(n, line);
                        return;
                    }
                }
            }
            slot = (slot + 1) % SLOTS;
        }
        // A crowded table: writers may stand in it twice, and are joined at the end.
        self.seen.push(Seen {
            host,
            program,
            pid,
            lines: 1,
            first: line,
            last: line,
        });
        self.last = self.seen.len() - 1;
    }

    fn add(&mut self, n: usize, line: &'a [u8]) {
        let seen = &mut self.seen[n];
        seen.lines += 1;
        seen.last = line;
        self.last = n;
    }

    /// Moves the writers into the census, in order of their first line.
    fn finish(self, census: &mut Census, format: Format) {
        let mut last_lines: BTreeMap<Writer, *const u8> = BTreeMap::new();
        for seen in self.seen {
            let pid = (!seen.pid.is_empty()).then(|| seen.pid.into());
            let writer: Writer = (seen.host.into(), seen.program.into(), pid);
            let last = stamp_of(seen.last, format);
            let newer = last_lines
                .insert(writer.clone(), seen.last.as_ptr())
                .is_none_or(|before| before < seen.last.as_ptr());
            let tally = Tally {
                lines: seen.lines,
                first: stamp_of(seen.first, format),
                last: if newer { last } else { None },
            };
            census.add(writer, tally);
        }
    }
}

/// A quick hash of program and pid; not fit for anything but this table.
fn hash(program: &[u8], pid: &[u8]) -> usize {
    let mut hash = program.len() as u64;
    for &byte in program.iter().rev().take(8).chain(pid.iter().rev().take(8)) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    (hash >> 40) as usize
}
