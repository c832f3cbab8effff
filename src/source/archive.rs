//! Tar archives: what they hold, and one member's bytes.
//!
//! Owns: walking the headers. In: the decompressed archive. Out: a [`Member`] for each regular file, in
//! the archive's order; [`body`] reads one. Nothing is unpacked, and names are only names: `../x` harms
//! nobody. Links, devices and sparse files are passed over.
//!
//! The headers are walked here, and only taken apart by the `tar` crate, because that crate reads a
//! long name into memory whatever its length.

use std::io::{self, Cursor, ErrorKind, Read};

use tar::{EntryType, Header, PaxExtensions};

use super::Note;
use super::decode::Codec;
use super::open::{HEAD, Kind, Meta, Raw, decompress, fill};
use crate::time::Timestamp;

const BLOCK: u64 = 512;
/// The longest name, or set of extended attributes.
const NAME: u64 = 64 * 1024;
/// How much of a compressed member is read to look at its text: more than a block of bzip2.
const LOOK: u64 = 1024 * 1024;
/// So many entries, and no more: a bomb may hold thousands of millions of empty ones.
const ENTRIES: usize = 100_000;

/// A regular file in an archive.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// Of its data, in the decompressed archive.
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) modified: Option<Timestamp>,
    pub(super) kind: Kind,
}

/// Whether `head` begins with a tar header.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<{ BLOCK as usize }>() else {
        return false;
    };
    block[257..262] == *b"ustar" && checksum_holds(block)
}

/// The sum of all bytes, those of the checksum itself taken as spaces.
fn checksum_holds(block: &[u8; BLOCK as usize]) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    let expected = sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..]);
    Header::from_byte_slice(block)
        .cksum()
        .is_ok_and(|stated| stated == expected)
}

/// Lists the members of the archive `raw`, and why the list is not complete, where it is not.
pub(super) fn list(raw: &mut Raw) -> (Vec<Member>, Option<io::Error>) {
    let mut tar = Tar {
        raw,
        at: 0,
        members: Vec::new(),
    };
    let fault = tar.walk().err();
    (tar.members, fault)
}

/// What stands before an entry and is about it.
#[derive(Default)]
struct About {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    modified: Option<Timestamp>,
    sparse: bool,
}

struct Tar<'a> {
    raw: &'a mut Raw,
    /// Bytes read so far.
    at: u64,
    members: Vec<Member>,
}

