//! The zone of stamps that bear none, and the hours at which summer time begins and ends.

use jiff::tz::TimeZone;

use crate::story::{
    Folder, Line, blamed, change, crash_loop, crashes, input, iso, onset, syslog, warnings, work,
    written,
};

fn berlin() -> Option<TimeZone> {
    Some(TimeZone::get("Europe/Berlin").unwrap())
}

/// As much of a log as its stamps and messages: `n` reloads that another file tells as well.
fn reloads(n: i64) -> Vec<Line> {
    let line = |n| {
        let text = format!("systemd[1]: Reloading nginx-{n}.service - Web server {n}...");
        (600 * n, "web01", text)
    };
    (1..=n).map(line).collect()
}

#[test]
fn the_hour_that_is_there_twice_is_told_by_order() {
    // At 01:00 UTC clocks go from 03:00 back to 02:00. The change is of the first 02:50, the loop of the
    // second 02:10.
    let folder = Folder::new();
    let mut lines = work(0, 49, "web01");
    lines.push(change(50 * 60, "web01"));
    lines.extend(work(51 * 60, 9, "web01"));
    lines.extend(crashes(70 * 60, "web01"));
    let log = written(&lines, syslog("2026-10-25T00:00:00Z", "Europe/Berlin"));
    assert!(
        log.contains("Oct 25 02:50:00") && log.contains("Oct 25 02:10:01"),
        "{log}"
    );
    folder.write("syslog", log);
    let report = folder.report_with(|options| {
        options.time.zone = berlin();
        options.time.year = Some(2026);
    });
    assert_eq!(onset(&report), "2026-10-25T01:10:01Z");
    assert_eq!(blamed(&report), "2026-10-25T00:50:00Z");
    let zone = input(&report, "syslog")["zone"].as_str().unwrap();
    assert!(zone.contains("twice"), "{zone}");
}

#[test]
fn the_hour_that_is_missing_tells_of_another_zone() {
    let folder = Folder::new();
    let given = |folder: &Folder| {
        folder.report_with(|options| {
            options.time.zone = berlin();
            options.time.year = Some(2026);
        })
    };
    // 01:30 UTC is 03:30 in Berlin; a log in UTC has 01:30 and 02:30.
    let mut lines = crash_loop("web01");
    lines.extend(work(3600, 3, "web01"));
    folder.write(
        "syslog",
        written(&lines, syslog("2026-03-29T01:30:00Z", "UTC")),
    );
    let report = given(&folder);
    assert!(
        warnings(&report).contains("does not have"),
        "{}",
        warnings(&report)
    );
    folder.write(
        "syslog",
        written(&lines, syslog("2026-03-29T00:30:00Z", "Europe/Berlin")),
    );
    let report = given(&folder);
    assert_eq!(onset(&report), "2026-03-29T00:30:07Z");
    assert_eq!(input(&report, "syslog")["last"], "2026-03-29T01:32:00Z");
    assert!(
        !warnings(&report).contains("does not have"),
        "{}",
        warnings(&report)
    );
}

#[test]
fn three_events_that_another_file_tells_too_make_the_zone_known() {
    let start = "2026-03-01T10:00:00Z";
    for (events, wanted) in [(3, "2026-03-01T10:00:07Z"), (2, "2026-03-01T15:30:07Z")] {
        let folder = Folder::new();
        let mut local = crash_loop("web01");
        local.extend(reloads(events));
        folder.write("syslog", written(&local, syslog(start, "Asia/Kolkata")));
        // Of another machine: what it writes beside its stamps would tell nothing of this one's.
        let other: Vec<Line> = reloads(events)
            .into_iter()
            .map(|(at, _, says)| (at, "hub", says))
            .collect();
        folder.write("hub.log", written(&other, iso(start, "UTC")));
        let report = folder.report_with(|options| options.time.year = Some(2026));
        assert_eq!(onset(&report), wanted, "{events}");
        let told = warnings(&report);
        assert_eq!(
            told.contains("+05:30 as the same events in"),
            events == 3,
            "{told}"
        );
    }
}

#[test]
fn events_that_do_not_agree_make_no_zone_known() {
    let start = "2026-03-01T10:00:00Z";
    let folder = Folder::new();
    let mut local = crash_loop("web01");
    local.extend(reloads(7));
    folder.write("syslog", written(&local, syslog(start, "Asia/Kolkata")));
    let mut other: Vec<Line> = reloads(7)
        .into_iter()
        .map(|(at, _, says)| (at, "hub", says))
        .collect();
    // One of them meets at no zone's offset.
    other[6].0 += 400;
    folder.write("hub.log", written(&other, iso(start, "UTC")));
    let report = folder.report_with(|options| options.time.year = Some(2026));
    assert_eq!(onset(&report), "2026-03-01T15:30:07Z");
}

#[test]
fn a_machine_has_one_zone() {
    let start = "2026-03-01T10:00:00Z";
    for (host, wanted) in [
        ("web01", "2026-03-01T10:00:07Z"),
        ("db01", "2026-03-01T11:00:07Z"),
    ] {
        let folder = Folder::new();
        folder.write(
            "syslog",
            written(&crash_loop("web01"), syslog(start, "Europe/Berlin")),
        );
        let other = [(0, host, "cron[1]: (root) CMD (true)".to_owned())];
        folder.write("other.log", written(&other, iso(start, "Europe/Berlin")));
        assert_eq!(onset(&folder.report()), wanted, "{host}");
    }
}

#[test]
fn a_zone_with_summer_time_is_known_by_two_offsets() {
    // The other file bears both offsets; the loop is half an hour after the change of summer time, and
    // its change half an hour before.
    let start = "2026-10-24T23:00:00Z";
    let folder = Folder::new();
    let mut local = work(0, 180, "web01");
    local.push(change(2 * 3600 - 1800, "web01"));
    local.extend(crashes(2 * 3600 + 1800, "web01"));
    local.sort_by_key(|line| line.0);
    folder.write("syslog", written(&local, syslog(start, "Europe/Berlin")));
    let other = [0, 4 * 3600].map(|at| (at, "web01", "cron[1]: (root) CMD (true)".to_owned()));
    folder.write("other.log", written(&other, iso(start, "Europe/Berlin")));
    let report = folder.report();
    assert_eq!(onset(&report), "2026-10-25T01:30:01Z");
    assert_eq!(blamed(&report), "2026-10-25T00:30:00Z");
    let zone = input(&report, "syslog")["zone"].as_str().unwrap();
    assert!(zone.starts_with("Europe/Berlin as written in"), "{zone}");
}

#[test]
fn lines_of_one_file_may_bear_several_offsets() {
    let start = "2026-03-29T00:59:50Z";
    let folder = Folder::new();
    let log = written(&crash_loop("web01"), iso(start, "Europe/Berlin"));
    assert!(log.contains("+01:00") && log.contains("+02:00"));
    folder.write("syslog", log);
    let report = folder.report();
    assert_eq!(onset(&report), "2026-03-29T00:59:57Z");
    let incident = &report["incidents"][0];
    assert_eq!(incident["loops"][0]["last"], "2026-03-29T01:00:15Z");
    let zone = input(&report, "syslog")["zone"].as_str().unwrap();
    assert_eq!(zone, "as written (+01:00, +02:00)");
}
