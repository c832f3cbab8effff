//! Who wrote how much, and when: counted over all lines, candidates or not.
//!
//! In: the lines of a block ([`Counter`]). Out: a [`Census`]: lines by host, program and pid with the
//! first and the last stamp, and lines a minute. It yields what nobody announces: a process that came
//! back under another pid, a host that fell silent, a rate that rose. Every line costs a comparison of
//! bytes at the format's fixed positions and one look-up by the bytes of its tag, which is taken apart
//! when it comes first; times are read at the first and last line only.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::ops::Range;

use super::LineEnds;
use super::heads::{Batch, Head, Known, Told, kept};
use crate::primitives::Hashed;
use crate::record::{Format, Tag, Tagger, minute_key, stamp_of};
use crate::time::Stamp;
use pulp::{Arch, Simd, WithSimd};
use serde::{Deserialize, Serialize};

/// A program with more pids than this is counted as one where any two of them wrote at the same time, or
/// more than this wrote a single line (it forks for each connection or job). One that had so many one
/// after the other may be crash-looping.
const MAX_PIDS: usize = 64;
/// When a block's programs are first looked at for that: the first and the last pid of a block may have
/// more lines in others.
const FIRST_LOOK: usize = MAX_PIDS + 4;
/// The most (host, program, pid) that one file's census keeps apart.
const MAX_ENTRIES: usize = 20_000;
/// The most minutes kept apart; 70 days.
const MAX_MINUTES: usize = 100_000;
/// Slots of the look-up table at first; a power of two.
const SLOTS: usize = 1024;

/// Where a line begins in its file, and its stamp.
pub type Spot = (u64, Option<Stamp>);

/// Lines that follow each other and are of one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinuteTally {
    /// Where the first begins in the file.
    pub at: u64,
    /// The stamp of the first.
    pub stamp: Stamp,
    /// How many.
    pub lines: u64,
}

/// Lines of one writer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// Who wrote, as the text has it, and how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// Empty where the lines name none.
    pub host: Box<[u8]>,
    /// Never empty, but where all beyond a bound are counted together.
    pub program: Box<[u8]>,
    /// Digits; empty where the lines name none, or where there are too many.
    pub pid: Box<[u8]>,
    /// Its lines.
    pub tally: Tally,
    /// Of its names, by which writers are told apart.
    hash: u64,
}

impl Writer {
    /// What tells it from others.
    #[must_use]
    pub fn key(&self) -> u64 {
        self.hash
    }

    fn new(host: &[u8], program: &[u8], pid: &[u8], tally: Tally) -> Self {
        Self {
            host: host.into(),
            program: program.into(),
            pid: pid.into(),
            tally,
            hash: hash_of(host, program, pid),
        }
    }
}

/// The census of a block or a file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Census {
    /// In order of their first lines.
    pub writers: Vec<Writer>,
    /// Where in them each stands, by hash; empty for a block, whose table has told them apart.
    #[serde(skip)]
    places: HashMap<u64, usize, BuildHasherDefault<Hashed>>,
    /// Lines, by the minute in which they were written, in order of appearance.
    pub minutes: Vec<MinuteTally>,
    /// The first stamp of all lines.
    pub first: Option<Stamp>,
    /// The last stamp of all lines.
    pub last: Option<Stamp>,
    /// Whether bounds were met, so that some writers or minutes are counted with others.
    pub folded: bool,
}

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

/// A writer of the block at hand: its tag, and where its lines begin.
#[derive(Debug)]
struct Seen<'a> {
    hash: u64,
    program_no: usize,
    host: &'a [u8],
    program: &'a [u8],
    pid: &'a [u8],
    lines: u64,
    first: usize,
    last: usize,
    /// The hash of the head by which its further lines are told; zero where there is none.
    head: u64,
}

