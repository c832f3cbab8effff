//! A systemd journal file becomes lines, one for each entry.
//!
//! Owns: the journal's own format (systemd's `JOURNAL_FILE_FORMAT`, and its `journal-def.h`), from the
//! oldest to compact files with keyed hashes and compressed fields. In: a file. Out: [`Journal`], a reader
//! of lines whose form [`line`] owns; a [`Note`] for what is damaged or missing.
//!
//! The file is read once, from its start to its end. Its objects lie in the order of writing and DATA
//! before the ENTRY that names it, so that a table of what was passed ([`fields`]) tells what an entry is
//! made of; neither hash tables nor arrays are read, which in a file that nobody closed may be behind.
//! Entries lie in the order of their numbers, which is that of the arrays. Where the chain of objects
//! breaks, it is taken up at the next place that looks like one.

use std::fs::File;
use std::io::{self, ErrorKind, Read};

use super::Note;

mod clock;
mod fields;
mod layout;
pub(crate) mod line;
mod payload;
#[cfg(test)]
mod tests;
mod window;

pub(super) use layout::{Header, MAGIC};

use clock::Clock;
use fields::{Fields, Known};
use layout::{Entry, HEAD, Head, Kind, Packing};
pub(crate) use line::FIELDS;
use line::{COMMAND, HOST, IDENTIFIER, Lines, MESSAGE, NAMED, PID, SYSLOG_PID};
use payload::Unpacker;
use window::{REACH, Window};

/// So many bytes of lines are made at once.
const OUT: usize = 128 << 10;
/// So much of an entry's items is read: more than the 1024 that journald accepts.
const ITEMS: usize = 64 << 10;
/// So much of a packed field is read.
const PACKED: u64 = 16 << 20;
/// So many bytes of an object's payload tell its field.
const NAME: usize = 40;
/// So many objects in a row make a place look like one where objects begin.
const ROW: usize = 3;
/// So many damaged places are told one by one.
const TOLD: usize = 5;
/// The most bytes of a journal in an archive or a stream that are put aside: twice what a compact file
/// can have.
const SPOOL: u64 = 8 << 30;

/// The lines of a journal file.
pub(super) struct Journal {
    window: Window,
    header: Header,
    /// What its lines' cursors begin with.
    cursor: Vec<u8>,
    /// Where the next object begins, and the one before it.
    at: u64,
    last: u64,
    fields: Fields,
    unpacker: Unpacker,
    /// The message that was passed last, and where; it is the next entry's, as a rule.
    fresh: (u64, Vec<u8>),
    scratch: (Vec<u8>, Vec<u8>),
    clock: Clock,
    lines: Lines,
    served: usize,
    tally: Tally,
    note: Note,
    /// All has been read; or what ended it.
    end: Option<io::Result<()>>,
}

/// What was read, and what could not be.
#[derive(Debug, Default)]
struct Tally {
    entries: u64,
    damaged: u64,
    /// Bytes that no object could be read from.
    skipped: u64,
    places: Vec<String>,
    /// Fields of entries that could not be read.
    lost: u64,
}

/// What an entry's items stand for: of each field the first.
struct Items([Option<(u64, Known)>; FIELDS.len()]);

impl Journal {
    /// Begins to read; `note` is told of damage when all has been read.
    ///
    /// # Errors
    ///
    /// Where the header is damaged, or tells of features that are not known.
    pub(super) fn open(file: File, note: Note) -> io::Result<Self> {
        let mut window = Window::new(file)?;
        let broken = |text: String| io::Error::new(ErrorKind::InvalidData, text);
        let header = Header::read(window.at(0, layout::HEADER_LEAST)?)
            .ok_or_else(|| broken("systemd journal breaks off within its header".to_owned()))?;
        if header.unknown_features != 0 {
            return Err(broken(format!(
                "systemd journal of a newer kind (features {:#x}), not read; instead: journalctl -o json \
                 --file FILE | crashtrail scan -",
                header.unknown_features
            )));
        }
        let mut cursor = b"s=".to_vec();
        line::push_id(&mut cursor, &header.seqnum_id);
        cursor.extend_from_slice(b";i=");
        Ok(Self {
            at: header.start.next_multiple_of(8),
            last: 0,
            window,
            header,
            cursor,
            fields: Fields::new(),
            unpacker: Unpacker::default(),
            fresh: (0, Vec::new()),
            scratch: (Vec::new(), Vec::new()),
            clock: Clock::default(),
            lines: Lines::default(),
            served: 0,
            tally: Tally::default(),
            note,
            end: None,
        })
    }

