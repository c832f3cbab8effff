//! The text around records, over the files of a log.
//!
//! In: records, how far back each is looked at, and the inputs. Out: [`Around`] of each. Of a plain file only what
//! lies around the records is read; what is compressed is read once more as far as need be, and of a stream what
//! stood there was [`kept`](super::kept). Where a file begins, what stands before is the end of the one that was
//! rotated away before it, and the other way round.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::kept::AFTER;
use super::look::Opened;
use crate::classify::Event;
use crate::framing::{BLOCK, Blocks, whole_lines};
use crate::primitives::{ByteOffset, FileId, Place};
use crate::record::CONTEXT;
use crate::timeline::Timeline;

/// So much of the end of a file is read, in bytes: a line's end more than what is looked at.
const END: usize = CONTEXT + 1;

/// A part of a file.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) file: FileId,
    /// Where its first byte stands.
    pub(super) at: u64,
    pub(super) text: Vec<u8>,
}

/// What stands before a record, and after its end, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub(super) before: Vec<Piece>,
    pub(super) after: Vec<Piece>,
}

/// A record around which is read.
pub(super) struct Wanted<'a> {
    event: &'a Event,
    /// The event behind whose record it begins; the start of the log where there is none.
    begin: Option<&'a Event>,
    /// How far back at most, in bytes and lines.
    reach: (usize, usize),
}

impl<'a> Wanted<'a> {
    pub(super) fn of(event: &'a Event, begin: Option<&'a Event>, reach: (usize, usize)) -> Self {
        Self {
            event,
            begin,
            reach,
        }
    }

    fn file(&self) -> FileId {
        self.event.place.file
    }

    fn at(&self) -> ByteOffset {
        self.event.place.offset
    }

    /// From where on in a file.
    fn begin_in(&self, file: FileId) -> u64 {
        let begin = self.begin.filter(|event| event.place.file == file);
        begin.map_or(0, end_of)
    }

    /// Of the text before the record what is wanted, in whole lines where it goes on before.
    fn cut(&self, before: &[u8]) -> Vec<u8> {
        let begin = self.begin_in(self.file());
        let back = usize::try_from(self.at().get().saturating_sub(begin)).unwrap_or(usize::MAX);
        last_of(&before[before.len().saturating_sub(back)..], self.reach).to_vec()
    }
}

/// The last lines of a text, whole ones, and so many bytes and lines at most.
fn last_of(text: &[u8], (bytes, lines): (usize, usize)) -> &[u8] {
    let text = match text.len() > bytes {
        true => whole_lines(&text[text.len() - bytes..]),
        false => text,
    };
    let mut ends = memchr::memrchr_iter(b'\n', text);
    let from = ends.nth(lines).map_or(0, |end| end + 1);
    &text[from..]
}

/// Where the event's record ends.
fn end_of(event: &Event) -> u64 {
    event.place.offset.get() + event.covers
}