impl Census {
    /// Adds the census of the block that follows.
    pub fn append(&mut self, next: Self) {
        self.folded |= next.folded;
        self.first = self.first.or(next.first);
        self.last = next.last.or(self.last);
        for writer in next.writers {
            self.add(writer);
        }
        let minute = |stamp: &Stamp| stamp.known_nanos().div_euclid(60_000_000_000);
        for tally in next.minutes {
            // A minute may go on in the next block.
            if let Some(last) = self
                .minutes
                .last_mut()
                .filter(|l| minute(&l.stamp) == minute(&tally.stamp))
            {
                last.lines += tally.lines;
                continue;
            }
            if self.minutes.len() < MAX_MINUTES {
                self.minutes.push(tally);
            } else if let Some(last) = self.minutes.last_mut() {
                self.folded = true;
                last.lines += tally.lines;
            }
        }
    }

    /// Finds out anew where each writer stands: what was saved tells of the writers alone.
    pub fn index(&mut self) {
        self.places.clear();
        for writer in std::mem::take(&mut self.writers) {
            self.add(writer);
        }
    }

    fn add(&mut self, mut writer: Writer) {
        let full = self.writers.len() >= MAX_ENTRIES && !self.places.contains_key(&writer.hash);
        if full {
            self.folded = true;
            writer = Writer::new(b"", b"", b"", writer.tally);
        }
        match self.places.entry(writer.hash) {
            Entry::Occupied(place) => self.writers[*place.get()].tally.join(&writer.tally),
            Entry::Vacant(place) => {
                place.insert(self.writers.len());
                self.writers.push(writer);
            }
        }
    }

    /// Of a stream that goes on: counts the writers that were silent the longest together, by host, where
    /// there are more than so many, and forgets the minutes before the last so many.
    pub fn keep_newest(&mut self, writers: usize, minutes: usize) {
        if self.minutes.len() > minutes + minutes / 4 {
            self.minutes.drain(..self.minutes.len() - minutes);
        }
        if self.writers.len() <= writers {
            return;
        }
        let mut lasts: Vec<u64> = self.writers.iter().map(|w| w.tally.last.0).collect();
        lasts.sort_unstable();
        let bound = lasts[lasts.len() - writers / 2];
        self.folded = true;
        self.places.clear();
        for writer in std::mem::take(&mut self.writers) {
            self.add(match writer.tally.last.0 < bound {
                true => Writer::new(&writer.host, b"", b"", writer.tally),
                false => writer,
            });
        }
    }

    /// Counts programs with very many pids as one each. Done once, for a whole file, so that it does
    /// not depend on the blocks.
    pub fn fold_forkers(&mut self) {
        let mut pids: HashMap<u64, usize, BuildHasherDefault<Hashed>> = HashMap::default();
        let program = |w: &Writer| hash_of(&w.host, &w.program, b"");
        for writer in &self.writers {
            // A block has folded it already where there is none.
            *pids.entry(program(writer)).or_default() += match writer.pid.is_empty() {
                true => MAX_PIDS + 1,
                false => 1,
            };
        }
        pids.retain(|_, n| *n > MAX_PIDS);
        let mut lives: BTreeMap<u64, Vec<(u64, u64, u64)>> = BTreeMap::new();
        for writer in self.writers.iter().filter(|w| !w.pid.is_empty()) {
            if pids.contains_key(&program(writer)) {
                let tally = &writer.tally;
                let life = (tally.first.0, tally.last.0, tally.lines);
                lives.entry(program(writer)).or_default().push(life);
            }
        }
        let whole: HashSet<u64> = (self.writers.iter())
            .filter(|w| w.pid.is_empty())
            .map(program)
            .collect();
        pids.retain(|program, _| {
            let serial = lives.get_mut(program).is_some_and(|lives| {
                lives.sort_unstable();
                is_serial(lives)
            });
            !serial || whole.contains(program)
        });
        self.places.clear();
        for writer in std::mem::take(&mut self.writers) {
            let folds = pids.contains_key(&program(&writer));
            self.add(match folds {
                true => Writer::new(&writer.host, &writer.program, b"", writer.tally),
                false => writer,
            });
        }
    }
}

/// Whether each of these lives (first and last place, lines), in order, ends before the next one begins,
/// and not many are of a single line.
fn is_serial(lives: &[(u64, u64, u64)]) -> bool {
    let single = lives.iter().filter(|life| life.2 == 1).count();
    single <= MAX_PIDS && lives.windows(2).all(|pair| pair[0].1 <= pair[1].0)
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

/// The writers of one block, found by a hash of their tag.
#[derive(Debug)]
struct Table<'a> {
    /// One more than the place in `seen`; a power of two of slots, at most half of them taken.
    slots: Vec<u32>,
    seen: Vec<Seen<'a>>,
    programs: Vec<Program>,
}

