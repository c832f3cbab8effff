//! Stamps of date and time of day.

use super::SECOND;
use super::epoch::{epoch, tai64n};
use super::layout::Layout;
use super::parts::{clock, day, digits, four, fraction, is_clock, month, number, two, zone};
use crate::time::{Span, Stamp};

/// Reads the numbers of a stamp that stands at the start of `text`, and the byte after it.
pub(in crate::record) fn parse(layout: Layout, text: &[u8]) -> Option<(Stamp, usize)> {
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
pub(super) fn full(text: &[u8], date: &[u8], at: usize) -> Option<(Stamp, usize)> {
    local(
        text,
        Some(four(date, 0)?),
        two(date, 5)?,
        two(date, 8)?,
        at + 11,
    )
}

/// The time at `at`, with fraction and zone where they follow.
pub(super) fn local(
    text: &[u8],
    year: Option<i16>,
    month: i8,
    day: i8,
    at: usize,
) -> Option<(Stamp, usize)> {
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
pub(super) fn no_year(text: &[u8], month: i8, day: i8, at: usize) -> Option<(Stamp, usize)> {
    let (nanos, width, end) = fraction(text, at + 8);
    Some((
        Stamp::from_civil(None, month, day, clock(text, at)?, nanos, width, None)?,
        end,
    ))
}

/// `Sun Mar  1 10:00:00.123456 2026`, `Sun Mar  1 10:00:00 CET 2026`.
pub(super) fn ctime(text: &[u8]) -> Option<(Stamp, usize)> {
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
pub(super) fn slashed(text: &[u8]) -> Option<(i8, i8, i16, usize)> {
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
pub(super) fn twelve(
    text: &[u8],
    year: i16,
    month: i8,
    day: i8,
    at: usize,
) -> Option<(Stamp, usize)> {
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
pub(super) fn month_first(text: &[u8]) -> Option<(Stamp, usize)> {
    let (day, end) = day(text, 4)?;
    let year = four(text, end + 2).filter(|_| text.get(end..end + 2) == Some(b", "))?;
    let comma = usize::from(text.get(end + 6) == Some(&b','));
    let blank = text.get(end + 6 + comma) == Some(&b' ');
    twelve(text, year, month(text, 0)?, day, end + 7 + comma).filter(|_| blank)
}

/// How long a time of day without a date is: `10:00:00`, with a fraction where it follows.
pub(in crate::record) fn clock_len(text: &[u8]) -> Option<usize> {
    if !text.first().is_some_and(u8::is_ascii_digit) || !is_clock(text, 0) {
        return None;
    }
    Some(fraction(text, 8).2)
}

/// `20260301-10:0:5:123`.
pub(super) fn dashed(text: &[u8]) -> Option<(Stamp, usize)> {
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
