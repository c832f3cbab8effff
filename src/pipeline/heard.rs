//! What each process of a stream said first and last, kept while it goes by.
//!
//! In: blocks in order, with their census. Out: these lines, by where they begin, for the inference of
//! restarts ([`lives`](super::lives)): a stream cannot be read once more. What is kept is bounded; those
//! that wrote last the longest ago are forgotten first.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::framing::Block;
use crate::sieve::{Census, Writer};

/// The most that is kept of one stream, in bytes.
const MOST: usize = 4 << 20;
/// How many lines of each end, and how much of the block is looked at for them, in bytes.
const LINES: usize = 12;
const REACH: usize = 16 << 10;
/// Longer lines are of no use here, and dear.
const LONG: usize = 2048;

/// A line and where it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) offset: u64,
    /// From 1.
    pub(super) line: u64,
    pub(super) text: Box<[u8]>,
}

/// The first lines of a process, or its last ones, oldest first.
type End = Vec<Kept>;

/// First and last lines, by writer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Heard {
    by_writer: HashMap<u64, (End, End)>,
    bytes: usize,
}

impl Heard {
    /// Keeps what the processes of a block say first and last; so many lines came before it.
    pub(super) fn hear(&mut self, block: &Block, census: &Census, lines: u64) {
        let text = block.main();
        let begin = block.offset_of(0).get();
        // Offsets and bytes differ where a line was cut.
        if block.offset_of(text.len()).get() - begin != text.len() as u64 {
            return;
        }
        let ears: Vec<Ear> = (census.writers.iter())
            .filter_map(|writer| Ear::of(writer, begin, &self.by_writer))
            .collect();
        for (ear, found) in ears.iter().zip(listen(text, &ears)) {
            let kept = |at: &usize| keep(line_at(text, *at), *at, begin);
            let known = self.by_writer.entry(ear.key).or_default();
            self.bytes -= size_of_end(&known.1);
            if known.0.is_empty() {
                known.0 = found.0.iter().map(kept).collect();
                self.bytes += size_of_end(&known.0);
            }
            known.1 = found.1.iter().map(kept).collect();
            self.bytes += size_of_end(&known.1);
        }
        self.number(text, begin, lines, census);
        if self.bytes > MOST {
            self.forget();
        }
    }

    /// Numbers the lines of this block that were kept of these writers.
    fn number(&mut self, text: &[u8], begin: u64, lines: u64, census: &Census) {
        let keys = || census.writers.iter().map(Writer::key);
        let new = |end: &(End, End)| -> Vec<u64> {
            let all = end.0.iter().chain(&end.1);
            let new = all.filter(|kept| kept.line == 0);
            new.map(|kept| kept.offset).collect()
        };
        let ends = keys().filter_map(|key| self.by_writer.get(&key));
        let mut places: Vec<u64> = ends.flat_map(new).collect();
        places.sort_unstable();
        places.dedup();
        let (mut at, mut line) = (0, lines + 1);
        let mut numbers = HashMap::with_capacity(places.len());
        for place in places {
            let to = (place - begin) as usize;
            line += memchr::memchr_iter(b'\n', &text[at..to]).count() as u64;
            at = to;
            numbers.insert(place, line);
        }
        for key in keys() {
            let Some(end) = self.by_writer.get_mut(&key) else {
                continue;
            };
            let all = end.0.iter_mut().chain(&mut end.1);
            for kept in all.filter(|kept| kept.line == 0) {
                kept.line = numbers.get(&kept.offset).copied().unwrap_or(0);
            }
        }
    }

    /// Forgets half of what is kept.
    fn forget(&mut self) {
        let last = |end: &(End, End)| end.1.last().map_or(0, |kept| kept.offset);
        let mut places: Vec<u64> = self.by_writer.values().map(last).collect();
        places.sort_unstable();
        let middle = places[places.len() / 2];
        self.by_writer.retain(|_, end| last(end) > middle);
        let sizes = self.by_writer.values();
        self.bytes = sizes.map(|(a, b)| size_of_end(a) + size_of_end(b)).sum();
    }