impl Tar<'_> {
    fn walk(&mut self) -> io::Result<()> {
        let mut about = About::default();
        for _ in 0..ENTRIES {
            let Some(header) = self.header()? else {
                return Ok(());
            };
            let is_about_next = is_about_next(header.entry_type());
            let stated = about.size.filter(|_| !is_about_next);
            let size = stated
                .map_or_else(|| header.entry_size(), Ok)
                .map_err(corrupt)?;
            let next = end_of(self.at, size).ok_or_else(|| corrupt("absurd size"))?;
            match header.entry_type() {
                EntryType::GNULongName => about.name = Some(self.long_name(size)?),
                EntryType::XHeader => about.read_pax(&self.text(size)?),
                EntryType::GNULongLink | EntryType::XGlobalHeader => {}
                kind => self.entry(kind, &header, std::mem::take(&mut about), size)?,
            }
            self.skip_to(next)?;
        }
        Err(corrupt(format!(
            "more than {ENTRIES} entries; the rest is not read"
        )))
    }

    /// The next header; `None` at the archive's end.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut block = [0; BLOCK as usize];
        let length = self.take(&mut block)?;
        if length == 0 || block == [0; BLOCK as usize] {
            return Ok(None);
        }
        if length < block.len() {
            return Err(truncated());
        }
        if !checksum_holds(&block) {
            return Err(corrupt(format!("bad header at byte {}", self.at - BLOCK)));
        }
        Ok(Some(Header::from_byte_slice(&block).clone()))
    }

    fn entry(
        &mut self,
        kind: EntryType,
        header: &Header,
        about: About,
        size: u64,
    ) -> io::Result<()> {
        if kind == EntryType::GNUSparse {
            return self.skip_sparse_map(header, size);
        }
        let is_regular = matches!(kind, EntryType::Regular | EntryType::Continuous);
        let name = about
            .name
            .unwrap_or_else(|| header.path_bytes().into_owned());
        // Before POSIX, a folder was a regular file whose name ends in `/`.
        if !is_regular || about.sparse || name.ends_with(b"/") {
            return Ok(());
        }
        let stated = header
            .mtime()
            .ok()
            .and_then(|seconds| i64::try_from(seconds).ok());
        let name = String::from_utf8_lossy(&name);
        let mut member = Member {
            name: name.strip_prefix("./").unwrap_or(&name).to_owned(),
            offset: self.at,
            size,
            modified: about.modified.or(stated.map(Timestamp::from_seconds)),
            kind: Kind::Text,
        };
        let looked = self.look(size);
        member.kind = *looked.as_ref().unwrap_or(&Kind::Text);
        self.members.push(member);
        looked.map(drop)
    }

    /// What the member that begins here holds. Reads some of it.
    fn look(&mut self, size: u64) -> io::Result<Kind> {
        let mut head = self.read(size.min(HEAD as u64))?;
        if Codec::of(&head).is_some() {
            let more = size.min(LOOK) - head.len() as u64;
            head.extend(self.read(more)?);
        }
        let head = Raw::Stream(Box::new(Cursor::new(head)));
        let kind = Kind::of(&mut decompress(
            head,
            &mut Meta::default(),
            &Note::default(),
        ));
        Ok(kind)
    }

    /// Passes over the blocks of a sparse file's map, which its size does not count, and its data.
    fn skip_sparse_map(&mut self, header: &Header, size: u64) -> io::Result<()> {
        let mut more = header.as_gnu().is_some_and(|gnu| gnu.is_extended());
        let mut block = [0; BLOCK as usize];
        while more {
            if self.take(&mut block)? < block.len() {
                return Err(truncated());
            }
            more = block[504] == 1;
        }
        let next = end_of(self.at, size).ok_or_else(|| corrupt("absurd size"))?;
        self.skip_to(next)
    }

    /// A long name, without the zero byte that ends it.
    fn long_name(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut name = self.text(size)?;
        name.truncate(
            name.iter()
                .position(|&byte| byte == 0)
                .unwrap_or(name.len()),
        );
        Ok(name)
    }

    /// The whole of a name or of attributes.
    fn text(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > NAME {
            return Err(corrupt(format!("a name of {size} bytes")));
        }
        self.read(size)
    }

    fn read(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; size as usize];
        if self.take(&mut bytes)? < bytes.len() {
            return Err(truncated());
        }
        Ok(bytes)
    }

    fn take(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (length, fault) = fill(self.raw, out, out.len());
        self.at += length as u64;
        fault.map_or(Ok(length), Err)
    }

    /// Goes on to `next`; a place that has been passed is left alone.
    fn skip_to(&mut self, next: u64) -> io::Result<()> {
        let step = next.saturating_sub(self.at);
        self.at += step;
        self.raw.skip(step).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof if error.get_ref().is_none() => truncated(),
            _ => error,
        })
    }
}

impl About {
    /// Extended attributes of POSIX 1003.1-2001.
    fn read_pax(&mut self, text: &[u8]) {
        for extension in PaxExtensions::new(text).flatten() {
            let value = extension.value().ok();
            match extension.key_bytes() {
                b"path" => self.name = Some(extension.value_bytes().to_owned()),
                b"size" => self.size = value.and_then(|value| value.parse().ok()),
                b"mtime" => {
                    let seconds = value.and_then(|value| value.parse::<f64>().ok());
                    // `as` saturates.
                    self.modified = seconds.map(|s| Timestamp::from_nanos((s * 1e9) as i64));
                }
                key => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
    }
}

/// Where data of `size` bytes at `at` ends, filled up to whole blocks; within what a file can hold.
fn end_of(at: u64, size: u64) -> Option<u64> {
    let end = at.checked_add(size.checked_next_multiple_of(BLOCK)?)?;
    i64::try_from(end).is_ok().then_some(end)
}

/// Whether an entry only tells about those after it.
fn is_about_next(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

fn corrupt(why: impl ToString) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        format!("tar archive is corrupt: {}", why.to_string()),
    )
}

fn truncated() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "tar archive breaks off")
}

/// The next `size` bytes of the archive `raw`; their lack is an error.
pub(super) fn body(raw: Raw, size: u64) -> Raw {
    Raw::Stream(Box::new(Body { raw, left: size }))
}

struct Body {
    raw: Raw,
    left: u64,
}

impl Read for Body {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(out.len(), |left| left.min(out.len()));
        let length = self.raw.read(&mut out[..most])?;
        self.left -= length as u64;
        if length == 0 && most > 0 {
            Err(truncated())
        } else {
            Ok(length)
        }
    }
}
