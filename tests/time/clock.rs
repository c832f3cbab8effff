//! Clocks that were set, or not set yet, and records out of order, within one file.

use crate::story::{
    Folder, blamed, change, crash_loop, crashes, input, iso, onset, warnings, work, written,
};

const START: &str = "2026-03-01T10:00:00Z";

/// A log in which the clock is set back by so much, half an hour after the change and just before the
/// loop; a process writes on over it.
fn set_back(by: i64) -> String {
    let stamp = iso(START, "UTC");
    let before = |at| stamp(at + by);
    let mut first = work(0, 30, "web01");
    first.push(change(29 * 60 + 30, "web01"));
    first.push((
        29 * 60 + 31,
        "web01",
        "worker[777]: job 30 of queue mail done".to_owned(),
    ));
    let mut log = written(&first, before);
    let mut second = crashes(30 * 60, "web01");
    second.extend(work(32 * 60, 200, "web01"));
    log.push_str(&written(&second, &stamp));
    log
}

#[test]
fn a_clock_set_back_leaves_the_file_in_order() {
    for by in [300, 3 * 3600] {
        let folder = Folder::new();
        folder.write("syslog", set_back(by));
        let report = folder.report();
        assert_eq!(onset(&report), "2026-03-01T10:30:01Z", "{by}");
        let blamed = blamed(&report);
        assert!(
            ("2026-03-01T10:29"..="2026-03-01T10:30:00Z").contains(&blamed),
            "{by}: {blamed}"
        );
        assert!(
            warnings(&report).contains("clock was set back"),
            "{}",
            warnings(&report)
        );
        let clock = input(&report, "syslog")["clock"].as_str().unwrap();
        assert!(clock.starts_with("set back by"), "{clock}");
    }
}

#[test]
fn what_was_written_before_the_clock_went_wrong_stays() {
    // Right until 10:10, two hours ahead until 10:40, and right again.
    let folder = Folder::new();
    let stamp = iso(START, "UTC");
    let mut log = written(&work(0, 10, "web01"), &stamp);
    log.push_str(&written(&[change(570, "web01")], &stamp));
    log.push_str(&written(&work(600, 30, "web01"), |at| stamp(at + 7200)));
    log.push_str(&written(&crashes(2400, "web01"), &stamp));
    log.push_str(&written(&work(2460, 30, "web01"), &stamp));
    folder.write("syslog", log);
    let report = folder.report();
    assert_eq!(blamed(&report), "2026-03-01T10:09:30Z");
    assert_eq!(onset(&report), "2026-03-01T10:40:01Z");
    assert_eq!(input(&report, "syslog")["first"], "2026-03-01T10:00:00Z");
}

#[test]
fn files_put_one_behind_the_other_are_no_clock_set_back() {
    // The same hour, told by two processes.
    let folder = Folder::new();
    let stamp = iso(START, "UTC");
    let mut lines = vec![change(5, "web01")];
    lines.extend((1..60).map(|n| (60 * n, "web01", format!("mailer[9]: sent {n}"))));
    let mut log = written(&lines, &stamp);
    let mut second = crashes(30, "web01");
    second.extend(work(60, 59, "web01"));
    log.push_str(&written(&second, &stamp));
    folder.write("syslog", log);
    let report = folder.report();
    assert_eq!(blamed(&report), "2026-03-01T10:00:05Z");
    assert_eq!(onset(&report), "2026-03-01T10:00:31Z");
    assert!(
        !warnings(&report).contains("set back"),
        "{}",
        warnings(&report)
    );
}

#[test]
fn a_log_with_its_newest_line_first_is_ordered_by_its_stamps() {
    let folder = Folder::new();
    let mut lines = work(-1800, 30, "web01");
    lines.extend(crash_loop("web01"));
    lines.extend(work(60, 30, "web01"));
    // Of one second the order is lost.
    let mut log: Vec<String> = lines
        .iter()
        .map(|line| written(std::slice::from_ref(line), iso(START, "UTC")))
        .collect();
    log.reverse();
    folder.write("syslog", log.concat());
    let report = folder.report();
    assert_eq!(onset(&report), "2026-03-01T10:00:07Z");
    assert_eq!(blamed(&report), "2026-03-01T10:00:05Z");
    assert!(
        !warnings(&report).contains("set back"),
        "{}",
        warnings(&report)
    );
}

#[test]
fn a_late_record_is_ordered_by_its_stamp_and_counted() {
    let folder = Folder::new();
    let stamp = iso(START, "UTC");
    let mut lines = crash_loop("web01");
    // The change comes last in the file, by 20 s.
    let late = lines.remove(1);
    lines.push(late);
    lines.extend(work(31, 5, "web01"));
    folder.write("syslog", written(&lines, &stamp));
    let report = folder.report();
    assert_eq!(onset(&report), "2026-03-01T10:00:07Z");
    assert_eq!(blamed(&report), "2026-03-01T10:00:05Z");
    let clock = input(&report, "syslog")["clock"].as_str().unwrap();
    assert_eq!(clock, "1 records out of order by up to 25 s");
}

#[test]
fn a_leap_second_keeps_its_place() {
    // 2016-12-31 had one, and a panic in it.
    let folder = Folder::new();
    let stamp = iso("2016-12-31T23:59:53Z", "UTC");
    let log = written(&crash_loop("web01"), &stamp).replace("23:59:60", "never");
    let log = log.replace("2017-01-01T00:00:00.", "2016-12-31T23:59:60.");
    assert_eq!(log.matches("23:59:60").count(), 4, "{log}");
    folder.write("syslog", log);
    let report = folder.report();
    assert_eq!(onset(&report), "2016-12-31T23:59:59.999999999Z");
    assert_eq!(report["incidents"][0]["loops"][0]["crashes"], 4);
    assert_eq!(blamed(&report), "2016-12-31T23:59:58Z");
}

#[test]
fn records_of_a_clock_that_was_not_set_are_of_just_before_it_was() {
    let folder = Folder::new();
    let boot = iso("1970-01-01T00:00:03Z", "UTC");
    let stamp = iso(START, "UTC");
    let mut log = written(
        &[
            (
                0,
                "web01",
                "systemd[1]: Started cron.service - Background jobs.".to_owned(),
            ),
            change(4, "web01"),
        ],
        boot,
    );
    log.push_str(&written(&crashes(6, "web01"), &stamp));
    log.push_str(&written(&work(60, 5, "web01"), &stamp));
    folder.write("syslog", log);
    let report = folder.report();
    assert_eq!(report["window"]["start"], "2026-03-01T10:00:02Z");
    assert_eq!(blamed(&report), "2026-03-01T10:00:06Z");
    assert_eq!(onset(&report), "2026-03-01T10:00:07Z");
    assert!(
        warnings(&report).contains("2 record(s) are of a clock"),
        "{}",
        warnings(&report)
    );
}
