//! Logs that tests make line by line, and the loops that a report on them tells of.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

/// 2026-03-01T10:00:00Z.
pub(crate) const START: i64 = 1_772_359_200;

/// The lines of a log, said in any order.
#[derive(Default)]
pub(crate) struct Log {
    lines: Vec<(i64, String)>,
}

impl Log {
    /// A line so many milliseconds after the start.
    pub(crate) fn say(&mut self, at: i64, text: &str) {
        self.lines.push((at, text.to_owned()));
    }

    /// In order of time, each written as `line` says, given its time and text.
    pub(crate) fn text(&self, mut line: impl FnMut(&str, &str) -> String) -> String {
        let mut lines: Vec<&(i64, String)> = self.lines.iter().collect();
        lines.sort_by_key(|line| line.0);
        let mut text = String::new();
        for (at, said) in lines {
            let time = jiff::Timestamp::from_millisecond(START * 1000 + at).unwrap();
            writeln!(text, "{}", line(&format!("{time:.6}"), said)).unwrap();
        }
        text
    }

    /// Time and text.
    pub(crate) fn plain(&self) -> String {
        self.text(|time, text| format!("{time} {text}"))
    }
}

/// The report on a folder of files with these names and contents.
pub(crate) fn scanned(files: &[(&str, &[u8])]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    super::report_on(folder.path(), &super::options())
}

/// The report on what is piped in.
pub(crate) fn piped(text: &[u8]) -> Value {
    let out = fed(&["scan", "-"], text);
    serde_json::from_slice(&out).unwrap()
}

/// What the program writes as JSON, where this is piped in.
pub(crate) fn fed(args: &[&str], text: &[u8]) -> Vec<u8> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_crashtrail"))
        .args(args)
        .args(["--quiet", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = text.to_vec();
    // It may write more than a pipe holds before it has read all.
    let feeder = std::thread::spawn(move || stdin.write_all(&text));
    let out = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    out.stdout
}

/// (service, evidence, crashes, seconds from the start to the first) of all loops.
pub(crate) fn loops(report: &Value) -> Vec<(String, String, u64, i64)> {
    let incidents = report["incidents"].as_array().unwrap();
    let loops = incidents
        .iter()
        .flat_map(|i| i["loops"].as_array().unwrap());
    loops
        .map(|l| {
            let text = |v: &Value| v.as_str().unwrap().to_owned();
            let first: jiff::Timestamp = text(&l["first"]).parse().unwrap();
            (
                text(&l["entity"]["service"]),
                text(&l["evidence"]),
                l["crashes"].as_u64().unwrap(),
                first.as_second() - START,
            )
        })
        .collect()
}
