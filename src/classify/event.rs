//! Events: the small owned things that leave `classify`.
//!
//! The borrowed record ends here. An event holds what later stages need of it and nothing of the block
//! it came from.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::primitives::Place;
use crate::record::Severity;
use crate::time::{Span, Stamp, Timestamp};

use super::class::{Class, Family};
use super::pack::any_kind;

/// The most bytes of a record's text that an event keeps (contract, Ref).
pub const TEXT_BYTES: usize = 4096;

/// The rule of an event that no rule told: a change that was told from outside the logs.
pub const NO_RULE: usize = usize::MAX;

/// The name of a kind of crash, change or cause: one that the program knows.
pub type Kind = &'static str;

/// A name, and what it stands for.
pub type Field = (Box<str>, Box<str>);

/// What one record tells. Its larger parts are shared by its copies: a stream that goes on is looked at
/// again and again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// Where the record begins; of a binary journal, in the lines made of it.
    pub place: Place,
    /// Where the record is in a binary journal; of a git repository, the commit.
    pub cursor: Option<Box<str>>,
    /// Its stamp, as written.
    pub stamp: Option<Stamp>,
    /// The instant, once `timeline` has settled year and zone.
    pub at: Timestamp,
    /// What it tells.
    pub class: Class,
    /// Index of the rule that told it, in the rule set; `NO_RULE` of what no rule told.
    pub rule: usize,
    /// Which sort of crash, change or cause.
    #[serde(deserialize_with = "known_kind")]
    pub kind: Option<Kind>,
    /// The host that wrote it.
    pub host: Option<Box<str>>,
    /// The program that wrote it, as it names itself.
    pub program: Option<Box<str>>,
    /// The unit, container or pod that wrote it.
    pub unit: Option<Box<str>>,
    /// What a field of the record says it is about.
    pub subject: Option<Box<str>>,
    /// The process that wrote it.
    pub pid: Option<u32>,
    /// As the record says.
    pub severity: Option<Severity>,
    /// What the rule's pattern captured and what the rule sets, by name; sorted.
    pub fields: Arc<[Field]>,
    /// The record's text for a report: as in the file, or `program[pid]: message`.
    pub text: Arc<str>,
    /// The message, unwrapped, with what belongs to it over further lines.
    pub message: Arc<str>,
    /// Bytes of input that the record and its further lines cover, from its place.
    pub covers: u64,
    /// Lines from the record's first line to the one that told of it. Until a file's blocks are joined
    /// the place's line is that of the latter, counted from the block's start.
    pub lines_back: u64,
    /// How many records this one stands for: more than one where a flood was folded.
    pub count: u64,
    /// What makes events one sort, hashed: those of one sort may be counted together.
    pub sort: u64,
    /// The time from this one to the last of them.
    pub spread: Span,
    /// The time of the last of them.
    pub until: Timestamp,
    /// The same event in other files.
    pub copies: Vec<Copied>,
}

/// The same event, as another file tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Copied {
    /// Where.
    pub place: Place,
    /// Where in a binary journal.
    pub cursor: Option<Box<str>>,
    /// The text there.
    pub text: Arc<str>,
    /// When, by that file's stamp.
    pub at: Timestamp,
}

/// A kind by its name; of an unknown one nothing.
fn known_kind<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Kind>, D::Error> {
    let name: Option<String> = Option::deserialize(from)?;
    Ok(name.and_then(|name| any_kind(&name)))
}

impl Event {
    /// An event that no rule told, of which nothing else is known. `place`, `stamp` and `text` are of the line
    /// that it is seen by.
    #[must_use]
    pub fn untold(
        class: Class,
        place: Place,
        stamp: Option<Stamp>,
        at: Timestamp,
        text: &str,
        message: &str,
    ) -> Self {
        Self {
            place,
            cursor: None,
            stamp,
            at,
            class,
            rule: NO_RULE,
            kind: None,
            host: None,
            program: None,
            unit: None,
            subject: None,
            pid: None,
            severity: None,
            fields: Vec::new().into(),
            text: cut(text).into(),
            message: cut(message).into(),
            covers: text.len() as u64,
            lines_back: 0,
            count: 1,
            sort: 0,
            spread: Span::ZERO,
            until: at,
            copies: Vec::new(),
        }
    }

    /// Whether no record tells it, but who wrote when.
    #[must_use]
    pub fn is_inferred(&self) -> bool {
        self.rule == NO_RULE && self.class.family() == Family::Process
    }

    /// The field `name`, where the rule yields it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .binary_search_by(|(key, _)| (**key).cmp(name))
            .ok()
            .map(|at| &*self.fields[at].1)
    }

    /// The first of the fields that the rule yields.
    #[must_use]
    pub fn any_field(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.field(name))
    }
}

/// A text without its line's end, at most [`TEXT_BYTES`].
fn cut(text: &str) -> &str {
    let text = text.trim_end_matches(['\r', '\n']);
    let end = (0..=TEXT_BYTES.min(text.len()))
        .rev()
        .find(|&n| text.is_char_boundary(n));
    &text[..end.unwrap_or(0)]
}
