//! Changes that no log tells of: lists that people or tools keep, and git repositories.
//!
//! Owns: their forms. In: [`ChangeSource`]s. Out: [`Outside`], change events that enter the ledger
//! beside those of logs, each with its place. A wrong change gives wrong blame: whatever cannot be
//! understood ends the run, with file and line, before anything is analysed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::tz::TimeZone;

use crate::classify::{Class, Event, Field, change_kind};
use crate::error::Error;
use crate::primitives::{ByteOffset, FileId, LineNo, Place};
use crate::time::{Known, Span, Stamp, Timestamp};

mod csv;
mod git;
mod json;
mod kubernetes;
mod list;

/// Before the name of a field that a list has and crashtrail does not know.
pub const COLUMN: &str = "column ";
/// The field that says that a change was told from outside the logs.
pub const LISTED: &str = "listed";

/// Where changes are told besides logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeSource {
    /// A file in JSON Lines, or CSV with a header (`docs/changes.md`).
    List(PathBuf),
    /// A git repository, or a folder in one.
    Git(PathBuf),
}

/// What one source told.
#[derive(Debug, Clone)]
pub struct Outside {
    /// As given.
    pub path: String,
    /// `changes-json`, `changes-csv` or `git`.
    pub format: &'static str,
    /// Its size; 0 of a repository.
    pub bytes: u64,
    /// Its lines; of a repository, the commits and tags that were read.
    pub lines: u64,
    /// Its changes, in the order of the source. The file of their places is yet to be given.
    pub events: Vec<Event>,
}

/// A change as a source tells it.
#[derive(Debug, Default)]
struct Told {
    time: Option<(Timestamp, Span)>,
    kind: Option<&'static str>,
    action: Option<&'static str>,
    host: Option<String>,
    targets: Vec<String>,
    subject: Option<String>,
    from: Option<String>,
    to: Option<String>,
    actor: Option<String>,
    summary: Option<String>,
    paths: Vec<String>,
    more: BTreeMap<String, String>,
}

/// Where a source tells it.
struct Spot<'a> {
    offset: u64,
    line: u64,
    cursor: Option<&'a str>,
    text: &'a str,
}

/// Reads all lists; repositories are only looked for, and read by [`history`] once it is known which
/// time matters. `zone` is that of times which bear none, else UTC.
///
/// # Errors
///
/// [`Error::Changes`] for the first line that cannot be understood; where a file cannot be read, or a
/// folder is in no repository.
pub fn lists(sources: &[ChangeSource], zone: Option<&TimeZone>) -> Result<Vec<Outside>, Error> {
    let mut all = Vec::new();
    for source in sources {
        match source {
            ChangeSource::List(path) => all.push(list::read(path, zone.unwrap_or(&TimeZone::UTC))?),
            ChangeSource::Git(folder) => git::check(folder)?,
        }
    }
    Ok(all)
}

/// Reads what the repositories tell of the time from `start` to `end`, and of the thirty days before.
///
/// # Errors
///
/// Where git cannot be run, or fails.
pub fn history(
    sources: &[ChangeSource],
    start: Timestamp,
    end: Timestamp,
) -> Result<Vec<Outside>, Error> {
    let folders = sources.iter().filter_map(|source| match source {
        ChangeSource::Git(folder) => Some(folder),
        ChangeSource::List(_) => None,
    });
    folders
        .map(|folder| git::read(folder, start.minus(REACH), end))
        .collect()
}

/// How long before the logs a commit may lie that matters: latent faults wait for weeks.
const REACH: Span = Span::from_seconds(30 * 86_400);

impl Told {
    /// What is missing for it to be a change.
    fn lack(&self) -> Option<&'static str> {
        if self.time.is_none() {
            return Some("has no `time`");
        }
        let says_what = self.subject.is_some() || self.summary.is_some();
        if !says_what && self.targets.is_empty() && self.paths.is_empty() {
            return Some(
                "says nothing of what was changed: give a `subject`, `target` or `summary`",
            );
        }
        None
    }

    /// The event; `None` where it has no time.
    fn event(self, spot: &Spot<'_>, how: &'static str) -> Option<Event> {
        let (at, width) = self.time?;
        let message = self.message();
        let mut fields: Vec<Field> = Vec::new();
        let mut put = |name: &str, value: Option<&str>| {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                fields.push((name.into(), value.into()));
            }
        };
        put(LISTED, Some(how));
        put("action", self.action);
        put("target", self.targets.first().map(String::as_str));
        put("targets", Some(&self.targets.join("\n")));
        put("paths", Some(&self.paths.join("\n")));
        if let [path] = &self.paths[..] {
            put("path", Some(path));
        }
        put("subject", self.subject.as_deref());
        put("from", self.from.as_deref());
        put("to", self.to.as_deref());
        put("actor", self.actor.as_deref());
        put("summary", self.summary.as_deref());
        for (name, value) in &self.more {
            put(&format!("{COLUMN}{name}"), Some(value));
        }
        fields.sort();
        let place = Place {
            file: FileId::new(0),
            offset: ByteOffset::new(spot.offset),
            line: LineNo::after(spot.line.saturating_sub(1)),
        };
        let known = Known::Utc {
            at,
            offset_s: Some(0),
        };
        let stamp = Some(Stamp { known, width });
        Some(Event {
            cursor: spot.cursor.map(Into::into),
            kind: Some(self.kind.unwrap_or("other")),
            host: self.host.as_deref().map(Into::into),
            fields: fields.into(),
            ..Event::untold(Class::Change, place, stamp, at, spot.text, &message)
        })
    }

    /// All that it says, in a line: what its words are compared by.
    fn message(&self) -> String {
        let mut parts: Vec<&str> = Vec::new();
        parts.extend(self.kind);
        parts.extend(self.action);
        parts.extend(self.summary.as_deref());
        parts.extend(self.subject.as_deref());
        parts.extend(self.from.as_deref());
        parts.extend(self.to.as_deref());
        parts.extend(self.targets.iter().chain(&self.paths).map(String::as_str));
        parts.extend(self.actor.as_deref());
        parts.extend(self.more.values().map(String::as_str));
        parts.join(" ")
    }
}

