//! Crash loops in a program's own log, whose lines bear no process id and of which no supervisor tells.

#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use std::io::Write;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use support::logs;

const TRACE: &str = "Traceback (most recent call last):\n  File \"/srv/api.py\", line 88, in handle\n    \
    limit = int(cfg['limit'])\nValueError: invalid literal for int() with base 10: 'many'";
const BANNER: [&str; 3] = [
    "INFO shop-api 2.4.1 starting, build 8f2c11",
    "INFO connected to db01:5432",
    "INFO listening on 0.0.0.0:8080",
];

/// A log that is being written.
struct Log {
    at: Timestamp,
    /// What stands between a line's time and its text.
    mark: &'static str,
    text: String,
}

impl Log {
    fn new(mark: &'static str) -> Self {
        Self {
            at: "2026-03-01T09:00:00.123456789Z".parse().unwrap(),
            mark,
            text: String::new(),
        }
    }

    fn pass(&mut self, seconds: i64) {
        self.at += SignedDuration::from_secs(seconds);
    }

    fn say(&mut self, seconds: i64, text: &str) {
        self.pass(seconds);
        for line in text.lines() {
            self.text
                .push_str(&format!("{:.9}{}{line}\n", self.at, self.mark));
        }
    }

    fn begin(&mut self) {
        for line in BANNER {
            self.say(1, line);
        }
    }

    fn serve(&mut self, requests: i64) {
        for n in 0..requests {
            self.say(
                7,
                &format!("INFO GET /orders/{} 200 {} ms", n * 37 % 91, n % 13),
            );
        }
    }
}

/// One healthy life, then lives that end with a trace.
fn looping(mark: &'static str, lives: i64) -> String {
    let mut log = Log::new(mark);
    log.begin();
    log.serve(120);
    for n in 0..lives {
        log.say(1, TRACE);
        log.pass(10 + 4 * n);
        log.begin();
        log.serve(2);
    }
    log.text
}

/// The report of a scan of this, as a file of that name or piped in.
fn scanned(name: &str, bytes: &[u8]) -> Value {
    match name {
        "-" => logs::piped(bytes),
        name => logs::scanned(&[(name, bytes)]),
    }
}

/// Service, crashes and evidence of every loop.
fn loops(report: &Value) -> Vec<(String, u64, String)> {
    let all = logs::loops(report).into_iter();
    all.map(|(service, evidence, crashes, _)| (service, crashes, evidence))
        .collect()
}

fn one(service: &str, crashes: u64) -> Vec<(String, u64, String)> {
    vec![(service.to_owned(), crashes, "process".to_owned())]
}

#[test]
fn a_banner_after_every_trace_makes_a_loop_in_a_file_a_copy_and_a_pipe() {
    for mark in [" stderr F ", " "] {
        let text = looping(mark, 8);
        assert_eq!(loops(&scanned("api.log", text.as_bytes())), one("api", 8));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(loops(&scanned("api.log.1.gz", &packed)), one("api", 8));
        assert_eq!(loops(&scanned("-", text.as_bytes())), one("stdin", 8));
    }
}

#[test]
fn the_trace_in_lines_of_a_container_is_told_by_its_exception() {
    let report = scanned("api.log", looping(" stderr F ", 4).as_bytes());
    let summary = report["incidents"][0]["loops"][0]["signature"].to_string();
    assert!(summary.contains("ValueError"), "{summary}");
    assert!(!summary.contains("stderr F"), "{summary}");
}

#[test]
fn a_server_that_writes_failed_requests_down_and_goes_on_does_not_loop() {
    let mut log = Log::new(" ");
    log.begin();
    for n in 0..12 {
        log.serve(3 + n % 4);
        log.say(1, TRACE);
        log.say(0, &format!("INFO POST /orders/{n} 500 3 ms"));
    }
    assert_eq!(loops(&scanned("api.log", log.text.as_bytes())), []);
}

#[test]
fn a_job_that_fails_within_its_runner_does_not_loop() {
    // The runner says the same after each failed job, and before all the others.
    let mut log = Log::new(" ");
    log.begin();
    for n in 0..40 {
        log.say(20, "INFO job starting");
        if n % 5 == 4 {
            log.say(1, TRACE);
        } else {
            log.say(2, "INFO job done");
        }
    }
    assert_eq!(loops(&scanned("api.log", log.text.as_bytes())), []);
}

#[test]
fn two_writers_of_one_file_are_told_apart() {
    let shop = looping(" ", 6);
    let mut other = Log::new(" ");
    other.begin();
    other.serve(160);
    let name = |text: &str, pod: &str| -> Vec<String> {
        let lines = text.lines();
        lines.map(|line| format!("{pod}-1  | {line}")).collect()
    };
    let mut lines = name(&shop, "shop");
    lines.extend(name(&other.text, "mail"));
    let time = |line: &String| line.split_once("| ").unwrap().1[..30].to_owned();
    lines.sort_by_key(time);
    let text = lines.join("\n") + "\n";
    assert_eq!(
        loops(&scanned("compose.log", text.as_bytes())),
        one("shop-1", 6)
    );
}
