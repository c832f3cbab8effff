//! Record for record what `journalctl -o json` prints of the same file, where it is installed.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::writer::{self, Style, When};
use super::*;

/// What is compared: names and values, among them those of the line's tag.
type Fields = HashMap<String, Vec<u8>>;

/// Random fields of random records, of every kind that journald accepts.
struct Source {
    random: fastrand::Rng,
    /// Messages that come again.
    stock: Vec<Vec<u8>>,
}

impl Source {
    fn new(seed: u64) -> Self {
        let stock = (0..20).map(|n| format!("stock message {n} ").repeat(1 + n % 9));
        Self {
            random: fastrand::Rng::with_seed(seed),
            stock: stock.map(String::into_bytes).collect(),
        }
    }

    fn message(&mut self) -> Vec<u8> {
        let random = &mut self.random;
        match random.u8(0..10) {
            0..=3 => self.stock[random.usize(..self.stock.len())].clone(),
            4 => format!("two lines {}\n\tof them", random.u32(..)).into_bytes(),
            // Bytes that are no text; not the one that stands for a line end in a line of ours.
            5 => vec![b'x', 0xff, random.u8(0x1f..), 0x01, b'"', b'\\', 0x80],
            6 => "long ".repeat(random.usize(1..4000)).into_bytes(),
            7 => Vec::new(),
            _ => format!("user {} asked for \"{}\"", random.u32(..), random.u64(..)).into_bytes(),
        }
    }

    /// One record's fields, in no order.
    fn record(&mut self) -> Vec<(&'static str, Vec<u8>)> {
        let mut fields: Vec<(&'static str, Vec<u8>)> = Vec::new();
        let number = |random: &mut fastrand::Rng| random.u32(1..9000).to_string().into_bytes();
        for name in super::line::FIELDS {
            let random = &mut self.random;
            let value = match name {
                "MESSAGE" if random.u8(..) < 250 => self.message(),
                "_HOSTNAME" if random.u8(..) < 250 => {
                    format!("web{:02}", random.u8(..4)).into_bytes()
                }
                "SYSLOG_IDENTIFIER" if random.bool() => {
                    format!("app-{}", random.u8(..9)).into_bytes()
                }
                "_COMM" if random.bool() => b"a command".to_vec(),
                "_PID" | "SYSLOG_PID" if random.bool() => number(random),
                "PRIORITY" => random.u8(..8).to_string().into_bytes(),
                "_SYSTEMD_UNIT" => format!("app-{}.service", random.u8(..9)).into_bytes(),
                _ if random.u8(..) < 30 => number(random),
                _ => continue,
            };
            fields.push((name, value));
        }
        // And what no reader of logs asks for.
        let other = format!("{}", self.random.u64(..));
        fields.push(("_SOURCE_REALTIME_TIMESTAMP", other.into_bytes()));
        fields.push(("_CMDLINE", self.message()));
        self.random.shuffle(&mut fields);
        fields
    }
}

fn journalctl() -> bool {
    let run = Command::new("journalctl").arg("--version").output();
    let is_there = run.is_ok_and(|run| run.status.success());
    if !is_there {
        eprintln!("journalctl is not installed: nothing to compare with");
    }
    is_there
}

fn remote() -> Option<PathBuf> {
    let folders = ["/lib/systemd", "/usr/lib/systemd"];
    let found = folders.map(|folder| Path::new(folder).join("systemd-journal-remote"));
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        eprintln!("systemd-journal-remote is not installed: no journal of its making is compared");
    }
    found
}

/// The records as journalctl has them.
fn theirs(path: &Path) -> Vec<Fields> {
    let output = Command::new("journalctl")
        .args(["-o", "json", "--all", "--no-pager", "--file"])
        .arg(path)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    let lines = output.stdout.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let object: HashMap<String, Value> = serde_json::from_slice(line).unwrap();
            let fields = object.iter().map(|(k, v)| (k.clone(), bytes(v)));
            fields.collect()
        })
        .collect()
}

/// A value in journalctl's JSON: text, or bytes as numbers; of a field that comes twice the first.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Array(items) if items.iter().all(Value::is_u64) => {
            let items = items.iter().filter_map(Value::as_u64);
            items.map(|byte| u8::try_from(byte).unwrap()).collect()
        }
        Value::Array(items) => bytes(&items[0]),
        Value::Null => panic!("a value that was left out"),
        other => panic!("{other}"),
    }
}

/// As [`Fields`] of journalctl, what a line of ours tells.
fn ours(line: &[u8]) -> Fields {
    let parts = Parts::of(line).unwrap();
    let mut fields = Fields::new();
    fields.insert(
        "__REALTIME_TIMESTAMP".to_owned(),
        parts.micros.to_string().into_bytes(),
    );
    fields.insert("__CURSOR".to_owned(), parts.cursor.to_vec());
    let writer = parts.writer;
    for (name, value) in [
        ("host", writer.host),
        ("program", writer.program),
        ("pid", writer.pid),
    ] {
        fields.insert(name.to_owned(), value.to_vec());
    }
    for (name, value) in parts.fields() {
        let value = value.iter().map(|byte| match *byte {
            super::line::LINE_END => b'\n',
            byte => byte,
        });
        let name = String::from_utf8(name.to_vec()).unwrap();
        fields.insert(name, value.collect());
    }
    fields
}

