//! What each input is taken for, and why.
//!
//! In: paths. Out: a [`Taken`] an input: its format, what its first lines say for it, and its first
//! record. Nothing is analysed.

use std::path::PathBuf;

use crate::error::{Error, Warning};
use crate::framing::{BLOCK, Blocks};
use crate::record::{Evidence, Format, Severity, detect, evidence, first_record};
use crate::source::{Source, discover};
use crate::time::Known;

/// What an input is taken for.
#[derive(Debug)]
pub struct Taken {
    /// As given, or as found below a given folder.
    pub path: String,
    /// The format.
    pub format: Format,
    /// What the lines of its first block say.
    pub evidence: Evidence,
    /// Its first record of the format; `None` where it has none.
    pub first: Option<FirstRecord>,
}

/// A record as it was read, by name and value; times as they are written, with `?` for an unknown zone
/// and without a year where there is none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FirstRecord {
    /// When.
    pub time: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The unit, container or pod.
    pub unit: Option<String>,
    /// The program.
    pub program: Option<String>,
    /// The process.
    pub pid: Option<u32>,
    /// How severe.
    pub severity: Option<Severity>,
    /// The message; what could steer a terminal may be in it.
    pub message: String,
}

/// Tells the format of every input below `paths`, unless it is given; what could not be read is a warning.
///
/// # Errors
///
/// For a bad pattern.
pub fn formats(
    paths: &[PathBuf],
    format: Option<Format>,
) -> Result<(Vec<Taken>, Vec<Warning>), Error> {
    let sources = discover(paths)?;
    let mut warnings = sources.warnings;
    let mut all = Vec::new();
    for source in &sources.list {
        match taken(source, format) {
            Ok(taken) => all.push(taken),
            Err(err) => warnings.push(Warning::failing(
                Some(&source.path),
                format!("cannot be read: {err}"),
            )),
        }
    }
    Ok((all, warnings))
}

fn taken(source: &Source, format: Option<Format>) -> std::io::Result<Taken> {
    let opened = source.open()?;
    let mut blocks = Blocks::new(opened.reader, BLOCK);
    let block = blocks.next_block();
    let format = match (opened.meta.journal, format, &block) {
        (Some(_), ..) => Format::Journal,
        (None, Some(given), _) => given,
        (None, None, Some(block)) => detect(block.after(0)),
        (None, None, None) => Format::Plain,
    };
    let text = block.as_ref().map_or(&b""[..], |block| block.main());
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let first = first_record(text, format).map(|record| FirstRecord {
        time: record.stamp.map(|stamp| match stamp.known {
            Known::Utc { at, .. } => at.to_string(),
            Known::Local(at) => at.to_string().replace('Z', "?"),
            Known::NoYear(at) => format!("????{}", at.to_string()[4..].replace('Z', "?")),
        }),
        host: record.host.map(Into::into),
        unit: record.unit.map(Into::into),
        program: record.program.map(Into::into),
        pid: record.pid,
        severity: record.severity,
        message: String::from_utf8_lossy(&record.message).into_owned(),
    });
    Ok(Taken {
        path: source.path.clone(),
        format,
        evidence: evidence(text, format),
        first,
    })
}
