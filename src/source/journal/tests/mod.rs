//! Journals of every kind, sound and damaged, become the lines that they should.

use std::io::{Seek, SeekFrom, Write};

use super::line::Parts;
use super::*;

#[allow(dead_code, reason = "each test program uses a part")]
#[path = "../../../../tests/support/journal.rs"]
mod writer;

mod damage;
mod journalctl;

use writer::{Packing, Style, When};

const T: u64 = 1_763_424_000_000_000;
const BOOT: [u8; 16] = [0x8a; 16];

fn when(seconds: u64) -> When {
    When {
        realtime: T + seconds * 1_000_000,
        monotonic: 5_000_000 + seconds * 1_000_000,
        boot: BOOT,
    }
}

/// A journal of `count` entries, and the message of each.
fn journal(style: Style, count: u64) -> (writer::Journal, Vec<String>) {
    let mut journal = writer::Journal::new(style);
    let mut messages = Vec::new();
    for n in 0..count {
        let message = match n % 4 {
            0 => "the same again".to_owned(),
            1 => format!("short {n}"),
            2 => format!("first line {n}\nsecond line"),
            _ => format!("long {n} {}", "and longer ".repeat(20)),
        };
        let pid = format!("{}", 400 + n % 7);
        journal.entry(
            when(n),
            &[
                ("_HOSTNAME", b"web01"),
                ("_UID", b"0"),
                ("SYSLOG_IDENTIFIER", b"app"),
                ("_PID", pid.as_bytes()),
                ("_SOURCE_REALTIME_TIMESTAMP", format!("{n}").as_bytes()),
                ("_SYSTEMD_UNIT", b"app.service"),
                ("MESSAGE", message.as_bytes()),
            ],
        );
        messages.push(message);
    }
    (journal, messages)
}

/// The lines of a file with these bytes, and what was noted.
fn read(bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<super::super::Noted>) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let note = Note::default();
    let mut text = Vec::new();
    Journal::open(file, note.clone())
        .unwrap()
        .read_to_end(&mut text)
        .unwrap();
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\n").unwrap().to_vec());
    (lines.collect(), note.all())
}

fn messages(lines: &[Vec<u8>]) -> Vec<String> {
    lines
        .iter()
        .map(|line| {
            let parts = Parts::of(line).unwrap();
            let message = parts.fields().find(|(name, _)| *name == b"MESSAGE");
            let text = String::from_utf8_lossy(message.unwrap().1).into_owned();
            text.replace('\u{1e}', "\n")
        })
        .collect()
}

#[test]
fn journals_of_every_kind_are_read_whole() {
    for style in Style::all() {
        let (journal, expected) = journal(style, 3000);
        let (lines, notes) = read(&journal.finish());
        assert_eq!(messages(&lines), expected, "{style:?}");
        assert_eq!(notes, [], "{style:?}");
        for (n, line) in lines.iter().enumerate() {
            let parts = Parts::of(line).unwrap();
            let at = when(n as u64);
            assert_eq!(parts.micros as u64, at.realtime);
            let pid = format!("{}", 400 + n % 7);
            let writer = (parts.writer.host, parts.writer.program, parts.writer.pid);
            assert_eq!(writer, (&b"web01"[..], &b"app"[..], pid.as_bytes()));
            let fields: Vec<_> = parts.fields().map(|(name, _)| name).collect();
            assert_eq!(fields, [&b"_SYSTEMD_UNIT"[..], b"MESSAGE"], "{style:?}");
            let cursor = format!(
                "s=6e756d6265727327206f776e2069642e;i={:x};b={};m={:x};t={:x};x=",
                n + 1,
                "8a".repeat(16),
                at.monotonic,
                at.realtime
            );
            assert!(parts.cursor.starts_with(cursor.as_bytes()), "{n}");
        }
    }
}

#[test]
fn program_and_pid_come_from_the_next_best_fields() {
    let mut journal = writer::Journal::new(Style::USUAL);
    journal.entry(
        when(0),
        &[
            ("_COMM", b"a b"),
            ("SYSLOG_PID", b"7"),
            ("_HOSTNAME", b"a\nb"),
        ],
    );
    journal.entry(when(1), &[("MESSAGE", b"one"), ("MESSAGE", b"two")]);
    let long = "x".repeat(9000);
    journal.entry(
        when(2),
        &[("COREDUMP_EXE", long.as_bytes()), ("MESSAGE", b"three")],
    );
    let (lines, notes) = read(&journal.finish());
    let writers: Vec<_> = lines.iter().map(|l| Parts::of(l).unwrap().writer).collect();
    let first = (writers[0].host, writers[0].program, writers[0].pid);
    assert_eq!(first, (&b"a?b"[..], &b"a b"[..], &b"7"[..]));
    assert_eq!(writers[1].program, b"");
    assert_eq!(messages(&lines), ["", "one", "three"]);
    let exe = Parts::of(&lines[2]).unwrap().fields().next().unwrap();
    assert_eq!((exe.0, exe.1.len()), (&b"COREDUMP_EXE"[..], 4096));
    assert_eq!(notes, []);
}

