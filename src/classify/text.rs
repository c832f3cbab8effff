//! What rules look at of a record.

use std::borrow::Cow;

use super::written::Example;
use crate::record::Record;

/// What rules look at of a record.
#[derive(Debug, Clone, Default)]
pub struct Text<'a> {
    /// The program that wrote it; of records that name none, the bare name of their file.
    pub program: Option<&'a str>,
    /// The line as it stands in the file: it may hold a rule's literal that the message, unwrapped, holds no
    /// more.
    pub line: &'a [u8],
    /// The message.
    pub message: &'a [u8],
    /// Further facts by the name that the format gives them.
    pub facts: Cow<'a, [(&'a str, Cow<'a, str>)]>,
}

impl<'a> Text<'a> {
    /// Of a record, whose line in the file is `line`.
    #[must_use]
    pub fn of(record: &'a Record<'_>, program: Option<&'a str>, line: &'a [u8]) -> Self {
        Self {
            program,
            line,
            message: &record.message,
            facts: Cow::Borrowed(&record.facts),
        }
    }

    /// A message of a program, of which nothing else is known.
    #[must_use]
    pub fn said_by(program: &'a str, message: &'a [u8]) -> Self {
        Self {
            program: Some(program),
            message,
            ..Self::default()
        }
    }

    /// The fact of this name.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        let found = self.facts.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| &**value)
    }
}

impl<'a> From<&'a Example> for Text<'a> {
    fn from(example: &'a Example) -> Self {
        let facts = example.facts.iter();
        Self {
            program: example.program.as_deref(),
            line: example.line.as_deref().unwrap_or_default().as_bytes(),
            message: example.message.as_bytes(),
            facts: facts
                .map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_str())))
                .collect(),
        }
    }
}
