//! Which format a file has, and how a line of it is read.

use std::ops::Range;

use super::formats::{self, Format};
use super::{Frame, Record};
use crate::time::Stamp;

/// The most lines of a sample that are looked at.
const SAMPLE_LINES: usize = 400;

/// Host, program and pid, as they stand in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Empty where the line names none.
    pub host: &'a [u8],
    /// Never empty.
    pub program: &'a [u8],
    /// Digits; empty where the line names none.
    pub pid: &'a [u8],
}

/// The format of a file, from a sample of whole lines from its start, up to 64 KiB; plain where none
/// fits.
///
/// Formats of which a file has many lines to a record are told by their first line: a stanza's, or that
/// of a record with a stack trace below.
#[must_use]
pub fn detect(sample: &[u8]) -> Format {
    let mut counts: Vec<(Format, usize)> = Vec::new();
    let (mut lines, mut first) = (0_usize, None);
    for line in sample.split(|b| *b == b'\n').take(SAMPLE_LINES) {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        lines += 1;
        let Some(shape) = formats::shape(line) else {
            continue;
        };
        if lines == 1 {
            first = Some(shape);
        }
        match counts.iter_mut().find(|(format, _)| *format == shape) {
            Some((_, count)) => *count += 1,
            None => counts.push((shape, 1)),
        }
    }
    if let Some(stanzas @ (Format::JournalExport | Format::AptHistory)) = first {
        return stanzas;
    }
    // Of equal counts the one that came first.
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    match most {
        Some(&(format, count)) if count * 20 >= lines || first == Some(format) => {
            settle(format, &counts, sample)
        }
        _ => Format::Plain,
    }
}

/// Decides between formats that single lines do not tell apart.
fn settle(format: Format, counts: &[(Format, usize)], sample: &[u8]) -> Format {
    let has = |wanted| counts.iter().any(|(format, _)| *format == wanted);
    match format {
        // From the 10th day of the month on the two write the same.
        Format::Rfc3164 | Format::JournalShort => {
            let padded_with_blank = sample.split(|b| *b == b'\n').any(|line| {
                line.get(4) == Some(&b' ') && formats::shape(line) == Some(Format::Rfc3164)
            });
            let from_journal = has(Format::JournalShort)
                || memchr::memmem::find(sample, b" systemd[1]: ").is_some();
            if from_journal && !padded_with_blank && sample.first() != Some(&b'<') {
                Format::JournalShort
            } else {
                Format::Rfc3164
            }
        }
        other => other,
    }
}

/// Reads the record that the frame's line belongs to.
///
/// The file's format `hint` is tried first, then the one that the line itself shows, then it is plain
/// text with the time of what stands above. `None` where the line is no record of its own: a blank
/// line, or a line of an export stanza other than its MESSAGE.
#[must_use]
pub fn read<'a>(frame: Frame<'a>, hint: Format) -> Option<Record<'a>> {
    if hint == Format::JournalExport && formats::in_stanza(frame) {
        return formats::read_as(frame, hint);
    }
    let shown = || formats::shape(frame.line).filter(|shape| *shape != hint);
    formats::read_as(frame, hint)
        .or_else(|| formats::read_as(frame, shown()?))
        .or_else(|| formats::read_headless(frame, hint))
}

/// Where host, program and pid stand in a line of this format; for the census, which looks at every
/// line. Of other formats than the syslog family and the journal's JSON nothing.
#[must_use]
pub fn tag(line: &[u8], format: Format) -> Option<Tag<'_>> {
    formats::tag(line, format)
}

/// The stamp that the line itself bears.
#[must_use]
pub fn stamp_of(line: &[u8], format: Format) -> Option<Stamp> {
    formats::stamp_of(line, format)
}