/// What [`ours`] must be where journalctl prints this.
fn expected(theirs: &Fields) -> Fields {
    let first = |names: &[&str]| {
        let values = names.iter().filter_map(|name| theirs.get(*name));
        values.into_iter().find(|value| !value.is_empty()).cloned()
    };
    let mut fields = Fields::new();
    for name in ["__REALTIME_TIMESTAMP", "__CURSOR"] {
        fields.insert(name.to_owned(), theirs[name].clone());
    }
    for (name, of) in [
        ("host", &["_HOSTNAME"][..]),
        ("program", &["SYSLOG_IDENTIFIER", "_COMM"]),
        ("pid", &["_PID", "SYSLOG_PID"]),
    ] {
        fields.insert(name.to_owned(), first(of).unwrap_or_default());
    }
    for name in &super::line::FIELDS[super::line::NAMED..] {
        if let Some(value) = theirs.get(*name) {
            fields.insert((*name).to_owned(), value.clone());
        }
    }
    let message = theirs.get("MESSAGE").cloned().unwrap_or_default();
    fields.insert("MESSAGE".to_owned(), message);
    fields
}

fn compare(path: &Path, records: usize, what: &str) {
    let theirs = theirs(path);
    assert_eq!(theirs.len(), records, "{what}");
    let (lines, notes) = read(&fs::read(path).unwrap());
    assert_eq!(lines.len(), records, "{what}");
    assert_eq!(notes, [], "{what}");
    for (n, (line, theirs)) in lines.iter().zip(&theirs).enumerate() {
        let (ours, expected) = (ours(line), expected(theirs));
        let mut names: Vec<_> = ours.keys().chain(expected.keys()).collect();
        names.sort_unstable();
        for name in names {
            let text = |fields: &Fields| {
                let value = fields.get(name);
                value.map(|value| value.escape_ascii().to_string())
            };
            let (ours, expected) = (text(&ours), text(&expected));
            assert_eq!(ours, expected, "{what}, record {n}: {name}");
        }
    }
}

#[test]
fn journals_of_every_style_are_read_as_journalctl_reads_them() {
    if !journalctl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (seed, style) in Style::all().into_iter().enumerate() {
        let mut source = Source::new(seed as u64);
        let mut journal = writer::Journal::new(style);
        for n in 0..300 {
            let fields = source.record();
            let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, v.as_slice())).collect();
            let boot = 1 + (n / 100) as u8;
            let when = When {
                monotonic: 5_000_000 + (n % 100) * 1_000_000,
                boot: [boot; 16],
                ..when(n)
            };
            journal.entry(when, &fields);
        }
        let path = folder.path().join("a.journal");
        fs::write(&path, journal.finish()).unwrap();
        compare(&path, 300, &format!("{style:?}"));
    }
}

#[test]
fn journals_by_systemd_are_read_as_journalctl_reads_them() {
    let (true, Some(remote)) = (journalctl(), remote()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    for (seed, setting) in [
        ("SYSTEMD_JOURNAL_COMPACT", "0"),
        ("SYSTEMD_JOURNAL_COMPACT", "1"),
        ("SYSTEMD_JOURNAL_KEYED_HASH", "0"),
        ("SYSTEMD_JOURNAL_COMPRESS", "XZ"),
        ("SYSTEMD_JOURNAL_COMPRESS", "LZ4"),
        ("SYSTEMD_JOURNAL_COMPRESS", "ZSTD"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut source = Source::new(1000 + seed as u64);
        let mut text = Vec::new();
        for n in 0..2000_u64 {
            let micros = T + n * 1_000;
            let boot = "5b".repeat(16);
            text.extend_from_slice(
                format!(
                    "__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={boot}\n",
                    7_000_000 + n * 1_000
                )
                .as_bytes(),
            );
            for (name, value) in source.record() {
                text.extend_from_slice(name.as_bytes());
                text.push(b'\n');
                text.extend_from_slice(&(value.len() as u64).to_le_bytes());
                text.extend_from_slice(&value);
                text.push(b'\n');
            }
            text.push(b'\n');
        }
        fs::write(&export, text).unwrap();
        let path = folder.path().join(format!("{seed}.journal"));
        let run = Command::new(&remote)
            .env(setting.0, setting.1)
            .arg("--output")
            .args([&path, &export])
            .output()
            .unwrap();
        assert!(run.status.success(), "{run:?}");
        compare(&path, 2000, &format!("{setting:?}"));
    }
}