/// What stands around records, by their places; nothing of those whose file cannot be read once more.
pub(super) fn gather(
    wanted: &[Wanted<'_>],
    timeline: &Timeline,
    sources: &[Opened<'_>],
) -> BTreeMap<Place, Around> {
    let mut by_file: BTreeMap<FileId, Vec<&Wanted<'_>>> = BTreeMap::new();
    for w in wanted {
        by_file.entry(w.file()).or_default().push(w);
    }
    let mut found = BTreeMap::new();
    for (file, mut wanted) in by_file {
        wanted.sort_by_key(|w| w.at());
        if let Some(opened) = sources.get(file.index()) {
            // Where it cannot be read once more nothing follows from it.
            let _ = gather_of(opened, &wanted, &mut found);
        }
    }
    let mut joints = Joints {
        timeline,
        sources,
        ends: BTreeMap::new(),
        starts: BTreeMap::new(),
    };
    let mut ordered: Vec<&Wanted<'_>> = wanted.iter().collect();
    ordered.sort_by_key(|w| w.event.place);
    for w in &ordered {
        joints.go_back(w, &mut found);
    }
    for w in ordered {
        joints.go_on(w, &mut found);
    }
    found
}

/// Reads what stands around records of one input.
fn gather_of(
    opened: &Opened<'_>,
    wanted: &[&Wanted<'_>],
    found: &mut BTreeMap<Place, Around>,
) -> io::Result<()> {
    let mut add = |w: &Wanted<'_>, before: Vec<u8>, after: Vec<u8>| {
        let (file, at) = (w.file(), w.at().get());
        let before = Piece {
            file,
            at: at - before.len() as u64,
            text: before,
        };
        let after = Piece {
            file,
            at: end_of(w.event),
            text: after,
        };
        let around = Around {
            before: vec![before],
            after: vec![after],
        };
        found.insert(w.event.place, around);
    };
    let Some(source) = opened.source.filter(|source| source.path != "-") else {
        for w in wanted {
            let before = opened.kept.iter().find_map(|kept| kept.before(w.at()));
            let after = opened.kept.iter().find_map(|kept| kept.after(w.at()));
            if let Some((before, after)) = before.zip(after) {
                add(w, w.cut(&before), after);
            }
        }
        return Ok(());
    };
    if let Some(mut file) = source.open_anywhere()? {
        for w in wanted {
            let (before, after) = around(&mut file, w)?;
            add(w, before, after);
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
        while let Some(w) = next.next_if(|w| w.at() < end) {
            let at = block.position_of(w.at());
            let skip = usize::try_from(w.event.covers).unwrap_or(usize::MAX);
            let after = block.after(at).get(skip..).unwrap_or_default();
            let after = &after[..after.len().min(AFTER)];
            add(w, w.cut(block.before(at)), after.to_vec());
        }
        blocks.recycle(block);
    }
    Ok(())
}

fn around(file: &mut File, w: &Wanted<'_>) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let at = w.at().get();
    let begin = w.begin_in(w.file());
    // With what shows where the first whole line begins.
    let reach = (at - begin.min(at)).min(w.reach.0 as u64 + 1);
    file.seek(SeekFrom::Start(at - reach))?;
    let mut before = vec![0; reach as usize];
    file.read_exact(&mut before)?;
    file.seek(SeekFrom::Start(end_of(w.event)))?;
    let mut after = Vec::new();
    Read::take(file, AFTER as u64).read_to_end(&mut after)?;
    Ok((w.cut(&before), after))
}

/// Where one file of a log ends and the next one begins.
struct Joints<'a> {
    timeline: &'a Timeline,
    sources: &'a [Opened<'a>],
    /// The end of a file, and its start; `None` where it cannot be read once more.
    ends: BTreeMap<FileId, Option<Piece>>,
    starts: BTreeMap<FileId, Option<Piece>>,
}

impl Joints<'_> {
    /// Where the text before a record goes back to its file's start, the end of the file before is added.
    fn go_back(&mut self, w: &Wanted<'_>, found: &mut BTreeMap<Place, Around>) {
        let begins_before = w.begin.is_none_or(|begin| begin.place.file < w.file());
        let own = found.get(&w.event.place).and_then(|a| a.before.first());
        let Some(own) = own.filter(|own| begins_before && own.at == 0) else {
            return;
        };
        let lines = memchr::memchr_iter(b'\n', &own.text).count();
        let left = (
            w.reach.0.saturating_sub(own.text.len()),
            w.reach.1.saturating_sub(lines),
        );
        let Some(before) = self.timeline.part_before(w.file()) else {
            return;
        };
        let begin = w.begin_in(before);
        // A stream's end is known where it is what stands after the last record.
        let after = w
            .begin
            .filter(|begin| begin.place.file == before)
            .and_then(|begin| found.get(&begin.place)?.after.first())
            .filter(|after| after.text.len() < AFTER);
        let end = match after {
            Some(after) => Some(after.clone()),
            None => self.end_of(before),
        };
        if let Some(Piece { file, at, text }) = end
            && let Some(around) = found.get_mut(&w.event.place)
        {
            let skip = usize::try_from(begin.saturating_sub(at)).unwrap_or(usize::MAX);
            let text = text.get(skip.min(text.len())..).unwrap_or_default();
            let kept = last_of(text, left);
            let skipped = text.len() - kept.len();
            let at = at.max(begin) + skipped as u64;
            let text = kept.to_vec();
            around.before.insert(0, Piece { file, at, text });
        }
    }

    /// Where the text after a record ends with its file, the start of the next file is added.
    fn go_on(&mut self, w: &Wanted<'_>, found: &mut BTreeMap<Place, Around>) {
        let own = found.get(&w.event.place).and_then(|a| a.after.first());
        let Some(left) = own.and_then(|own| AFTER.checked_sub(own.text.len() + 1)) else {
            return;
        };
        let Some(next) = self.timeline.part_after(w.file()) else {
            return;
        };
        if let Some(Piece { file, at, mut text }) = self.start_of(next, found)
            && let Some(around) = found.get_mut(&w.event.place)
        {
            text.truncate(left);
            around.after.push(Piece { file, at, text });
        }
    }

    fn end_of(&mut self, file: FileId) -> Option<Piece> {
        let vacant = match self.ends.entry(file) {
            Entry::Occupied(known) => return known.get().clone(),
            Entry::Vacant(vacant) => vacant,
        };
        let opened = self.sources.get(file.index());
        let read = opened.and_then(|opened| last_bytes(opened, END).ok()?);
        let piece = read.map(|(at, text)| Piece { file, at, text });
        vacant.insert(piece).clone()
    }

    fn start_of(&mut self, file: FileId, found: &BTreeMap<Place, Around>) -> Option<Piece> {
        let vacant = match self.starts.entry(file) {
            Entry::Occupied(known) => return known.get().clone(),
            Entry::Vacant(vacant) => vacant,
        };
        let opened = self.sources.get(file.index());
        let read = opened.and_then(|opened| first_bytes(opened).ok()?);
        // Of a stream it is known as far as its first record that is looked at.
        let known = || {
            let first = found.iter().find(|(place, _)| place.file == file)?.1;
            let own = first.before.last().filter(|own| own.at == 0)?;
            Some(own.text.clone())
        };
        let text = read.or_else(known);
        let piece = text.map(|text| Piece { file, at: 0, text });
        vacant.insert(piece).clone()
    }
}

