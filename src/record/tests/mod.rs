//! What each format's lines tell, and that no bytes panic.

mod lines;
mod loggers;

use super::{CONTEXT, Format, Frame, Record, Tagger, detect, minute_key, read, stamp_of};
use crate::time::Known;
use lines::LINES;
use loggers::LOGGERS;

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

/// The head of a line, where words stand before the stamp.
const HEADS: &[(&str, &str)] = &[
    (
        "- 1772355600 2026.03.01 node7 crond(pam_unix)[2915]: session closed",
        "stamped-text at=2026-03-01T09:00:00Z :=\"2026.03.01 node7 crond(pam_unix)[2915]: session closed\"",
    ),
    (
        "nova-api.log.1 2026-03-01 10:00:00.008 812 INFO nova.api.wsgi [req-1 a b - - -] text",
        "oslo at=2026-03-01T10:00:00.008? program=nova.api.wsgi pid=812 severity=Info :=\"text\"",
    ),
    (
        "\u{1b}[2m2026-03-01T09:00:00.123456Z\u{1b}[0m \u{1b}[32m INFO\u{1b}[0m \u{1b}[2mapp::mod\u{1b}[0m\u{1b}[2m:\u{1b}[0m text",
        "tracing-text at=2026-03-01T09:00:00.123456Z program=app::mod severity=Info :=\"text\"",
    ),
];

#[test]
fn every_field_of_a_line() {
    let wrong: Vec<String> = LINES
        .iter()
        .chain(LOGGERS)
        .chain(HEADS)
        .filter(|(line, want)| told(line, 0) != *want)
        .map(|(line, want)| format!("{line}\n  told {}\n  want {want}", told(line, 0)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
        let Some(tag) = Tagger::new(format).tag(line.as_bytes()) else {
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
    for (line, _) in LINES.iter().chain(LOGGERS) {
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
    let mut formats = vec![Format::JournalExport, Format::AptHistory, Format::Plain];
    for (line, _) in LINES.iter().chain(LOGGERS) {
        let format = detect(line.as_bytes());
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let all = |text: &[u8]| {
        for format in formats.iter().copied().chain([detect(text)]) {
            for index in 0..text.split(|b| *b == b'\n').count().min(4) {
                let _ = record_of(text, index, format);
            }
            let _ = (
                Tagger::new(format).tag(text),
                stamp_of(text, format),
                minute_key(text, format),
            );
        }
    };
    for (line, _) in LINES.iter().chain(LOGGERS) {
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

#[test]
fn parts_of_a_long_line_are_joined_within_their_stream() {
    let text = "2026-03-01T10:00:00.1Z stderr P thread 'main' pa\n2026-03-01T10:00:00.2Z stdout F other\n2026-03-01T10:00:00.3Z stderr F nicked\n2026-03-01T10:00:00.4Z stderr F next\n";
    for index in [0, 2] {
        let (record, place) = record_of(text.as_bytes(), index, Format::Cri).unwrap();
        assert_eq!(&*record.message, b"thread 'main' panicked");
        assert!(place.starts_with(b"2026-03-01T10:00:00.1Z") && place.ends_with(b"nicked"));
    }
    let (record, _) = record_of(text.as_bytes(), 1, Format::Cri).unwrap();
    assert_eq!(&*record.message, b"other");
    let text = "{\"log\":\"pan\",\"stream\":\"stderr\",\"time\":\"2026-03-01T09:00:00Z\"}\n{\"log\":\"icked\\n\",\"stream\":\"stderr\",\"time\":\"2026-03-01T09:00:01Z\"}\n";
    for index in [0, 1] {
        let (record, place) = record_of(text.as_bytes(), index, Format::DockerJson).unwrap();
        assert_eq!(&*record.message, b"panicked");
        assert_eq!(place.len(), text.len() - 1);
    }
}

#[test]
fn an_event_of_an_indented_list_is_one_record_from_each_of_its_lines() {
    let text = r#"{
    "apiVersion": "v1",
    "items": [
        {
            "involvedObject": {
                "name": "web-1"
            },
            "managedFields": [
                {
                    "manager": "kubelet"
                }
            ],
            "lastTimestamp": "2026-03-01T09:00:00Z",
            "message": "Back-off restarting"
        },
        {
            "involvedObject": {
                "name": "web-2"
            },
            "message": "Pulled"
        }
    ],
    "kind": "List"
}
"#;
    let format = detect(text.as_bytes());
    assert_eq!(format, Format::KubeEvents);
    for index in [3, 5, 9, 12, 13, 14] {
        let (record, place) = record_of(text.as_bytes(), index, format).unwrap();
        assert_eq!(&*record.message, b"Back-off restarting", "{index}");
        assert_eq!(record.subject.as_deref(), Some("web-1"));
        assert!(
            place.starts_with(b"        {") && place.ends_with(b"        },"),
            "{index}"
        );
    }
    let (record, _) = record_of(text.as_bytes(), 17, format).unwrap();
    assert_eq!(record.subject.as_deref(), Some("web-2"));
}

#[test]
fn a_file_of_supervisord_has_no_other_loggers() {
    let line = b"2026-03-01 10:00:00,123 INFO web: stopped for maintenance";
    let (record, _) = record_of(line, 0, Format::Supervisord).unwrap();
    assert_eq!(record.program.as_deref(), Some("supervisord"));
    let (record, _) = record_of(line, 0, Format::Plain).unwrap();
    assert_eq!(record.program.as_deref(), Some("web"));
}

#[test]
fn mixed_files_are_read_line_by_line() {
    let text = "Mar  1 10:00:00 h app[1]: x\n{\"level\":\"error\",\"msg\":\"bad\"}\n812:M 01 Mar 2026 10:00:00.123 * Ready\n";
    let formats: Vec<_> = (0..3)
        .map(|i| {
            record_of(text.as_bytes(), i, Format::Rfc3164)
                .unwrap()
                .0
                .format
                .name()
        })
        .collect();
    assert_eq!(formats, ["rfc3164", "json-lines", "redis"]);
}

#[test]
fn unwrapped_text_is_told_from_the_line_as_it_stands() {
    for (line, unwrapped) in [
        ("Mar  1 10:00:00 h app[1]: x", false),
        ("2026-03-01 10:00:00,123 - app - INFO - text", false),
        (r#"{"level":"error","msg":"bad"}"#, true),
        ("2026-03-01T10:00:00.123456789+01:00 stdout F started", true),
        (r#"Mar  1 10:00:00 h app[1]: {"msg":"bad"}"#, true),
    ] {
        let format = detect(line.as_bytes());
        let (record, _) = record_of(line.as_bytes(), 0, format).unwrap();
        assert_eq!(record.unwrapped, unwrapped, "{line}");
    }
}
