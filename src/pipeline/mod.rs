//! Wires the stages, and owns the threads.
//!
//! In: paths and [`ScanOptions`]. Out: a [`Scan`]: the report, and whether the inputs were sound.
//! Up to the join of a file's blocks everything is parallel and knows nothing beyond its block.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rayon::ThreadPool;

use crate::attribution::{Naming, Weights};
use crate::classify::RuleSet;
use crate::error::{Error, Warning};
use crate::framing::BLOCK;
use crate::loops::LoopPolicy;
use crate::outside::{self, ChangeSource, Outside};
use crate::primitives::FileId;
use crate::record::Format;
use crate::report::{Input, Report, Time};
use crate::sieve::Sieve;
use crate::source::{Source, discover};
use crate::time::Timestamp;
use crate::timeline::{self, TimeOptions};

mod analysis;
mod around;
mod banners;
mod block;
mod explain;
mod file;
mod formats;
mod heard;
mod kept;
mod live;
mod lives;
mod look;
mod merge;
mod news;
mod rates;
mod state;
mod told;
mod watch;
mod workers;

pub use formats::{FirstRecord, Taken, formats};
pub use live::{Live, Moment, StreamId};
pub use watch::{Ending, Listener, Status, Watch, WatchOptions};

use analysis::Analysis;
use block::Tools;
use file::FileYield;
use kept::Kept;
use look::Opened;
use merge::Merged;
use workers::Workers;

pub use explain::{Explained, Reading, Tried, explain};
pub use told::{Told, events};

/// The usual bound of events kept: 200 hosts that crash 200 times, with five records each.
const KEEP: usize = 200_000;

/// What a scan is told.
#[derive(Debug)]
pub struct ScanOptions {
    /// How many threads work on blocks.
    pub threads: usize,
    /// The size of a block, in bytes.
    pub block_bytes: usize,
    /// Whether only lines that hold a rule's text are looked at; the report is the same without.
    pub sieve: bool,
    /// Whether all lines are counted by writer and minute.
    pub census: bool,
    /// Whether restarts are told that no record announces, and what was new before a first crash.
    pub inference: bool,
    /// How many events are kept of all inputs, folded ones left aside: some two kilobytes each.
    pub keep: usize,
    /// How stamps without year or zone are to be read.
    pub time: TimeOptions,
    /// What makes a loop.
    pub policy: LoopPolicy,
    /// Incidents that ended before are not told.
    pub since: Option<Timestamp>,
    /// Incidents that began after are not told.
    pub until: Option<Timestamp>,
    /// Where changes are told besides the logs.
    pub changes: Vec<ChangeSource>,
    /// The format of all inputs; told from each one's beginning where there is none.
    pub format: Option<Format>,
    /// The rules.
    pub rules: RuleSet,
    /// The numbers of attribution.
    pub weights: Weights,
    /// Which causes are told.
    pub naming: Naming,
}

impl ScanOptions {
    /// The usual settings with the built-in rules.
    ///
    /// # Errors
    ///
    /// As [`RuleSet::builtin`].
    pub fn new() -> Result<Self, Error> {
        Ok(Self::with_rules(RuleSet::builtin()?))
    }

    /// The usual settings with these rules.
    #[must_use]
    pub fn with_rules(rules: RuleSet) -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            block_bytes: BLOCK,
            sieve: true,
            census: true,
            inference: true,
            keep: KEEP,
            time: TimeOptions::default(),
            policy: LoopPolicy::default(),
            since: None,
            until: None,
            changes: Vec::new(),
            format: None,
            rules,
            weights: Weights::builtin().clone(),
            naming: Naming::Likely,
        }
    }
}

/// Told how far a scan is; called from several threads.
pub trait Progress: Sync {
    /// These many bytes, decompressed, were read.
    fn read(&self, bytes: u64);
    /// A file is done.
    fn file_done(&self) {}
}

/// Tells nobody.
#[derive(Debug, Clone, Copy)]
pub struct Quiet;

impl Progress for Quiet {
    fn read(&self, _bytes: u64) {}
}

/// What a scan found.
#[derive(Debug)]
pub struct Scan {
    /// The report.
    pub report: Report,
    /// Whether all that was named was read to its end, and any of it is a log.
    pub sound: bool,
}

/// Reads all inputs below `paths` and reports.
///
/// # Errors
///
/// Where nothing can be analysed: a bad pattern, threads that cannot be started, a list of changes that
/// cannot be understood.
pub fn scan(
    paths: &[PathBuf],
    options: &ScanOptions,
    progress: &dyn Progress,
) -> Result<Scan, Error> {
    let (mut report, failed) = analysed(paths, options, progress, |analysis| {
        let incidents = analysis.incidents(&options.weights, &options.naming);
        analysis.report(&incidents, &mut news::Known::default())
    })?;
    report
        .warnings
        .dedup_by(|a, b| a.input == b.input && a.text == b.text);
    Ok(Scan {
        report,
        sound: !failed,
    })
}

/// What the first cause of each incident is under each of these weights, in words; for seeing what a verdict
/// hangs on.
///
/// # Errors
///
/// As [`scan`].
pub fn first_causes(
    paths: &[PathBuf],
    options: &ScanOptions,
    weights: &[Weights],
) -> Result<Vec<Vec<String>>, Error> {
    analysed(paths, options, &Quiet, |analysis| {
        let under = |weights| analysis.first_causes(weights);
        weights.iter().map(under).collect()
    })
}