impl<'a> Table<'a> {
    fn new() -> Self {
        Self {
            slots: vec![0; SLOTS],
            seen: Vec::new(),
            programs: Vec::new(),
        }
    }

    /// Adds lines that were told by their heads.
    fn add(&mut self, told: impl IntoIterator<Item = Told>) {
        for told in told {
            self.seen[told.writer as usize].add(told.lines.into(), told.last);
        }
    }

    /// Counts a line that begins at `at`; returns the number of its writer. Writers are told apart by a
    /// 64-bit hash alone: comparing names would fetch lines that have long left the cache, and two names
    /// of one hash would only be counted together.
    fn count(&mut self, tag: &Tag<'a>, at: usize, known: &Known) -> usize {
        let (host, program, pid) = (tag.host, tag.program, tag.pid);
        let hash = hash_of(host, program, pid);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while let Some(n) = (self.slots[slot] as usize).checked_sub(1) {
            if self.seen[n].hash == hash {
                self.seen[n].add_line(at);
                return n;
            }
            slot = (slot + 1) & mask;
        }
        let program_no = self.program(host, program);
        self.programs[program_no].pids += 1;
        let pids = self.programs[program_no].pids;
        if let Some(n) = self.programs[program_no].others {
            self.seen[n].add_line(at);
            return n;
        }
        // Each time there are twice as many.
        if pids.is_multiple_of(FIRST_LOOK)
            && (pids / FIRST_LOOK).is_power_of_two()
            && !self.is_serial(program_no, |seen| known.of(seen.head))
        {
            // It forks for each connection: further pids are counted together.
            self.programs[program_no].others = Some(self.seen.len());
        }
        self.slots[slot] = self.seen.len() as u32 + 1;
        self.seen.push(Seen {
            hash,
            program_no,
            host,
            program,
            pid,
            lines: 1,
            first: at,
            last: at,
            head: 0,
        });
        if self.seen.len() * 2 > self.slots.len() {
            self.grow();
        }
        self.seen.len() - 1
    }

