//! Loops of programs that nobody has heard of, whose lines bear no process id: they show by what is said and counted
//! as each life begins. And what looks like them in a process that goes on.

#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use serde_json::Value;
use support::logs::{Log, loops, piped};

/// A life: what it says as it begins, a turn a second, and what it says last.
fn life(log: &mut Log, at: i64, turns: i64, last: Option<&str>) {
    log.say(at, "INFO zorkd 4.1.0 (build 77)");
    log.say(at + 20, "INFO opening /srv/zork/grid.dat");
    log.say(at + 45, "INFO listening on 0.0.0.0:8080");
    for n in 0..turns {
        let turn = format!("INFO turned the wheel {n} times");
        log.say(at + 1000 * (n + 1), &turn);
    }
    if let Some(last) = last {
        log.say(at + 1000 * turns + 60, last);
    }
}

const LAST: &str = "ERROR grid.dat: row 17 unexpected, leaving";

/// A healthy life, seven that end after three seconds, and a healthy one.
fn looping(turns: i64, last: Option<&str>) -> Log {
    let mut log = Log::default();
    life(&mut log, 0, 100, None);
    for n in 0..7 {
        life(&mut log, 120_000 + n * 5100, turns, last);
    }
    life(&mut log, 180_000, 300, None);
    log
}

fn scanned(name: &str, text: &str) -> Value {
    support::logs::scanned(&[(name, text.as_bytes())])
}

fn is_one(report: &Value, service: &str, crashes: u64, first: i64, says: &str) {
    let found = loops(report);
    assert_eq!(found.len(), 1, "{found:?}");
    let (name, evidence, count, at) = &found[0];
    assert_eq!(
        (&**name, &**evidence, *count, *at),
        (service, "inferred", crashes, first),
        "{found:?}"
    );
    let said = &report["incidents"][0]["loops"][0]["signature"]["text"];
    assert!(said.as_str().unwrap().contains(says), "{said}");
}

fn none(log: &Log) {
    let report = scanned("zork.log", &log.plain());
    assert_eq!(loops(&report), [], "{}", report["incidents"]);
}

#[test]
fn what_a_program_says_as_it_begins_tells_of_its_lives() {
    let report = scanned("zork.log", &looping(0, Some(LAST)).plain());
    is_one(&report, "zork", 7, 120, "row 17 unexpected");
    let incident = &report["incidents"][0];
    assert_eq!(incident["status"], "recovered", "{incident}");
    let found = &incident["loops"][0];
    assert_eq!(found["restarts"], 7);
    // The line of the last words, not that of the beginning after it.
    let records = found["records"].as_array().unwrap();
    assert_eq!(records.len(), 7);
    for record in records {
        let text = record["text"].as_str().unwrap();
        assert!(text.ends_with(LAST), "{text}");
    }
}

#[test]
fn a_container_and_a_stream_tell_the_same() {
    let log = looping(0, Some(LAST));
    let docker = log.text(|time, message| {
        format!("{{\"log\":\"{message}\\n\",\"stream\":\"stdout\",\"time\":\"{time}\"}}")
    });
    let found = loops(&scanned("zork-json.log", &docker));
    assert_eq!((found.len(), found[0].2, found[0].3), (1, 7, 120));
    // All of a container's processes are number one.
    let syslog = log.text(|time, message| format!("{time} h1 zorkd[1]: {message}"));
    is_one(&scanned("syslog", &syslog), "zorkd", 7, 120, "row 17");
    let streamed = loops(&piped(log.plain().as_bytes()));
    assert_eq!((streamed.len(), streamed[0].2, streamed[0].3), (1, 7, 120));
}

#[test]
fn one_that_stops_without_a_word_is_found_where_healthy_lives_go_on() {
    let mut log = Log::default();
    life(&mut log, 0, 100, None);
    for n in 0..9 {
        life(&mut log, 120_000 + n * 5100, 2, None);
        log.say(120_000 + n * 5100 + 2100, "INFO opening valve 7");
    }
    life(&mut log, 180_000, 300, None);
    for at in [0, 180_000] {
        log.say(at + 2100, "INFO opening valve 7");
    }
    let report = scanned("zork.log", &log.plain());
    is_one(&report, "zork", 9, 122, "opening valve 7");
}

