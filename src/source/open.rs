//! A source becomes a reader.
//!
//! Owns: opening, peeling off at most two layers of compression, and what the first bytes tell
//! ([`Kind`]). In: a [`Source`]. Out: [`Opened`]. A plain file is handed out as it is, so that a `read`
//! goes straight into the caller's buffer.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use super::decode::{Bytes, Codec};
use super::{Note, Place, Source, archive, journal, name};
use crate::time::Timestamp;

/// How many bytes are looked at to tell what a file holds.
pub(super) const HEAD: usize = 4096;
/// How many bytes tell a compression format. No more are waited for, so that a slow pipe is no trouble.
const SIGN: usize = 10;
/// A gzip file within a compressed archive, a gzip file that was compressed again: nobody means more.
const LAYERS: usize = 2;

/// What is known of a file besides its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Meta {
    /// When it was last written to; of a member, as its archive says.
    pub modified: Option<Timestamp>,
    /// The time in the first gzip header: when the file that was compressed was last written to.
    pub gzip_time: Option<Timestamp>,
    /// `gzip`, `zstd`, `xz`, `bzip2` or `lz4`; a member's own, or else its archive's.
    #[serde(skip)]
    pub compression: Option<&'static str>,
    /// Year, month and day in the path: `2025-11-18`, `20251118`, `2025/11/18`, or `2025-11` alone.
    pub path_date: Option<(i16, Option<i8>, Option<i8>)>,
    /// Of a binary journal: how many bytes of it are in use. What is read of it are lines, one for each
    /// entry.
    pub journal: Option<u64>,
}

/// A source that is being read.
pub struct Opened {
    /// The decompressed bytes; of a binary journal its entries as lines. Of a damaged stream it yields all
    /// that can be decoded, and then an error that says what broke, again on every further call.
    pub reader: Bytes,
    /// Whether its bytes can be had from any place on ([`Source::open_anywhere`]).
    pub anywhere: bool,
    /// What is known besides the bytes.
    pub meta: Meta,
    /// What the reader left unread without failing: garbage after the end of a compressed stream, damaged
    /// parts of a journal.
    pub note: Note,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("meta", &self.meta)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// Opens the source for reading from its start.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened, where a pipe holds a tar archive, or where a binary journal has no
    /// sound header. Damage to a compressed stream, or further on in a journal, shows on reading only.
    pub fn open(&self) -> io::Result<Opened> {
        let (mut raw, mut meta, note) = self.open_raw()?;
        let (reader, anywhere): (Bytes, bool) = if raw.is_journal() {
            let file = match raw {
                Raw::File(file) => file,
                Raw::Stream(mut stream) => journal::spool(&mut stream, &note)?,
            };
            let journal = journal::Journal::open(file, note.clone())?;
            meta.journal = Some(journal.size());
            (Box::new(journal), false)
        } else {
            let anywhere = matches!(raw, Raw::File(_));
            (raw.into_bytes(), anywhere)
        };
        Ok(Opened {
            reader,
            anywhere,
            meta,
            note,
        })
    }

    /// Opens the source where its bytes can be had from any place on; `None` where they come in order
    /// only: of a stream, of an archive's member, of what is compressed, of a binary journal.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened.
    pub fn open_anywhere(&self) -> io::Result<Option<File>> {
        let Place::File(path) = &self.place else {
            return Ok(None);
        };
        let mut raw = self.open_raw()?.0;
        if raw.is_journal() {
            return Ok(None);
        }
        Ok(match raw {
            Raw::File(_) => Some(File::open(path)?),
            Raw::Stream(_) => None,
        })
    }

    /// What is known of a plain file besides its bytes; `None` where it holds no text: it is compressed, an
    /// archive, a binary journal, or no log at all.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened.
    pub fn text_meta(&self) -> io::Result<Option<Meta>> {
        let (mut raw, meta, _) = self.open_raw()?;
        let is_plain = matches!(raw, Raw::File(_));
        let is_text = is_plain && matches!(Kind::of(&mut raw), Kind::Text | Kind::Empty);
        Ok(is_text.then_some(meta))
    }

    /// Opens the source, decompressed; a tar archive's own bytes where it is one.
    pub(super) fn open_raw(&self) -> io::Result<(Raw, Meta, Note)> {
        let mut meta = Meta {
            path_date: name::path_date(&self.path),
            ..Meta::default()
        };
        let note = Note::default();
        let raw = match &self.place {
            Place::Stdin => stream(Box::new(io::stdin()), &mut meta, &note)?,
            Place::Stream(path) => stream(Box::new(File::open(path)?), &mut meta, &note)?,
            Place::File(path) => file(path, &mut meta, &note)?,
            Place::Member {
                archive,
                offset,
                size,
                modified,
            } => {
                let mut whole = file(archive, &mut meta, &note)?;
                whole.skip(*offset)?;
                meta.modified = *modified;
                decompress(archive::body(whole, *size), &mut meta, &note)
            }
        };
        Ok((raw, meta, note))
    }
}

