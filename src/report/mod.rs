//! What was found, for programs and for people.
//!
//! Owns: the report's form ([`Report`], the contract's) and its renderings. In: incidents and what they
//! hold. Out: JSON, and text for a terminal.

mod build;
mod last_words;
mod missing;
mod model;
mod text;

pub use build::{News, Parts, build};
pub use model::*;
pub use text::{Style, render as render_text, render_explanation, render_incident};

use std::io::{self, Write};

/// The text without what could steer a terminal: control characters, of C1 too, and bidirectional
/// overrides become `\u{fffd}`; tabs become blanks. Line ends stay.
#[must_use]
pub fn harmless(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| match c {
            '\n' => '\n',
            '\t' => ' ',
            c if steers(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Writes the report as one JSON object and a line end.
///
/// # Errors
///
/// Where the writer fails.
pub fn write_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
