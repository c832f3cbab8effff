//! Which layout a stamp has, and where in a line it stands: told by the bytes at fixed places.

use std::ops::Range;

use super::dates::{month_first, parse, slashed};
use super::epoch::is_epoch;
use super::parts::{day, digits, four, is_clock, is_date, is_weekday, month};
use crate::time::Stamp;

/// How a stamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::record) enum Layout {
    /// `2026-03-01T10:00:00.123456+01:00`, with `T`, a blank or `_` between date and time.
    Iso,
    /// `Sun 2026-03-01 10:00:00 CET`.
    WeekdayIso,
    /// `2026/03/01 10:00:00`.
    Slashes,
    /// `26/03/01 10:00:00`.
    ShortSlashes,
    /// `01/Mar/2026:10:00:00 +0100`, also with a blank before the time.
    Access,
    /// `01 Mar 2026 10:00:00.123`, also `01-Mar-2026 10:00:00`.
    DayFirst,
    /// `1-Mar-2026::10:00:00.123456`, as Erlang has it.
    Erlang,
    /// `Mar 01, 2026 10:00:00 AM`, as java.util.logging has it; 24 hours in some locales.
    MonthFirst,
    /// `3/1/2026 10:00:00 AM`: the month first, as in the United States; ausearch has two digits each.
    MonthFirstSlashes,
    /// `31/3/2026 10:00:00`: the day first.
    DayFirstSlashes,
    /// `01 Mar 10:00:00.123`, as Redis 2 has it.
    DayFirstNoYear,
    /// `Mar  1 10:00:00`, also with a fraction.
    Bsd,
    /// `Mar  1 2026 10:00:00`.
    BsdYear,
    /// `Sun Mar  1 10:00:00.123456 2026`.
    Ctime,
    /// `260301 100000`.
    Compact,
    /// `260301 10:00:00`.
    CompactClock,
    /// `20260301-10:00:00:123`, the numbers of the time not padded.
    Dashed,
    /// `03-01 10:00:00.123`.
    MonthDay,
    /// `03.01 10:00:00`.
    MonthDotDay,
    /// `0301 10:00:00.123456`, after klog's letter.
    Klog,
    /// `20260301 10:00:00.123456`, after glog's letter.
    Glog,
    /// `1772355600.123456`; seconds, milli-, micro- or nanoseconds by magnitude.
    Epoch,
    /// `@4000000065e1a2b30f3a1c2c`.
    Tai64n,
}

impl Layout {
    /// The layout that `text` begins with, told by its shape alone.
    pub(in crate::record) fn of(text: &[u8]) -> Option<Self> {
        let (&first, at) = (text.first()?, |i: usize| text.get(i).copied().unwrap_or(0));
        match first {
            b'0'..=b'9' => Self::of_digits(text),
            b'@' => (text.len() >= 25 && text.get(1..25)?.iter().all(u8::is_ascii_hexdigit))
                .then_some(Self::Tai64n),
            b'A'..=b'Z' if at(3) == b' ' && month(text, 0).is_some() => {
                let (_, end) = day(text, 4)?;
                match at(end) {
                    b',' => month_first(text).map(|_| Self::MonthFirst),
                    b' ' if is_clock(text, end + 1) => Some(Self::Bsd),
                    b' ' if four(text, end + 1).is_some() && is_clock(text, end + 6) => {
                        Some(Self::BsdYear)
                    }
                    _ => None,
                }
            }
            b'A'..=b'Z' if at(3) == b' ' && is_weekday(text) => {
                if is_date(text, 4, b'-') && is_clock(text, 15) {
                    return Some(Self::WeekdayIso);
                }
                month(text, 4)?;
                let (_, end) = day(text, 8)?;
                (at(end) == b' ' && is_clock(text, end + 1)).then_some(Self::Ctime)
            }
            _ => None,
        }
    }

    fn of_digits(text: &[u8]) -> Option<Self> {
        let at = |i: usize| text.get(i).copied().unwrap_or(0);
        let clock = |i| is_clock(text, i);
        match (at(2), at(4)) {
            (_, b'-') if is_date(text, 0, b'-') && matches!(at(10), b'T' | b' ' | b'_' | b't') => {
                clock(11).then_some(Self::Iso)
            }
            (_, b'/') if is_date(text, 0, b'/') && matches!(at(10), b' ' | b'-') => {
                clock(11).then_some(Self::Slashes)
            }
            (b'/', _) if at(5) == b'/' && at(8) == b' ' && clock(9) => Some(Self::ShortSlashes),
            (b'/', _) if at(6) == b'/' && matches!(at(11), b':' | b' ') && clock(12) => {
                month(text, 3).map(|_| Self::Access)
            }
            (b' ' | b'-', _) if month(text, 3).is_some() => match at(6) {
                b' ' if clock(7) => Some(Self::DayFirstNoYear),
                b'-' if at(11) == b':' && at(12) == b':' && clock(13) => Some(Self::Erlang),
                b' ' | b'-' if at(11) == b' ' && clock(12) => Some(Self::DayFirst),
                _ => None,
            },
            _ if at(1) == b'-' && at(10) == b':' && at(11) == b':' && clock(12) => {
                month(text, 2).map(|_| Self::Erlang)
            }
            _ if at(1) == b'/'
                || (at(2) == b'/' && at(5) == b'/')
                || (at(2) == b'/' && at(4) == b'/') =>
            {
                let (first, _, _, _) = slashed(text)?;
                Some(if first > 12 {
                    Self::DayFirstSlashes
                } else {
                    Self::MonthFirstSlashes
                })
            }
            (b'-', _) if at(5) == b' ' && clock(6) => Some(Self::MonthDay),
            (b'.', _) if at(5) == b' ' && clock(6) => Some(Self::MonthDotDay),
            _ if at(6) == b' ' && digits(text, 0) == 6 => match digits(text, 7) {
                6 if at(13) == b' ' => Some(Self::Compact),
                1 | 2 if at(9) == b':' && clock(7) => Some(Self::CompactClock),
                _ => None,
            },
            _ if at(8) == b'-' && digits(text, 0) == 8 => {
                parse(Self::Dashed, text).map(|_| Self::Dashed)
            }
            _ => is_epoch(text).then_some(Self::Epoch),
        }
    }

