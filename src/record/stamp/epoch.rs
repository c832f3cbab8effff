//! Stamps that count: seconds since 1970 and parts of them, TAI64N labels.

use super::dates::parse;
use std::ops::Range;

use super::layout::Layout;
use super::parts::{digits, number};
use crate::time::{Known, NANOS_PER_SECOND, Span, Stamp, Timestamp};

/// Whether a count from the epoch stands at the start: 10, 13, 16 or 19 digits of a year from 2001 to
/// 2099, and no letter or digit after them.
pub(super) fn is_epoch(text: &[u8]) -> bool {
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

pub(super) fn epoch(text: &[u8]) -> Option<(Stamp, usize)> {
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
pub(in crate::record) fn from_count(whole: i64, fraction: &[u8]) -> Option<Stamp> {
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
pub(super) fn tai64n(text: &[u8]) -> Option<(Stamp, usize)> {
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
pub(in crate::record) fn from_text(text: &[u8]) -> Option<Stamp> {
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