/// The bytes of the line that are equal for two lines of the same minute; `None` where the format has
/// no such fixed text.
#[must_use]
pub fn minute_key(line: &[u8], format: Format) -> Option<Range<usize>> {
    formats::minute_key(line, format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::CONTEXT;
    use crate::time::Known;

    /// The record of the line at this index of the text, and where it stands in the text.
    fn record_of(text: &[u8], index: usize, hint: Format) -> Option<(Record<'_>, &[u8])> {
        let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
        let at = lines[..index]
            .iter()
            .map(|line| line.len() + 1)
            .sum::<usize>();
        let line = lines[index];
        let after = (at + line.len() + 1).min(text.len());
        let frame = Frame {
            line,
            before: &text[at.saturating_sub(CONTEXT)..at],
            after: &text[after..(after + CONTEXT).min(text.len())],
        };
        let record = read(frame, hint)?;
        let place = &text[at - record.back..at - record.back + record.len];
        Some((record, place))
    }

    /// All that a record tells, in one line.
    fn told(text: &str, index: usize) -> String {
        let hint = detect(text.as_bytes());
        let Some((record, _)) = record_of(text.as_bytes(), index, hint) else {
            return "none".into();
        };
        let mut out = record.format.name().to_string();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                out.push_str(&format!(" {name}={value}"));
            }
        };
        add(
            "at",
            record.stamp.map(|stamp| match stamp.known {
                Known::Utc { at, .. } => at.to_string(),
                Known::Local(at) => at.to_string().replace('Z', "?"),
                Known::NoYear(at) => at.to_string()[5..].replace('Z', "?"),
            }),
        );
        add("host", record.host.map(Into::into));
        add("program", record.program.map(Into::into));
        add("unit", record.unit.map(Into::into));
        add("subject", record.subject.map(Into::into));
        add("pid", record.pid.map(|pid| pid.to_string()));
        add(
            "severity",
            record.severity.map(|severity| format!("{severity:?}")),
        );
        for (name, value) in &record.facts {
            add(name, Some(value.to_string()));
        }
        add(
            ":",
            Some(format!("{:?}", String::from_utf8_lossy(&record.message))),
        );
        out
    }

    /// Lines of every format, and what they tell.
    const LINES: &[(&str, &str)] = &[
        (
            "Mar  1 10:00:00 web01 myapp[812]: started",
            "rfc3164 at=03-01T10:00:00? host=web01 program=myapp pid=812 :=\"started\"",
        ),
        (
            "Mar 01 10:00:00 web01 myapp[812]: started",
            "journal-short at=03-01T10:00:00? host=web01 program=myapp pid=812 :=\"started\"",
        ),
        (
            "<27>Mar  1 10:00:00 web01 myapp: started",
            "rfc3164 at=03-01T10:00:00? host=web01 program=myapp severity=Error :=\"started\"",
        ),
        (
            "<30>Mar  1 10:00:00 myapp[812]: started",
            "rfc3164 at=03-01T10:00:00? program=myapp pid=812 severity=Info :=\"started\"",
        ),
        (
            "Mar  1 2026 10:00:00 fw01 : %ASA-4-106023: Deny tcp",
            "rfc3164 at=2026-03-01T10:00:00? host=fw01 program=%ASA-4-106023 severity=Warning :=\"Deny tcp\"",
        ),
        (
            "<30>1 2026-03-01T10:00:00.5+01:00 web01 myapp 812 ID47 [ex@1 k=\"]\"][b c=\"d\"] \u{feff}started",
            "rfc5424 at=2026-03-01T09:00:00.500Z host=web01 program=myapp pid=812 severity=Info :=\"started\"",
        ),
        (
            "2026-03-01T10:00:00.123456+01:00 web01 sudo:      ops : PWD=/ ; USER=root",
            "rsyslog-iso at=2026-03-01T09:00:00.123456Z host=web01 program=sudo :=\"ops : PWD=/ ; USER=root\"",
        ),
        (
            "<30>2026-03-01T10:00:00.123456+01:00 web01 myapp[812]: started",
            "rsyslog-iso at=2026-03-01T09:00:00.123456Z host=web01 program=myapp pid=812 severity=Info :=\"started\"",
        ),
        (
            "Mar 01 10:00:00.123456 web01 (geod)[122]: started",
            "journal-short-precise at=03-01T10:00:00.123456? host=web01 program=(geod) pid=122 :=\"started\"",
        ),
        (
            "2026-03-01T10:00:00+0100 web01 sshd(pam_unix)[812]: started",
            "journal-short-iso at=2026-03-01T09:00:00Z host=web01 program=sshd(pam_unix) pid=812 :=\"started\"",
        ),
        (
            "2026-03-01T10:00:00.123456+0100 web01 kernel: [  812.123456] eth0: up",
            "journal-short-iso-precise at=2026-03-01T09:00:00.123456Z host=web01 program=kernel :=\"eth0: up\"",
        ),
        (
            "Sun 2026-03-01 10:00:00 UTC web01 myapp[812]: started",
            "journal-short-full at=2026-03-01T10:00:00Z host=web01 program=myapp pid=812 :=\"started\"",
        ),
        (
            "Sun 2026-03-01 10:00:00 CET web01 user@1000.service/app.service[812]: started",
            "journal-short-full at=2026-03-01T10:00:00? host=web01 program=user@1000.service/app.service unit=app.service pid=812 :=\"started\"",
        ),
        (
            "1772355600.123456 web01 myapp[812]: started",
            "journal-short-unix at=2026-03-01T09:00:00.123456Z host=web01 program=myapp pid=812 :=\"started\"",
        ),
        (
            "[  812.123456] web01 myapp[812]: started",
            "journal-short-monotonic host=web01 program=myapp pid=812 :=\"started\"",
        ),
        (
            "[  812.123456] eth0: link up",
            "dmesg program=kernel :=\"eth0: link up\"",
        ),
        (
            "-- Boot 0123456789abcdef0123456789abcdef --",
            "journal-short :=\"-- Boot 0123456789abcdef0123456789abcdef --\"",
        ),
        (
            "Jul  1 09:00:55 mac01 com.apple.xpc.launchd[1] (com.example.agent[812]): Service exited",
            "rfc3164 at=07-01T09:00:55? host=mac01 program=com.apple.xpc.launchd subject=com.example.agent pid=1 :=\"Service exited\"",
        ),
        (
            "Jul  1 09:00:55 mac01 Microsoft Word[812]: text",
            "rfc3164 at=07-01T09:00:55? host=mac01 program=Microsoft Word pid=812 :=\"text\"",
        ),
        (
            "Jul  1 09:00:55 web01 last message repeated 3 times",
            "rfc3164 at=07-01T09:00:55? host=web01 :=\"last message repeated 3 times\"",
        ),
        (
            r#"{"__REALTIME_TIMESTAMP":"1772355600123456","_HOSTNAME":"web01","SYSLOG_IDENTIFIER":"systemd","_PID":"1","PRIORITY":"5","_SYSTEMD_UNIT":"init.scope","UNIT":"app.service","EXIT_STATUS":"101","MESSAGE":"app.service: Main process exited"}"#,
            "journal-json at=2026-03-01T09:00:00.123456Z host=web01 program=systemd subject=app.service pid=1 severity=Notice EXIT_STATUS=101 :=\"app.service: Main process exited\"",
        ),
        (
            r#"{"__REALTIME_TIMESTAMP":"1772355600123456","_COMM":"app","_SYSTEMD_UNIT":"app.service","SYSLOG_PID":"7","MESSAGE":[27,91,51,49,109,98,97,100]}"#,
            "journal-json at=2026-03-01T09:00:00.123456Z program=app unit=app.service pid=7 :=\"bad\"",
        ),
        (
            r#"{"__REALTIME_TIMESTAMP":"1772355600123456","MESSAGE":["one","two"],"_SYSTEMD_UNIT":["a","b"]}"#,
            "journal-json at=2026-03-01T09:00:00.123456Z unit=a :=\"one\"",
        ),
        (
            r#"{"__REALTIME_TIMESTAMP":"1772355600123456","MESSAGE":null,"_PID":"812"}"#,
            "journal-json at=2026-03-01T09:00:00.123456Z pid=812 :=\"\"",
        ),
        (
            "2026-03-01 10:00:00 install botd:amd64 <none> 2.5.0",
            "dpkg at=2026-03-01T10:00:00? program=dpkg :=\"install botd:amd64 <none> 2.5.0\"",
        ),
        (
            "2026-03-01 10:00:00,123 p=136 u=root n=ansible | PLAY [all] *******",
            "ansible at=2026-03-01T10:00:00.123? program=ansible pid=136 user=root :=\"PLAY [all]\"",
        ),
        (
            "2026-03-01 10:00:00,123 p=136 u=root n=ansible INFO| ok: [web01]",
            "ansible at=2026-03-01T10:00:00.123? program=ansible pid=136 severity=Info user=root :=\"ok: [web01]\"",
        ),
        (
            "2026-03-01 10:00:00+0000 deploy: start by ops",
            "stamped-text at=2026-03-01T10:00:00Z program=deploy :=\"start by ops\"",
        ),
        (
            "2026-03-01 10:00:00 panic: no such key",
            "stamped-text at=2026-03-01T10:00:00? :=\"panic: no such key\"",
        ),
        (
            "INFO botd 2.4.0 starting",
            "plain severity=Info :=\"INFO botd 2.4.0 starting\"",
        ),
        (
            "  File \"app.py\", line 3",
            "plain :=\"File \\\"app.py\\\", line 3\"",
        ),
        (" \t ", "none"),
    ];

    #[test]
    fn every_field_of_a_line() {
        for (line, want) in LINES {
            assert_eq!(told(line, 0), *want, "{line}");
        }
    }

    #[test]
    fn colours_are_stripped() {
        assert_eq!(
            told("2026-03-01 10:00:00 \x1b[31mERROR\x1b[0m bad", 0),
            "stamped-text at=2026-03-01T10:00:00? severity=Error :=\"bad\""
        );
        assert_eq!(
            told("Mar  1 10:00:00 h app: #033[31mbad#033[0m", 0),
            "rfc3164 at=03-01T10:00:00? host=h program=app :=\"bad\""
        );
    }

    #[test]
    fn a_stanza_of_apt_is_one_record_from_each_of_its_lines() {
        let text = "\nStart-Date: 2026-03-01  10:00:00\nCommandline: apt-get install botd\nInstall: botd:amd64 (2.5.0)\nEnd-Date: 2026-03-01  10:00:09\n\nStart-Date: 2026-03-02  10:00:00\n";
        for index in 1..5 {
            assert_eq!(
                told(text, index),
                "apt-history at=2026-03-01T10:00:00? program=apt :=\"Start-Date: 2026-03-01  10:00:00\\nCommandline: apt-get install botd\\nInstall: botd:amd64 (2.5.0)\\nEnd-Date: 2026-03-01  10:00:09\""
            );
            let (_, place) = record_of(text.as_bytes(), index, Format::AptHistory).unwrap();
            assert!(place.starts_with(b"Start-Date: 2026-03-01"), "{index}");
            assert!(place.ends_with(b"10:00:09"), "{index}");
        }
    }

    #[test]
    fn a_changed_host_belongs_to_its_task() {
        let text = "2026-03-01 10:00:00,100 p=1 u=ops n=ansible | TASK [shop upstream] *****\n2026-03-01 10:00:01,100 p=1 u=ops n=ansible | changed: [web01] => {\"x\": 1}\n";
        assert_eq!(
            told(text, 1),
            "ansible at=2026-03-01T10:00:01.100? program=ansible pid=1 user=ops :=\"TASK [shop upstream]\\nchanged: [web01] => {\\\"x\\\": 1}\""
        );
        let (record, place) = record_of(text.as_bytes(), 1, Format::Ansible).unwrap();
        assert_eq!(record.back, 73);
        assert!(place.starts_with(b"2026-03-01 10:00:00,100") && place.ends_with(b"1}"));
    }

    #[test]
    fn unstamped_lines_belong_to_the_record_above() {
        let text = "2026-03-01 10:00:00 deploy: start\n   7873229..bec77b5  main\nFast-forward\n\n2026-03-01 10:00:01 deploy: done\n";
        for index in 0..3 {
            let (record, place) = record_of(text.as_bytes(), index, Format::StampedText).unwrap();
            assert_eq!(
                &*record.message,
                b"start\n   7873229..bec77b5  main\nFast-forward"
            );
            assert!(place.starts_with(b"2026-03-01 10:00:00") && place.ends_with(b"Fast-forward"));
        }
        assert_eq!(told(text, 3), "none");
    }

    #[test]
    fn indented_lines_of_a_journal_message_lose_the_indent() {
        let text = "Mar 01 10:00:00 h app[1]: Traceback:\n                            File \"x\"\nMar 01 10:00:01 h app[1]: next\n";
        let (record, _) = record_of(text.as_bytes(), 1, Format::JournalShort).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&record.message),
            "Traceback:\n  File \"x\""
        );
    }

    #[test]
    fn a_line_without_stamp_has_the_time_of_what_stands_above() {
        let text = "Mar  1 10:00:00 h app: x\nbare\n";
        let (record, _) = record_of(text.as_bytes(), 1, Format::Plain).unwrap();
        assert_eq!(record.format, Format::Plain);
        assert!(record.stamp.is_some());
    }

    #[test]
    fn a_stanza_of_the_export_format_is_a_record_at_its_message() {
        let mut text = b"__CURSOR=a\n__REALTIME_TIMESTAMP=1772355600123456\n_HOSTNAME=web01\nMESSAGE=started\n_PID=812\nSYSLOG_IDENTIFIER=app\n\n__CURSOR=b\n__REALTIME_TIMESTAMP=1772355601000000\nMESSAGE\n".to_vec();
        text.extend_from_slice(&9_u64.to_le_bytes());
        text.extend_from_slice(b"one\n\ntwo\n\n_PID=7\n\n__CURSOR=c\n");
        let format = detect(&text);
        assert_eq!(format, Format::JournalExport);
        let (record, place) = record_of(&text, 3, format).unwrap();
        assert_eq!((&*record.message, record.pid), (&b"started"[..], Some(812)));
        assert_eq!(place, b"MESSAGE=started");
        for index in [0, 1, 2, 4, 5, 7, 8, 14] {
            assert!(record_of(&text, index, format).is_none(), "{index}");
        }
        for index in [9, 10, 12] {
            let (record, place) = record_of(&text, index, format).unwrap();
            assert_eq!(&*record.message, b"one\n\ntwo\n");
            assert_eq!(record.pid, Some(7));
            assert!(
                place.starts_with(b"MESSAGE\n") && place.ends_with(b"two\n"),
                "{index}"
            );
        }
    }

    #[test]
    fn the_census_reads_the_same_tag_as_the_record() {
        for (line, _) in LINES {
            let format = detect(line.as_bytes());
            let Some(tag) = tag(line.as_bytes(), format) else {
                continue;
            };
            let (record, _) = record_of(line.as_bytes(), 0, format).unwrap();
            assert_eq!(
                record.program.as_deref().map(str::as_bytes),
                Some(tag.program),
                "{line}"
            );
            assert_eq!(
                record.host.as_deref().map_or(&b""[..], str::as_bytes),
                tag.host,
                "{line}"
            );
        }
    }

    #[test]
    fn the_stamp_of_a_line_is_that_of_its_record() {
        for (line, _) in LINES {
            let format = detect(line.as_bytes());
            let record = record_of(line.as_bytes(), 0, format).map(|(record, _)| record.stamp);
            assert_eq!(
                stamp_of(line.as_bytes(), format),
                record.flatten(),
                "{line}"
            );
        }
    }

    #[test]
    fn no_bytes_panic() {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let all = |text: &[u8]| {
            let formats = LINES.iter().map(|(line, _)| detect(line.as_bytes()));
            for format in formats.chain([detect(text), Format::JournalExport, Format::AptHistory]) {
                for index in 0..text.split(|b| *b == b'\n').count().min(4) {
                    let _ = record_of(text, index, format);
                }
                let _ = (
                    tag(text, format),
                    stamp_of(text, format),
                    minute_key(text, format),
                );
            }
        };
        for (line, _) in LINES {
            for len in 0..line.len() {
                all(&line.as_bytes()[..len]);
            }
            for _ in 0..40 {
                let mut bytes = line.as_bytes().to_vec();
                for _ in 0..=random() % 4 {
                    let at = random() as usize % bytes.len();
                    bytes[at] = if random() % 4 == 0 {
                        b'\n'
                    } else {
                        random() as u8
                    };
                }
                all(&bytes);
            }
        }
    }
}
