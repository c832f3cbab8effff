//! The year of stamps that bear none.

use std::io::Write;

use crate::story::{
    Folder, Line, blamed, change, crash_loop, crashes, input, iso, onset, syslog, warnings, written,
};

const NEW_YEAR: &str = "2025-12-31T23:59:50Z";

fn gzipped(text: &str, mtime: u32) -> Vec<u8> {
    let mut packed = flate2::GzBuilder::new()
        .mtime(mtime)
        .write(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn rotated_files_are_one_log_over_new_year() {
    let folder = Folder::new();
    let stamp = syslog(NEW_YEAR, "UTC");
    // The copies lost their times: both are of the day on which somebody copied them.
    let copied = "2026-08-20T10:00:00Z";
    let old: Vec<Line> = vec![
        (-100, "web01", "cron[4]: (root) CMD (true)".to_owned()),
        change(5, "web01"),
    ];
    folder.write_as_of("syslog.1", written(&old, &stamp), copied);
    folder.write_as_of("syslog", written(&crashes(12, "web01"), &stamp), copied);
    for year in [None, Some(2025)] {
        let report = folder.report_with(|options| options.time.year = year);
        assert_eq!(onset(&report), "2026-01-01T00:00:03Z", "{year:?}");
        assert_eq!(blamed(&report), "2025-12-31T23:59:55Z", "{year:?}");
    }
    let report = folder.report_with(|options| options.time.year = Some(2019));
    assert_eq!(onset(&report), "2020-01-01T00:00:03Z");
}

#[test]
fn other_logs_are_placed_beside_the_one_that_rolls_over_in_the_year_given() {
    let folder = Folder::new();
    let stamp = syslog(NEW_YEAR, "UTC");
    folder.write("botd.log", written(&crashes(12, "web01"), &stamp));
    let work: Vec<Line> = [-10, 5, 400]
        .map(|at| (at, "web01", format!("worker[7]: job {at} done")))
        .into();
    folder.write("syslog", written(&work, &stamp));
    let report = folder.report_with(|options| options.time.year = Some(2025));
    assert_eq!(onset(&report), "2026-01-01T00:00:03Z");
}

#[test]
fn a_leap_day_is_of_a_leap_year() {
    let folder = Folder::new();
    let stamp = syslog("2024-02-29T10:00:00Z", "UTC");
    folder.write_as_of(
        "syslog",
        written(&crash_loop("web01"), stamp),
        "2026-05-01T00:00:00Z",
    );
    let report = folder.report();
    assert_eq!(onset(&report), "2024-02-29T10:00:07Z");
    // A year that has none may be given all the same, and is told of.
    let report = folder.report_with(|options| options.time.year = Some(2025));
    assert_eq!(onset(&report), "2025-03-01T10:00:07Z");
    assert!(
        warnings(&report).contains("29 February"),
        "{}",
        warnings(&report)
    );
}

#[test]
fn the_better_evidence_tells_the_year() {
    let stamp = || syslog("2021-03-01T10:00:00Z", "UTC");
    let log = written(&crash_loop("web01"), stamp());
    let told = |folder: &Folder| {
        let report = folder.report();
        let zone = input(&report, "log")["zone"].as_str().unwrap().to_owned();
        (onset(&report)[..4].to_owned(), zone)
    };
    let check = |folder: &Folder, year: &str, how: &str| {
        let (got, zone) = told(folder);
        assert_eq!(got, year, "{zone}");
        assert!(zone.contains(&format!("year {year} {how}")), "{zone}");
    };

    // The latest year that is not after the modification time.
    let folder = Folder::new();
    folder.write_as_of("botd.log", &log, "2025-02-10T00:00:00Z");
    check(&folder, "2024", "from the file's modification time");

    // The header of gzip (here of 2023-03-02) knows better than the copy's time.
    let folder = Folder::new();
    folder.write_as_of(
        "botd.log",
        gzipped(&log, 1_677_715_200),
        "2025-02-10T00:00:00Z",
    );
    check(&folder, "2023", "from the gzip header");

    // A date in the path knows better still; it may be that of the day after.
    let folder = Folder::new();
    folder.write("2022-03-02/botd.log", gzipped(&log, 1_677_715_200));
    check(&folder, "2022", "from the path");

    // A record that bears a year is the best.
    folder.write(
        "2022-03-02/other.txt",
        written(
            &[(0, "web01", "cron[1]: (root) CMD (true)".to_owned())],
            iso("2021-03-01T11:00:00Z", "UTC"),
        ),
    );
    check(&folder, "2021", "of the other files' records");
}

#[test]
fn a_rotation_on_new_years_day_names_the_old_year_s_log() {
    let folder = Folder::new();
    let stamp = syslog("2025-12-31T22:00:00Z", "UTC");
    folder.write("syslog-20260101", written(&crash_loop("web01"), stamp));
    assert_eq!(onset(&folder.report()), "2025-12-31T22:00:07Z");
}

#[test]
fn a_clock_that_counts_from_new_year_is_not_set() {
    let folder = Folder::new();
    let stamp = syslog("2025-12-03T10:00:00Z", "UTC");
    let mut log = written(
        &[(-60, "web01", "cron[4]: (root) CMD (true)".to_owned())],
        &stamp,
    );
    // Two records after a boot, before the clock was set.
    log.push_str("Jan  1 00:00:04 web01 systemd[1]: Started botd.service - Bot daemon.\n");
    log.push_str("Jan  1 00:00:09 web01 cron[4]: (root) CMD (true)\n");
    log.push_str(&written(&crash_loop("web01"), &stamp));
    folder.write_as_of("syslog", log, "2025-12-04T00:00:00Z");
    let report = folder.report();
    assert_eq!(onset(&report), "2025-12-03T10:00:07Z");
    assert_eq!(input(&report, "syslog")["first"], "2025-12-03T09:59:00Z");
    assert!(
        warnings(&report).contains("not set yet"),
        "{}",
        warnings(&report)
    );
}