    /// Whether the pids of a program wrote one after the other.
    fn is_serial(&self, program: usize, told: impl Fn(&Seen<'a>) -> (u64, usize)) -> bool {
        let of_program = self.seen.iter().filter(|seen| seen.program_no == program);
        let mut lives: Vec<(u64, u64, u64)> = of_program
            .map(|seen| {
                let (lines, last) = told(seen);
                let last = last.max(seen.last) as u64;
                (seen.first as u64, last, seen.lines + lines)
            })
            .collect();
        lives.sort_unstable();
        // These may go on in other blocks.
        for end in [0, lives.len().saturating_sub(1)] {
            if let Some(life) = lives.get_mut(end) {
                life.2 += 1;
            }
        }
        is_serial(&lives)
    }

    /// Whether lines of all further pids of its program are counted with this writer's.
    fn folds(&self, n: usize) -> bool {
        self.programs[self.seen[n].program_no].others == Some(n)
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
    fn finish(self, census: &mut Census, spot: &mut dyn FnMut(usize) -> Spot) {
        let mut forkers: Vec<Option<usize>> = vec![None; self.programs.len()];
        let folds: Vec<bool> = (self.programs.iter().enumerate())
            .map(|(n, program)| {
                program.pids > MAX_PIDS
                    && (program.others.is_some() || !self.is_serial(n, |_| (0, 0)))
            })
            .collect();
        let mut kept: Vec<Seen<'a>> = Vec::with_capacity(self.seen.len());
        for seen in self.seen {
            let program = seen.program_no;
            let known = forkers[program].and_then(|n| kept.get_mut(n));
            match known {
                Some(known) => known.join(&seen),
                None if folds[program] => {
                    forkers[program] = Some(kept.len());
                    kept.push(Seen { pid: b"", ..seen });
                }
                None => kept.push(seen),
            }
        }
        kept.sort_by_key(|seen| seen.first);
        census.writers = kept.iter().map(|seen| seen.writer(spot)).collect();
    }
}

/// A program of a host, and how many pids of it were seen.
#[derive(Debug)]
struct Program {
    hash: u64,
    pids: usize,
    /// Where pids beyond the bound are counted together.
    others: Option<usize>,
}

impl<'a> Seen<'a> {
    fn writer(&self, spot: &mut dyn FnMut(usize) -> Spot) -> Writer {
        let tally = Tally {
            lines: self.lines,
            first: spot(self.first),
            last: spot(self.last),
        };
        let hash = match self.pid {
            // It may have had one.
            b"" => hash_of(self.host, self.program, b""),
            _ => self.hash,
        };
        Writer {
            host: self.host.into(),
            program: self.program.into(),
            pid: self.pid.into(),
            tally,
            hash,
        }
    }

    /// Adds a line, which may come before others that were added: what ends a text is not looked at with
    /// the others.
    fn add_line(&mut self, at: usize) {
        self.first = self.first.min(at);
        self.add(1, at);
    }

    /// Adds lines, of which the last begins at `last`.
    fn add(&mut self, lines: u64, last: usize) {
        self.lines += lines;
        self.last = self.last.max(last);
    }

    /// Adds the lines of another pid of the same program in the same block.
    fn join(&mut self, other: &Self) {
        self.lines += other.lines;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// A hash of a writer's names.
fn hash_of(host: &[u8], program: &[u8], pid: &[u8]) -> u64 {
    hash(hash(hash(1, host), program), pid)
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
        let mut ends = LineEnds::default();
        ends.find(text);
        let mut counter = Counter::new(text, crate::record::detect(text));
        counter.count(0, text, &ends);
        let census = counter.finish(0);
        assert_eq!(
            census.minutes.iter().map(|m| m.lines).collect::<Vec<_>>(),
            [2, 2]
        );
        let mut counts: Vec<(String, u64)> = census
            .writers
            .iter()
            .map(|w| {
                let all = [&w.host, &w.program, &w.pid].map(|b| String::from_utf8_lossy(b));
                (all.join(" "), w.tally.lines)
            })
            .collect();
        counts.sort();
        let expected = [("web01 app 8", 2), ("web02 app 9", 1), ("web02 kernel ", 1)];
        assert_eq!(counts, expected.map(|(a, n)| (a.to_owned(), n)));
    }

    /// The writers of a text, cut into blocks of so many lines.
    fn writers(text: &str, lines: usize) -> Vec<(String, u64)> {
        let mut census = Census::default();
        let all: Vec<&str> = text.split_inclusive('\n').collect();
        let mut begin = 0;
        for block in all.chunks(lines) {
            let block = block.concat();
            let mut ends = LineEnds::default();
            ends.find(block.as_bytes());
            let format = crate::record::detect(text.as_bytes());
            let mut counter = Counter::new(block.as_bytes(), format);
            counter.count(0, block.as_bytes(), &ends);
            census.append(counter.finish(begin));
            begin += block.len() as u64;
        }
        census.fold_forkers();
        let pid = |w: &Writer| String::from_utf8_lossy(&w.pid).into_owned();
        let counted = census.writers.iter();
        counted.map(|w| (pid(w), w.tally.lines)).collect()
    }

    #[test]
    fn many_pids_one_after_the_other_are_kept_apart_and_others_are_not() {
        let line = |pid: u32| format!("Mar  1 10:00:00 web01 app[{pid}]: a\n");
        let serial: String = (100..400).map(|n| line(n) + &line(n) + &line(n)).collect();
        // As a server that forks does it: the last word of one comes after the first of the next.
        let forking: String = (100..400).map(|n| line(n + 1) + &line(n)).collect();
        for lines in [50, 130, 200, 400, 2000] {
            let kept = writers(&serial, lines);
            assert_eq!(kept.len(), 300, "{lines}");
            assert!(kept.iter().all(|w| w.1 == 3), "{lines}");
            assert_eq!(writers(&forking, lines), [(String::new(), 600)], "{lines}");
        }
        // What began to overlap late was never serial.
        let both = serial + &line(399).replace("399", "100");
        for lines in [50, 200, 2000] {
            assert_eq!(writers(&both, lines), [(String::new(), 901)], "{lines}");
        }
    }
}
