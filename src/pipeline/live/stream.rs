//! One input that goes on: its bytes become events as they come.
//!
//! In: bytes, whenever they come. Out: what is settled, and a draft of what came a moment ago, which is
//! made again when more has come ([`Tail`]).

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::classify::{Event, Family, InputName, NO_RULE, Often};
use crate::follow::{JournalStart, Print, StreamName, last_cursor};
use crate::framing::{Block, Tail};
use crate::primitives::{ByteOffset, FileId, LineNo};
use crate::record::{Format, detect};
use crate::sieve::Census;
use crate::time::Timestamp;
use crate::timeline::FileEvents;

use super::super::block::{Tools, work};
use super::super::kept::Kept;
use super::super::look;

/// How far back a record that is told twice is known again, as [`Flood`](crate::classify::Flood) has it.
const TOLD: usize = 16;
/// The most text that is kept of what stood before events, in bytes, compressed.
const BEFORE: usize = 1 << 20;
/// Writers that are told apart, and minutes that are counted: more than a day.
const CENSUS: (usize, usize) = (1000, 2000);

/// What came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Something ended abnormally, or was started again for it.
    pub(super) failures: bool,
    /// Anything at all that a rule knows.
    pub(super) events: bool,
}

impl News {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            failures: self.failures || other.failures,
            events: self.events || other.events,
        }
    }
}

/// What is not settled yet.
#[derive(Default)]
struct Draft {
    length: usize,
    lines: u64,
    events: Vec<Event>,
    census: Census,
    kept: Kept,
}

/// What of a stream outlasts the program.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved<'a> {
    /// With how far it was read.
    name: Cow<'a, StreamName>,
    format: Option<Format>,
    pub(super) events: Cow<'a, [Event]>,
    census: Cow<'a, Census>,
    kept: Cow<'a, Kept>,
    told: Vec<(ByteOffset, usize)>,
    ended: bool,
}

pub(super) struct Stream {
    pub(super) name: StreamName,
    format: Option<Format>,
    tail: Tail,
    /// Lines that are settled.
    lines: u64,
    /// What is settled.
    pub(super) events: Vec<Event>,
    census: Census,
    kept: Kept,
    draft: Draft,
    /// Where the last records begin that were told, and by which rules.
    told: VecDeque<(ByteOffset, usize)>,
    /// Of how many events on a look is due at which come too often.
    pub(super) look_again: usize,
    pub(super) ended: bool,
    /// It was read by a run before; whoever reads its file on has not said so yet.
    pub(super) waits: bool,
}

impl Stream {
    pub(super) fn new(name: StreamName) -> Self {
        Self {
            format: name.format,
            tail: Tail::starting_at(name.offset),
            lines: name.lines,
            name,
            events: Vec::new(),
            census: Census::default(),
            kept: Kept::default(),
            draft: Draft::default(),
            told: VecDeque::new(),
            look_again: 0,
            ended: false,
            waits: false,
        }
    }

