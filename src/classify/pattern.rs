//! A rule's pattern, compiled when it is first needed.
//!
//! In: the text of a regular expression. Out: matches. Of some hundred rules a run needs a few dozen;
//! compiling all of them takes longer than reading a small log.

use std::sync::OnceLock;

use memchr::memmem::Finder;
use regex::bytes::{Captures, Regex, RegexBuilder};

use super::heads;

/// The most memory that one compiled pattern may take, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// A regular expression over bytes.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// Whether it matches only from the start of a message, or from behind a head there
    /// ([`heads::starts`]).
    start: bool,
    /// Texts of which it needs one to match; empty where there are none such.
    needed: Vec<Finder<'static>>,
    /// `None` where the text is no regular expression, which [`Pattern::check`] tells.
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern that needs one of these texts to match, of which there may be none; with `start` it
    /// matches from a start of the message only ([`heads::starts`]).
    pub(super) fn new(text: String, start: bool, needed: &[Vec<u8>]) -> Self {
        let finder = |text: &Vec<u8>| Finder::new(text).into_owned();
        Self {
            text,
            start,
            needed: needed.iter().map(finder).collect(),
            compiled: OnceLock::new(),
        }
    }

    /// Compiles it now.
    ///
    /// # Errors
    ///
    /// Where it is no regular expression, or too large a one.
    pub fn check(&self) -> Result<(), regex::Error> {
        let compiled = self.compile()?;
        // Where it is set already, it is set to the same.
        let _ = self.compiled.set(Some(compiled));
        Ok(())
    }

    /// Whether it matches anywhere in `text`, or at its start where it is bound to that.
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.may_match(text)
            && self.regex().is_some_and(|regex| {
                if self.start {
                    heads::starts(text).any(|start| regex.is_match(&text[start..]))
                } else {
                    regex.is_match(text)
                }
            })
    }

    /// Whether `text` holds what the pattern needs.
    fn may_match(&self, text: &[u8]) -> bool {
        self.needed.is_empty() || self.needed.iter().any(|needed| needed.find(text).is_some())
    }

    /// The first match in `text`.
    #[must_use]
    pub fn captures<'t>(&self, text: &'t [u8]) -> Option<Captures<'t>> {
        let regex = self.regex()?;
        if self.start {
            // What a head holds is no part of what is said: the last start counts.
            let starts = heads::starts(text).filter_map(|start| regex.captures(&text[start..]));
            starts.last()
        } else {
            regex.captures(text)
        }
    }

    /// The names of its groups.
    pub fn capture_names(&self) -> impl Iterator<Item = &str> {
        self.regex()
            .into_iter()
            .flat_map(|regex| regex.capture_names().flatten())
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| self.compile().ok()).as_ref()
    }

    fn compile(&self) -> Result<Regex, regex::Error> {
        let bound;
        let text = if self.start {
            bound = format!("^(?:{})", self.text);
            &bound
        } else {
            &self.text
        };
        RegexBuilder::new(text)
            // Logs are bytes: classes such as `\w` mean ASCII, which keeps patterns small and quick.
            .unicode(false)
            .size_limit(PATTERN_BYTES)
            .build()
    }
}
