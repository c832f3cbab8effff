//! The second look: what stood before a crash, and around a change.
//!
//! In: events whose surroundings matter, and the inputs. Out: for each, up to twenty lines that the
//! same process, or service, wrote before it. For each looping service the first eight crashes, then
//! every 2^k-th, and the last; for each routine its instances, up to a bound. Of a plain file only what
//! lies before them is read; of others it was [`kept`](super::kept). Where too much would have had to be
//! kept, what is compressed is read once more, as far as need be; a stream cannot be, and is told of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::kept::Kept;
use crate::classify::{Class, Event};
use crate::framing::{Blocks, whole_lines};
use crate::ledger::Ledger;
use crate::loops::{CrashLoop, Loops, plain};
use crate::primitives::{ByteOffset, Place};
use crate::record::{CONTEXT, Format, Frame, Record, read};
use crate::report::{Ref, Time};
use crate::source::Source;
use crate::time::Known;
use crate::timeline::Timeline;

/// An input that was read.
pub(super) struct Opened<'a> {
    /// As the report names it.
    pub(super) path: &'a str,
    /// Where it can be read once more.
    pub(super) source: Option<&'a Source>,
    pub(super) format: Format,
    /// What stood before its events.
    pub(super) kept: Vec<&'a Kept>,
}

/// How many lines are kept of one look.
const LINES: usize = 20;
/// How far back a look goes, in lines of anybody.
const REACH: usize = 400;
/// The most instances of a routine that are looked at.
const INSTANCES: usize = 200;

/// What was read around events.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// Messages, oldest first, by event.
    pub(super) messages: BTreeMap<usize, Vec<String>>,
    /// The same as places, for crashes.
    pub(super) words: BTreeMap<usize, Vec<Ref>>,
    /// Inputs that could not be read once more.
    pub(super) unread: BTreeSet<usize>,
}

impl Looks {
    fn add(&mut self, w: &Wanted<'_>, (messages, words): (Vec<String>, Vec<Ref>)) {
        self.messages.insert(w.event, messages);
        self.words.insert(w.event, words);
    }
}

/// Who must have written a line for it to count.
struct Wanted<'a> {
    event: usize,
    place: Place,
    host: Option<&'a str>,
    pid: Option<u32>,
    program: Option<&'a str>,
    service: Option<&'a str>,
}

pub(super) fn look(
    timeline: &Timeline,
    loops: &Loops,
    ledger: &Ledger,
    sources: &[Opened<'_>],
    block_bytes: usize,
) -> Looks {
    let mut wanted: BTreeMap<usize, Vec<Wanted<'_>>> = BTreeMap::new();
    for found in &loops.loops {
        for w in crashes(timeline, loops, found) {
            wanted.entry(w.place.file.index()).or_default().push(w);
        }
    }
    if !loops.loops.is_empty() {
        for n in routine_records(ledger) {
            let event = &timeline.events[n];
            let w = want(n, event, None);
            wanted.entry(w.place.file.index()).or_default().push(w);
        }
    }
    let mut looks = Looks::default();
    for (file, mut list) in wanted {
        list.sort_by_key(|w| (w.place.offset, w.event));
        let Some(opened) = sources.get(file) else {
            continue;
        };
        list.retain(|w| !look_at_kept(opened, w, &mut looks));
        if opened.source.is_none_or(|source| source.path == "-") {
            // Of what follows from who wrote when the last words are known.
            list.retain(|w| !timeline.events[w.event].is_inferred());
        }
        let unread = match list.is_empty() {
            true => false,
            false => {
                let source = opened.source.filter(|source| source.path != "-");
                source.is_none_or(|source| {
                    read_file(source, opened.format, &list, block_bytes, &mut looks).is_err()
                })
            }
        };
        if unread {
            looks.unread.insert(file);
        }
    }
    looks
}

/// Whether a look at what stood before the event may be wanted: it tells of a crash, or of a change.
pub(super) fn may_want(event: &Event) -> bool {
    !matches!(
        event.class,
        Class::ExitOk
            | Class::Started
            | Class::StopRequest
            | Class::Stopped
            | Class::KilledOnRequest
            | Class::Reloading
            | Class::Boot
            | Class::Shutdown
            | Class::Cause
    )
}

fn want<'a>(n: usize, event: &'a Event, service: Option<&'a str>) -> Wanted<'a> {
    Wanted {
        event: n,
        place: event.place,
        host: event.host.as_deref(),
        pid: event.pid,
        program: event.program.as_deref(),
        service,
    }
}

fn crashes<'a>(timeline: &'a Timeline, loops: &Loops, found: &'a CrashLoop) -> Vec<Wanted<'a>> {
    let ends = &loops.tracks[found.track].ends[found.ends.clone()];
    let last = ends.len().saturating_sub(1);
    ends.iter()
        .enumerate()
        .filter(|(n, _)| *n < 8 || (n + 1).is_power_of_two() || *n == last)
        .filter_map(|(_, end)| {
            // What the process itself said is looked for before its own text; else before the
            // supervisor's record, by the service's name.
            let text = end
                .texts
                .iter()
                .min_by_key(|&&n| timeline.events[n].at)
                .copied();
            let n = text.or(end.records.first().copied())?;
            let event = &timeline.events[n];
            let of_kernel = event.program.as_deref() == Some("kernel");
            Some(match text {
                Some(_) if !of_kernel => want(n, event, None),
                _ => want(n, event, Some(&found.entity.service)),
            })
        })
        .collect()
}

/// One record of each instance of each routine.
fn routine_records(ledger: &Ledger) -> impl Iterator<Item = usize> + '_ {
    ledger
        .changes
        .iter()
        .filter(|c| c.is_routine())
        .flat_map(|c| c.instances.iter().rev().take(INSTANCES))
        .filter_map(|i| i.records.iter().min().copied())
}