    /// The kept ends: where the first line begins, or the last one; whether it is the last; the lines.
    pub(super) fn ends(&self) -> impl Iterator<Item = ((u64, bool), &End)> {
        self.by_writer.values().flat_map(|(first, last)| {
            let first = first.first().map(|kept| ((kept.offset, false), first));
            let last = last.last().map(|kept| ((kept.offset, true), last));
            first.into_iter().chain(last)
        })
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn size_of_end(end: &End) -> usize {
    end.iter().map(|k| k.text.len() + size_of::<Kept>()).sum()
}

fn keep(line: &[u8], at: usize, begin: u64) -> Kept {
    Kept {
        offset: begin + at as u64,
        line: 0,
        text: line.trim_ascii_end().into(),
    }
}

/// The line that begins at `at`, with its end.
fn line_at(text: &[u8], at: usize) -> &[u8] {
    let rest = &text[at..];
    &rest[..memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1)]
}

/// Which lines of a block are wanted of a process.
struct Ear {
    key: u64,
    pid: u32,
    /// Where its first line in the block begins.
    from: usize,
    /// Whether its first lines are wanted, from there on.
    begins: bool,
    /// Up to the line that begins here.
    last: usize,
    /// How many lines it has in the block.
    lines: u64,
}

impl Ear {
    /// `None` of a writer without a process id.
    fn of(writer: &Writer, begin: u64, known: &HashMap<u64, (End, End)>) -> Option<Self> {
        let pid = std::str::from_utf8(&writer.pid).ok()?.parse().ok()?;
        let (first, last) = (writer.tally.first.0 - begin, writer.tally.last.0 - begin);
        let key = writer.key();
        let is_known = known.get(&key).is_some_and(|ends| !ends.0.is_empty());
        Some(Self {
            key,
            pid,
            from: first as usize,
            begins: !is_known,
            last: last as usize,
            lines: writer.tally.lines,
        })
    }

    /// From where on its first lines are wanted.
    fn first(&self) -> Option<usize> {
        self.begins.then_some(self.from)
    }

    fn is_first(&self, at: usize) -> bool {
        let within = |from| (from..=from + REACH).contains(&at);
        self.first().is_some_and(within)
    }

    fn is_last(&self, at: usize) -> bool {
        at <= self.last && at + REACH >= self.last
    }

    /// Of a process with a line or two in the block, it is known where they are. Most have no more, as most of what
    /// runs by the hour does.
    fn all_known(&self, text: &[u8]) -> Option<Ends> {
        let mut all = vec![self.from, self.last];
        all.dedup();
        if all.len() as u64 != self.lines {
            return None;
        }
        all.retain(|at| line_at(text, *at).len() <= LONG);
        let (first, last) = (all.clone().into_iter(), all.into_iter());
        Some((
            first.filter(|at| self.is_first(*at)).collect(),
            last.filter(|at| self.is_last(*at)).collect(),
        ))
    }
}

/// Where first lines begin, and last ones.
type Ends = (Vec<usize>, VecDeque<usize>);

/// Where the first and the last lines begin that may be of each process: they hold its id, which any
/// number may be; the record tells, once it is read. One pass for all, as a block may be of very many.
fn listen(text: &[u8], ears: &[Ear]) -> Vec<Ends> {
    let known: Vec<Option<Ends>> = ears.iter().map(|ear| ear.all_known(text)).collect();
    let open: Vec<&Ear> = (ears.iter().zip(&known))
        .filter_map(|(ear, known)| known.is_none().then_some(ear))
        .collect();
    let mut found = search(text, &open).into_iter();
    let of_known = known.into_iter();
    of_known
        .map(|known| known.or_else(|| found.next()).unwrap_or_default())
        .collect()
}

/// The lines that hold the number of one of these processes, near its first and its last line.
fn search(text: &[u8], ears: &[&Ear]) -> Vec<Ends> {
    let mut found: Vec<Ends> = Vec::new();
    found.resize_with(ears.len(), Default::default);
    let mut by_pid: HashMap<u32, Vec<usize>> = HashMap::with_capacity(ears.len());
    // Most numbers are nobody's.
    let mut some = vec![0_u64; 1 << 10];
    let bit = |pid: u32| (pid as usize >> 6 & 0x3ff, 1_u64 << (pid & 63));
    for (n, ear) in ears.iter().enumerate() {
        by_pid.entry(ear.pid).or_default().push(n);
        let (word, bit) = bit(ear.pid);
        some[word] |= bit;
    }
    let mut take = |pid: u32, at: usize| {
        let (word, bit) = bit(pid);
        if some[word] & bit == 0 {
            return;
        }
        for &n in by_pid.get(&pid).into_iter().flatten() {
            let (first, last) = &mut found[n];
            let ear = ears[n];
            if ear.is_first(at) && first.len() < LINES && first.last() != Some(&at) {
                first.push(at);
            }
            if ear.is_last(at) && last.back() != Some(&at) {
                if last.len() == LINES {
                    last.pop_front();
                }
                last.push_back(at);
            }
        }
    };
    for part in wanted(text, ears) {
        let mut at = part.start;
        while at < part.end {
            let line = line_at(text, at);
            if line.len() <= LONG {
                numbers(line, |number| take(number, at));
            }
            at += line.len();
        }
    }
    found
}

/// The parts of the text in which lines are wanted, in order, from the start of a line each.
fn wanted(text: &[u8], ears: &[&Ear]) -> Vec<Range<usize>> {
    let line_start = |at: usize| memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1);
    let mut parts: Vec<Range<usize>> = Vec::with_capacity(2 * ears.len());
    for ear in ears {
        parts.extend(ear.first().map(|from| from..from + REACH + 1));
        parts.push(ear.last.saturating_sub(REACH)..ear.last + 1);
    }
    parts.sort_unstable_by_key(|part| part.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(before) if part.start <= before.end => before.end = before.end.max(part.end),
            _ => joined.push(part),
        }
    }
    for part in &mut joined {
        *part = line_start(part.start)..part.end.min(text.len());
    }
    joined
}

