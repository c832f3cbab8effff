//! Lines that processes wrote.

use crate::classify::Event;
use crate::primitives::Place;
use crate::record::Severity;
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

impl Line {
    /// That of an event.
    pub(super) fn of(event: &Event) -> Self {
        Self {
            place: event.place,
            cursor: event.cursor.clone(),
            stamp: event.stamp,
            text: event.text.to_string(),
            message: event.message.to_string(),
            severe: event.severity.is_some_and(|s| s <= Severity::Error),
            covers: event.covers,
        }
    }
}

/// What a process said first and last.
#[derive(Debug, Clone, Default)]
pub struct Voice {
    /// Its first lines, oldest first.
    pub first: Vec<Line>,
    /// Its last lines, oldest first.
    pub last: Vec<Line>,
}