#[test]
fn an_uptime_that_falls_back_tells_of_a_new_life() {
    let mut log = Log::default();
    let mut life = |at: i64, seconds: i64, last: Option<&str>| {
        for n in (0..seconds).step_by(5) {
            log.say(
                at + n * 1000 + 300,
                &format!("uptime={n}s orders={}", n * 40),
            );
            log.say(at + n * 1000 + 1300, &format!("handled order {}", n * 7));
        }
        if let Some(last) = last {
            log.say(at + seconds * 1000, last);
        }
    };
    life(0, 400, None);
    for n in 0..6 {
        life(410_000 + n * 22_500, 20, Some("bad magic in block 7"));
    }
    life(560_000, 600, None);
    let report = scanned("zork.log", &log.plain());
    is_one(&report, "zork", 6, 430, "bad magic");
}

#[test]
fn numbers_of_records_that_begin_anew_tell_of_a_new_life() {
    let mut log = Log::default();
    let mut life = |at: i64, records: i64, last: Option<&str>| {
        for n in 0..records {
            log.say(at + n * 500, &format!("event seq={n} kind=x{}", n % 3));
        }
        if let Some(last) = last {
            log.say(at + records * 500, last);
        }
    };
    life(0, 300, None);
    for n in 0..6 {
        life(160_000 + n * 6100, 8, Some("bad magic in block 7"));
    }
    life(200_000, 600, None);
    let report = scanned("zork.log", &log.plain());
    is_one(&report, "zork", 6, 164, "bad magic");
}

#[test]
fn another_try_in_a_process_that_goes_on_is_no_loop() {
    for succeeds in [true, false] {
        let mut log = Log::default();
        life(&mut log, 0, 100, None);
        for n in 0..20 {
            let at = 120_000 + n * 5100;
            log.say(at, "INFO client v12.3 starting");
            log.say(at + 10, "INFO using configuration db.yaml");
            log.say(at + 30, "ERROR connection refused, retrying in 5s");
        }
        if succeeds {
            life(&mut log, 300_000, 300, None);
        }
        none(&log);
    }
}

#[test]
fn jobs_of_a_runner_that_stays_are_no_loop() {
    for every in [6_300, 61_300] {
        let mut log = Log::default();
        log.say(0, "INFO runner 1.2.3 starting up");
        for n in 0..20 {
            let at = 20_000 + n * every;
            log.say(at, "INFO starting backup job nightly");
            log.say(at + 20, "INFO loading configuration of nightly");
            log.say(at + 1500, "INFO uploading 300 files");
            log.say(at + 3000, "ERROR backup failed: permission denied");
        }
        none(&log);
    }
}

#[test]
fn a_failure_behind_which_it_goes_on_is_no_end() {
    let mut log = Log::default();
    life(&mut log, 0, 100, None);
    for n in 0..9 {
        let at = 120_000 + n * 9100;
        life(&mut log, at, 8, None);
        log.say(at + 500, "ERROR index: stale, built anew");
    }
    life(&mut log, 220_000, 300, None);
    none(&log);
}

#[test]
fn a_service_that_is_started_every_day_is_no_loop() {
    let mut log = Log::default();
    for n in 0..10 {
        life(&mut log, n * 86_400_000 + n * n * 77_000, 300, None);
    }
    none(&log);
}

#[test]
fn a_process_that_says_it_listens_again_and_again_is_no_loop() {
    let mut log = Log::default();
    life(&mut log, 0, 600, None);
    for n in 0..20 {
        log.say(
            20_000 + n * 20_000,
            "INFO listening on 0.0.0.0:8080, build 77",
        );
    }
    none(&log);
}

#[test]
fn a_loop_of_very_many_lives_and_one_of_three_are_found() {
    // More than are looked at, and more than are kept one by one.
    for lives in [3, 150, 600, 6000] {
        let mut log = Log::default();
        life(&mut log, 0, 100, None);
        for n in 0..lives {
            life(&mut log, 120_000 + n * 5100, 0, Some(LAST));
        }
        life(&mut log, 120_000 + lives * 5100, 300, None);
        let report = scanned("zork.log", &log.plain());
        let found = loops(&report);
        assert_eq!(found.len(), 1, "{found:?}");
        let off = found[0].2.abs_diff(lives as u64);
        assert!(off <= lives as u64 / 100, "{lives}: {found:?}");
        assert_eq!((&*found[0].0, found[0].3), ("zork", 120));
        assert_eq!(report["incidents"][0]["status"], "recovered");
    }
}

#[test]
fn process_ids_that_the_census_does_not_see_are_no_hindrance() {
    let log = looping(0, Some(LAST));
    let mut pid = 100;
    let json = log.text(|time, message| {
        pid += usize::from(message.contains("zorkd 4.1.0"));
        let (level, text) = message.split_once(' ').unwrap();
        let level = level.to_lowercase();
        format!(
            "{{\"time\":\"{time}\",\"level\":\"{level}\",\"name\":\"zork\",\"pid\":{pid},\"msg\":\"{text}\"}}"
        )
    });
    is_one(&scanned("out.json", &json), "zork", 7, 120, "row 17");
}

