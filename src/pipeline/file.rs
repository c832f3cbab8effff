//! A file becomes events in file order.
//!
//! Its blocks are worked on in parallel while the next ones are read; what they yield is joined in
//! their order, so that the result is the same for any number of threads and any block size.

use std::collections::HashMap;
use std::io;

use rayon::ThreadPool;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::classify::{Event, InputName};
use crate::error::Warning;
use crate::framing::{Block, Blocks, MAX_LINE};
use crate::primitives::{FileId, LineNo};
use crate::record::{Format, detect};
use crate::sieve::Census;
use crate::source::{Meta, Source};
use crate::timeline::FileEvents;

use super::block::{BlockYield, Tools, work};
use super::{Progress, ScanOptions};

/// Events of one sort that a file may have before further ones are counted by the minute.
const FLOOD: u64 = 4000;

/// What a file yielded.
pub(super) struct FileYield {
    pub(super) events: FileEvents,
    pub(super) bytes: u64,
    pub(super) lines: u64,
    pub(super) warnings: Vec<Warning>,
}

/// Reads one input to its end, or to where it breaks.
pub(super) fn read(
    file: FileId,
    source: &Source,
    tools: Tools<'_>,
    options: &ScanOptions,
    pool: &ThreadPool,
    progress: &dyn Progress,
) -> Result<FileYield, Warning> {
    let opened = source.open().map_err(|err| unreadable(source, &err))?;
    let mut blocks = Blocks::new(opened.reader, options.block_bytes);
    let mut batch = next_batch(&mut blocks, 1);
    let format = batch.first().map_or(Format::Plain, |b| detect(b.after(0)));
    let stem = (source.path != "-").then(|| source.stem());
    let input = InputName { file, stem, format };
    let mut join = Join::new();
    while !batch.is_empty() {
        let mut done: Vec<BlockYield> = Vec::new();
        let next = pool.in_place_scope(|scope| {
            scope.spawn(|_| done = batch.par_iter().map(|b| work(b, &input, tools)).collect());
            next_batch(&mut blocks, options.batch())
        });
        for (block, yielded) in batch.drain(..).zip(done) {
            progress.read(yielded.bytes);
            join.add(yielded);
            blocks.recycle(block);
        }
        batch = next;
    }
    let mut warnings = Vec::new();
    if blocks.cut_lines() > 0 {
        warnings.push(Warning::new(
            Some(&source.path),
            format!(
                "{} line(s) longer than {MAX_LINE} bytes were cut there",
                blocks.cut_lines()
            ),
        ));
    }
    if let Some(err) = blocks.failure() {
        warnings.push(Warning::failing(
            Some(&source.path),
            format!("{err}; the {} line(s) before that were used", join.lines),
        ));
    }
    if let Some(text) = opened.note.text() {
        warnings.push(Warning::new(Some(&source.path), text));
    }
    Ok(join.finish(source, format, opened.meta, warnings))
}

fn unreadable(source: &Source, err: &io::Error) -> Warning {
    let text = format!("cannot be read: {err}");
    if source.named {
        Warning::failing(Some(&source.path), text)
    } else {
        Warning::new(Some(&source.path), text)
    }
}

fn next_batch<R: io::Read>(blocks: &mut Blocks<R>, most: usize) -> Vec<Block> {
    let mut batch = Vec::with_capacity(most);
    while batch.len() < most {
        let Some(block) = blocks.next_block() else {
            break;
        };
        batch.push(block);
    }
    batch
}

/// Joins blocks in their order.
struct Join {
    events: Vec<Event>,
    census: Census,
    bytes: u64,
    lines: u64,
    flood: Flood,
}

impl Join {
    fn new() -> Self {
        Self {
            events: Vec::new(),
            census: Census::default(),
            bytes: 0,
            lines: 0,
            flood: Flood::default(),
        }
    }

    fn add(&mut self, block: BlockYield) {
        for mut event in block.events {
            let line = self.lines + event.place.line.get();
            event.place.line = LineNo::after(line.saturating_sub(1 + event.lines_back));
            // A record over two blocks may be told by both.
            let told =
                self.events.iter().rev().take(16).any(|known| {
                    known.place.offset == event.place.offset && known.rule == event.rule
                });
            if !told {
                self.flood.push(event, &mut self.events);
            }
        }
        self.census.append(block.census);
        self.bytes += block.bytes;
        self.lines += block.lines;
    }

    fn finish(
        mut self,
        source: &Source,
        format: Format,
        meta: Meta,
        mut warnings: Vec<Warning>,
    ) -> FileYield {
        self.census.fold_forkers();
        if self.flood.folded > 0 {
            warnings.push(Warning::new(
                Some(&source.path),
                format!(
                    "{} repeated records were counted by the minute, not kept one by one",
                    self.flood.folded
                ),
            ));
        }
        let events = FileEvents {
            path: source.path.clone(),
            format,
            meta,
            events: self.events,
            census: self.census,
        };
        FileYield {
            events,
            bytes: self.bytes,
            lines: self.lines,
            warnings,
        }
    }
}

/// Rule, host, program, and what it is about.
type Sort = (usize, Option<Box<str>>, Option<Box<str>>, Option<Box<str>>);

/// Counts what comes too often to be kept one by one: of one rule, host, program and unit the first
/// some thousand are kept, then one for each minute.
#[derive(Default)]
struct Flood {
    seen: HashMap<Sort, (u64, usize)>,
    folded: u64,
}

impl Flood {
    fn push(&mut self, event: Event, events: &mut Vec<Event>) {
        let about = event
            .any_field(&["unit", "service"])
            .map(Into::into)
            .or_else(|| event.unit.clone());
        let key = (event.rule, event.host.clone(), event.program.clone(), about);
        let (count, last) = self.seen.entry(key).or_insert((0, 0));
        *count += 1;
        let minute = |e: &Event| e.stamp.map(|s| s.known_nanos().div_euclid(60_000_000_000));
        if *count > FLOOD && minute(&events[*last]) == minute(&event) {
            events[*last].count += 1;
            self.folded += 1;
            return;
        }
        *last = events.len();
        events.push(event);
    }
}
