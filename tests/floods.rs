//! Floods of crashes: every loop is found, and its crashes are counted, however many records there are.

#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use support::logs::{Log, fed, loops, piped, scanned};

/// What systemd writes of a service that ends so many times, from `at` milliseconds on.
fn crashes(log: &mut Log, unit: &str, at: i64, times: i64, every: i64, ends: &[&str]) {
    for n in 0..times {
        let at = at + n * every;
        for end in ends {
            log.say(at, &format!("web01 systemd[1]: {unit}.service: {end}"));
        }
        let again = format!("Scheduled restart job, restart counter is at {}.", n + 1);
        log.say(
            at + 100,
            &format!("web01 systemd[1]: {unit}.service: {again}"),
        );
        log.say(
            at + 101,
            &format!("web01 systemd[1]: Stopped {unit}.service - a service."),
        );
        log.say(
            at + 102,
            &format!("web01 systemd[1]: Started {unit}.service - a service."),
        );
    }
}

const FAILED: [&str; 2] = [
    "Main process exited, code=exited, status=1/FAILURE",
    "Failed with result 'exit-code'.",
];
const ENDED_WELL: [&str; 1] = ["Deactivated successfully."];

#[test]
fn of_very_many_events_no_loop_is_let_go_of() {
    let mut log = Log::default();
    for n in 0..10 {
        crashes(&mut log, &format!("svc{n}"), n * 70, 4500, 1000, &FAILED);
    }
    let text = log.plain();
    for report in [
        scanned(&[("syslog", text.as_bytes())]),
        piped(text.as_bytes()),
    ] {
        let mut found = loops(&report);
        found.sort();
        let counts: Vec<u64> = found.iter().map(|l| l.2).collect();
        assert_eq!(counts, [4500; 10], "{found:?}");
    }
}

#[test]
fn a_flood_of_one_service_is_counted() {
    for ends in [&FAILED[..], &ENDED_WELL] {
        for times in [3000, 5500, 20_000] {
            let mut log = Log::default();
            crashes(&mut log, "zorkd", 0, times, 300, ends);
            let text = log.plain();
            let found = loops(&scanned(&[("syslog", text.as_bytes())]));
            let counts: Vec<u64> = found.iter().map(|l| l.2).collect();
            assert_eq!(counts, [times as u64], "{ends:?}");
        }
    }
}

#[test]
fn a_watch_counts_what_a_scan_counts() {
    let mut log = Log::default();
    for n in 0..40 {
        crashes(&mut log, &format!("svc{n}"), n * 70, 300, 2000, &FAILED);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("syslog");
    std::fs::write(&path, log.plain()).unwrap();
    let path = path.to_str().unwrap();
    let out = fed(
        &["watch", "--backfill", "all", "--once-idle", "100ms", path],
        b"",
    );
    let mut last = std::collections::BTreeMap::new();
    for line in String::from_utf8(out).unwrap().lines() {
        let alert: serde_json::Value = serde_json::from_str(line).unwrap();
        for found in alert["incident"]["loops"].as_array().unwrap() {
            let service = found["entity"]["service"].to_string();
            last.insert(service, found["crashes"].as_u64().unwrap());
        }
    }
    assert_eq!(last.len(), 40, "{last:?}");
    assert!(last.values().all(|count| *count == 300), "{last:?}");
}

#[test]
fn a_counter_that_restarts_cannot_have_counted_is_none() {
    let mut log = Log::default();
    crashes(&mut log, "zorkd", 0, 50, 5000, &FAILED);
    let wild = "restart counter is at 18446744073709551615.";
    let text = log.plain().replacen("restart counter is at 20.", wild, 1);
    let found = loops(&scanned(&[("syslog", text.as_bytes())]));
    assert_eq!((found.len(), found[0].2), (1, 50), "{found:?}");
}

#[test]
fn a_flood_that_goes_on_to_the_end_has_not_recovered() {
    let mut log = Log::default();
    // The log ends most of a minute after its last whole one.
    crashes(&mut log, "zorkd", 0, 20_280, 200, &FAILED);
    let report = scanned(&[("syslog", log.plain().as_bytes())]);
    assert_eq!(report["incidents"][0]["status"], "ongoing");
}
