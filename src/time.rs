//! Instants and spans of log time, and how much of an instant a stamp tells.
//!
//! In: the numbers that `record` read. Out: [`Timestamp`] (an instant in UTC) and [`Stamp`] (what the
//! text says, before year and zone are settled by `timeline`).

use std::fmt;

use jiff::civil;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// An instant: nanoseconds since 1970-01-01T00:00:00 UTC. Covers 1678 to 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From nanoseconds since 1970 in UTC.
    #[must_use]
    pub fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole seconds since 1970 in UTC.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// Nanoseconds since 1970 in UTC.
    #[must_use]
    pub fn nanos(self) -> i64 {
        self.0
    }

    /// The span from `earlier` to this instant; negative where this one is earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// This instant moved by `span`.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This instant moved back by `span`.
    #[must_use]
    pub fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The instant in UTC as date and time.
    fn civil(self) -> civil::DateTime {
        // Cannot fail: an i64 of nanoseconds (1678 to 2262) lies within jiff's years -9999 to 9999.
        jiff::Timestamp::from_nanosecond(i128::from(self.0))
            .map(|t| Offset::UTC.to_datetime(t))
            .unwrap_or_default()
    }

    /// `HH:MM:SS` in UTC, for people.
    #[must_use]
    pub fn clock(self) -> String {
        let t = self.civil();
        format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())
    }

    /// `YYYY-MM-DD` in UTC.
    #[must_use]
    pub fn date(self) -> String {
        let t = self.civil();
        format!("{:04}-{:02}-{:02}", t.year(), t.month(), t.day())
    }
}

/// RFC 3339 in UTC with a `Z`; as many digits of the fraction as it needs, in groups of three.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )?;
        match t.subsec_nanosecond() {
            0 => {}
            n if n % 1_000_000 == 0 => write!(f, ".{:03}", n / 1_000_000)?,
            n if n % 1_000 == 0 => write!(f, ".{:06}", n / 1_000)?,
            n => write!(f, ".{n:09}")?,
        }
        f.write_str("Z")
    }
}

/// A length of time, in nanoseconds; may be negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole seconds.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// From seconds with a fraction; what does not fit is cut to the bounds.
    #[must_use]
    pub fn from_seconds_f64(seconds: f64) -> Self {
        // `as` saturates, and maps NaN to 0.
        Self((seconds * 1e9) as i64)
    }

    /// Nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Seconds, with a fraction.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Both spans, one after the other.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This span without `other`.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This span `n` times.
    #[must_use]
    pub const fn times(self, n: i64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

/// `3 h 2 min`, `4 min 10 s`, `12 s`, `85 ms`: two units at most, for people.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        let seconds = nanos / 1_000_000_000;
        let (big, small) = match seconds {
            0 => return write!(f, "{} ms", nanos / 1_000_000),
            1..60 => return write!(f, "{seconds} s"),
            60..3600 => ((seconds / 60, "min"), (seconds % 60, "s")),
            3600..86_400 => ((seconds / 3600, "h"), (seconds % 3600 / 60, "min")),
            _ => ((seconds / 86_400, "d"), (seconds % 86_400 / 3600, "h")),
        };
        write!(f, "{} {}", big.0, big.1)?;
        if small.0 > 0 {
            write!(f, " {} {}", small.0, small.1)?;
        }
        Ok(())
    }
}

/// What a record's stamp tells, before year and zone are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The instant, as far as it is known.
    pub known: Known,
    /// The width of the stamp: one second for `HH:MM:SS`, one microsecond for six digits.
    pub width: Span,
}

/// How much of an instant a stamp tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Known {
    /// An instant: the stamp bears a zone, an offset, or counts from the epoch.
    Utc {
        /// The instant.
        at: Timestamp,
        /// The offset from UTC as written, in seconds; `None` for a count from the epoch.
        offset_s: Option<i32>,
    },
    /// Date and time of an unnamed zone, as if it were UTC.
    Local(Timestamp),
    /// Month, day and time of an unnamed zone; the instant is the one in the leap year 2000, as if it
    /// were UTC.
    NoYear(Timestamp),
}

impl Stamp {
    /// Nanoseconds as the stamp tells them, zone and year left aside: only for comparing stamps of one
    /// file with each other.
    #[must_use]
    pub fn known_nanos(&self) -> i64 {
        match self.known {
            Known::Utc { at, .. } | Known::Local(at) | Known::NoYear(at) => at.nanos(),
        }
    }

    /// A stamp from its civil parts; `None` where they name no day or time.
    ///
    /// `year` `None` makes a [`Known::NoYear`]; `offset_s` `Some` makes a [`Known::Utc`]. A leap
    /// second (`second` 60) is read as the last nanosecond of the 59th.
    #[must_use]
    pub fn from_civil(
        year: Option<i16>,
        month: i8,
        day: i8,
        (hour, minute, second): (i8, i8, i8),
        nanos: i32,
        width: Span,
        offset_s: Option<i32>,
    ) -> Option<Self> {
        let (second, nanos) = if second == 60 {
            (59, 999_999_999)
        } else {
            (second, nanos)
        };
        let date = civil::Date::new(year.unwrap_or(2000), month, day).ok()?;
        let time = civil::Time::new(hour, minute, second, nanos).ok()?;
        let as_utc = Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?;
        let at = Timestamp(i64::try_from(as_utc.as_nanosecond()).ok()?);
        let known = match (year, offset_s) {
            (None, _) => Known::NoYear(at),
            (Some(_), None) => Known::Local(at),
            (Some(_), Some(offset)) => Known::Utc {
                at: at.minus(Span::from_seconds(i64::from(offset))),
                offset_s: Some(offset),
            },
        };
        Some(Self { known, width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_uses_as_many_digits_as_needed() {
        assert_eq!(
            Timestamp::from_seconds(0).to_string(),
            "1970-01-01T00:00:00Z"
        );
        assert_eq!(
            Timestamp::from_nanos(1_500_000).to_string(),
            "1970-01-01T00:00:00.001500Z"
        );
    }

    #[test]
    fn span_display_has_two_units_at_most() {
        assert_eq!(Span::from_seconds(10_929).to_string(), "3 h 2 min");
        assert_eq!(Span::from_seconds(12).to_string(), "12 s");
        assert_eq!(Span::from_seconds_f64(0.085).to_string(), "85 ms");
    }

    #[test]
    fn offset_is_subtracted() {
        let stamp = Stamp::from_civil(
            Some(2026),
            3,
            1,
            (10, 0, 0),
            0,
            Span::from_seconds(1),
            Some(3600),
        );
        let Some(Stamp {
            known: Known::Utc { at, .. },
            ..
        }) = stamp
        else {
            panic!("{stamp:?}")
        };
        assert_eq!(at.to_string(), "2026-03-01T09:00:00Z");
    }
}