#[test]
fn loggers_of_one_program_are_one_program() {
    let mut log = Log::default();
    let mut life = |at: i64, turns: i64, last: Option<&str>| {
        log.say(at, "INFO zork: starting up 4.1.0");
        log.say(at + 20, "INFO zork::config: 3 rules");
        log.say(at + 45, "INFO zork::http: listening on 0.0.0.0:8080");
        for n in 0..turns {
            let turn = format!("INFO zork::wheel: turned {n} times");
            log.say(at + 1000 * (n + 1), &turn);
        }
        if let Some(last) = last {
            log.say(at + 1000 * turns + 60, last);
        }
    };
    life(0, 100, None);
    for n in 0..7 {
        life(
            120_000 + n * 5100,
            0,
            Some("ERROR zork::grid: row 17 unexpected"),
        );
    }
    life(180_000, 300, None);
    let found = loops(&scanned("out.log", &log.plain()));
    assert_eq!(
        (found.len(), found[0].2, found[0].3),
        (1, 7, 120),
        "{found:?}"
    );
}

#[test]
fn the_first_line_may_say_something_else_each_time() {
    let mut log = Log::default();
    for n in 0..9 {
        let (at, turns) = match n {
            0 => (0, 100),
            8 => (180_000, 300),
            n => (120_000 + n * 5100, 0),
        };
        log.say(at - 60, &format!("INFO zork run {} begins", 7919 * (n + 1)));
        life(&mut log, at, turns, (1..8).contains(&n).then_some(LAST));
    }
    let report = scanned("zork.log", &log.plain());
    is_one(&report, "zork", 7, 125, "row 17");
}

#[test]
fn a_stop_that_was_asked_for_is_no_crash_and_one_of_its_own_is() {
    for (stops, crashes) in [("received SIGTERM", 0), ("shutting down", 7)] {
        for first in [
            "ERROR grid.dat: row 17 unexpected",
            "ERROR listener: closed",
        ] {
            let mut log = looping(2, Some(first));
            let after = first.contains("row") || crashes == 0;
            for n in 0..7 {
                let at = 120_000 + n * 5100 + 2060 + if after { 10 } else { -10 };
                log.say(at, &format!("INFO {stops}"));
            }
            let found = loops(&scanned("zork.log", &log.plain()));
            let told = found.iter().map(|l| l.2).sum::<u64>();
            // An error that a stop brings about is none.
            assert_eq!(told, if after { crashes } else { 0 }, "{first} {stops}");
        }
    }
}

#[test]
fn replicas_that_begin_one_after_the_other_are_no_loop() {
    let mut log = Log::default();
    for n in 0..6 {
        let at = n * 21_000;
        life(&mut log, at, 15, None);
        for tick in 0..7 {
            log.say(at + 1500 + tick * 2000, "ERROR statsd: connection refused");
        }
    }
    for n in 0..300 {
        log.say(126_000 + n * 2000, "ERROR statsd: connection refused");
    }
    none(&log);
}

#[test]
fn batch_jobs_that_end_well_are_no_loop() {
    for last in [None, Some("INFO wrote the summary")] {
        let mut log = Log::default();
        let mut at = 0;
        for n in 0..30 {
            log.say(at, "INFO etl 2.0.1 (build 9)");
            log.say(at + 20, "INFO loading configuration /etc/etl.toml");
            log.say(at + 40, "INFO reading source");
            log.say(at + 900, "INFO checked 3 tables");
            // Mostly there is little to do, or nothing.
            let batches = match (n % 14, last) {
                (7, _) => 60,
                (_, None) => 3,
                _ => 0,
            };
            for batch in 0..batches {
                let synced = format!("INFO synced {} files", batch * 7);
                log.say(at + 1000 + batch * 1000, &synced);
            }
            if let Some(last) = last.filter(|_| batches > 0) {
                log.say(at + 1000 + batches * 1000, last);
            }
            at += 43_000 + batches * 300;
        }
        none(&log);
    }
}

#[test]
fn parts_of_one_program_that_count_for_themselves_are_no_loop() {
    let mut log = Log::default();
    for n in 0..100 {
        let at = n * 13_000;
        log.say(
            at,
            &format!("INFO stats shard=0 uptime={}s conns=4", 90_000 + n * 13),
        );
        log.say(at + 1000, "WARN upstream: connection refused, using cache");
        log.say(
            at + 5000,
            &format!("INFO stats shard=1 uptime={}s conns=9", 400 + n * 13),
        );
        log.say(at + 6000, "WARN upstream: connection refused, using cache");
    }
    none(&log);
}