/// The last bytes of an input, so many at most, and where they begin; `None` of a stream.
pub(super) fn last_bytes(opened: &Opened<'_>, most: usize) -> io::Result<Option<(u64, Vec<u8>)>> {
    let Some(source) = opened.source.filter(|source| source.path != "-") else {
        return Ok(None);
    };
    if let Some(mut file) = source.open_anywhere()? {
        let len = file.seek(SeekFrom::End(0))?;
        let at = len.saturating_sub(most as u64);
        file.seek(SeekFrom::Start(at))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        return Ok(Some((at, text)));
    }
    let mut blocks = Blocks::new(source.open()?.reader, BLOCK);
    let (mut text, mut end) = (Vec::new(), 0);
    while let Some(block) = blocks.next_block() {
        text.extend_from_slice(block.main());
        end = block.offset_of(block.main().len()).get();
        blocks.recycle(block);
        if text.len() > 2 * most.max(BLOCK) {
            text.drain(..text.len() - most);
        }
    }
    text.drain(..text.len().saturating_sub(most));
    Ok(Some((end.saturating_sub(text.len() as u64), text)))
}

/// The first bytes of an input.
fn first_bytes(opened: &Opened<'_>) -> io::Result<Option<Vec<u8>>> {
    let Some(source) = opened.source.filter(|source| source.path != "-") else {
        return Ok(None);
    };
    let mut text = Vec::new();
    match source.open_anywhere()? {
        Some(file) => Read::take(file, AFTER as u64).read_to_end(&mut text)?,
        None => Read::take(source.open()?.reader, AFTER as u64).read_to_end(&mut text)?,
    };
    Ok(Some(text))
}
