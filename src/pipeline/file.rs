//! A file becomes events in file order.
//!
//! Workers read its blocks in turn and work on them side by side; what they yield is joined in the
//! blocks' order, so that the result is the same for any number of threads and any block size.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::classify::{Event, Flood, InputName, Often, Told};
use crate::error::Warning;
use crate::framing::{Block, Blocks, MAX_LINE};
use crate::primitives::{FileId, LineNo};
use crate::record::{Format, detect};
use crate::sieve::Census;
use crate::source::{Meta, Note, Source};
use crate::timeline::FileEvents;

use super::block::{BlockYield, Tools, work};
use super::kept::Kept;
use super::{Progress, ScanOptions};
use super::{look, news};

/// What a file yielded.
pub(super) struct FileYield {
    pub(super) events: FileEvents,
    pub(super) bytes: u64,
    pub(super) lines: u64,
    /// What stood before the events, where it cannot be read again.
    pub(super) kept: Kept,
    /// Records that told something and are not counted.
    pub(super) dropped: u64,
    pub(super) warnings: Vec<Warning>,
}

/// An input that is being read, by one worker or several.
pub(super) struct Job<'a> {
    /// Its number among the inputs.
    pub(super) index: usize,
    source: &'a Source,
    format: Format,
    /// Whether what stands before an event can be read again.
    anywhere: bool,
    front: Mutex<Front>,
    joining: Mutex<Joining>,
    joined: Condvar,
}

/// The bytes of an input, decompressed.
type Stream = Box<dyn Read + Send>;

/// Where blocks come from.
struct Front {
    /// `None` when all is read and joined.
    opened: Option<(Blocks<Stream>, Meta, Note)>,
    /// Blocks handed out so far.
    count: u64,
    /// A block that was read to tell the format.
    first: Option<Block>,
    ended: bool,
    workers: usize,
}

/// Where what they yield goes.
struct Joining {
    join: Join,
    /// Blocks joined so far.
    count: u64,
    /// What came before its turn, with its block where that is needed.
    early: BTreeMap<u64, (BlockYield, Option<Block>)>,
    /// A worker panicked: a turn will never come.
    broken: bool,
}

/// Lets nobody wait for a worker that panics; the pool passes the panic on.
struct Waiters<'j, 'a>(&'j Job<'a>);

impl Drop for Waiters<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.joining).broken = true;
            self.0.joined.notify_all();
        }
    }
}

impl<'a> Job<'a> {
    /// Opens an input and tells its format.
    pub(super) fn open(
        index: usize,
        source: &'a Source,
        options: &ScanOptions,
    ) -> Result<Self, Warning> {
        let opened = source.open().map_err(|err| unreadable(source, &err))?;
        let mut blocks = Blocks::new(opened.reader, options.block_bytes);
        let first = blocks.next_block();
        Ok(Self {
            index,
            source,
            format: match (opened.meta.journal, options.format, &first) {
                (Some(_), ..) => Format::Journal,
                (None, Some(given), _) => given,
                (None, None, Some(block)) => detect(block.after(0)),
                (None, None, None) => Format::Plain,
            },
            anywhere: opened.anywhere,
            front: Mutex::new(Front {
                opened: Some((blocks, opened.meta, opened.note)),
                count: 0,
                first,
                ended: false,
                workers: 0,
            }),
            joining: Mutex::new(Joining {
                join: Join::new(options.keep, options.inference),
                count: 0,
                early: BTreeMap::new(),
                broken: false,
            }),
            joined: Condvar::new(),
        })
    }

    /// Works on blocks until there are no more; the last worker to leave gets what the file yielded.
    pub(super) fn work(
        &self,
        tools: Tools<'_>,
        options: &ScanOptions,
        progress: &dyn Progress,
    ) -> Option<FileYield> {
        // A journal's entries name their program, and its file's name tells none.
        let has_stem = self.format != Format::Journal;
        let stem = has_stem.then(|| self.source.stem());
        let input = InputName {
            file: FileId::new(self.index),
            stem,
            host: self.source.host(),
            format: self.format,
        };
        let _waiters = Waiters(self);
        lock(&self.front).workers += 1;
        let mut done = Vec::new();
        loop {
            // A statement of its own, so that the lock is held no longer.
            let next = lock(&self.front).next_block(done.drain(..));
            let Some((turn, block)) = next else { break };
            // Whatever was joined by now came before this block.
            let often = lock(&self.joining).join.flood.often();
            let yielded = work(&block, &input, often, tools);
            progress.read(yielded.bytes);
            let block = match self.anywhere {
                true => {
                    done.push(block);
                    None
                }
                false => Some(block),
            };
            done.extend(self.join(turn, yielded, block, options.threads));
        }
        let mut front = lock(&self.front);
        front.workers -= 1;
        if front.workers > 0 {
            return None;
        }
        let (blocks, meta, note) = front.opened.take()?;
        drop(front);
        let join = std::mem::replace(&mut lock(&self.joining).join, Join::new(0, false));
        let warnings = self.warnings(&blocks, &note, join.lines);
        Some(join.finish(self.source, self.format, meta, warnings))
    }

