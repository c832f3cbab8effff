//! Small ids and positions that every stage shares.
//!
//! Fields are private: a line number cannot be mistaken for an offset, nor a file for a host.

use std::fmt;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};

/// Which input a record came from: its place in the sorted list of inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(u32);

impl FileId {
    /// The id of the input at `index` in the sorted list.
    ///
    /// # Panics
    ///
    /// With more than `u32::MAX` inputs, which no file system listing yields.
    #[must_use]
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("fewer than 2^32 inputs"))
    }

    /// The place in the list of inputs.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A line's number in the decompressed text, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LineNo(u64);

impl LineNo {
    /// The line after `before` complete lines.
    #[must_use]
    pub fn after(before: u64) -> Self {
        Self(before + 1)
    }

    /// The number, from 1.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for LineNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A byte's place in the decompressed text, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ByteOffset(u64);

impl ByteOffset {
    /// The offset of the byte after `before` bytes.
    #[must_use]
    pub fn new(before: u64) -> Self {
        Self(before)
    }

    /// The offset, from 0.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The input.
    pub file: FileId,
    /// Offset of the record's first byte.
    pub offset: ByteOffset,
    /// Number of the record's first line.
    pub line: LineNo,
}

/// For maps whose keys are good hashes already: the hash of a key is the key.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    /// Keys are `u64`, which do not come here; whatever does is told apart all the same.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}
