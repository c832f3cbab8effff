//! The writers of one block.
//!
//! In: tags, and where their lines begin. Out: the writers of a [`Census`], those of programs that fork counted
//! together.

use super::super::heads::{Known, Told};
use super::{Census, MAX_PIDS, Spot, Tally, Writer, hash, hash_of, is_serial};
use crate::record::Tag;

/// When a block's programs are first looked at for that: the first and the last pid of a block may have
/// more lines in others.
const FIRST_LOOK: usize = MAX_PIDS + 4;
/// Slots of the look-up table at first; a power of two.
const SLOTS: usize = 1024;

/// A writer of the block at hand: its tag, and where its lines begin.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    hash: u64,
    program_no: usize,
    host: &'a [u8],
    program: &'a [u8],
    pid: &'a [u8],
    lines: u64,
    first: usize,
    last: usize,
    /// The hash of the head by which its further lines are told; zero where there is none.
    pub(super) head: u64,
}

/// The writers of one block, found by a hash of their tag.
#[derive(Debug)]
pub(super) struct Table<'a> {
    /// One more than the place in `seen`; a power of two of slots, at most half of them taken.
    slots: Vec<u32>,
    pub(super) seen: Vec<Seen<'a>>,
    programs: Vec<Program>,
}

impl<'a> Table<'a> {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![0; SLOTS],
            seen: Vec::new(),
            programs: Vec::new(),
        }
    }

    /// Adds lines that were told by their heads.
    pub(super) fn add(&mut self, told: impl IntoIterator<Item = Told>) {
        for told in told {
            self.seen[told.writer as usize].add(told.lines.into(), told.last);
        }
    }

    /// Counts a line that begins at `at`; returns the number of its writer. Writers are told apart by a
    /// 64-bit hash alone: comparing names would fetch lines that have long left the cache, and two names
    /// of one hash would only be counted together.
    pub(super) fn count(&mut self, tag: &Tag<'a>, at: usize, known: &Known) -> usize {
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
    pub(super) fn folds(&self, n: usize) -> bool {
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
    pub(super) fn finish(self, census: &mut Census, spot: &mut dyn FnMut(usize) -> Spot) {
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