/// What people call kinds of changes, besides the contract's names.
const KINDS: [(&str, &str); 14] = [
    ("deploy", "code"),
    ("deployment", "code"),
    ("release", "code"),
    ("commit", "code"),
    ("configuration", "config"),
    ("setting", "config"),
    ("schema", "migration"),
    ("database", "migration"),
    ("feature_flag", "flag"),
    ("feature-flag", "flag"),
    ("cert", "certificate"),
    ("infra", "infrastructure"),
    ("access", "permission"),
    ("service", "unit"),
];

/// What people call actions, besides the contract's names.
const ACTIONS: [(&str, &str); 16] = [
    ("apply", "apply"),
    ("deploy", "apply"),
    ("create", "apply"),
    ("update", "apply"),
    ("change", "apply"),
    ("install", "apply"),
    ("upgrade", "apply"),
    ("rollback", "rollback"),
    ("rolled_back", "rollback"),
    ("revert", "rollback"),
    ("undo", "rollback"),
    ("reload", "reload"),
    ("restart", "restart"),
    ("remove", "remove"),
    ("delete", "remove"),
    ("uninstall", "remove"),
];

fn among(names: &[(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    let found = names.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.map(|(_, means)| *means)
}

/// A kind by the contract's name, or another usual one.
fn kind(name: &str) -> Option<&'static str> {
    change_kind(&name.to_ascii_lowercase()).or_else(|| among(&KINDS, name))
}

fn action(name: &str) -> Option<&'static str> {
    among(&ACTIONS, name)
}

/// A time as it may stand in a list, and how much of an instant it tells.
fn time(text: &str, zone: &TimeZone) -> Result<(Timestamp, Span), String> {
    let text = text.trim();
    let nanos = |t: jiff::Timestamp| i64::try_from(t.as_nanosecond()).ok();
    let second = Span::from_seconds(1);
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        let at = epoch(text).ok_or_else(|| format!("`{text}` is no time since 1970"))?;
        return Ok((at, second));
    }
    // 2026-03-01T10:00 ends where seconds would begin.
    let width = match text.as_bytes().get(16) {
        Some(b':') => second,
        _ => Span::from_seconds(60),
    };
    let at = if let Ok(at) = text.parse::<jiff::Timestamp>() {
        nanos(at)
    } else if text.len() > 10
        && let Ok(wall) = text.parse::<jiff::civil::DateTime>()
    {
        zone.to_timestamp(wall).ok().and_then(nanos)
    } else {
        return Err(format!(
            "`{text}` is no time: write 2026-03-01T10:00:00Z, 2026-03-01 10:00:00 (of --tz, else UTC) \
             or seconds since 1970"
        ));
    };
    let at = at.ok_or_else(|| format!("`{text}` lies outside the years 1678 to 2262"))?;
    Ok((Timestamp::from_nanos(at), width))
}

/// Seconds since 1970 with a fraction, or milli-, micro- or nanoseconds by how many there are.
fn epoch(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let unit: i64 = match whole.len() {
        1..=11 => 1_000_000_000,
        12..=14 => 1_000_000,
        15..=17 => 1_000,
        _ => 1,
    };
    let mut nanos = whole.parse::<i64>().ok()?.checked_mul(unit)?;
    let mut step = unit / 10;
    for digit in fraction.bytes() {
        nanos = nanos.checked_add(i64::from(digit.checked_sub(b'0')?) * step)?;
        step /= 10;
    }
    Some(Timestamp::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_usual_ways() {
        let read = |text: &str, zone: &TimeZone| time(text, zone).map(|(t, w)| (t.to_string(), w));
        let zone = TimeZone::fixed(jiff::tz::Offset::constant(1));
        for (text, wanted, width) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", 1),
            ("2026-03-01T10:00:00.5+01:00", "2026-03-01T09:00:00.500Z", 1),
            ("2026-03-01T10:00+01:00", "2026-03-01T09:00:00Z", 60),
            ("2026-03-01 10:00", "2026-03-01T09:00:00Z", 60),
            ("2026-03-01 10:00:00", "2026-03-01T09:00:00Z", 1),
            ("1772359200", "2026-03-01T10:00:00Z", 1),
            ("1772359200.25", "2026-03-01T10:00:00.250Z", 1),
            ("1772359200250", "2026-03-01T10:00:00.250Z", 1),
        ] {
            let wanted = (wanted.to_owned(), Span::from_seconds(width));
            assert_eq!(read(text, &zone), Ok(wanted), "{text}");
        }
        // A day is too long to blame anything in it.
        for text in [
            "2026-03-01",
            "yesterday",
            "",
            "10:00",
            "1.2.3",
            "99999999999999999999",
        ] {
            assert!(read(text, &zone).is_err(), "{text}");
        }
    }

    #[test]
    fn usual_names_are_understood() {
        assert_eq!(kind("Deploy"), Some("code"));
        assert_eq!(kind("config"), Some("config"));
        assert_eq!(kind("CONFIG"), Some("config"));
        assert_eq!(kind("weather"), None);
        assert_eq!(action("revert"), Some("rollback"));
        assert_eq!(action("pray"), None);
    }
}
