//! What processes said first and last, where who wrote when makes their program a suspect.
//!
//! In: [`Suspect`]s, and the inputs. Out: events of the ends and starts that no record tells. Of a plain
//! file only what lies around these lines is read; what is compressed is read once more. A stream cannot
//! be, and is told of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::heard;
use super::look::Opened;
use crate::classify::Event;
use crate::framing::{BLOCK, Blocks, whole_lines};
use crate::loops::{self, Line, LoopPolicy, Loops, Process, Suspect, Voice};
use crate::primitives::{ByteOffset, FileId, LineNo, Place};
use crate::record::{CONTEXT, Format, Frame, Record, Severity, read};
use crate::source::Source;
use crate::timeline::Timeline;

/// How many of its last lines are heard of a process.
const LAST: usize = 20;
/// How many of its first.
const FIRST: usize = 40;
/// How many lines of anybody these may lie among.
const REACH: usize = 200;
/// How much is read around a line, in bytes.
const AROUND: usize = CONTEXT / 4;

/// What follows from how processes come and go.
#[derive(Debug, Default)]
pub(super) struct Inferred {
    pub(super) events: Vec<Event>,
    /// Inputs that could not be read once more.
    pub(super) unread: BTreeSet<usize>,
}

impl Inferred {
    /// Adds events of which only the places are known yet.
    pub(super) fn add(&mut self, events: Vec<Event>, sources: &[Opened<'_>]) {
        let mut more = Self {
            events,
            unread: BTreeSet::new(),
        };
        number(&mut more, sources);
        self.events.append(&mut more.events);
        self.unread.append(&mut more.unread);
    }
}

/// A line that is wanted: of which suspect and process, and whether it is the first or the last.
struct Wanted<'a> {
    offset: ByteOffset,
    is_last: bool,
    suspect: usize,
    process: (usize, &'a Process),
}

pub(super) fn infer(
    timeline: &Timeline,
    loops: &Loops,
    sources: &[Opened<'_>],
    policy: &LoopPolicy,
) -> Inferred {
    let suspects = loops::suspects(timeline, loops, policy);
    let mut inferred = Inferred::default();
    let mut voices: Vec<BTreeMap<usize, Voice>> = vec![BTreeMap::new(); suspects.len()];
    for (file, mut wanted) in wanted(&suspects) {
        wanted.sort_by_key(|w| w.offset);
        let Some(opened) = sources.get(file.index()) else {
            continue;
        };
        let source = opened.source.filter(|source| source.path != "-");
        match source {
            None => recall(opened, file, &wanted, &mut voices),
            Some(source) => {
                if hear(source, opened.format, file, &wanted, &mut voices).is_err() {
                    inferred.unread.insert(file.index());
                }
            }
        }
    }
    for (suspect, voices) in suspects.iter().zip(&voices) {
        inferred
            .events
            .extend(suspect.judge(voices, timeline, policy));
    }
    number(&mut inferred, sources);
    inferred
}

fn wanted(suspects: &[Suspect]) -> BTreeMap<FileId, Vec<Wanted<'_>>> {
    let mut all: BTreeMap<FileId, Vec<Wanted<'_>>> = BTreeMap::new();
    for (n, suspect) in suspects.iter().enumerate() {
        for process in suspect.wanted() {
            let (
                _,
                Process {
                    file,
                    last_file,
                    life,
                },
            ) = process;
            for (file, offset, is_last) in
                [(file, life.first.1, false), (last_file, life.last.1, true)]
            {
                all.entry(*file).or_default().push(Wanted {
                    offset: ByteOffset::new(offset),
                    is_last,
                    suspect: n,
                    process,
                });
            }
        }
    }
    all
}

/// Reads the wanted lines of a file; they are in its order.
fn hear(
    source: &Source,
    format: Format,
    file: FileId,
    wanted: &[Wanted<'_>],
    voices: &mut [BTreeMap<usize, Voice>],
) -> io::Result<()> {
    let mut put = |w: &Wanted<'_>, before: &[u8], rest: &[u8]| {
        let lines = lines_of(before, rest, w, file, format);
        let voice = voices[w.suspect].entry(w.process.0).or_default();
        match w.is_last {
            true => voice.last = lines,
            false => voice.first = lines,
        }
    };
    if let Some(mut plain) = source.open_anywhere()? {
        for w in wanted {
            let (before, rest) = around(&mut plain, w.offset)?;
            put(w, &before, &rest);
        }
        return Ok(());
    }
    let mut blocks = Blocks::new(source.open()?.reader, BLOCK);
    let mut next = wanted.iter().peekable();
    while next.peek().is_some() {
        let Some(block) = blocks.next_block() else {
            break;
        };
        let end = block.offset_of(block.main().len());
        while let Some(w) = next.next_if(|w| w.offset < end) {
            let at = block.position_of(w.offset);
            put(w, block.before(at), block.after(at));
        }
        blocks.recycle(block);
    }
    Ok(())
}

/// Takes the wanted lines of a stream from what was kept as it went by.
fn recall(
    opened: &Opened<'_>,
    file: FileId,
    wanted: &[Wanted<'_>],
    voices: &mut [BTreeMap<usize, Voice>],
) {
    // What came last holds.
    let kept = opened.kept.iter().flat_map(|kept| kept.heard.ends());
    let kept: BTreeMap<(u64, bool), &Vec<heard::Kept>> = kept.collect();
    for w in wanted {
        let Some(end) = kept.get(&(w.offset.get(), w.is_last)) else {
            continue;
        };
        let line = |kept: &heard::Kept| {
            let frame = Frame {
                line: &kept.text,
                before: &[],
                after: &[],
            };
            let record = read(frame, opened.format)?;
            let mut line = line_of(&record, &kept.text, kept.offset, file);
            line.place.line = LineNo::after(kept.line.saturating_sub(1));
            (record.pid == Some(w.process.1.life.pid)).then_some(line)
        };
        let lines: Vec<Line> = end.iter().filter_map(line).collect();
        let voice = voices[w.suspect].entry(w.process.0).or_default();
        match w.is_last {
            true => voice.last = lines,
            false => voice.first = lines,
        }
    }
}

/// What lies before and from a place on, in whole lines.
fn around(file: &mut File, offset: ByteOffset) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let reach = offset.get().min(AROUND as u64);
    file.seek(SeekFrom::Start(offset.get() - reach))?;
    let mut before = vec![0; reach as usize];
    file.read_exact(&mut before)?;
    let mut rest = Vec::new();
    Read::take(file, AROUND as u64).read_to_end(&mut rest)?;
    let before = match reach < AROUND as u64 {
        true => before,
        false => whole_lines(&before).to_vec(),
    };
    Ok((before, rest))
}

/// The record that begins `rest`, and those of the same process before it, or after it where it is the
/// first one; oldest first.
fn lines_of(before: &[u8], rest: &[u8], w: &Wanted<'_>, file: FileId, format: Format) -> Vec<Line> {
    let text = [before, rest].concat();
    let begin = w.offset.get() - before.len() as u64;
    let mut start = before.len();
    let mut lines: Vec<Line> = Vec::new();
    let most = if w.is_last { LAST } else { FIRST };
    // Where the record that was read last begins: a line may be a further one of it.
    let mut known = usize::MAX;
    for _ in 0..REACH {
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |n| start + n);
        let frame = Frame {
            line: text[start..end].trim_ascii_end(),
            before: &text[..start],
            after: &text[(end + 1).min(text.len())..],
        };
        let record = read(frame, format).filter(|r| r.pid == Some(w.process.1.life.pid));
        if let Some(record) = record {
            let first = start - record.back.min(start);
            if first != known {
                known = first;
                lines.push(line_of(&record, frame.line, begin + first as u64, file));
            }
        }
        let is_over = match w.is_last {
            true => start == 0,
            false => end + 1 >= text.len(),
        };
        if is_over || lines.len() >= most {
            break;
        }
        start = match w.is_last {
            true => memchr::memrchr(b'\n', &text[..start - 1]).map_or(0, |n| n + 1),
            false => end + 1,
        };
    }
    if w.is_last {
        lines.reverse();
    }
    lines
}

