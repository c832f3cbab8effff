//! A file read from its start to its end, with a look back here and there.
//!
//! In: a file and places in it. Out: bytes, fewer than asked for only at its end. What is read in order
//! comes in large pieces; what is passed over is not read.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// Bytes that are held; stays in the processor's nearer caches.
const SIZE: usize = 256 << 10;
/// The most bytes that may be asked for at once.
pub(super) const REACH: usize = SIZE / 2;

pub(super) struct Window {
    file: File,
    length: u64,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins, and how much of it is filled.
    base: u64,
    filled: usize,
}

impl Window {
    pub(super) fn new(file: File) -> io::Result<Self> {
        Ok(Self {
            length: file.metadata()?.len(),
            file,
            buffer: vec![0; SIZE],
            base: 0,
            filled: 0,
        })
    }

    /// The file's length when it was opened.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The `size` bytes at `at`, at most [`REACH`]; fewer at the end of the file.
    pub(super) fn at(&mut self, at: u64, size: usize) -> io::Result<&[u8]> {
        let left = self.length.saturating_sub(at);
        let size = usize::try_from(left)
            .map_or(REACH, |left| left.min(REACH))
            .min(size);
        let from = match at.checked_sub(self.base).map(usize::try_from) {
            Some(Ok(from)) if from + size <= self.filled => from,
            _ => self.move_to(at, size)?,
        };
        let to = (from + size).min(self.filled);
        Ok(self.buffer.get(from..to).unwrap_or_default())
    }

    /// Makes the buffer hold what stands at `at`; returns where in it.
    #[cold]
    fn move_to(&mut self, at: u64, size: usize) -> io::Result<usize> {
        let held = at
            .checked_sub(self.base)
            .and_then(|from| usize::try_from(from).ok())
            .filter(|from| *from < self.filled);
        match held {
            Some(from) => {
                self.buffer.copy_within(from..self.filled, 0);
                self.filled -= from;
            }
            None => self.filled = 0,
        }
        self.base = at;
        let start = at.saturating_add(self.filled as u64);
        self.file.seek(SeekFrom::Start(start))?;
        while self.filled < size {
            match self.file.read(&mut self.buffer[self.filled..]) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(0)
    }

    /// Reads up to `size` bytes at `at` into `out`, and leaves the window where it is.
    pub(super) fn far(&mut self, at: u64, size: usize, out: &mut Vec<u8>) -> io::Result<()> {
        out.clear();
        let held = at
            .checked_sub(self.base)
            .and_then(|from| usize::try_from(from).ok())
            .and_then(|from| self.buffer[..self.filled].get(from..from.checked_add(size)?));
        if let Some(held) = held {
            out.extend_from_slice(held);
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(at))?;
        (&mut self.file).take(size as u64).read_to_end(out)?;
        Ok(())
    }
}