    /// How many bytes of the file are in use.
    pub(super) fn size(&self) -> u64 {
        self.header.end.min(self.window.length())
    }

    /// Makes some lines, or comes to the end.
    fn advance(&mut self) -> io::Result<()> {
        self.lines.0.clear();
        self.served = 0;
        while self.lines.0.len() < OUT {
            if !self.object()? {
                self.clock.finish(&mut self.lines);
                self.tell();
                self.end = Some(Ok(()));
                break;
            }
        }
        Ok(())
    }

    /// Reads the next object; false at the end.
    fn object(&mut self) -> io::Result<bool> {
        let at = self.at;
        let length = self.window.length();
        // Either may be damaged.
        let is_past = self.last >= self.header.tail && self.tally.entries >= self.header.entries;
        if at >= length || (is_past && !self.header.is_online) {
            return Ok(false);
        }
        let head = Head::read(self.window.at(at, HEAD)?);
        let next = head.and_then(|head| head.next(at));
        let (Some(head), Some(next)) = (head, next) else {
            return self.take_up(is_past);
        };
        if at + head.size > length {
            return self.take_up(is_past);
        }
        let is_sound = match head.kind {
            Kind::Data => {
                self.data(at, head)?;
                true
            }
            Kind::Entry => self.entry(at, head)?,
            Kind::Other => true,
        };
        if !is_sound {
            self.tally.damage(at, next);
        }
        self.last = at;
        self.at = next;
        Ok(true)
    }

    /// Goes on where objects seem to begin again, after a place where none can be read; false where none
    /// are.
    fn take_up(&mut self, is_past: bool) -> io::Result<bool> {
        // What a writer had reserved, or not yet finished.
        if is_past {
            return Ok(false);
        }
        let from = self.at;
        // The size of the one before it may have been wrong.
        let mut at = match self.last {
            0 => from + 8,
            last => last + 8,
        };
        while at < self.window.length() {
            if self.begins_row(at)? {
                self.tally.damage(from.min(at), at);
                self.at = at;
                self.last = at;
                return Ok(true);
            }
            at = self.after_zeros(at + 8)?;
        }
        self.at = from;
        Ok(false)
    }

    /// The next place at or after `at`, in steps of eight bytes, that does not hold zeros only.
    fn after_zeros(&mut self, mut at: u64) -> io::Result<u64> {
        loop {
            let bytes = self.window.at(at, REACH)?;
            let eighths = bytes.chunks_exact(8);
            let count = eighths.len();
            let zeros = eighths.take_while(|eighth| **eighth == [0; 8]).count();
            if zeros < count || count == 0 {
                return Ok(at + 8 * zeros as u64);
            }
            at += 8 * zeros as u64;
        }
    }

