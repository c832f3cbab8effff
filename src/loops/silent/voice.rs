//! Lines that processes wrote.

use crate::primitives::Place;
use crate::time::Stamp;

/// A line of a process.
#[derive(Debug, Clone)]
pub struct Line {
    /// Where.
    pub place: Place,
    /// Where in a binary journal.
    pub cursor: Option<Box<str>>,
    /// Its stamp, as written.
    pub stamp: Option<Stamp>,
    /// As in the file, or `program[pid]: message`.
    pub text: String,
    /// Unwrapped.
    pub message: String,
    /// Whether the record says that it is an error or worse.
    pub severe: bool,
    /// Bytes of input.
    pub covers: u64,
}

/// What a process said first and last.
#[derive(Debug, Clone, Default)]
pub struct Voice {
    /// Its first lines, oldest first.
    pub first: Vec<Line>,
    /// Its last lines, oldest first.
    pub last: Vec<Line>,
}
