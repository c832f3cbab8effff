//! Package managers: dpkg.log, and apt's history.log, whose stanzas are one record each.

use std::borrow::Cow;

use super::lines::{self, backward, chomp, forward};
use super::{Format, start};
use crate::record::stamp::{self, Layout};
use crate::record::{Frame, Record};

/// What dpkg writes behind the stamp.
const ACTIONS: [&[u8]; 9] = [
    b"status ",
    b"install ",
    b"upgrade ",
    b"configure ",
    b"trigproc ",
    b"startup ",
    b"remove ",
    b"purge ",
    b"conffile ",
];

/// The field names of apt's history.
const FIELDS: [&[u8]; 11] = [
    b"Start-Date: ",
    b"Commandline: ",
    b"Requested-By: ",
    b"Install: ",
    b"Reinstall: ",
    b"Upgrade: ",
    b"Downgrade: ",
    b"Remove: ",
    b"Purge: ",
    b"Error: ",
    b"End-Date: ",
];

/// Whether dpkg wrote the line.
pub(in crate::record) fn is_dpkg(line: &[u8]) -> bool {
    Layout::of(line) == Some(Layout::Iso)
        && line.get(10) == Some(&b' ')
        && line.get(19) == Some(&b' ')
        && line
            .get(20..)
            .is_some_and(|rest| ACTIONS.iter().any(|word| rest.starts_with(word)))
}

/// Reads a line of dpkg.log.
pub(in crate::record) fn read_dpkg<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let line = chomp(frame.line);
    if !is_dpkg(line) {
        return None;
    }
    let (stamp, end) = stamp::parse(Layout::Iso, line)?;
    let mut record = start(Format::Dpkg, frame.line);
    record.stamp = Some(stamp);
    record.program = Some(Cow::Borrowed("dpkg"));
    record.message = Cow::Borrowed(line.get(end..)?.trim_ascii_start());
    Some(record)
}

/// Whether the line may be one of a stanza of apt's history.
pub(in crate::record) fn is_apt(line: &[u8]) -> bool {
    FIELDS.iter().any(|field| line.starts_with(field))
}

/// The time of a line `Start-Date: 2026-03-01  10:00:00`: date and time are two blanks apart.
fn apt_stamp(line: &[u8]) -> Option<crate::time::Stamp> {
    let text = line
        .strip_prefix(b"Start-Date: ")
        .or_else(|| line.strip_prefix(b"End-Date: "))?;
    let mut joined = [b' '; 19];
    joined[..10].copy_from_slice(text.get(..10)?);
    joined[11..].copy_from_slice(text.get(10..)?.trim_ascii_start().get(..8)?);
    stamp::from_text(&joined)
}

/// The stamp of a line of apt's history.
pub(in crate::record) fn apt_line_stamp(line: &[u8]) -> Option<crate::time::Stamp> {
    apt_stamp(chomp(line))
}

/// Reads the stanza that the line belongs to.
pub(in crate::record) fn read_apt<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    if !is_apt(frame.line) {
        return None;
    }
    let mut above = Vec::new();
    let mut back = 0;
    if !frame.line.starts_with(b"Start-Date: ") {
        for (distance, line) in backward(frame.before).take(lines::MOST_LINES) {
            if !is_apt(line) || line.starts_with(b"End-Date: ") {
                return None;
            }
            above.push(chomp(line));
            back = distance;
            if line.starts_with(b"Start-Date: ") {
                break;
            }
        }
    }
    above.reverse();
    above.push(chomp(frame.line));
    let mut end = frame.line.len();
    if !frame.line.starts_with(b"End-Date: ") {
        for (offset, line) in forward(frame.after).take(lines::MOST_LINES) {
            if !is_apt(line) || line.starts_with(b"Start-Date: ") {
                break;
            }
            above.push(chomp(line));
            end = frame.line.len() + 1 + offset;
            if line.starts_with(b"End-Date: ") {
                break;
            }
        }
    }
    let stamp = apt_stamp(above.first()?)?;
    let mut record = start(Format::AptHistory, frame.line);
    record.stamp = Some(stamp);
    record.program = Some(Cow::Borrowed("apt"));
    record.message = Cow::Owned(above.join(&b'\n'));
    record.back = back;
    record.len = back + end;
    Some(record)
}