    /// Whether some objects in a row begin at `at`, near each other, or up to the last one.
    fn begins_row(&mut self, mut at: u64) -> io::Result<bool> {
        let begin = at;
        let length = self.window.length();
        let bytes = self.window.at(begin, REACH)?;
        for _ in 0..ROW {
            // What lies beyond the bytes at hand is no object here.
            let head = usize::try_from(at - begin)
                .ok()
                .and_then(|from| Head::read(bytes.get(from..)?));
            let next = head.and_then(|head| head.next(at));
            match next.filter(|next| *next <= length.next_multiple_of(8)) {
                Some(_) if at == self.header.tail => return Ok(true),
                Some(next) => at = next,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Notes what a DATA object holds.
    fn data(&mut self, at: u64, head: Head) -> io::Result<()> {
        let start = layout::payload_start(self.header.is_compact);
        if head.packing != Packing::Plain {
            return self.packed_data(at, head);
        }
        let size = usize::try_from(head.size).unwrap_or(usize::MAX);
        let is_near = size <= REACH;
        let bytes = self.window.at(at, size.min(start + NAME))?;
        let Some(payload) = bytes.get(start..) else {
            return Ok(());
        };
        let Some((field, value)) = self.fields.field(payload) else {
            return Ok(());
        };
        if !is_near {
            self.fields.note_far(at, field);
            return Ok(());
        }
        let value = self
            .window
            .at(at, size)?
            .get(start + value..)
            .unwrap_or_default();
        if field == MESSAGE {
            self.fresh.0 = at;
            self.fresh.1.clear();
            self.fresh.1.extend_from_slice(value);
        }
        self.fields.note(at, field, value);
        Ok(())
    }

    fn packed_data(&mut self, at: u64, head: Head) -> io::Result<()> {
        if !self.unpack(at, head)? {
            self.tally.lost += 1;
            return Ok(());
        }
        let payload = &self.scratch.1;
        let Some((field, value)) = self.fields.field(payload) else {
            return Ok(());
        };
        let value = &payload[value..];
        if field == MESSAGE {
            self.fresh.0 = at;
            self.fresh.1.clear();
            self.fresh.1.extend_from_slice(value);
        }
        self.fields.note(at, field, value);
        Ok(())
    }

    /// Puts the payload of the DATA object at `at`, up to a bound, into the second scratch; false where
    /// it is damaged.
    fn unpack(&mut self, at: u64, head: Head) -> io::Result<bool> {
        let start = layout::payload_start(self.header.is_compact) as u64;
        let most = match head.packing {
            Packing::Plain => payload::MOST as u64,
            _ => PACKED,
        };
        let size = head.size.saturating_sub(start).min(most) as usize;
        let (packed, plain) = &mut self.scratch;
        self.window.far(at + start, size, packed)?;
        Ok(self.unpacker.unpack(head.packing, packed, plain).is_some())
    }

    /// Reads the value of a field once more into the second scratch; returns where it begins.
    fn fetch(&mut self, at: u64, field: usize) -> io::Result<Option<usize>> {
        let head = {
            self.window.far(at, HEAD, &mut self.scratch.0)?;
            Head::read(&self.scratch.0).filter(|head| head.kind == Kind::Data)
        };
        let Some(head) = head else { return Ok(None) };
        if !self.unpack(at, head)? {
            return Ok(None);
        }
        let found = self.fields.field(&self.scratch.1);
        Ok(found.filter(|(f, _)| *f == field).map(|(_, value)| value))
    }

    /// Writes the line of an ENTRY object; false where it cannot be one.
    fn entry(&mut self, at: u64, head: Head) -> io::Result<bool> {
        let size = usize::try_from(head.size).map_or(ITEMS, |size| size.min(ITEMS));
        let bytes = self.window.at(at, size)?;
        let Some(entry) = Entry::read(bytes) else {
            return Ok(false);
        };
        let mut items = Items([None; FIELDS.len()]);
        for item in layout::items(bytes, self.header.is_compact) {
            if let Some((field, known)) = self.fields.known(item) {
                items.0[field].get_or_insert((item, known));
            }
        }
        self.tally.entries += 1;
        self.near(&mut items)?;
        self.write(&entry, &items)?;
        Ok(true)
    }

    /// Reads values that are not kept, but for the message; what cannot be read is left out.
    fn near(&mut self, items: &mut Items) -> io::Result<()> {
        for field in 1..FIELDS.len() {
            let Some((at, Known::Far)) = items.0[field] else {
                continue;
            };
            if let Some(value) = self.fetch(at, field)? {
                // Longer ones no reader looks at.
                let value = &self.scratch.1[value..];
                let value = &value[..value.len().min(4096)];
                self.fields.keep_again(at, field, value);
            } else {
                self.tally.lost += 1;
            }
            items.0[field] = match self.fields.known(at) {
                Some((_, near @ Known::Near(_))) => Some((at, near)),
                _ => None,
            };
        }
        Ok(())
    }

    fn write(&mut self, entry: &Entry, items: &Items) -> io::Result<()> {
        let message = match items.0[MESSAGE] {
            Some((at, Known::Far)) if at == self.fresh.0 => Message::Fresh,
            Some((at, Known::Far)) => self.old_message(at)?,
            Some((_, Known::Near(number))) => Message::Kept(number),
            None => Message::None,
        };
        let fields = &self.fields;
        let value = |field: usize| match items.0[field] {
            Some((_, Known::Near(number))) => fields.value(number),
            _ => &[],
        };
        let or = |first, second| {
            if value(first).is_empty() {
                value(second)
            } else {
                value(first)
            }
        };
        let lines = self.clock.lines(entry, &mut self.lines);
        lines.begin(
            entry.realtime,
            value(HOST),
            or(IDENTIFIER, COMMAND),
            or(PID, SYSLOG_PID),
        );
        let out = lines.part();
        out.extend_from_slice(&self.cursor);
        line::push_hex(out, entry.seqnum);
        out.extend_from_slice(b";b=");
        line::push_id(out, &entry.boot);
        for (name, number) in [
            (b";m=", entry.monotonic),
            (b";t=", entry.realtime),
            (b";x=", entry.hash),
        ] {
            out.extend_from_slice(name);
            line::push_hex(out, number);
        }
        for (field, name) in FIELDS.iter().enumerate().skip(NAMED) {
            if items.0[field].is_some() {
                let out = lines.part();
                out.extend_from_slice(name.as_bytes());
                out.push(b'=');
                out.extend_from_slice(value(field));
            }
        }
        lines.end(match message {
            Message::None => &[],
            Message::Fresh => &self.fresh.1,
            Message::Kept(number) => fields.value(number),
            Message::Read(at) => &self.scratch.1[at..],
        });
        Ok(())
    }

    /// A message that an earlier entry had, too.
    fn old_message(&mut self, at: u64) -> io::Result<Message> {
        let Some(value) = self.fetch(at, MESSAGE)? else {
            self.tally.lost += 1;
            return Ok(Message::None);
        };
        self.fields
            .keep_again(at, MESSAGE, &self.scratch.1[value..]);
        Ok(Message::Read(value))
    }

    /// Tells what was not read.
    fn tell(&mut self) {
        let Header { entries, tail, .. } = self.header;
        let tally = &self.tally;
        let read = format!("{} of its {entries} entries were read", tally.entries);
        for place in &tally.places {
            self.note.fail(format!("journal is damaged at {place}"));
        }
        if tally.damaged > TOLD as u64 {
            let more = tally.damaged - TOLD as u64;
            self.note
                .fail(format!("journal is damaged at {more} more places"));
        }
        let length = self.window.length();
        if self.last < tail && self.header.end > length {
            self.note.fail(format!(
                "journal breaks off at byte {length}, of {}; {read}",
                self.header.end
            ));
        } else if self.last < tail {
            let at = self.at;
            self.note
                .fail(format!("journal is damaged from byte {at} on; {read}"));
        } else if tally.damaged > 0 {
            self.note.fail(format!(
                "{} bytes of a damaged journal were skipped; {read}",
                tally.skipped
            ));
        } else if tally.entries < entries {
            self.note.fail(format!("journal is damaged: {read}"));
        }
        if tally.lost > 0 {
            let text = format!("{} fields of a journal could not be unpacked", tally.lost);
            self.note.fail(text);
        }
        let Clock {
            placed, unplaced, ..
        } = self.clock;
        if placed > 0 {
            self.note.add(format!(
                "{placed} records are from before their boot's clock was set; they got the time that its \
                 monotonic clock tells"
            ));
        }
        if unplaced > 0 {
            self.note.add(format!(
                "{unplaced} records bear a time before that of earlier boots, and their clock was not seen \
                 to be set: they stand at the time they bear"
            ));
        }
    }
}

/// Where an entry's message is.
#[derive(Debug, Clone, Copy)]
enum Message {
    None,
    /// The one that was passed last.
    Fresh,
    Kept(u32),
    /// In the second scratch, from there on.
    Read(usize),
}

impl Tally {
    fn damage(&mut self, from: u64, to: u64) {
        self.damaged += 1;
        self.skipped += to - from;
        if self.places.len() < TOLD {
            self.places
                .push(format!("byte {from}; read on at byte {to}"));
        }
    }
}

impl Read for Journal {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let ready = &self.lines.0[self.served.min(self.lines.0.len())..];
            if !ready.is_empty() || out.is_empty() {
                let length = ready.len().min(out.len());
                out[..length].copy_from_slice(&ready[..length]);
                self.served += length;
                return Ok(length);
            }
            match &self.end {
                None => {
                    if let Err(error) = self.advance() {
                        self.end = Some(Err(error));
                    }
                }
                Some(Ok(())) => return Ok(0),
                Some(Err(error)) => return Err(io::Error::new(error.kind(), error.to_string())),
            }
        }
    }
}

/// Puts a journal that comes as a stream into a file of its own, which is gone when it is closed.
///
/// # Errors
///
/// Where there is no room for it. An error of the stream is told to `note`: what came before it is used.
pub(super) fn spool(stream: &mut dyn Read, note: &Note) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    let mut piece = vec![0; REACH];
    let (mut size, mut used) = (0, u64::MAX);
    while size < used.min(SPOOL) {
        let length = match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                note.fail(error.to_string());
                break;
            }
        };
        if let Some(header) = Header::read(&piece).filter(|_| size == 0) {
            used = header.end;
        }
        io::Write::write_all(&mut file, &piece[..length])?;
        size += length as u64;
    }
    Ok(file)
}
