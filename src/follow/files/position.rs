//! What tells a file from others, and how far it was read.
//!
//! In: open files. Out: a [`Position`], which outlasts the program.

use std::fs::{File, Metadata};
use std::io::{self, Read};
#[cfg(not(unix))]
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::PIECE;

/// So many of a file's first bytes tell it from others.
pub(super) const HEAD: usize = 1024;
/// How far a file was read, and what tells it from others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// As followed.
    pub path: PathBuf,
    /// Device and inode.
    pub(super) identity: (u64, u64),
    /// How many first bytes are hashed, and their hash.
    pub(super) head: (u64, u64),
    /// Bytes that were read, up to the end of a line.
    pub offset: u64,
    /// Lines that were read.
    pub lines: u64,
}

impl Position {
    /// The same file, read up to another place.
    #[must_use]
    pub fn at(self, offset: u64, lines: u64) -> Self {
        Self {
            offset,
            lines,
            ..self
        }
    }

    pub(super) fn note_head(&mut self, bytes: &[u8]) {
        let head = &bytes[..bytes.len().min(HEAD)];
        self.head = (head.len() as u64, hash(head));
    }

    /// Whether this is the file, and none of what was read is missing.
    pub(super) fn is_of(&self, file: &File) -> bool {
        let Ok(meta) = file.metadata() else {
            return false;
        };
        meta.len() >= self.offset
            && (self.head.0 == 0 || hash_of_head(file, self.head.0) == Some(self.head.1))
            && (self.head.0 > 0 || identity(&meta) == self.identity)
    }

    /// Whether these are the file's bytes.
    pub(super) fn is_in(&self, reader: &mut dyn Read) -> bool {
        let mut head = Vec::new();
        let read = reader.take(self.head.0).read_to_end(&mut head);
        read.is_ok() && self.head.0 > 0 && self.head == (head.len() as u64, hash(&head))
    }
}

/// Opens a regular file, and nothing else: to open a pipe is to wait for who writes to it.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    match std::fs::metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// CRC-32: the same in every version, for it is saved.
fn hash(bytes: &[u8]) -> u64 {
    u64::from(crc32fast::hash(bytes))
}

/// The hash of the first bytes; `None` where there are fewer.
pub(super) fn hash_of_head(file: &File, length: u64) -> Option<u64> {
    let mut head = vec![0; (length as usize).min(HEAD)];
    let read = read_at(file, &mut head, 0).ok()?;
    (read == head.len()).then(|| hash(&head))
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    use std::os::unix::fs::FileExt;
    let mut length = 0;
    while length < bytes.len() {
        match file.read_at(&mut bytes[length..], offset + length as u64)? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}

#[cfg(not(unix))]
pub(super) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut again = file.try_clone()?;
    let place = again.stream_position()?;
    again.seek(SeekFrom::Start(offset))?;
    let read = again.read(bytes);
    again.seek(SeekFrom::Start(place))?;
    read
}

#[cfg(unix)]
pub(super) fn identity(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

#[cfg(not(unix))]
pub(super) fn identity(_meta: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// Length and number of the whole lines of a file.
pub(super) fn count(file: &mut File) -> io::Result<(u64, u64)> {
    let mut bytes = vec![0; PIECE];
    let (mut length, mut whole, mut lines) = (0, 0, 0);
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok((whole, lines)),
            read => {
                let piece = &bytes[..read];
                lines += memchr::memchr_iter(b'\n', piece).count() as u64;
                if let Some(last) = memchr::memrchr(b'\n', piece) {
                    whole = length + last as u64 + 1;
                }
                length += read as u64;
            }
        }
    }
}
