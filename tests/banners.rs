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

/// Lives whose lines are a logger's, with the process's id, and that end with this below the last of them.
fn logged(lives: i64, last: &str, end: &str) -> String {
    let mut text = String::new();
    let mut log = |seconds: i64, pid: i64, line: &str| {
        let at = Timestamp::from_second(1_772_359_200 + seconds).unwrap();
        let at = at.strftime("%Y-%m-%d %H:%M:%S");
        text.push_str(&format!("{at},000 [{pid}] {line}\n"));
    };
    for n in 0..200 {
        log(n * 5, 700, &format!("INFO     shop.job: job {n} done"));
    }
    for n in 0..lives {
        let (at, pid) = (1000 + n * 11, 701 + n);
        log(
            at,
            pid,
            "INFO     shop.main: order worker 2.3.0 starting up",
        );
        log(at + 1, pid, &format!("{last}\n{end}"));
    }
    text
}

#[test]
fn what_a_runtime_writes_below_a_logged_line_as_it_dies_is_found() {
    let connects = "INFO     shop.db: connecting to db01";
    let failed = "ERROR    shop.api: request failed";
    let trace = "Traceback (most recent call last):\n  File \"/srv/main.py\", line 7, in <module>\n    main()\n\
        OSError: no route to db01";
    let oom = "java.lang.OutOfMemoryError: Java heap space\n\tat a.B.c(B.java:1)\n\
        Terminating due to java.lang.OutOfMemoryError: Java heap space";
    for (last, end, lives) in [
        (connects, trace, 9),
        (connects, trace, 150),
        (failed, oom, 9),
    ] {
        let report = scanned("worker.log", logged(lives, last, end).as_bytes());
        let found = loops(&report);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (&*found[0].0, found[0].1),
            ("worker", lives as u64),
            "{end}"
        );
    }
}

#[test]
fn traces_of_requests_below_errors_are_none_of_a_crash() {
    let mut text = logged(1, "INFO     shop.db: connected", "");
    for n in 0..60 {
        let at = Timestamp::from_second(1_772_361_000 + n * 30).unwrap();
        let at = at.strftime("%Y-%m-%d %H:%M:%S");
        text.push_str(&format!(
            "{at},000 [701] ERROR    shop.api: request {n} failed\nTraceback (most recent call last):\n  \
            File \"/srv/main.py\", line 9, in get\nKeyError: 'tax'\n{at},500 [701] INFO     shop.api: started job {n}\n"
        ));
    }
    assert_eq!(loops(&scanned("worker.log", text.as_bytes())), []);
}

#[test]
fn traces_of_requests_while_workers_are_replaced_are_none_of_a_crash() {
    let mut text = String::new();
    for n in 0..300 {
        let at = Timestamp::from_second(1_772_359_200 + n * 20).unwrap();
        let got = at.strftime("%d/%b/%Y:%H:%M:%S +0000");
        let at = at.strftime("%Y-%m-%d %H:%M:%S +0000");
        text.push_str(&format!(
            "[{at}] [42] [ERROR] Error handling request /api\nTraceback (most recent call last):\n  \
            File \"/srv/main.py\", line 9, in get\nKeyError: 'tax'\n"
        ));
        for n in 0..4 {
            let line = format!(
                "10.0.0.{n} - - [{got}] \"GET /api/a HTTP/1.1\" 200 1870 \"-\" \"curl/8\"\n"
            );
            text.push_str(&line);
        }
        if n % 7 == 3 {
            text.push_str(&format!(
                "[{at}] [42] [INFO] Worker exiting (pid: 42)\n[{at}] [43] [INFO] Booting worker with pid: 43\n"
            ));
        }
    }
    assert_eq!(loops(&scanned("gunicorn.log", text.as_bytes())), []);
}
