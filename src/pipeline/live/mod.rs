//! The engine of what goes on: the stages of a scan, driven by bytes as they come.
//!
//! In: streams and their bytes, in any order, and the time of day. Out: the report on all that is kept,
//! whenever it is asked for. Events are applied as they arrive, and a late one revises what was told:
//! from the timeline on everything is worked out anew from the events kept, whose number is bounded
//! ([`keep`]), as a scan of the same lines would.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use rayon::ThreadPool;
use serde::{Deserialize, Serialize};

use crate::classify::{NO_RULE, RuleSet};
use crate::error::{Error, Warning};
use crate::follow::{Position, Print, StreamName};
use crate::framing::MAX_LINE;
use crate::outside::{self, Outside};
use crate::report::{Input, Report};
use crate::sieve::Sieve;
use crate::time::{Span, Timestamp};
use crate::timeline::{self, Timeline};

use super::analysis::Analysis;
use super::block::Tools;
use super::look::Opened;
use super::news::Known;
use super::{Read, ScanOptions, add_changes, pool, sieve_for};

mod keep;
mod stream;

use stream::{News, Stream};

/// A stream is live while its newest record is no older, as it comes, than this; and after its newest
/// record time goes on no longer than this by the clock on the wall: silence is no sign of health.
const LIVE: Span = Span::from_seconds(60);
/// The most threads that work on verdicts.
const THREADS: usize = 1;
/// Lists of changes and repositories are read again after this time.
const LISTS: Duration = Duration::from_secs(30);

/// How much of the newest text is remembered, for what was new before a first crash: of all streams, and of one at
/// most, in bytes.
const PAST: usize = 1 << 20;
const PAST_OF_ONE: usize = 256 << 10;

/// Which stream of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(u64);

/// What of an engine outlasts the program.
#[derive(Serialize, Deserialize)]
pub struct Saved<'a> {
    /// The ids of the rules, in the order in which events name them.
    rules: Cow<'a, [String]>,
    dropped: u64,
    streams: Vec<stream::Saved<'a>>,
}

/// An engine for streams that go on.
pub struct Live {
    options: ScanOptions,
    sieve: Sieve,
    pool: ThreadPool,
    /// In the order of their ids, which are never given twice.
    streams: Vec<Stream>,
    ids: Vec<StreamId>,
    next: u64,
    dropped: u64,
    bytes: u64,
    /// Lines of streams that are forgotten.
    lines: u64,
    /// When the last bytes came, by the clock on the wall.
    came: Option<Timestamp>,
    news: News,
    lists: Lists,
    /// What was new before incidents.
    known: Known,
}

/// What lists and repositories told of changes, and when they were asked.
#[derive(Default)]
struct Lists {
    lists: Vec<Outside>,
    history: Vec<Outside>,
    asked: Option<Instant>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live")
            .field("streams", &self.ids)
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}

/// What is known at a moment.
#[derive(Debug)]
pub struct Moment {
    /// As that of a scan that ends here.
    pub report: Report,
    /// The time of the stream: that of the newest record, or of the wall where the stream is live; `None`
    /// before any record with a time.
    pub now: Option<Timestamp>,
    /// Whether what comes is of now, and not of long ago.
    pub live: bool,
}

impl Live {
    /// An engine without any stream.
    ///
    /// # Errors
    ///
    /// Where a list of changes cannot be understood, or threads cannot be started.
    pub fn new(options: ScanOptions) -> Result<Self, Error> {
        let lists = Lists {
            lists: outside::lists(&options.changes, options.time.zone.as_ref())?,
            ..Lists::default()
        };
        Ok(Self {
            sieve: sieve_for(&options),
            pool: pool(options.threads.min(THREADS))?,
            options,
            streams: Vec::new(),
            ids: Vec::new(),
            next: 0,
            dropped: 0,
            bytes: 0,
            lines: 0,
            came: None,
            news: News::default(),
            lists,
            known: Known::default(),
        })
    }

