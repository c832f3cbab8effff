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

use crate::primitives::Hashed;
use crate::time::Stamp;
use serde::{Deserialize, Serialize};

mod counter;
mod table;

pub use counter::Counter;

/// A program with more pids than this is counted as one where any two of them wrote at the same time, or
/// more than this wrote a single line (it forks for each connection or job). One that had so many one
/// after the other may be crash-looping.
const MAX_PIDS: usize = 64;
/// The most (host, program, pid) that one file's census keeps apart.
const MAX_ENTRIES: usize = 20_000;
/// The most minutes kept apart; 70 days.
const MAX_MINUTES: usize = 100_000;
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
    use super::super::LineEnds;
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
