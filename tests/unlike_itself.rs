//! What a service wrote before its first crash, and how much of it, that was unlike itself: the same of a file, of a
//! pipe, and of what is being followed.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::Value;

/// 2026-03-01T10:00:00Z.
const START: i64 = 1_772_359_200;
/// Seconds from the start to the first crash.
const CRASH: i64 = 1800;

/// The lines of a log.
#[derive(Default)]
struct Log {
    lines: Vec<(i64, String)>,
}

impl Log {
    /// A line so many milliseconds after the start.
    fn say(&mut self, at: i64, text: &str) {
        self.lines.push((at, text.to_owned()));
    }

    /// `geod` writes a line every ten seconds up to so many seconds before its first crash, and crashes four times.
    fn looping(until: i64) -> Self {
        let mut log = Self::default();
        for n in (0..CRASH - until).step_by(10) {
            log.say(n * 1000, &format!("geod[40]: served tile {n}"));
        }
        for n in 0..4 {
            let at = (CRASH + n * 3) * 1000;
            log.say(
                at,
                "systemd[1]: geod.service: Main process exited, code=exited, status=1/FAILURE",
            );
            log.say(
                at + 1,
                "systemd[1]: geod.service: Failed with result 'exit-code'.",
            );
            log.say(
                at + 100,
                &format!(
                    "systemd[1]: geod.service: Scheduled restart job, restart counter is at {}.",
                    n + 1
                ),
            );
            log.say(at + 110, "systemd[1]: Started geod.service - geod service.");
        }
        log
    }

    fn text(mut self) -> String {
        self.lines.sort_by_key(|line| line.0);
        let mut text = String::new();
        for (at, line) in self.lines {
            let time = jiff::Timestamp::from_millisecond(START * 1000 + at).unwrap();
            writeln!(text, "{time:.6} web01 {line}").unwrap();
        }
        text
    }
}

fn crashtrail(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crashtrail"));
    command.args(args).args(["--quiet", "--format", "json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// The first incident of a scan of this, as a file or piped in.
fn scanned(text: &str, piped: bool) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("syslog");
    std::fs::write(&path, text).unwrap();
    let path = if piped { "-" } else { path.to_str().unwrap() };
    let mut child = crashtrail(&["scan", path]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    if piped {
        stdin.write_all(text.as_bytes()).unwrap();
    }
    drop(stdin);
    let out = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    report["incidents"][0].clone()
}

/// The incident of the last alert of a watch that this is piped into.
fn watched(text: &str) -> Value {
    let mut child = crashtrail(&["watch"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let last = lines.map(Result::unwrap).last().unwrap();
    child.wait().unwrap();
    let alert: Value = serde_json::from_str(&last).unwrap();
    alert["incident"].clone()
}

/// The messages that were new, and how the service wrote unlike itself, of a scan, and that all ways tell the same.
fn told(log: Log) -> (Vec<String>, Vec<(String, f64, f64)>) {
    let text = log.text();
    let read = scanned(&text, false);
    let news = |incident: &Value| -> Vec<String> {
        let new = incident["new_messages"].as_array().unwrap().iter();
        new.map(|new| new["template"].as_str().unwrap().to_owned())
            .collect()
    };
    for other in [scanned(&text, true), watched(&text)] {
        assert_eq!(news(&other), news(&read));
        assert_eq!(other["rates"], read["rates"]);
        assert_eq!(other["looked_back"], read["looked_back"]);
    }
    let rates = read["rates"].as_array().unwrap().iter();
    let rates = rates.map(|rate| {
        let number = |key: &str| rate[key].as_f64().unwrap();
        let of = rate["of"].as_str().unwrap().to_owned();
        (of, number("per_minute"), number("usual"))
    });
    (news(&read), rates.collect())
}

#[test]
fn nothing_is_told_of_what_was_as_ever() {
    assert_eq!(told(Log::looping(0)), (vec![], vec![]));
}

#[test]
fn new_messages_are_told_of_streams_as_well() {
    let mut log = Log::looping(0);
    for n in 0..3 {
        log.say(
            (CRASH - 200 + n * 20) * 1000 + 500,
            &format!("geod[40]: map has {n} holes"),
        );
    }
    assert_eq!(told(log).0, ["map has # holes"]);
}

#[test]
fn a_surge_of_records_and_of_warnings_is_told() {
    let mut log = Log::looping(0);
    for n in 0..1200 {
        log.say(
            (CRASH - 300) * 1000 + n * 250,
            &format!("geod[40]: served tile {n}"),
        );
    }
    assert_eq!(told(log).1, [("records".to_owned(), 246.0, 6.0)]);
    let mut log = Log::looping(0);
    for n in 0..75 {
        log.say(
            (CRASH - 300 + n * 4) * 1000 + 1,
            &format!("geod[40]: WARN tile {n} is late"),
        );
    }
    let rates = told(log).1;
    assert_eq!(rates, [("warnings".to_owned(), 15.0, 0.0)]);
}

#[test]
fn a_silence_before_the_first_crash_is_told() {
    let (_, rates) = told(Log::looping(120));
    assert_eq!(rates.len(), 1, "{rates:?}");
    assert_eq!((&*rates[0].0, rates[0].1), ("silence", 0.0));
}
