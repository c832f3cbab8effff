//! Candidate lines become records.
//!
//! Owns: the formats of log lines, and how each is taken apart. In: a [`Frame`], one candidate line with
//! the whole lines around it. Out: a [`Record`], borrowed from the frame: who wrote it, when, how
//! severe, and the message, unwrapped from whatever container or collector it came in.
//!
//! A format is found per file from a sample ([`detect`]); a line that its file's format cannot read is
//! tried with the others, so that mixed and concatenated files are read all the same. Nothing here
//! allocates unless a message has to be unescaped or joined.

use std::borrow::Cow;

use crate::time::Stamp;

mod detect;
mod formats;
mod stamp;
#[cfg(test)]
mod tests;

pub use detect::{
    Evidence, Tag, Tagger, detect, evidence, first_record, minute_key, read, stamp_of,
};
pub use formats::{Format, Group, KNOWN, Known};
pub(crate) use formats::{cursor_of, leading_level};

/// Context on either side of a line that a record may be read from, in bytes. A record that is longer
/// than this is cut off.
pub const CONTEXT: usize = 64 * 1024;

/// A candidate line and the whole lines around it.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The line without its terminator.
    pub line: &'a [u8],
    /// The whole lines before it, terminators included, within `CONTEXT` bytes.
    pub before: &'a [u8],
    /// The whole lines after it, within `CONTEXT` bytes; begins right after the line's terminator.
    pub after: &'a [u8],
}

/// How severe a record says it is; syslog's scale (RFC 5424, section 6.2.1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 0: the system is unusable.
    Emergency,
    /// 1: action must be taken at once.
    Alert,
    /// 2: fatal, critical, panic.
    Critical,
    /// 3.
    Error,
    /// 4.
    Warning,
    /// 5: normal, but significant.
    Notice,
    /// 6.
    Info,
    /// 7: debug and trace.
    Debug,
}

/// Programs that run scripts. journald names who gives no name of his own after his process
/// (`_COMM`, systemd.journal-fields(7)), which for a script is one of these.
const INTERPRETERS: [&str; 9] = [
    "python",
    "platform-python",
    "perl",
    "ruby",
    "node",
    "php",
    "bash",
    "dash",
    "sh",
];

impl Record<'_> {
    /// The record as the script's own where an interpreter is named as the program and the message begins
    /// with another name: `python3: ansible-copy Invoked with ..`, as Ansible's modules log where Python has
    /// journald's bindings (ansible lib/ansible/module_utils/basic.py). `None` elsewhere.
    #[must_use]
    pub fn under_own_name(&self) -> Option<Record<'_>> {
        let program = self.program.as_deref()?;
        let plain = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        if !INTERPRETERS.contains(&plain) {
            return None;
        }
        let blank = memchr::memchr(b' ', &self.message)?;
        let name = std::str::from_utf8(&self.message[..blank]).ok()?;
        let name = name.strip_suffix(':').unwrap_or(name);
        let is_name = name.len() > 1
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && (name.bytes()).all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        is_name.then(|| Record {
            program: Some(Cow::Borrowed(name)),
            message: Cow::Borrowed(self.message[blank..].trim_ascii_start()),
            ..self.clone()
        })
    }

    /// The frame's line as a record by itself, where a logger's record goes on to it: what a runtime writes to its standard
    /// error as its process dies stands below whatever was logged last, and bears no head. Who wrote it is not known.
    /// `None` elsewhere.
    #[must_use]
    pub fn below<'l>(&'l self, line: &'l [u8]) -> Option<Record<'l>> {
        let is_indented = line.first().is_none_or(|first| first.is_ascii_whitespace());
        (self.back > 0 && self.format.names_loggers() && !is_indented).then(|| Record {
            program: None,
            pid: None,
            severity: None,
            message: Cow::Borrowed(line.trim_ascii_end()),
            back: 0,
            len: line.len(),
            ..self.clone()
        })
    }
}

/// One record, borrowed from its frame.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// The format it was read in.
    pub format: Format,
    /// Its time, as far as the text tells; `None` where no line near bears one.
    pub stamp: Option<Stamp>,
    /// The host that wrote it.
    pub host: Option<Cow<'a, str>>,
    /// The program as it names itself: `sshd`, `(geod)`, `ansible-copy`, a logger's name.
    pub program: Option<Cow<'a, str>>,
    /// The unit, container or pod that wrote it, where the record names it: `pricer.service`.
    pub unit: Option<Cow<'a, str>>,
    /// What the record is about, where a field says so: journald's `UNIT`, Kubernetes'
    /// `involvedObject.name`.
    pub subject: Option<Cow<'a, str>>,
    /// The process.
    pub pid: Option<u32>,
    /// As the record says.
    pub severity: Option<Severity>,
    /// The message, unwrapped; its further lines after `\n`.
    pub message: Cow<'a, [u8]>,
    /// Further facts by the name the format gives them: `MESSAGE_ID`, `EXIT_STATUS`, `namespace`.
    pub facts: Vec<(&'static str, Cow<'a, str>)>,
    /// Bytes from the start of the frame's line back to the start of the record's first line; 0 where
    /// the line is the first one.
    pub back: usize,
    /// Bytes from the start of the record's first line to the end of its last one, terminator left out.
    pub len: usize,
    /// Whether the text for a report is the unwrapped `program[pid]: message` rather than the line as
    /// it stands in the file (JSON, export and journal records).
    pub unwrapped: bool,
    /// The record's place in a binary journal, as journalctl writes it.
    pub cursor: Option<Cow<'a, str>>,
}