    /// What is known, to be saved.
    #[must_use]
    pub fn save(&self) -> Saved<'_> {
        let rules = self.options.rules.rules().iter();
        Saved {
            rules: rules.map(|rule| rule.id.clone()).collect(),
            dropped: self.dropped,
            streams: self.streams.iter().map(Stream::save).collect(),
        }
    }

    /// Takes up what a run before has saved, in an engine without any stream. Streams that it was reading wait to
    /// be read on ([`Live::open`]) until [`Live::give_up_waiting`].
    pub fn restore(&mut self, saved: Saved<'_>) {
        let now = places_now(saved.rules.iter(), &self.options.rules);
        self.dropped = saved.dropped;
        for saved in saved.streams {
            let mut stream = Stream::restored(saved);
            stream.use_rules(&now);
            self.add(stream);
        }
    }

    /// Streams of a run before that nobody reads on have ended.
    pub fn give_up_waiting(&mut self) {
        for stream in self.streams.iter_mut().filter(|stream| stream.waits) {
            stream.waits = false;
            stream.end();
        }
    }

    /// How far the followed files are read for good.
    #[must_use]
    pub fn positions(&self) -> Vec<Position> {
        let going_on = self.streams.iter().filter(|stream| !stream.ended);
        let position = |stream: &Stream| {
            let (offset, lines) = stream.position();
            match &stream.name.print {
                Some(Print::File(print)) => Some(print.clone().at(offset, lines)),
                _ => None,
            }
        };
        going_on.filter_map(position).collect()
    }

    /// How far the journal of this name is read for good.
    #[must_use]
    pub fn journal(&self, name: &str) -> Option<StreamName> {
        let going_on = self.streams.iter().filter(|stream| !stream.ended);
        let mut names = going_on.map(Stream::name_so_far);
        names.rfind(|n| n.path == name && matches!(n.print, Some(Print::Journal(_))))
    }

    /// More is known of what tells a followed file from others.
    pub fn know(&mut self, id: StreamId, print: Position) {
        if let Some(stream) = self.stream(id) {
            stream.name.print = Some(Print::File(print));
        }
    }

    /// Adds a stream, or goes on with one that a run before has read up to here.
    pub fn open(&mut self, mut name: StreamName) -> StreamId {
        name.format = self.options.format.or(name.format);
        let before = self.streams.iter().position(|s| s.goes_on_as(&name));
        if let Some(n) = before {
            self.streams[n].go_on(name);
            return self.ids[n];
        }
        self.add(Stream::new(name))
    }

    fn add(&mut self, stream: Stream) -> StreamId {
        let id = StreamId(self.next);
        self.next += 1;
        self.streams.push(stream);
        self.ids.push(id);
        id
    }

    fn stream(&mut self, id: StreamId) -> Option<&mut Stream> {
        let n = self.ids.binary_search(&id).ok()?;
        self.streams.get_mut(n)
    }

    /// Takes bytes of a stream that came at `now`, which is `wall` by the clock; `fresh` where they were
    /// written just now, and are not what lay there before.
    pub fn push(
        &mut self,
        id: StreamId,
        bytes: &mut [u8],
        now: Instant,
        wall: Timestamp,
        fresh: bool,
    ) {
        self.came = Some(wall);
        self.bytes += bytes.len() as u64;
        if let Some(stream) = self.stream(id) {
            stream.push(bytes, now, fresh.then_some(wall));
        }
    }

    /// Nothing more will come of a stream.
    pub fn end(&mut self, id: StreamId) {
        if let Some(stream) = self.stream(id) {
            stream.end();
        }
    }

    /// Reads what is to be read by now. Cheap where nothing has come.
    pub fn advance(&mut self, now: Instant) {
        let tools = Tools {
            rules: &self.options.rules,
            sieve: &self.sieve,
            census: self.options.census,
            // A block is small: what is too much of it is for [`keep`] to say.
            most: super::KEEP,
        };
        let past = (PAST / self.streams.len().max(1)).min(PAST_OF_ONE);
        for stream in &mut self.streams {
            self.news = self.news.and(stream.advance(now, tools, past));
        }
        self.dropped += keep::bound(&mut self.streams, self.options.keep);
        self.forget_spent();
    }

    /// Forgets streams that ended and of which nothing is kept.
    fn forget_spent(&mut self) {
        let spent: Vec<bool> = self.streams.iter().map(Stream::is_spent).collect();
        // The last one tells what was read.
        if spent.iter().filter(|spent| !**spent).count() > 0 && spent.contains(&true) {
            let mut gone = spent.iter();
            self.streams.retain(|stream| {
                let is_gone = *gone.next().unwrap_or(&false);
                self.lines += if is_gone { stream.lines() } else { 0 };
                !is_gone
            });
            let mut gone = spent.iter();
            self.ids.retain(|_| !gone.next().unwrap_or(&false));
        }
    }

    /// When there is something to read although nothing comes.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.streams.iter().filter_map(Stream::due).min()
    }

    /// Whether something came since [`Live::moment`] that may make a loop.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.news.failures
    }

    /// Whether anything came since [`Live::moment`] that a rule knows.
    #[must_use]
    pub fn has_events(&self) -> bool {
        self.news.events
    }

    /// Bytes that came in all.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Lines that were read.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines + self.streams.iter().map(Stream::lines).sum::<u64>()
    }

    /// How many programs wrote, as far as they are told apart.
    #[must_use]
    pub fn services(&self) -> usize {
        self.streams.iter().map(Stream::programs).max().unwrap_or(0)
    }

    /// From now on lines are read by these rules. What was read stays as it was, but for what a rule that
    /// is there no more has told, which is of no rule.
    pub fn use_rules(&mut self, rules: RuleSet) {
        let before = self.options.rules.rules().iter();
        let now = places_now(before.map(|rule| &rule.id), &rules);
        for stream in &mut self.streams {
            stream.use_rules(&now);
        }
        self.options.rules = rules;
        self.sieve = sieve_for(&self.options);
    }

    /// Records that told something and are not counted any more.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Bytes and lines of a stream that are read for good.
    #[must_use]
    pub fn position(&self, id: StreamId) -> Option<(u64, u64)> {
        let n = self.ids.binary_search(&id).ok()?;
        self.streams.get(n).map(Stream::position)
    }

    /// What is known now, which is `wall` by the clock.
    pub fn moment(&mut self, wall: Timestamp) -> Moment {
        self.news = News::default();
        let files = self.streams.iter().enumerate();
        let files = files.map(|(n, stream)| stream.file_events(n)).collect();
        let mut timeline = timeline::build(files, &self.options.time);
        let (now, live) = self.let_time_pass(&mut timeline, wall);
        let mut warnings = Vec::new();
        if self.dropped > 0 {
            let text = format!("{} records are not kept any more", self.dropped);
            warnings.push(Warning::new(None, text));
        }
        for stream in self.streams.iter().filter(|s| s.cut_lines() > 0) {
            let text = format!(
                "{} line(s) longer than {MAX_LINE} bytes were cut there",
                stream.cut_lines()
            );
            warnings.push(Warning::new(Some(&stream.name.path), text));
        }
        if let Err(err) = self.ask_lists(&timeline) {
            let text = format!("{err}; what it told before holds");
            warnings.push(Warning::new(None, text));
        }
        let lists = self.lists.lists.iter().chain(&self.lists.history);
        let outside = lists.cloned().collect();
        let outside = add_changes(&mut timeline, outside, self.streams.len());
        let read = Read {
            inputs: self.streams.iter().map(input).collect(),
            opened: &self.streams.iter().map(opened).collect::<Vec<_>>(),
            outside,
            kernel: self.streams.iter().any(Stream::has_kernel),
        };
        let (options, known) = (&self.options, &mut self.known);
        let (report, _) = self.pool.install(|| {
            let analysis = Analysis::of(timeline, read, warnings, options);
            let incidents = analysis.incidents(&options.weights, &options.naming);
            analysis.report(&incidents, known)
        });
        Moment { report, now, live }
    }

    /// Lets time go on after the newest record, where the stream is live. Returns the time, and whether it
    /// is.
    fn let_time_pass(&self, timeline: &mut Timeline, wall: Timestamp) -> (Option<Timestamp>, bool) {
        let Some(end) = timeline.end else {
            return (None, false);
        };
        let live = self.came.is_some_and(|came| came.since(end).abs() <= LIVE);
        if !live {
            return (Some(end), false);
        }
        let later = |at: Timestamp| at.max(wall.min(at.plus(LIVE)));
        for file in &mut timeline.files {
            file.last = file.last.map(later);
            for (_, last) in file.hosts.values_mut() {
                *last = later(*last);
            }
        }
        timeline.end = Some(later(end));
        (timeline.end, true)
    }

    fn ask_lists(&mut self, timeline: &Timeline) -> Result<(), Error> {
        let sources = &self.options.changes;
        let fresh = |asked: Instant| asked.elapsed() < LISTS;
        if sources.is_empty() || self.lists.asked.is_some_and(fresh) {
            return Ok(());
        }
        self.lists.asked = Some(Instant::now());
        self.lists.lists = outside::lists(sources, self.options.time.zone.as_ref())?;
        if let (Some(start), Some(end)) = (timeline.start, timeline.end) {
            self.lists.history = outside::history(sources, start, end)?;
        }
        Ok(())
    }
}

/// Which place each of the rules before has now.
fn places_now<'r>(before: impl Iterator<Item = &'r String>, now: &RuleSet) -> Vec<usize> {
    let places: HashMap<&str, usize> = (now.rules().iter().enumerate())
        .map(|(n, rule)| (rule.id.as_str(), n))
        .collect();
    before
        .map(|id| places.get(id.as_str()).copied().unwrap_or(NO_RULE))
        .collect()
}

fn input(stream: &Stream) -> Input {
    let (bytes, lines) = stream.position();
    Input::new(&stream.name.path, stream.format().name(), bytes, lines)
}

fn opened(stream: &Stream) -> Opened<'_> {
    Opened {
        path: &stream.name.path,
        source: None,
        format: stream.format(),
        kept: stream.kept(),
    }
}