pub(super) fn line_of(record: &Record<'_>, line: &[u8], offset: u64, file: FileId) -> Line {
    let message = String::from_utf8_lossy(&record.message).into_owned();
    let text = match record.unwrapped {
        false => String::from_utf8_lossy(line).into_owned(),
        true => {
            let program = record.program.as_deref().unwrap_or("");
            let pid = record.pid.map_or(String::new(), |pid| format!("[{pid}]"));
            format!("{program}{pid}: {message}")
        }
    };
    Line {
        place: Place {
            file,
            offset: ByteOffset::new(offset),
            line: LineNo::after(0),
        },
        cursor: record.cursor.as_deref().map(Into::into),
        stamp: record.stamp,
        text,
        message,
        severe: record.severity.is_some_and(|s| s <= Severity::Error),
        covers: record.len as u64,
    }
}

/// Gives the events the numbers of their lines: the census knows places only.
fn number(inferred: &mut Inferred, sources: &[Opened<'_>]) {
    let mut by_file: BTreeMap<FileId, Vec<&mut Event>> = BTreeMap::new();
    for event in &mut inferred.events {
        by_file.entry(event.place.file).or_default().push(event);
    }
    let mut unread = Vec::new();
    for (file, mut events) in by_file {
        events.sort_by_key(|e| e.place.offset);
        // Lines of a stream are numbered as they are kept.
        let source = sources.get(file.index()).and_then(|opened| opened.source);
        if let Some(source) = source.filter(|source| source.path != "-")
            && number_in(source, &mut events).is_err()
        {
            unread.push(file.index());
        }
    }
    inferred.unread.extend(unread);
}

fn number_in(source: &Source, events: &mut [&mut Event]) -> io::Result<()> {
    let mut blocks = Blocks::new(source.open()?.reader, BLOCK);
    let mut next = events.iter_mut().peekable();
    let mut lines = 0;
    while next.peek().is_some() {
        let Some(block) = blocks.next_block() else {
            break;
        };
        let main = block.main();
        let end = block.offset_of(main.len());
        let mut counted = 0;
        while let Some(event) = next.next_if(|e| e.place.offset < end) {
            let at = block.position_of(event.place.offset);
            lines += memchr::memchr_iter(b'\n', &main[counted..at]).count() as u64;
            counted = at;
            event.place.line = LineNo::after(lines);
        }
        lines += memchr::memchr_iter(b'\n', &main[counted..]).count() as u64;
        blocks.recycle(block);
    }
    Ok(())
}
