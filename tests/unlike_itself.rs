//! What a service wrote before its first crash, and how much of it, that was unlike itself: the same of a file, of a
//! pipe, and of what is being followed.

#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use serde_json::Value;
use support::logs::{Log, fed, piped, scanned};

/// Seconds from the start to the first crash.
const CRASH: i64 = 1800;

/// `geod` writes a line every ten seconds up to so many seconds before its first crash, and crashes four times.
fn looping(until: i64) -> Log {
    let mut log = Log::default();
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

/// The incident of the last alert of a watch that this is piped into.
fn watched(text: &str) -> Value {
    let out = String::from_utf8(fed(&["watch"], text.as_bytes())).unwrap();
    let alert: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    alert["incident"].clone()
}

/// The messages that were new, and how the service wrote unlike itself, of a scan, and that all ways tell the same.
fn told(log: Log) -> (Vec<String>, Vec<(String, f64, f64)>) {
    let text = log.text(|time, line| format!("{time} web01 {line}"));
    let first = |report: Value| report["incidents"][0].clone();
    let read = first(scanned(&[("syslog", text.as_bytes())]));
    let news = |incident: &Value| -> Vec<String> {
        let new = incident["new_messages"].as_array().unwrap().iter();
        new.map(|new| new["template"].as_str().unwrap().to_owned())
            .collect()
    };
    // Rotated away a few lines before the first crash.
    let crash = text.find("Main process exited").unwrap();
    let cut = text[..crash].rmatch_indices('\n').nth(5).unwrap().0 + 1;
    let (older, newer) = text.split_at(cut);
    let rotated = scanned(&[("syslog.1", older.as_bytes()), ("syslog", newer.as_bytes())]);
    for other in [
        first(piped(text.as_bytes())),
        watched(&text),
        first(rotated),
    ] {
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
    assert_eq!(told(looping(0)), (vec![], vec![]));
}

#[test]
fn new_messages_are_told_of_streams_as_well() {
    let mut log = looping(0);
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
    let mut log = looping(0);
    for n in 0..1200 {
        log.say(
            (CRASH - 300) * 1000 + n * 250,
            &format!("geod[40]: served tile {n}"),
        );
    }
    assert_eq!(told(log).1, [("records".to_owned(), 246.0, 6.0)]);
    let mut log = looping(0);
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
    let (_, rates) = told(looping(120));
    assert_eq!(rates.len(), 1, "{rates:?}");
    assert_eq!((&*rates[0].0, rates[0].1), ("silence", 0.0));
}
