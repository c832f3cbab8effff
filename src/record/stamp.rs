//! Stamps: the time as a log line writes it, read from fixed positions.
//!
//! Owns: the layouts of date and time that logs use. In: bytes that begin with a stamp. Out: a
//! [`Stamp`] and where it ends. Nothing here allocates or searches: a layout is told by the bytes at
//! its fixed places, its shape first (cheap, for the census) and its numbers on demand.

use std::ops::Range;

use crate::time::{Known, NANOS_PER_SECOND, Span, Stamp, Timestamp};

/// How a stamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
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

/// One second.
pub(super) const SECOND: Span = Span::from_nanos(NANOS_PER_SECOND);

impl Layout {
    /// The layout that `text` begins with, told by its shape alone.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
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
    pub(super) fn minute_len(self, text: &[u8]) -> Option<usize> {
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
pub(super) struct Head {
    /// How it is written.
    pub(super) layout: Layout,
    /// Where it begins: 1 behind a bracket.
    pub(super) start: usize,
}

impl Head {
    /// Reads its numbers; the place is that of the byte after it within the line.
    pub(super) fn read(self, line: &[u8]) -> Option<(Stamp, usize)> {
        let (stamp, end) = parse(self.layout, line.get(self.start..)?)?;
        Some((stamp, self.start + end))
    }

    /// The bytes that are equal for two lines of the same minute.
    pub(super) fn minute(self, line: &[u8]) -> Option<Range<usize>> {
        let len = self.layout.minute_len(line.get(self.start..)?)?;
        Some(self.start..self.start + len)
    }
}

/// The stamp that stands at the head of the line, or in brackets there.
pub(super) fn head(line: &[u8]) -> Option<Head> {
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
fn klog_head(line: &[u8]) -> Option<Head> {
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
fn ruby_head(line: &[u8]) -> Option<Head> {
    let layout = line
        .get(1..4)
        .filter(|b| *b == b", [")
        .and_then(|_| Layout::of(line.get(4..)?))?;
    Some(Head { layout, start: 4 })
}

/// The super computers' `- 1131566461 2005.11.09 ..`; alerts have a word for the dash.
fn bgl_head(line: &[u8]) -> Option<Head> {
    let start = line.iter().take(12).position(|b| *b == b' ')? + 1;
    let rest = line.get(start..)?;
    (is_epoch(rest) && rest.get(15) == Some(&b'.')).then_some(Head {
        layout: Layout::Epoch,
        start,
    })
}

/// `app.log.1 2026-03-01 10:00:00 ..`: the name of the file first, as tools that join files put it.
fn file_head(line: &[u8]) -> Option<Head> {
    let start = line.iter().take(64).position(|b| *b == b' ')? + 1;
    let named = line[..start].windows(4).any(|part| part == b".log");
    let layout = line.get(start..).filter(|_| named).and_then(Layout::of)?;
    (layout == Layout::Iso).then_some(Head { layout, start })
}

/// Reads the numbers of a stamp that stands at the start of `text`, and the byte after it.
pub(super) fn parse(layout: Layout, text: &[u8]) -> Option<(Stamp, usize)> {
    match layout {
        Layout::Iso => full(text, text, 0),
        Layout::Slashes => full(text, text, 0),
        Layout::WeekdayIso => full(text, text.get(4..)?, 4),
        Layout::ShortSlashes => {
            let year = 2000 + i16::from(two(text, 0)?);
            local(text, Some(year), two(text, 3)?, two(text, 6)?, 9)
        }
        Layout::Access => local(text, four(text, 7), month(text, 3)?, two(text, 0)?, 12),
        Layout::DayFirst => local(text, four(text, 7), month(text, 3)?, two(text, 0)?, 12),
        Layout::DayFirstNoYear => no_year(text, month(text, 3)?, two(text, 0)?, 7),
        Layout::Bsd => {
            let (day, end) = day(text, 4)?;
            let (nanos, width, after) = fraction(text, end + 9);
            let time = clock(text, end + 1)?;
            Some((
                Stamp::from_civil(None, month(text, 0)?, day, time, nanos, width, None)?,
                after,
            ))
        }
        Layout::BsdYear => {
            let (day, end) = day(text, 4)?;
            local(text, four(text, end + 1), month(text, 0)?, day, end + 6)
        }
        Layout::Ctime => ctime(text),
        Layout::Compact => {
            let year = 2000 + i16::from(two(text, 0)?);
            let time = (two(text, 7)?, two(text, 9)?, two(text, 11)?);
            let stamp = Stamp::from_civil(
                Some(year),
                two(text, 2)?,
                two(text, 4)?,
                time,
                0,
                SECOND,
                None,
            )?;
            Some((stamp, 13))
        }
        Layout::CompactClock => {
            let year = 2000 + i16::from(two(text, 0)?);
            local(text, Some(year), two(text, 2)?, two(text, 4)?, 7)
        }
        Layout::Dashed => dashed(text),
        Layout::MonthDay | Layout::MonthDotDay => no_year(text, two(text, 0)?, two(text, 3)?, 6),
        Layout::Klog => no_year(text, two(text, 0)?, two(text, 2)?, 5),
        Layout::Glog => local(text, four(text, 0), two(text, 4)?, two(text, 6)?, 9),
        Layout::Erlang => {
            let len = digits(text, 0);
            let day = i8::try_from(number(text.get(..len)?)?).ok()?;
            local(
                text,
                four(text, len + 5),
                month(text, len + 1)?,
                day,
                len + 11,
            )
        }
        Layout::MonthFirst => month_first(text),
        Layout::MonthFirstSlashes => {
            let (month, day, year, at) = slashed(text)?;
            twelve(text, year, month, day, at)
        }
        Layout::DayFirstSlashes => {
            let (day, month, year, at) = slashed(text)?;
            twelve(text, year, month, day, at)
        }
        Layout::Epoch => epoch(text),
        Layout::Tai64n => tai64n(text),
    }
}

/// `date` begins with `YYYY-MM-DD HH:MM:SS`, whatever the marks between; it stands at `at` in `text`.
fn full(text: &[u8], date: &[u8], at: usize) -> Option<(Stamp, usize)> {
    local(
        text,
        Some(four(date, 0)?),
        two(date, 5)?,
        two(date, 8)?,
        at + 11,
    )
}

/// The time at `at`, with fraction and zone where they follow.
fn local(text: &[u8], year: Option<i16>, month: i8, day: i8, at: usize) -> Option<(Stamp, usize)> {
    let time = clock(text, at)?;
    let (nanos, width, end) = fraction(text, at + 8);
    let (offset, end) = match zone(text, end) {
        Some((offset, end)) => (Some(offset), end),
        // svlogd(8) writes UTC, and says so by an underscore only.
        None if text.get(10) == Some(&b'_') && at == 11 => (Some(0), end),
        None => (None, end),
    };
    Some((
        Stamp::from_civil(Some(year?), month, day, time, nanos, width, offset)?,
        end,
    ))
}

/// The time at `at`, with a fraction where it follows; neither year nor zone.
fn no_year(text: &[u8], month: i8, day: i8, at: usize) -> Option<(Stamp, usize)> {
    let (nanos, width, end) = fraction(text, at + 8);
    Some((
        Stamp::from_civil(None, month, day, clock(text, at)?, nanos, width, None)?,
        end,
    ))
}

/// `Sun Mar  1 10:00:00.123456 2026`, `Sun Mar  1 10:00:00 CET 2026`.
fn ctime(text: &[u8]) -> Option<(Stamp, usize)> {
    let (day, end) = day(text, 8)?;
    let time = clock(text, end + 1)?;
    let (nanos, width, end) = fraction(text, end + 9);
    let abbreviation = text
        .get(end + 1..)?
        .iter()
        .take_while(|b| b.is_ascii_uppercase())
        .count();
    let (offset, end) = match abbreviation {
        0 => (None, end),
        n => {
            let name = text.get(end + 1..end + 1 + n)?;
            (matches!(name, b"UTC" | b"GMT").then_some(0), end + 1 + n)
        }
    };
    let year = four(text, end + 1)?;
    let stamp = Stamp::from_civil(Some(year), month(text, 4)?, day, time, nanos, width, offset)?;
    Some((stamp, end + 5))
}

/// The three numbers of `3/1/2026 10:00`, and where the time begins.
fn slashed(text: &[u8]) -> Option<(i8, i8, i16, usize)> {
    let part = |at: usize| {
        let len = digits(text, at);
        let number = i8::try_from(number(text.get(at..at + len)?)?).ok()?;
        ((1..=2).contains(&len) && text.get(at + len) == Some(&b'/'))
            .then_some((number, at + len + 1))
    };
    let (first, at) = part(0)?;
    let (second, at) = part(at)?;
    let year = four(text, at)?;
    let after = at + 4;
    let comma = usize::from(text.get(after) == Some(&b','));
    let time = after + comma + 1;
    let clock = digits(text, time);
    let fits = text.get(after + comma) == Some(&b' ')
        && (1..=2).contains(&clock)
        && text.get(time + clock) == Some(&b':');
    fits.then_some((first, second, year, time))
}

/// A time at `at` that may be of twelve hours, with `AM` or `PM` behind it; its hour may have one digit.
fn twelve(text: &[u8], year: i16, month: i8, day: i8, at: usize) -> Option<(Stamp, usize)> {
    let len = digits(text, at);
    let mut hour = i8::try_from(number(text.get(at..at + len)?)?).ok()?;
    let colon = at + len;
    let (minute, second) = (two(text, colon + 1)?, two(text, colon + 4)?);
    if text.get(colon) != Some(&b':') || text.get(colon + 3) != Some(&b':') {
        return None;
    }
    let (nanos, width, mut end) = fraction(text, colon + 6);
    // Newer Java writes a narrow no-break space before the word.
    let rest = text.get(end..)?;
    let gap = [&b" "[..], "\u{202f}".as_bytes(), "\u{a0}".as_bytes()]
        .into_iter()
        .find(|gap| rest.starts_with(gap))
        .map_or(0, <[u8]>::len);
    match rest.get(gap..gap + 2) {
        Some(b"AM" | b"am") => {
            hour %= 12;
            end += gap + 2;
        }
        Some(b"PM" | b"pm") => {
            hour = hour % 12 + 12;
            end += gap + 2;
        }
        _ => {}
    }
    let stamp = Stamp::from_civil(
        Some(year),
        month,
        day,
        (hour, minute, second),
        nanos,
        width,
        None,
    )?;
    Some((stamp, end))
}

/// `Mar 01, 2026 10:00:00 AM`.
fn month_first(text: &[u8]) -> Option<(Stamp, usize)> {
    let (day, end) = day(text, 4)?;
    let year = four(text, end + 2).filter(|_| text.get(end..end + 2) == Some(b", "))?;
    let comma = usize::from(text.get(end + 6) == Some(&b','));
    let blank = text.get(end + 6 + comma) == Some(&b' ');
    twelve(text, year, month(text, 0)?, day, end + 7 + comma).filter(|_| blank)
}

/// How long a time of day without a date is: `10:00:00`, with a fraction where it follows.
pub(super) fn clock_len(text: &[u8]) -> Option<usize> {
    if !text.first().is_some_and(u8::is_ascii_digit) || !is_clock(text, 0) {
        return None;
    }
    Some(fraction(text, 8).2)
}

/// `20260301-10:0:5:123`.
fn dashed(text: &[u8]) -> Option<(Stamp, usize)> {
    let (year, month, day) = (four(text, 0)?, two(text, 4)?, two(text, 6)?);
    let mut at = 9;
    let mut part = [0_i8; 3];
    for slot in &mut part {
        let len = digits(text, at);
        if !(1..=2).contains(&len) || text.get(at + len) != Some(&b':') {
            return None;
        }
        *slot = text
            .get(at..at + len)?
            .iter()
            .fold(0, |n, b| n * 10 + (b - b'0') as i8);
        at += len + 1;
    }
    let len = digits(text, at).min(3);
    let millis = text
        .get(at..at + len)?
        .iter()
        .fold(0_i32, |n, b| n * 10 + i32::from(b - b'0'));
    let time = (part[0], part[1], part[2]);
    let width = Span::from_nanos(1_000_000);
    let stamp = Stamp::from_civil(
        Some(year),
        month,
        day,
        time,
        millis * 1_000_000,
        width,
        None,
    )?;
    Some((stamp, at + len))
}

/// Whether a count from the epoch stands at the start: 10, 13, 16 or 19 digits of a year from 2001 to
/// 2099, and no letter or digit after them.
fn is_epoch(text: &[u8]) -> bool {
    let len = digits(text, 0);
    let plausible = match text.first() {
        Some(b'1'..=b'3') => true,
        Some(b'4') => text.get(1) == Some(&b'0'),
        _ => false,
    };
    let after = match text.get(len) {
        Some(b'.') if digits(text, len + 1) > 0 => text.get(len + 1 + digits(text, len + 1)),
        other => other,
    };
    plausible
        && matches!(len, 10 | 13 | 16 | 19)
        && matches!(
            after,
            None | Some(b' ' | b'\t' | b':' | b']' | b',' | b'|' | b')' | b';')
        )
}

fn epoch(text: &[u8]) -> Option<(Stamp, usize)> {
    let len = digits(text, 0);
    let whole = number(text.get(..len)?)?;
    let places = match text.get(len) {
        Some(b'.') => digits(text, len + 1),
        _ => 0,
    };
    let end = if places > 0 { len + 1 + places } else { len };
    let fraction = if places > 0 {
        text.get(len + 1..end)?
    } else {
        &[]
    };
    Some((from_count(whole, fraction)?, end))
}

/// An instant from a count since 1970, its unit told by its magnitude; `fraction` holds the digits
/// after the point.
pub(super) fn from_count(whole: i64, fraction: &[u8]) -> Option<Stamp> {
    let unit: i64 = match whole.unsigned_abs() {
        0..100_000_000_000 => NANOS_PER_SECOND,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    let mut at = whole.checked_mul(unit)?;
    let mut width = unit;
    for &digit in fraction {
        if width < 10 || !digit.is_ascii_digit() {
            break;
        }
        width /= 10;
        at = at.checked_add(i64::from(digit - b'0') * width)?;
    }
    let known = Known::Utc {
        at: Timestamp::from_nanos(at),
        offset_s: None,
    };
    Some(Stamp {
        known,
        width: Span::from_nanos(width),
    })
}

/// As daemontools writes it: 2^62 seconds and 10 more.
fn tai64n(text: &[u8]) -> Option<(Stamp, usize)> {
    let hex = |range: Range<usize>| {
        text.get(range)?.iter().try_fold(0_u64, |n, &b| {
            Some(n << 4 | u64::from(char::from(b).to_digit(16)?))
        })
    };
    let seconds = i64::try_from(hex(1..17)?)
        .ok()?
        .checked_sub((1 << 62) + 10)?;
    let nanos = i64::try_from(hex(17..25)?).ok()?;
    let at = seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos)?;
    let known = Known::Utc {
        at: Timestamp::from_nanos(at),
        offset_s: None,
    };
    Some((
        Stamp {
            known,
            width: Span::from_nanos(1),
        },
        25,
    ))
}

/// A stamp in a text of its own, as a JSON field or a logfmt pair holds it: any layout, or a number.
pub(super) fn from_text(text: &[u8]) -> Option<Stamp> {
    let text = text.trim_ascii();
    if let Some(layout) = Layout::of(text) {
        return parse(layout, text).map(|(stamp, _)| stamp);
    }
    let len = digits(text, 0);
    match text.get(len) {
        None if len > 8 => from_count(number(text)?, &[]),
        Some(b'.') if len > 8 => from_count(number(text.get(..len)?)?, text.get(len + 1..)?),
        _ => None,
    }
}

/// The fraction at `at`: its nanoseconds, the stamp's width and where it ends.
fn fraction(text: &[u8], at: usize) -> (i32, Span, usize) {
    let len = match text.get(at) {
        Some(b'.' | b',') => digits(text, at + 1).min(12),
        _ => 0,
    };
    let (mut nanos, mut unit) = (0_i32, 1_000_000_000_i32);
    for &digit in text
        .get(at + 1..at + 1 + len)
        .unwrap_or_default()
        .iter()
        .take(9)
    {
        unit /= 10;
        nanos += i32::from(digit - b'0') * unit;
    }
    let end = if len > 0 { at + 1 + len } else { at };
    (nanos, Span::from_nanos(i64::from(unit)), end)
}

/// The zone at `at`: `Z`, `+01:00`, `+0100`, `+01`, or after one blank `+0100`, `+01:00`, `UTC`, `GMT`.
fn zone(text: &[u8], at: usize) -> Option<(i32, usize)> {
    let blank = text.get(at) == Some(&b' ');
    let at = if blank { at + 1 } else { at };
    let named = |name: &[u8]| {
        let rest = text.get(at..)?.strip_prefix(name)?;
        (!rest.first().is_some_and(u8::is_ascii_alphanumeric)).then_some((0, at + name.len()))
    };
    let sign = match text.get(at)? {
        b'Z' | b'z' => return named(b"Z").or_else(|| named(b"z")),
        b'U' => return named(b"UTC"),
        b'G' => return named(b"GMT"),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = i32::from(two(text, at + 1)?);
    let (minutes, end) = match (digits(text, at + 1), text.get(at + 3)) {
        (4, _) => (i32::from(two(text, at + 3)?), at + 5),
        (2, Some(b':')) if digits(text, at + 4) == 2 => (i32::from(two(text, at + 4)?), at + 6),
        // `10:00:00 -12 errors` is no zone.
        (2, _) if !blank => (0, at + 3),
        _ => return None,
    };
    (hours <= 15 && minutes < 60).then_some((sign * (hours * 3600 + minutes * 60), end))
}

/// `HH:MM:SS` at `at`; the hour may be padded with a blank.
fn clock(text: &[u8], at: usize) -> Option<(i8, i8, i8)> {
    let hour = match text.get(at)? {
        b' ' => i8::try_from(text.get(at + 1)?.wrapping_sub(b'0'))
            .ok()
            .filter(|h| *h <= 9)?,
        _ => two(text, at)?,
    };
    Some((hour, two(text, at + 3)?, two(text, at + 6)?))
}

fn is_clock(text: &[u8], at: usize) -> bool {
    let Some(b) = text.get(at..at + 8) else {
        return false;
    };
    (b[0].is_ascii_digit() || b[0] == b' ')
        && b[1].is_ascii_digit()
        && b[2] == b':'
        && b[3].is_ascii_digit()
        && b[4].is_ascii_digit()
        && b[5] == b':'
        && b[6].is_ascii_digit()
        && b[7].is_ascii_digit()
}

/// `YYYY-MM-DD` at `at`, with this mark.
fn is_date(text: &[u8], at: usize, mark: u8) -> bool {
    let Some(b) = text.get(at..at + 10) else {
        return false;
    };
    b[4] == mark
        && b[7] == mark
        && [0, 1, 2, 3, 5, 6, 8, 9]
            .iter()
            .all(|&i: &usize| b[i].is_ascii_digit())
}

fn is_weekday(text: &[u8]) -> bool {
    matches!(
        text.get(..3),
        Some(b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun")
    )
}

fn month(text: &[u8], at: usize) -> Option<i8> {
    Some(match text.get(at..at + 3)? {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

/// A day of the month, padded with a blank, a zero or not at all, and the byte after it.
fn day(text: &[u8], at: usize) -> Option<(i8, usize)> {
    let digit = |i: usize| {
        text.get(i)
            .filter(|b| b.is_ascii_digit())
            .map(|b| (b - b'0') as i8)
    };
    match (digit(at), digit(at + 1)) {
        (Some(tens), Some(ones)) => Some((tens * 10 + ones, at + 2)),
        (Some(ones), None) => Some((ones, at + 1)),
        (None, Some(ones)) if text.get(at) == Some(&b' ') => Some((ones, at + 2)),
        _ => None,
    }
}

/// How many digits stand at `at`.
pub(super) fn digits(text: &[u8], at: usize) -> usize {
    text.get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count()
}

/// The number that `text` is, all of it.
pub(super) fn number(text: &[u8]) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_i64, |n, &b| {
        let digit = b.is_ascii_digit().then(|| i64::from(b - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    })
}

fn two(text: &[u8], at: usize) -> Option<i8> {
    match text.get(at..at + 2)? {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(((a - b'0') * 10 + (b - b'0')) as i8),
        _ => None,
    }
}

fn four(text: &[u8], at: usize) -> Option<i16> {
    Some(i16::from(two(text, at)?) * 100 + i16::from(two(text, at + 2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> String {
        let head = head(line.as_bytes()).unwrap_or_else(|| panic!("no head: {line}"));
        let (stamp, end) = head
            .read(line.as_bytes())
            .unwrap_or_else(|| panic!("no stamp: {line}"));
        let rest = &line[end..];
        match stamp.known {
            Known::Utc { at, offset_s } => format!("{at} {offset_s:?}{rest}"),
            Known::Local(at) => format!("{at} local{rest}"),
            Known::NoYear(at) => format!("{at} no year{rest}"),
        }
    }

    #[test]
    fn layouts() {
        for (line, want) in [
            (
                "2026-03-01T10:00:00.123456+01:00 x",
                "2026-03-01T09:00:00.123456Z Some(3600) x",
            ),
            (
                "2026-03-01T10:00:00+0100 x",
                "2026-03-01T09:00:00Z Some(3600) x",
            ),
            ("2026-03-01 10:00:00+00 x", "2026-03-01T10:00:00Z Some(0) x"),
            (
                "2026-03-01 10:00:00 -0130 x",
                "2026-03-01T11:30:00Z Some(-5400) x",
            ),
            (
                "2026-03-01 10:00:00,123 - app",
                "2026-03-01T10:00:00.123Z local - app",
            ),
            (
                "2026-03-01 10:00:00 -12 x",
                "2026-03-01T10:00:00Z local -12 x",
            ),
            (
                "2026-03-01 10:00:00.5 UTC [8]",
                "2026-03-01T10:00:00.500Z Some(0) [8]",
            ),
            (
                "2026-03-01_09:00:00.12345 x",
                "2026-03-01T09:00:00.123450Z Some(0) x",
            ),
            (
                "Sun 2026-03-01 10:00:00 CET h",
                "2026-03-01T10:00:00Z local CET h",
            ),
            (
                "2026/03/01 10:00:00 [alert]",
                "2026-03-01T10:00:00Z local [alert]",
            ),
            ("26/03/01 10:00:00 INFO", "2026-03-01T10:00:00Z local INFO"),
            (
                "[01/Mar/2026:10:00:00 +0100] x",
                "2026-03-01T09:00:00Z Some(3600)] x",
            ),
            ("[01-Mar-2026 10:00:00] N", "2026-03-01T10:00:00Z local] N"),
            (
                "01 Mar 2026 10:00:00.123 * R",
                "2026-03-01T10:00:00.123Z local * R",
            ),
            ("Mar  1 10:00:00 h", "2000-03-01T10:00:00Z no year h"),
            ("Mar 1 10:00:00 h", "2000-03-01T10:00:00Z no year h"),
            ("Mar  1 2026 10:00:00 h", "2026-03-01T10:00:00Z local h"),
            (
                "[Sun Mar 01 10:00:00.123456 2026] [",
                "2026-03-01T10:00:00.123456Z local] [",
            ),
            (
                "260301 100000 148 INFO",
                "2026-03-01T10:00:00Z local 148 INFO",
            ),
            (
                "260301 10:00:00 [Note]",
                "2026-03-01T10:00:00Z local [Note]",
            ),
            ("20260301-1:0:5:606|S", "2026-03-01T01:00:05.606Z local|S"),
            (
                "03-01 10:00:00.123  812",
                "2000-03-01T10:00:00.123Z no year  812",
            ),
            ("[03.01 10:00:00] c", "2000-03-01T10:00:00Z no year] c"),
            (
                "I0301 10:00:00.123456   812 a",
                "2000-03-01T10:00:00.123456Z no year   812 a",
            ),
            ("1772355600.123456 h", "2026-03-01T09:00:00.123456Z None h"),
            ("1772355600123 h", "2026-03-01T09:00:00.123Z None h"),
            (
                "@4000000069a4011a00000001 h",
                "2026-03-01T09:04:16.000000001Z None h",
            ),
            ("[CET Mar  1 10:00:00] e", "2000-03-01T10:00:00Z no year] e"),
        ] {
            assert_eq!(told(line), want, "{line}");
        }
    }

    #[test]
    fn minutes_are_told_by_equal_bytes() {
        for (line, want) in [
            ("Mar  1 10:00:07 h", "Mar  1 10:00"),
            ("2026-03-01T10:00:07Z", "2026-03-01T10:00"),
            ("[Sun Mar 01 10:00:07 2026]", "Sun Mar 01 10:00"),
            ("I0301 10:00:07.123456", "0301 10:00"),
        ] {
            let range = head(line.as_bytes())
                .unwrap()
                .minute(line.as_bytes())
                .unwrap();
            assert_eq!(&line[range], want);
        }
        assert!(
            head(b"1772355600.123456 h")
                .unwrap()
                .minute(b"1772355600.123456 h")
                .is_none()
        );
    }
}