#[test]
fn a_journal_that_is_cut_off_is_read_up_to_there() {
    for style in [
        Style::USUAL,
        Style {
            packing: Packing::Plain,
            state: 1,
            compact: false,
            ..Style::USUAL
        },
    ] {
        let (journal, expected) = journal(style, 400);
        let bytes = journal.finish();
        for part in [1, 2, 3] {
            let cut = bytes.len() * part / 4 + 3;
            let (lines, notes) = read(&bytes[..cut]);
            let got = messages(&lines);
            assert!(got.len() > 80 * part && got.len() < 400, "{}", got.len());
            assert!(expected.starts_with(&got));
            let [noted] = &notes[..] else {
                panic!("{notes:?}")
            };
            assert!(noted.fails);
            let text = format!(
                "journal breaks off at byte {cut}, of {}; {} of its 400 entries were read",
                bytes.len(),
                got.len()
            );
            assert_eq!(noted.text, text);
        }
    }
}

#[test]
fn room_at_the_end_of_an_open_journal_is_no_damage() {
    let style = Style {
        state: 1,
        ..Style::USUAL
    };
    let (journal, expected) = journal(style, 50);
    let mut bytes = journal.finish();
    // An entry that was written, and not yet counted: the counts are behind in an open file.
    bytes[152..160].copy_from_slice(&49_u64.to_le_bytes());
    bytes.extend_from_slice(&[0; 70_000]);
    let (lines, notes) = read(&bytes);
    assert_eq!((messages(&lines), notes), (expected, vec![]));
}

#[test]
fn reading_goes_on_after_a_damaged_place() {
    for style in Style::all() {
        let (mut journal, mut expected) = journal(style, 100);
        journal.garbage(&[0xee; 100_003]);
        for n in 100..110 {
            let message = format!("after {n}");
            journal.entry(when(n), &[("MESSAGE", message.as_bytes())]);
            expected.push(message);
        }
        let (lines, notes) = read(&journal.finish());
        assert_eq!(messages(&lines), expected, "{style:?}");
        assert!(notes.iter().all(|noted| noted.fails));
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].text.contains("damaged at byte"), "{notes:?}");
        let read = "110 of its 110 entries were read";
        assert!(notes[1].text.ends_with(read), "{notes:?}");
    }
}

#[test]
fn an_object_with_a_wrong_size_hides_only_itself() {
    let style = Style {
        packing: Packing::Plain,
        ..Style::USUAL
    };
    let mut written = writer::Journal::new(style);
    let places: Vec<u64> = (0..100)
        .map(|n| written.entry(when(n), &[("MESSAGE", format!("m {n}").as_bytes())]))
        .collect();
    let mut bytes = written.finish();
    let size = places[50] as usize + 8;
    bytes[size..size + 8].copy_from_slice(&2003_u64.to_le_bytes());
    let (lines, notes) = read(&bytes);
    let got = messages(&lines);
    assert!(got.len() >= 99, "{}", got.len());
    assert_eq!(got.last().map(String::as_str), Some("m 99"));
    assert!(notes.iter().any(|noted| noted.fails), "{notes:?}");
}

#[test]
fn damaged_payloads_are_counted() {
    for packing in [Packing::Xz, Packing::Lz4, Packing::Zstd] {
        let style = Style {
            packing,
            ..Style::USUAL
        };
        let mut written = writer::Journal::new(style);
        let long = "many words ".repeat(30);
        written.entry(when(0), &[("MESSAGE", long.as_bytes())]);
        written.entry(when(1), &[("MESSAGE", b"sound")]);
        let at = written.place_of("MESSAGE", long.as_bytes());
        let mut bytes = written.finish();
        let payload = at as usize + 72;
        bytes[payload..payload + 16].fill(0xff);
        let (lines, notes) = read(&bytes);
        assert_eq!(messages(&lines), ["", "sound"], "{packing:?}");
        let texts: Vec<_> = notes.iter().map(|noted| noted.text.as_str()).collect();
        let expected = "1 fields of a journal could not be unpacked";
        assert_eq!(texts, [expected], "{packing:?}");
    }
}

#[test]
fn records_from_before_the_clock_was_set_keep_their_place() {
    let mut journal = writer::Journal::new(Style::USUAL);
    let boot = |n: u8, seconds: u64, monotonic: u64| When {
        realtime: T + seconds * 1_000_000,
        monotonic: monotonic * 1_000_000,
        boot: [n; 16],
    };
    journal.entry(boot(1, 1000, 50), &[("MESSAGE", b"down")]);
    let unset = When {
        realtime: 1_000_000,
        ..boot(2, 0, 1)
    };
    journal.entry(unset, &[("MESSAGE", b"up, at what time?")]);
    journal.entry(boot(2, 1100, 21), &[("MESSAGE", b"it is this time")]);
    let (lines, notes) = read(&journal.finish());
    let times: Vec<i64> = lines
        .iter()
        .map(|line| (Parts::of(line).unwrap().micros - T as i64) / 1_000_000)
        .collect();
    assert_eq!(times, [1000, 1080, 1100]);
    // The cursor is the journal's own.
    assert!(memchr::memmem::find(&lines[1], b";t=f4240;").is_some());
    assert_eq!(notes.len(), 1);
    assert!(!notes[0].fails && notes[0].text.starts_with("1 records are from before"));
}

#[test]
fn features_to_come_and_broken_headers_are_refused() {
    let (journal, _) = journal(Style::USUAL, 1);
    let mut bytes = journal.finish();
    let open = |bytes: &[u8]| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Journal::open(file, Note::default())
            .err()
            .map(|e| e.to_string())
    };
    assert_eq!(open(&bytes), None);
    let cut = open(&bytes[..207]).unwrap();
    assert!(cut.contains("within its header"), "{cut}");
    bytes[12] |= 32;
    let newer = open(&bytes).unwrap();
    assert!(newer.contains("newer kind (features 0x20)"), "{newer}");
}
