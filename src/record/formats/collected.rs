//! What tools put before each line of several containers: `docker compose logs`, stern.
//!
//! A single line does not tell these from other text; a sample does ([`of_sample`]), and the file's
//! format then says how its lines are read.

use std::borrow::Cow;

use super::lines::{chomp, text};
use super::{Format, inner, start};
use crate::record::stamp::{self, Layout};
use crate::record::{Frame, Record};
use crate::time::Stamp;

/// Lines of the sample that are looked at.
const LINES: usize = 100;

/// The format that nine of ten lines of a sample have.
pub(in crate::record) fn of_sample(sample: &[u8]) -> Option<Format> {
    let lines: Vec<&[u8]> = sample
        .split(|b| *b == b'\n')
        .map(chomp)
        .filter(|line| !super::lines::is_blank(line))
        .take(LINES)
        .collect();
    let most = |fits: &dyn Fn(&[u8]) -> bool| {
        let count = lines.iter().filter(|line| fits(line)).count();
        count > 1 && count * 10 >= lines.len() * 9
    };
    // Lines that a format of their own tells are no such lines.
    let bar = |line: &[u8]| {
        compose(line).is_some_and(|(_, rest)| !rest.is_empty()) && super::shape(line).is_none()
    };
    if most(&bar) {
        return Some(Format::Compose);
    }
    let stern_line = |line: &[u8]| stern(line).is_some() && super::shape(line).is_none();
    if most(&|line| stern_line(line) || is_notice(line))
        && lines.iter().any(|line| stern(line).is_some())
    {
        return Some(Format::Stern);
    }
    None
}

/// `web-1  | text`: the container, and the text behind the bar.
fn compose(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let bar = line.iter().take(80).position(|b| *b == b'|')?;
    let name = line.get(..bar)?;
    let trimmed = name.trim_ascii_end();
    let named = trimmed.len() < name.len()
        && trimmed.first().is_some_and(u8::is_ascii_alphanumeric)
        && trimmed
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let rest = line.get(bar + 1..)?;
    named.then_some((trimmed, rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// `web-1` and `web_1` are the first of the service `web`.
fn service(container: &[u8]) -> &[u8] {
    let digits = container
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let name = &container[..container.len() - digits];
    match name.strip_suffix(b"-").or_else(|| name.strip_suffix(b"_")) {
        Some(service) if digits > 0 && !service.is_empty() => service,
        _ => container,
    }
}

/// A stamp of Docker's at the head, and the text behind it.
fn stamped(text: &[u8]) -> (Option<Stamp>, &[u8]) {
    let is_iso = Layout::of(text) == Some(Layout::Iso)
        && text.get(10) == Some(&b'T')
        && stamp::digits(text, 20) == 9;
    match stamp::parse(Layout::Iso, text).filter(|_| is_iso) {
        Some((stamp, end)) => (
            Some(stamp),
            text.get(end..).unwrap_or_default().trim_ascii_start(),
        ),
        None => (None, text),
    }
}

/// The stamp of a line of one of these formats: the tool's, else that of the text.
pub(in crate::record) fn stamp_of(line: &[u8], format: Format) -> Option<Stamp> {
    let line = chomp(line);
    let text = match format {
        Format::Compose => compose(line)?.1,
        _ => stern(line)?.2,
    };
    stamped(text).0.or_else(|| own_stamp(text))
}

/// The stamp that a container's own line bears.
fn own_stamp(text: &[u8]) -> Option<Stamp> {
    match text.first() {
        Some(b'{') => super::json::stamp_of(text, Format::JsonLines),
        _ => super::any_stamp(text),
    }
}

/// Reads a line of `docker compose logs`.
pub(in crate::record) fn read_compose<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let line = chomp(frame.line);
    let (container, rest) = compose(line)?;
    let mut record = start(Format::Compose, frame.line);
    record.unit = Some(text(service(container)));
    record.facts.push(("container", text(container)));
    let (stamp, rest) = stamped(rest);
    record.stamp = stamp.or_else(|| own_stamp(rest));
    inner::set_message(&mut record, Cow::Borrowed(rest));
    record.stamp = record
        .stamp
        .or_else(|| super::text::stamp_above(frame.before));
    Some(record)
}

/// stern's own lines: `+ web-6c5 › app`, `- web-6c5 › app`.
fn is_notice(line: &[u8]) -> bool {
    matches!(line, [b'+' | b'-', b' ', ..])
        && memchr::memmem::find(line, "\u{203a}".as_bytes()).is_some()
}

/// `web-6c5d4f7b9-x2z9k app text`: pod, container, and the text behind them.
fn stern(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let name = |word: &[u8]| {
        word.first().is_some_and(u8::is_ascii_lowercase)
            && word
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
    };
    let mut words = line.splitn(3, |b| *b == b' ');
    let (mut pod, mut container, mut rest) = (
        words.next()?,
        words.next()?,
        words.next().unwrap_or_default(),
    );
    if name(pod) && !is_pod(pod) && is_pod(container) {
        // With `-n` or `-A` the namespace comes first.
        let mut words = rest.splitn(2, |b| *b == b' ');
        (pod, container, rest) = (container, words.next()?, words.next().unwrap_or_default());
    }
    (is_pod(pod) && name(pod) && name(container)).then_some((pod, container, rest))
}

/// Whether the name is a pod's: that of a Deployment, a StatefulSet, a DaemonSet or a Job ends in a
/// number or in five of the letters of generated names (k8s.io/apimachinery, util/rand).
fn is_pod(name: &[u8]) -> bool {
    let Some(last) = name
        .rsplit(|b| *b == b'-')
        .next()
        .filter(|last| last.len() < name.len())
    else {
        return false;
    };
    let generated = last.len() == 5
        && last
            .iter()
            .all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(b));
    generated || (!last.is_empty() && last.len() <= 3 && last.iter().all(u8::is_ascii_digit))
}

/// Reads a line of stern.
pub(in crate::record) fn read_stern<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let line = chomp(frame.line);
    let mut record = start(Format::Stern, frame.line);
    if is_notice(line) {
        record.program = Some(Cow::Borrowed("stern"));
        record.message = Cow::Borrowed(line);
        return Some(record);
    }
    let (pod, container, rest) = stern(line)?;
    record.unit = Some(text(container));
    record.subject = Some(text(pod));
    record.facts.push(("pod", text(pod)));
    record.facts.push(("container", text(container)));
    let (stamp, rest) = stamped(rest);
    record.stamp = stamp.or_else(|| own_stamp(rest));
    inner::set_message(&mut record, Cow::Borrowed(rest));
    record.stamp = record
        .stamp
        .or_else(|| super::text::stamp_above(frame.before));
    Some(record)
}
