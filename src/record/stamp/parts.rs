//! What stamps are made of: numbers, clocks, months, zones.

use crate::time::Span;

/// The fraction at `at`: its nanoseconds, the stamp's width and where it ends.
pub(super) fn fraction(text: &[u8], at: usize) -> (i32, Span, usize) {
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
pub(super) fn zone(text: &[u8], at: usize) -> Option<(i32, usize)> {
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
pub(super) fn clock(text: &[u8], at: usize) -> Option<(i8, i8, i8)> {
    let hour = match text.get(at)? {
        b' ' => i8::try_from(text.get(at + 1)?.wrapping_sub(b'0'))
            .ok()
            .filter(|h| *h <= 9)?,
        _ => two(text, at)?,
    };
    Some((hour, two(text, at + 3)?, two(text, at + 6)?))
}

pub(super) fn is_clock(text: &[u8], at: usize) -> bool {
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
pub(super) fn is_date(text: &[u8], at: usize, mark: u8) -> bool {
    let Some(b) = text.get(at..at + 10) else {
        return false;
    };
    b[4] == mark
        && b[7] == mark
        && [0, 1, 2, 3, 5, 6, 8, 9]
            .iter()
            .all(|&i: &usize| b[i].is_ascii_digit())
}

pub(super) fn is_weekday(text: &[u8]) -> bool {
    matches!(
        text.get(..3),
        Some(b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun")
    )
}

pub(super) fn month(text: &[u8], at: usize) -> Option<i8> {
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
pub(super) fn day(text: &[u8], at: usize) -> Option<(i8, usize)> {
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
pub(in crate::record) fn digits(text: &[u8], at: usize) -> usize {
    text.get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count()
}

/// The number that `text` is, all of it.
pub(in crate::record) fn number(text: &[u8]) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_i64, |n, &b| {
        let digit = b.is_ascii_digit().then(|| i64::from(b - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    })
}

pub(super) fn two(text: &[u8], at: usize) -> Option<i8> {
    match text.get(at..at + 2)? {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(((a - b'0') * 10 + (b - b'0')) as i8),
        _ => None,
    }
}

pub(super) fn four(text: &[u8], at: usize) -> Option<i16> {
    Some(i16::from(two(text, at)?) * 100 + i16::from(two(text, at + 2)?))
}