/// Reads all inputs below `paths`, and does `then` with what is found, on the pool's threads.
fn analysed<T: Send>(
    paths: &[PathBuf],
    options: &ScanOptions,
    progress: &dyn Progress,
    then: impl FnOnce(Analysis<'_>) -> T + Send,
) -> Result<T, Error> {
    let mut outside = outside::lists(&options.changes, options.time.zone.as_ref())?;
    let sources = discover(paths)?;
    let mut warnings = sources.warnings;
    let pool = pool(options.threads)?;
    let read = read_all(&sources.list, &pool, options, progress);
    warnings.extend(read.failed);
    if read.dropped > 0 {
        let text = format!(
            "{} records were not kept: those of what crashed once or twice, the longest ago, and of \
             changes long before any crash; --keep {} keeps more, and takes memory",
            read.dropped,
            options.keep.saturating_mul(4)
        );
        warnings.push(Warning::new(None, text));
    }
    let mut inputs = Vec::new();
    let mut files = Vec::new();
    let mut opened: Vec<Opened<'_>> = Vec::new();
    let mut read_before: Vec<Kept> = Vec::new();
    for (n, mut yielded) in read.files {
        warnings.append(&mut yielded.warnings);
        renumber(&mut yielded, files.len());
        let format = yielded.events.format.name();
        inputs.push(Input {
            compression: yielded.events.meta.compression,
            ..Input::new(&yielded.events.path, format, yielded.bytes, yielded.lines)
        });
        let source = &sources.list[n];
        opened.push(Opened {
            path: &source.path,
            source: Some(source),
            format: yielded.events.format,
            kept: Vec::new(),
        });
        read_before.push(yielded.kept);
        files.push(yielded.events);
    }
    for (opened, kept) in opened.iter_mut().zip(&read_before) {
        opened.kept.push(kept);
    }
    warnings.extend(in_no_format(&opened));
    let kernel = files.iter().any(|f| {
        matches!(f.format, Format::Dmesg)
            || f.census
                .writers
                .iter()
                .any(|writer| &*writer.program == b"kernel")
    });
    let mut timeline = timeline::build(files, &options.time);
    if let (Some(start), Some(end)) = (timeline.start, timeline.end) {
        outside.extend(outside::history(&options.changes, start, end)?);
    }
    let no_log = timeline.start.is_none() && timeline.untimed.is_empty();
    if no_log {
        warnings.push(Warning::failing(
            None,
            "no input holds a log record with a time",
        ));
    }
    let outside = add_changes(&mut timeline, outside, inputs.len());
    let read = Read {
        inputs,
        opened: &opened,
        outside,
        kernel,
    };
    Ok(pool.install(|| then(Analysis::of(timeline, read, warnings, options))))
}

/// What was read, besides its events.
struct Read<'a> {
    inputs: Vec<Input>,
    opened: &'a [Opened<'a>],
    /// What told of changes besides logs.
    outside: Vec<Input>,
    /// Whether any line is the kernel's.
    kernel: bool,
}

/// Puts the changes of lists and repositories among the events; their files are numbered after the
/// inputs.
fn add_changes(
    timeline: &mut timeline::Timeline,
    outside: Vec<Outside>,
    inputs: usize,
) -> Vec<Input> {
    let mut told = Vec::with_capacity(outside.len());
    for (n, mut source) in outside.into_iter().enumerate() {
        let times = || source.events.iter().map(|e| Time(e.at));
        told.push(Input {
            records: Some(source.events.len() as u64),
            unparsed_lines: Some(0),
            first: times().min_by_key(|t| t.0),
            last: times().max_by_key(|t| t.0),
            zone: "as written".to_owned(),
            ..Input::new(&source.path, source.format, source.bytes, source.lines)
        });
        for event in &mut source.events {
            event.place.file = FileId::new(inputs + n);
        }
        timeline.add(source.events);
    }
    told
}

/// Which inputs are in no known format.
fn in_no_format(opened: &[Opened<'_>]) -> Option<Warning> {
    let plain: Vec<&str> = opened
        .iter()
        .filter(|opened| opened.format == Format::Plain)
        .map(|opened| opened.path)
        .collect();
    let (first, others) = plain.split_first()?;
    let more = match others.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let text = format!(
        "{first}{more} in no known format, read as plain lines; `crashtrail formats FILE` says why, \
         --input-format takes a format as given"
    );
    Some(Warning::new(None, text))
}

/// Files that could not be opened get no id: those that were read are numbered anew.
fn renumber(yielded: &mut FileYield, index: usize) {
    let file = FileId::new(index);
    for event in &mut yielded.events.events {
        event.place.file = file;
    }
}

/// Reads the files, as many at once as there are threads; the results in the files' order.
fn read_all(
    sources: &[Source],
    pool: &ThreadPool,
    options: &ScanOptions,
    progress: &dyn Progress,
) -> Merged {
    let sieve = sieve_for(options);
    let tools = Tools {
        rules: &options.rules,
        sieve: &sieve,
        census: options.census,
        most: options.keep,
    };
    let workers = Workers::new(sources, options.keep);
    pool.broadcast(|_| workers.run(tools, options, progress));
    workers.into_results()
}

fn pool(threads: usize) -> Result<ThreadPool, Error> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .build()
        .map_err(|err| Error::Setting {
            name: "--threads",
            reason: err.to_string(),
        })
}

fn sieve_for(options: &ScanOptions) -> Sieve {
    if !options.sieve {
        return Sieve::off();
    }
    let literals = options.rules.literals();
    // Colour codes may stand within the words that a rule looks for, in any format.
    let veils: BTreeSet<String> = Format::all()
        .flat_map(|format| format.veils())
        .chain(&["\u{1b}["])
        .map(|veil| (*veil).to_owned())
        .chain(literals.iter().flat_map(|l| Format::disguises(l)))
        .collect();
    Sieve::new(literals, &veils)
}