/// The numbers in a line that may be process ids.
fn numbers(line: &[u8], mut tell: impl FnMut(u32)) {
    let (mut number, mut digits) = (0_u32, 0);
    for byte in line.iter().chain(b"\n") {
        if byte.is_ascii_digit() {
            number = number.wrapping_mul(10).wrapping_add(u32::from(byte - b'0'));
            digits += 1;
        } else if digits > 0 {
            if digits <= 10 {
                tell(number);
            }
            (number, digits) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_gets_its_first_and_last_lines() {
        let mut random = fastrand::Rng::with_seed(3);
        for (writers, lines) in [(1, 40), (3, 100), (40, 900), (300, 900)] {
            let mut text = Vec::new();
            let mut places: Vec<(u32, usize)> = Vec::new();
            for n in 0..lines {
                let pid = 100 + random.u32(0..writers);
                places.push((pid, text.len()));
                let long = "x".repeat(random.usize(0..200));
                // Of 1000 no number is a part: a number is whole.
                text.extend_from_slice(format!("1000{pid} app[{pid}]: {n}. {long}\n").as_bytes());
            }
            let of = |pid: u32| {
                places
                    .iter()
                    .filter(move |(p, _)| *p == pid)
                    .map(|(_, at)| *at)
            };
            let ears: Vec<Ear> = (100..100 + writers)
                .filter_map(|pid| {
                    let (first, last) = (of(pid).next()?, of(pid).next_back()?);
                    Some(Ear {
                        key: pid.into(),
                        pid,
                        from: first,
                        begins: random.bool(),
                        last,
                        lines: of(pid).count() as u64,
                    })
                })
                .collect();
            for (ear, (first, last)) in ears.iter().zip(listen(&text, &ears)) {
                // A line may hold another's id as its own count.
                let is_own = |at: &usize| of(ear.pid).any(|own| own == *at);
                let told = ear
                    .first()
                    .into_iter()
                    .flat_map(|from| of(ear.pid).filter(move |at| *at <= from + REACH));
                let told: Vec<usize> = told.take(LINES).collect();
                let own: Vec<usize> = first.iter().copied().filter(is_own).collect();
                assert!(told.starts_with(&own) && first.len() <= LINES);
                assert!(ear.first().is_none_or(|from| own.first() == Some(&from)));
                let told: Vec<usize> = of(ear.pid).filter(|at| at + REACH >= ear.last).collect();
                let own: Vec<usize> = last.iter().copied().filter(is_own).collect();
                assert!(told.ends_with(&own) && last.len() <= LINES);
                assert_eq!(own.last(), Some(&ear.last));
                if last.len() < LINES {
                    assert_eq!(own, told);
                }
            }
        }
    }
}