    /// As it is to be saved. Of what can be read again what is settled is saved, of a pipe all that was read.
    pub(super) fn save(&self) -> Saved<'_> {
        let can_be_read = self.name.print.is_some();
        let mut events = Cow::Borrowed(&*self.events);
        let mut census = Cow::Borrowed(&self.census);
        if !can_be_read && self.draft.length > 0 {
            events.to_mut().extend(self.draft.events.iter().cloned());
            census.to_mut().append(self.draft.census.clone());
        }
        Saved {
            name: Cow::Owned(self.name_so_far()),
            format: self.format,
            events,
            census,
            kept: Cow::Borrowed(&self.kept),
            told: self.told.iter().copied().collect(),
            ended: self.ended || !can_be_read,
        }
    }

    /// Its name, with how far it is read for good.
    pub(super) fn name_so_far(&self) -> StreamName {
        let (offset, lines) = self.position();
        StreamName {
            offset,
            lines,
            ..self.name.clone()
        }
    }

    /// As it was saved.
    pub(super) fn restored(saved: Saved<'_>) -> Self {
        let mut census = saved.census.into_owned();
        census.index();
        Self {
            events: saved.events.into_owned(),
            census,
            kept: saved.kept.into_owned(),
            told: saved.told.into(),
            ended: saved.ended,
            waits: !saved.ended,
            format: saved.format,
            ..Self::new(saved.name.into_owned())
        }
    }

    /// Whether this is what a run before has read of it, up to where it is read now.
    pub(super) fn goes_on_as(&self, name: &StreamName) -> bool {
        self.waits
            && name.offset > 0
            && self.name.series == name.series
            && self.position() == (name.offset, name.lines)
    }

    /// It is read on, under this name.
    pub(super) fn go_on(&mut self, name: StreamName) {
        self.waits = false;
        self.name = StreamName {
            offset: self.name.offset,
            lines: self.name.lines,
            ..name
        };
    }

    /// Takes bytes; `written` says when, where they are of now.
    pub(super) fn push(&mut self, bytes: &mut [u8], now: Instant, written: Option<Timestamp>) {
        self.name.meta.modified = written.or(self.name.meta.modified);
        self.tail.push(bytes, now);
    }

    pub(super) fn end(&mut self) {
        self.tail.end();
        self.ended = true;
    }

    /// When there is something to do although nothing comes.
    pub(super) fn due(&self) -> Option<Instant> {
        self.tail.quiet_at().filter(|_| self.draft_is_short())
    }

    fn draft_is_short(&self) -> bool {
        self.tail.sample().len() > self.draft.length
    }

    /// Settles what is to be settled, and drafts what has had its time; remembers so many bytes of the newest text.
    pub(super) fn advance(&mut self, now: Instant, tools: Tools<'_>, past: usize) -> News {
        let settled = self.tail.settled(now);
        let quiet = self.tail.quiet(now).saturating_sub(settled);
        if settled == 0 && quiet <= self.draft.length {
            return News::default();
        }
        if self.events.is_empty() && self.lines == self.name.lines && self.name.format.is_none() {
            // The more lines are there, the better it can be told.
            self.format = Some(detect(self.tail.sample()));
        }
        let before = std::mem::take(&mut self.draft);
        let known: BTreeSet<(u64, usize, usize)> = before.events.iter().map(identity).collect();
        let mut news = News::default();
        let mut note = |event: &Event| {
            if !known.contains(&identity(event)) {
                news.events = true;
                news.failures |= fails(event);
            }
        };
        if settled > 0 {
            let block = self.tail.block(settled);
            let (events, census, lines) = self.look_at(&block, tools);
            self.kept.follow(&block, past);
            for event in events {
                note(&event);
                if look::may_want(&event) {
                    self.kept.keep(&block, &event);
                    self.kept.keep_after(&block, &event);
                }
                self.told.truncate(TOLD - 1);
                self.told.push_front((event.place.offset, event.rule));
                self.events.push(event);
            }
            self.kept.forget_oldest(BEFORE);
            self.kept.heard.hear(&block, &census, self.lines);
            self.census.append(census);
            self.census.keep_newest(CENSUS.0, CENSUS.1);
            self.lines += lines;
            // Of a record that was cut off there is no cursor: it would be read once more.
            if let Some(Print::Journal(start)) = &mut self.name.print
                && let Some(cursor) = last_cursor(block.main())
            {
                *start = JournalStart::After(cursor);
            }
            self.tail.take(settled);
        }
        if quiet > 0 {
            let block = self.tail.block(quiet);
            let (events, census, lines) = self.look_at(&block, tools);
            let mut kept = Kept::default();
            for event in &events {
                note(event);
                if look::may_want(event) {
                    kept.keep(&block, event);
                    kept.keep_after(&block, event);
                }
            }
            kept.heard.hear(&block, &census, self.lines);
            self.draft = Draft {
                length: quiet,
                lines,
                events,
                census,
                kept,
            };
        }
        news
    }

    /// What the lines of a block tell that was not told before.
    fn look_at(&self, block: &Block, tools: Tools<'_>) -> (Vec<Event>, Census, u64) {
        let input = InputName {
            file: FileId::new(0),
            stem: self.name.stem.as_deref(),
            host: None,
            format: self.format(),
        };
        let yielded = work(block, &input, Often::default(), tools);
        let mut events = yielded.events.finish().events;
        events.retain(|event| !self.told.contains(&(event.place.offset, event.rule)));
        for event in &mut events {
            let line = self.lines + event.place.line.get();
            event.place.line = LineNo::after(line.saturating_sub(1 + event.lines_back));
        }
        (events, yielded.census, yielded.lines)
    }

    pub(super) fn format(&self) -> Format {
        self.format.unwrap_or(Format::Plain)
    }

    /// What stood before its events.
    pub(super) fn kept(&self) -> Vec<&Kept> {
        vec![&self.kept, &self.draft.kept]
    }

    /// Bytes that are settled, lines that are settled.
    pub(super) fn position(&self) -> (u64, u64) {
        (self.tail.taken(), self.lines)
    }

    /// Lines that were cut because they were too long.
    pub(super) fn cut_lines(&self) -> u64 {
        self.tail.cut_lines()
    }

    /// How many programs wrote, as far as they are told apart.
    pub(super) fn programs(&self) -> usize {
        let writers = self.census.writers.iter().chain(&self.draft.census.writers);
        let programs = writers.map(|w| (&w.host, &w.program));
        programs.collect::<BTreeSet<_>>().len()
    }

    /// `now` says which place each of the rules before has now.
    pub(super) fn use_rules(&mut self, now: &[usize]) {
        for event in self.events.iter_mut().chain(&mut self.draft.events) {
            event.rule = now.get(event.rule).copied().unwrap_or(NO_RULE);
        }
        // What is not settled is read once more by the new rules.
        self.draft.length = 0;
        self.told.clear();
    }

    /// Lines that were read, settled or not.
    pub(super) fn lines(&self) -> u64 {
        self.lines - self.name.lines + self.draft.lines
    }

    /// Whether it holds nothing that counts any more.
    pub(super) fn is_spent(&self) -> bool {
        self.ended && self.events.is_empty() && self.draft.events.is_empty()
    }

    /// All events, settled or not, as those of file `n`.
    pub(super) fn file_events(&self, n: usize) -> FileEvents {
        let mut events = Vec::with_capacity(self.events.len() + self.draft.events.len());
        events.extend(self.events.iter().chain(&self.draft.events).cloned());
        for event in &mut events {
            event.place.file = FileId::new(n);
        }
        let mut census = self.census.clone();
        census.append(self.draft.census.clone());
        census.fold_forkers();
        FileEvents {
            path: self.name.path.clone(),
            series: self.name.series.clone(),
            format: self.format(),
            meta: self.name.meta.clone(),
            events,
            census,
        }
    }

    /// Whether any line is the kernel's.
    pub(super) fn has_kernel(&self) -> bool {
        matches!(self.format(), Format::Dmesg)
            || (self.census.writers.iter().chain(&self.draft.census.writers))
                .any(|writer| &*writer.program == b"kernel")
    }
}

/// What tells an event from another, and an unfinished record from the finished one.
fn identity(event: &Event) -> (u64, usize, usize) {
    (event.place.offset.get(), event.rule, event.message.len())
}

/// Whether it may be the crash that makes a loop.
fn fails(event: &Event) -> bool {
    use crate::classify::Class;
    // A count is told again and again; but for its first it is hardly that of a beginning.
    let begins = || {
        let count = event.field("counter");
        event.class == Class::Banner && count.is_none_or(|count| matches!(count, "0" | "1"))
    };
    event.class.family() == Family::Process
        && matches!(
            event.class,
            Class::Crash
                | Class::Exit
                | Class::Oom
                | Class::Watchdog
                | Class::StartFail
                | Class::GiveUp
                | Class::Restart
                | Class::Backoff
        )
        || begins()
}