fn file(path: &Path, meta: &mut Meta, note: &Note) -> io::Result<Raw> {
    let file = File::open(path)?;
    meta.modified = file.metadata()?.modified().ok().and_then(timestamp);
    Ok(decompress(Raw::File(file), meta, note))
}

fn stream(bytes: Bytes, meta: &mut Meta, note: &Note) -> io::Result<Raw> {
    let mut raw = decompress(Raw::Stream(bytes), meta, note);
    let (head, _) = raw.peek(SIGN);
    if archive::is_tar(&head) {
        let text = "a tar archive cannot be read from a pipe; save it to a file, and give that";
        return Err(io::Error::new(ErrorKind::Unsupported, text));
    }
    Ok(raw)
}

/// Peels off the layers of compression that the bytes tell of.
pub(super) fn decompress(mut raw: Raw, meta: &mut Meta, note: &Note) -> Raw {
    let mut own = None;
    for _ in 0..LAYERS {
        let (head, _) = raw.peek(SIGN);
        let Some(codec) = Codec::of(&head) else { break };
        if codec == Codec::Gzip {
            meta.gzip_time = gzip_time(&head).or(meta.gzip_time);
        }
        own.get_or_insert(codec.name());
        raw = Raw::Stream(codec.reader(raw.into_bytes(), note.clone()));
    }
    meta.compression = own.or(meta.compression);
    raw
}

/// RFC 1952, section 2.3.1: seconds since 1970, 0 where none is known.
fn gzip_time(head: &[u8]) -> Option<Timestamp> {
    let seconds = u32::from_le_bytes(*head.get(4..)?.first_chunk()?);
    (seconds > 0).then(|| Timestamp::from_seconds(i64::from(seconds)))
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    let nanos = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok()?,
        Err(before) => -i64::try_from(before.duration().as_nanos()).ok()?,
    };
    Some(Timestamp::from_nanos(nanos))
}

/// Bytes that can be looked at before they are read, and skipped fast where they are a file's.
pub(super) enum Raw {
    File(File),
    Stream(Bytes),
}

impl Raw {
    /// The next bytes, which stay: [`HEAD`] at most, and at least `least` of them unless the end or an
    /// error comes first.
    pub(super) fn peek(&mut self, least: usize) -> (Vec<u8>, Option<io::Error>) {
        let mut head = vec![0; HEAD];
        let (length, mut fault) = fill(self, &mut head, least);
        head.truncate(length);
        match self {
            Self::File(file) => {
                let back = file.seek(SeekFrom::Current(-(length as i64)));
                fault = fault.or(back.err());
            }
            Self::Stream(stream) => {
                let rest = std::mem::replace(stream, Box::new(io::empty()));
                *stream = Box::new(Cursor::new(head.clone()).chain(rest));
            }
        }
        (head, fault)
    }

    /// Whether a binary journal begins here.
    fn is_journal(&mut self) -> bool {
        self.peek(journal::MAGIC.len())
            .0
            .starts_with(&journal::MAGIC)
    }

    /// Drops `count` bytes.
    pub(super) fn skip(&mut self, count: u64) -> io::Result<()> {
        let is_short = match self {
            Self::File(file) => {
                let step = i64::try_from(count).map_err(|_| ErrorKind::UnexpectedEof)?;
                file.seek(SeekFrom::Current(step))? > file.metadata()?.len()
            }
            Self::Stream(stream) => io::copy(&mut stream.take(count), &mut io::sink())? < count,
        };
        if is_short {
            Err(ErrorKind::UnexpectedEof.into())
        } else {
            Ok(())
        }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::File(file) => Box::new(file),
            Self::Stream(stream) => stream,
        }
    }
}

impl Read for Raw {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(out),
            Self::Stream(stream) => stream.read(out),
        }
    }
}

/// Reads until `least` bytes are there, the end has come, or an error.
pub(super) fn fill(
    reader: &mut dyn Read,
    out: &mut [u8],
    least: usize,
) -> (usize, Option<io::Error>) {
    let mut length = 0;
    while length < least {
        match reader.read(&mut out[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return (length, Some(error)),
        }
    }
    (length, None)
}

/// What a file holds, as its first decompressed bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// To be read; also where nothing could be decoded, so that reading tells what is broken.
    Text,
    Empty,
    Tar,
    /// A binary journal of systemd's.
    Journal,
    Utf16,
    Binary,
}