    /// Whether there may be blocks that nobody works on yet.
    pub(super) fn wants_workers(&self) -> bool {
        !lock(&self.front).ended
    }

    /// Joins what a block yielded when its turn comes; waits where too much came before its turn. Gives
    /// the blocks back that were joined.
    fn join(
        &self,
        turn: u64,
        yielded: BlockYield,
        block: Option<Block>,
        threads: usize,
    ) -> Vec<Block> {
        let mut joining = lock(&self.joining);
        joining.early.insert(turn, (yielded, block));
        let before = joining.count;
        let mut done = Vec::new();
        while let Some((next, block)) = joining.take_next() {
            let is_stream = self.source.path == "-";
            joining.join.add(next, block.as_ref(), is_stream);
            joining.count += 1;
            done.extend(block);
        }
        if joining.count > before {
            self.joined.notify_all();
        }
        // Whoever works on the block whose turn it is does not wait, and so this ends.
        let too_many = |j: &mut Joining| j.early.len() > threads * 4 && !j.broken;
        drop(self.joined.wait_while(joining, too_many));
        done
    }

    fn warnings(&self, blocks: &Blocks<Stream>, note: &Note, lines: u64) -> Vec<Warning> {
        let path = Some(self.source.path.as_str());
        let mut warnings = Vec::new();
        if blocks.cut_lines() > 0 {
            let count = blocks.cut_lines();
            let text = format!("{count} line(s) longer than {MAX_LINE} bytes were cut there");
            warnings.push(Warning::new(path, text));
        }
        if let Some(err) = blocks.failure() {
            let text = format!("{err}; the {lines} line(s) before that were used");
            warnings.push(Warning::failing(path, text));
        }
        for noted in note.all() {
            let fails = noted.fails;
            warnings.push(Warning {
                fails,
                ..Warning::new(path, noted.text)
            });
        }
        warnings
    }
}

impl Front {
    /// The next block and its turn; takes others back for their memory.
    fn next_block(&mut self, done: impl Iterator<Item = Block>) -> Option<(u64, Block)> {
        let (blocks, _, _) = self.opened.as_mut()?;
        done.for_each(|done| blocks.recycle(done));
        if self.ended {
            return None;
        }
        let Some(block) = self.first.take().or_else(|| blocks.next_block()) else {
            self.ended = true;
            return None;
        };
        self.count += 1;
        Some((self.count - 1, block))
    }
}

impl Joining {
    fn take_next(&mut self) -> Option<(BlockYield, Option<Block>)> {
        self.early.remove(&self.count)
    }
}

/// The lock, also where another worker panicked: the pool passes that on.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unreadable(source: &Source, err: &io::Error) -> Warning {
    let text = format!("cannot be read: {err}");
    if source.named {
        Warning::failing(Some(&source.path), text)
    } else {
        Warning::new(Some(&source.path), text)
    }
}

/// Joins blocks in their order.
struct Join {
    census: Census,
    bytes: u64,
    lines: u64,
    flood: Flood,
    kept: Kept,
    /// [`ScanOptions::inference`].
    inference: bool,
}

impl Join {
    fn new(most: usize, inference: bool) -> Self {
        Self {
            census: Census::default(),
            bytes: 0,
            lines: 0,
            flood: Flood::new(most, Often::default()),
            kept: Kept::default(),
            inference,
        }
    }

    /// Adds what a block yielded; keeps of the block what stands before its events, where it is given.
    fn add(&mut self, yielded: BlockYield, block: Option<&Block>, is_stream: bool) {
        let lines = self.lines;
        let place = |event: &mut Event| {
            let line = lines + event.place.line.get();
            event.place.line = LineNo::after(line.saturating_sub(1 + event.lines_back));
        };
        let kept = &mut self.kept;
        let inferred = block.filter(|_| self.inference);
        if let Some(block) = inferred {
            kept.follow(block, news::REACH);
        }
        self.flood.append(yielded.events, place, |event| {
            let is_wanted = look::may_want(event);
            if let Some(block) = block.filter(|_| is_wanted) {
                kept.keep(block, event);
            }
            if let Some(block) = inferred.filter(|_| is_wanted) {
                kept.keep_after(block, event);
            }
        });
        if let Some(block) = inferred.filter(|_| is_stream) {
            self.kept.heard.hear(block, &yielded.census, lines);
        }
        self.census.append(yielded.census);
        self.bytes += yielded.bytes;
        self.lines += yielded.lines;
    }

    fn finish(
        mut self,
        source: &Source,
        format: Format,
        meta: Meta,
        mut warnings: Vec<Warning>,
    ) -> FileYield {
        self.census.fold_forkers();
        let Told {
            events,
            folded,
            dropped,
        } = self.flood.finish();
        if folded > 0 {
            warnings.push(Warning::new(
                Some(&source.path),
                format!(
                    "{folded} repeated records were counted by the minute, not kept one by one"
                ),
            ));
        }
        let bytes = meta.journal.unwrap_or(self.bytes);
        let events = FileEvents {
            path: source.path.clone(),
            series: source.series(),
            format,
            meta,
            events,
            census: self.census,
        };
        FileYield {
            events,
            bytes,
            lines: self.lines,
            kept: self.kept,
            dropped,
            warnings,
        }
    }
}