/// Whether what stood before the event was kept.
fn look_at_kept(opened: &Opened<'_>, w: &Wanted<'_>, looks: &mut Looks) -> bool {
    let mut kept = opened.kept.iter();
    let Some(before) = kept.find_map(|kept| kept.before(w.place.offset)) else {
        return false;
    };
    looks.add(w, lines_before(&before, w, opened.path, opened.format));
    true
}

fn read_file(
    source: &Source,
    format: Format,
    wanted: &[Wanted<'_>],
    block_bytes: usize,
    looks: &mut Looks,
) -> io::Result<()> {
    if let Some(mut file) = source.open_anywhere()? {
        for w in wanted {
            let before = before(&mut file, w.place.offset)?;
            looks.add(w, lines_before(&before, w, &source.path, format));
        }
        return Ok(());
    }
    let mut blocks = Blocks::new(source.open()?.reader, block_bytes);
    let mut next = wanted.iter().peekable();
    while next.peek().is_some() {
        let Some(block) = blocks.next_block() else {
            break;
        };
        let main = block.main();
        let end = block.offset_of(main.len()).get();
        while let Some(w) = next.next_if(|w| w.place.offset.get() < end) {
            let at = block.position_of(w.place.offset);
            looks.add(w, lines_before(block.before(at), w, &source.path, format));
        }
        blocks.recycle(block);
    }
    Ok(())
}

/// The whole lines before an offset, within [`CONTEXT`].
fn before(file: &mut File, offset: ByteOffset) -> io::Result<Vec<u8>> {
    let reach = offset.get().min(CONTEXT as u64);
    file.seek(SeekFrom::Start(offset.get() - reach))?;
    let mut text = vec![0; reach as usize];
    file.read_exact(&mut text)?;
    Ok(whole_lines(&text).to_vec())
}

/// The last lines of `before` that the wanted process wrote, oldest first.
fn lines_before(
    before: &[u8],
    w: &Wanted<'_>,
    path: &str,
    format: Format,
) -> (Vec<String>, Vec<Ref>) {
    let mut messages = Vec::new();
    let mut refs = Vec::new();
    let mut end = before.strip_suffix(b"\n").unwrap_or(before).len();
    let mut offset =
        w.place.offset.get() - (before.len() - end).min(w.place.offset.get() as usize) as u64;
    for back in 1..=REACH {
        if end == 0 || messages.len() >= LINES {
            break;
        }
        let at = memchr::memrchr(b'\n', &before[..end]).map_or(0, |n| n + 1);
        let line = &before[at..end];
        offset = offset.saturating_sub((end - at) as u64);
        let frame = Frame {
            line,
            before: &[],
            after: &before[(end + 1).min(before.len())..],
        };
        if let Some(record) = read(frame, format).filter(|r| is_wanted(r, w)) {
            let message = String::from_utf8_lossy(&record.message).into_owned();
            let line_no = w.place.line.get().checked_sub(back as u64);
            let cursor = record.cursor.as_deref().map(str::to_owned);
            refs.push(Ref {
                path: path.to_owned(),
                line: line_no.filter(|_| cursor.is_none()),
                offset: cursor.is_none().then_some(offset),
                cursor,
                time: record.stamp.and_then(|s| match s.known {
                    Known::Utc { at, .. } => Some(Time(at)),
                    _ => None,
                }),
                text: if record.unwrapped {
                    message.clone()
                } else {
                    String::from_utf8_lossy(line).into_owned()
                },
            });
            messages.push(message);
        }
        if at == 0 {
            break;
        }
        end = at - 1;
        offset = offset.saturating_sub(1);
    }
    messages.reverse();
    refs.reverse();
    (messages, refs)
}

fn is_wanted(record: &Record<'_>, w: &Wanted<'_>) -> bool {
    if record.host.as_deref() != w.host && record.host.is_some() && w.host.is_some() {
        return false;
    }
    if let Some(service) = w.service {
        let names = [record.unit.as_deref(), record.program.as_deref()];
        return names
            .into_iter()
            .flatten()
            .any(|name| plain(name).0 == service);
    }
    match (record.pid, w.pid) {
        (Some(a), Some(b)) => a == b,
        _ => record.program.is_none() || record.program.as_deref() == w.program,
    }
}