/// First bytes of files that are no text, though they need not hold many zeros.
const BINARY: [&[u8]; 12] = [
    b"\x7fELF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"7z\xbc\xaf\x27\x1c",
    b"SQLite format 3\0",
    b"%PDF-",
    b"\x1f\x9d",
    b"\xca\xfe\xba\xbe",
    b"\0asm",
    b"\xd4\xc3\xb2\xa1",
];

impl Kind {
    /// What the rest of `raw` holds; `raw` stays where it is.
    pub(super) fn of(raw: &mut Raw) -> Self {
        match raw.peek(HEAD) {
            (head, Some(_)) if head.is_empty() => Self::Text,
            (head, _) => Self::of_head(&head),
        }
    }

    fn of_head(head: &[u8]) -> Self {
        let zeros = head.iter().filter(|&&byte| byte == 0).count();
        if head.is_empty() {
            Self::Empty
        } else if head.starts_with(&journal::MAGIC) {
            Self::Journal
        } else if archive::is_tar(head) {
            Self::Tar
        } else if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            Self::Utf16
        } else if zeros * 10 > head.len()
            || BINARY.iter().any(|magic| head.starts_with(magic))
            || Codec::of(head).is_some()
        {
            Self::Binary
        } else {
            Self::Text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::tests::packed;
    use super::*;

    fn open(bytes: &[u8]) -> (Vec<u8>, Meta) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any-2025-11-18.log");
        std::fs::write(&path, bytes).unwrap();
        let name = path.to_string_lossy().into_owned();
        let mut opened = Source::new(name, true, Place::File(path)).open().unwrap();
        let mut text = Vec::new();
        opened.reader.read_to_end(&mut text).unwrap();
        (text, opened.meta)
    }

    #[test]
    fn compression_is_told_by_bytes_twice_over() {
        let once = packed(Codec::Xz, b"text\n");
        assert_eq!(open(&once).0, b"text\n");
        let (text, meta) = open(&packed(Codec::Zstd, &once));
        assert_eq!(
            (&text[..], meta.compression),
            (&b"text\n"[..], Some("zstd"))
        );
        let (text, meta) = open(b"plain\n");
        assert_eq!((&text[..], meta.compression), (&b"plain\n"[..], None));
        assert!(meta.modified.is_some());
        assert_eq!(meta.path_date, Some((2025, Some(11), Some(18))));
    }

    #[test]
    fn gzip_header_tells_the_time() {
        let mut packed = packed(Codec::Gzip, b"text");
        packed[4..8].copy_from_slice(&1_763_424_000_u32.to_le_bytes());
        let expected = Some(Timestamp::from_seconds(1_763_424_000));
        assert_eq!(open(&packed).1.gzip_time, expected);
    }

    #[test]
    fn stream_is_read_whole_after_a_peek() {
        let source = std::iter::repeat_n(b"line\n", 3000).flatten().copied();
        let all: Vec<u8> = source.collect();
        let mut raw = stream(
            Box::new(Cursor::new(all.clone())),
            &mut Meta::default(),
            &Note::default(),
        )
        .unwrap();
        let mut got = Vec::new();
        raw.read_to_end(&mut got).unwrap();
        assert!(got == all);
    }

    #[test]
    fn peek_leaves_the_bytes_and_their_error() {
        let whole = packed(Codec::Gzip, b"text");
        let cut = Cursor::new(whole[..whole.len() - 4].to_vec());
        let mut raw = decompress(
            Raw::Stream(Box::new(cut)),
            &mut Meta::default(),
            &Note::default(),
        );
        let (head, fault) = raw.peek(HEAD);
        assert_eq!(head, b"text");
        assert!(fault.is_some());
        let mut text = Vec::new();
        let error = raw.read_to_end(&mut text).unwrap_err();
        assert_eq!(text, b"text");
        assert_eq!(error.to_string(), "gzip stream ends before its end mark");
    }

    #[test]
    fn kinds_are_told_by_the_head() {
        for (head, kind) in [
            (&b"Nov 18 11:28:03 edge-03 botd[1]: x\n"[..], Kind::Text),
            (b"", Kind::Empty),
            (b"LPKSHHRH\0\0\0\0", Kind::Journal),
            (b"\xff\xfeN\0o\0v\0", Kind::Utf16),
            (b"\x7fELF\x02\x01\x01", Kind::Binary),
            (b"a line\0with one zero byte in it\n", Kind::Text),
            (b"\0\0\0\0text", Kind::Binary),
        ] {
            assert_eq!(Kind::of_head(head), kind, "{head:?}");
        }
    }
}
