//! Logs to measure with: made, the same bytes for the same arguments, with crash loops planted in them.
//!
//! [`story`] tells what happens, a record at a time; [`shape`] writes a record down in a format. What was
//! planted is known ([`story::Planted`]), so that a report on the text can be checked.

pub mod random;
pub mod shape;
pub mod story;

use std::io::{self, Write};

use self::shape::Shape;
use self::story::{Planted, Story};

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ordinary work, and a few crash loops.
    Ordinary(Shape),
    /// Syslog in which every line is a record of a crash.
    Crashes,
    /// Syslog whose lines are 20,000 bytes long.
    LongLines,
}

impl Kind {
    /// By the name that the command line has for it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "crashes" => Some(Self::Crashes),
            "long-lines" => Some(Self::LongLines),
            _ => Shape::ALL
                .iter()
                .find(|shape| shape.name() == name)
                .map(|shape| Self::Ordinary(*shape)),
        }
    }
}

/// Writes at least `bytes` of text, whole records, and returns what was planted in it.
///
/// # Errors
///
/// Those of `out`.
pub fn write(kind: Kind, bytes: u64, seed: u64, out: &mut dyn Write) -> io::Result<Vec<Planted>> {
    let shape = match kind {
        Kind::Ordinary(shape) => shape,
        Kind::Crashes | Kind::LongLines => Shape::Rfc3164,
    };
    let mut story = Story::new(kind, shape.line_bytes(kind), bytes, seed);
    let mut text = Vec::with_capacity(1 << 16);
    let mut written = 0;
    while written < bytes {
        let record = story.next_record();
        shape.write(&record, &mut text);
        if text.len() >= 1 << 15 {
            out.write_all(&text)?;
            written += text.len() as u64;
            text.clear();
        }
        // What is left may be less than what is held.
        if written + text.len() as u64 >= bytes {
            break;
        }
    }
    out.write_all(&text)?;
    Ok(story.planted())
}

/// The `n`th name that begins so, in letters: what differs in digits only is told as one series.
pub fn name(prefix: &str, n: u64) -> String {
    let letter = |power: u32| char::from(b'a' + (n / 26_u64.pow(power) % 26) as u8);
    let letters: String = [3, 2, 1, 0].map(letter).iter().collect();
    format!("{prefix}{letters}")
}