    /// How many bytes of the stamp are equal for two stamps of one minute; `None` where it has no
    /// such fixed text.
    pub(in crate::record) fn minute_len(self, text: &[u8]) -> Option<usize> {
        let len = match self {
            Self::Iso | Self::Slashes => 16,
            Self::WeekdayIso => 20,
            Self::ShortSlashes => 14,
            Self::Access | Self::DayFirst => 17,
            Self::DayFirstNoYear => 12,
            Self::Bsd => day(text, 4)?.1 + 6,
            Self::BsdYear => day(text, 4)?.1 + 11,
            Self::Ctime => day(text, 8)?.1 + 6,
            Self::Compact => 11,
            Self::CompactClock => 12,
            Self::MonthDay | Self::MonthDotDay => 11,
            Self::Klog => 10,
            Self::Glog => 14,
            Self::Dashed | Self::Epoch | Self::Tai64n | Self::Erlang => return None,
            Self::MonthFirst | Self::MonthFirstSlashes | Self::DayFirstSlashes => return None,
        };
        (len <= text.len()).then_some(len)
    }
}

/// A stamp at the head of a line.
#[derive(Debug, Clone, Copy)]
pub(in crate::record) struct Head {
    /// How it is written.
    pub(in crate::record) layout: Layout,
    /// Where it begins: 1 behind a bracket.
    pub(in crate::record) start: usize,
}

impl Head {
    /// Reads its numbers; the place is that of the byte after it within the line.
    pub(in crate::record) fn read(self, line: &[u8]) -> Option<(Stamp, usize)> {
        let (stamp, end) = parse(self.layout, line.get(self.start..)?)?;
        Some((stamp, self.start + end))
    }

    /// The bytes that are equal for two lines of the same minute.
    pub(in crate::record) fn minute(self, line: &[u8]) -> Option<Range<usize>> {
        let len = self.layout.minute_len(line.get(self.start..)?)?;
        Some(self.start..self.start + len)
    }
}

/// The stamp that stands at the head of the line, or in brackets there.
pub(in crate::record) fn head(line: &[u8]) -> Option<Head> {
    if let Some(layout) = Layout::of(line) {
        return Some(Head { layout, start: 0 });
    }
    match line.first()? {
        b'[' => {
            let inner = line.get(1..)?;
            if let Some(layout) = Layout::of(inner) {
                return Some(Head { layout, start: 1 });
            }
            // monit: `[CET Mar  1 10:00:00]`.
            let zone = inner
                .iter()
                .take(5)
                .take_while(|b| b.is_ascii_uppercase())
                .count();
            let bsd = inner.get(zone + 1..).and_then(Layout::of) == Some(Layout::Bsd);
            ((3..=5).contains(&zone) && bsd).then_some(Head {
                layout: Layout::Bsd,
                start: zone + 2,
            })
        }
        b'A'..=b'Z' => klog_head(line)
            .or_else(|| ruby_head(line))
            .or_else(|| bgl_head(line)),
        b'-' => bgl_head(line),
        b'a'..=b'z' => file_head(line),
        _ => None,
    }
}

/// klog's `I0301 10:00:00.123456` and glog's `I20260301 10:00:00.123456`.
pub(super) fn klog_head(line: &[u8]) -> Option<Head> {
    let layout = match digits(line, 1) {
        4 => Layout::Klog,
        8 => Layout::Glog,
        _ => return None,
    };
    let blank = 1 + if layout == Layout::Klog { 4 } else { 8 };
    let fits = line.get(blank) == Some(&b' ')
        && is_clock(line, blank + 1)
        && line.get(blank + 9) == Some(&b'.');
    fits.then_some(Head { layout, start: 1 })
}

/// Ruby's `I, [2026-03-01T10:00:00.123456 #812]`.
pub(super) fn ruby_head(line: &[u8]) -> Option<Head> {
    let layout = line
        .get(1..4)
        .filter(|b| *b == b", [")
        .and_then(|_| Layout::of(line.get(4..)?))?;
    Some(Head { layout, start: 4 })
}

/// The super computers' `- 1131566461 2005.11.09 ..`; alerts have a word for the dash.
pub(super) fn bgl_head(line: &[u8]) -> Option<Head> {
    let start = line.iter().take(12).position(|b| *b == b' ')? + 1;
    let rest = line.get(start..)?;
    (is_epoch(rest) && rest.get(15) == Some(&b'.')).then_some(Head {
        layout: Layout::Epoch,
        start,
    })
}

/// `app.log.1 2026-03-01 10:00:00 ..`: the name of the file first, as tools that join files put it.
pub(super) fn file_head(line: &[u8]) -> Option<Head> {
    let start = line.iter().take(64).position(|b| *b == b' ')? + 1;
    let named = line[..start].windows(4).any(|part| part == b".log");
    let layout = line.get(start..).filter(|_| named).and_then(Layout::of)?;
    (layout == Layout::Iso).then_some(Head { layout, start })
}
