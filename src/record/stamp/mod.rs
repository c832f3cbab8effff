//! Stamps: the time as a log line writes it, read from fixed positions.
//!
//! Owns: the layouts of date and time that logs use. In: bytes that begin with a stamp. Out: a
//! [`Stamp`] and where it ends. Nothing here allocates or searches: a layout is told by the bytes at
//! its fixed places, its shape first (cheap, for the census) and its numbers on demand.

use crate::time::{NANOS_PER_SECOND, Span};

mod dates;
mod epoch;
mod layout;
mod parts;
#[cfg(test)]
mod tests;

pub(super) use dates::{clock_len, parse};
pub(super) use epoch::{from_count, from_text};
pub(super) use layout::{Head, Layout, head};
pub(super) use parts::{digits, number};

/// One second.
pub(super) const SECOND: Span = Span::from_nanos(NANOS_PER_SECOND);
