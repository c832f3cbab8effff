//! Clocks of hosts that lie apart.

use serde_json::Value;

use crate::story::{
    Folder, Line, blamed, change, crashes, input, iso, onset, warnings, work, written,
};

const START: &str = "2026-03-01T10:00:00Z";

/// Four rollouts to web01, of which the last one crashes it and leaves no line there; told by a host
/// whose clock is ahead by so many seconds. `lag` is from the record there to the one on web01.
fn rollouts(ahead: i64, lag: impl Fn(i64) -> i64) -> (Vec<Line>, Vec<Line>) {
    let mut deploy = Vec::new();
    let mut web = work(0, 60, "web01");
    for n in 0..4 {
        let at = 600 * n + 37 * n * n;
        let pushed = format!("deployer[31]: pushed botd.conf v{} to web01", 4100 + n);
        deploy.push((at + ahead, "deploy01", pushed));
        if n < 3 {
            let text = format!(
                "conf-agent[55]: installed /etc/botd/botd.conf version v{} (9 kB)",
                4100 + n
            );
            web.push((at + lag(n), "web01", text));
        } else {
            web.extend(crashes(at + 4, "web01"));
        }
    }
    web.sort_by_key(|line| line.0);
    (deploy, web)
}

fn folder(deploy: &[Line], web: &[Line]) -> Folder {
    let folder = Folder::new();
    folder.write("deploy01/syslog", written(deploy, iso(START, "UTC")));
    folder.write("web01/syslog", written(web, iso(START, "UTC")));
    folder
}

fn skew(report: &Value, name: &str) -> Option<f64> {
    input(report, name)["skew_s"].as_f64()
}

#[test]
fn a_deploy_host_s_fast_clock_is_known_by_earlier_rollouts() {
    // The last push is at 10:35:33, the first crash five seconds later.
    for ahead in [400, -700] {
        let (deploy, web) = rollouts(ahead, |n| n % 2);
        let report = folder(&deploy, &web).report();
        assert_eq!(onset(&report), "2026-03-01T10:35:38Z");
        let told = skew(&report, "deploy01/syslog").unwrap();
        assert!((told - ahead as f64).abs() <= 1.0, "{told}");
        assert_eq!(skew(&report, "web01/syslog"), Some(0.0));
        let blamed = blamed(&report);
        assert!(
            ("2026-03-01T10:35:32Z"..="2026-03-01T10:35:34Z").contains(&blamed),
            "{blamed}"
        );
        assert!(
            warnings(&report).contains("deploy01's clock is"),
            "{}",
            warnings(&report)
        );
    }
}

#[test]
fn delays_that_vary_are_no_skew() {
    let (deploy, web) = rollouts(0, |n| 20 + 60 * n);
    let report = folder(&deploy, &web).report();
    assert_eq!(skew(&report, "deploy01/syslog"), None);
    assert!(
        !warnings(&report).contains("clock is"),
        "{}",
        warnings(&report)
    );
}

#[test]
fn small_delays_are_no_skew() {
    let (deploy, web) = rollouts(0, |n| 1 + n);
    let report = folder(&deploy, &web).report();
    assert_eq!(skew(&report, "deploy01/syslog"), Some(0.0));
    assert_eq!(skew(&report, "web01/syslog"), Some(0.0));
}

#[test]
fn hosts_that_do_the_same_in_turn_are_not_skewed() {
    // Each updates itself by its own timer, ten minutes after the other.
    let update = |n: i64, host| {
        let text = format!(
            "conf-agent[55]: installed /etc/botd/botd.conf version v{}",
            4100 + n
        );
        (3600 * n, host, text)
    };
    let one: Vec<Line> = (0..5).map(|n| update(n, "web01")).collect();
    let mut two: Vec<Line> = (0..5).map(|n| update(n, "web02")).collect();
    two.iter_mut().for_each(|line| line.0 += 600);
    let report = folder(&one, &two).report();
    assert_eq!(skew(&report, "web01/syslog"), None);
    assert_eq!(skew(&report, "deploy01/syslog"), None);
}

#[test]
fn a_change_told_by_another_clock_just_after_the_crash_may_have_been_before_it() {
    // Nothing tells how far the clocks lie apart: a second may be theirs, a minute is not.
    for (after, suspected) in [(1, true), (60, false)] {
        let deploy: Vec<Line> = vec![
            (0, "deploy01", "cron[1]: (root) CMD (true)".to_owned()),
            (
                1000 + after,
                "deploy01",
                "deployer[31]: pushed botd.conf v4103 to web01".to_owned(),
            ),
        ];
        let mut web = work(0, 16, "web01");
        web.extend(crashes(999, "web01"));
        let report = folder(&deploy, &web).report();
        assert_eq!(onset(&report), "2026-03-01T10:16:40Z");
        let causes = report["incidents"][0]["causes"].as_array().unwrap();
        let cause = causes.iter().find(|cause| cause["type"] == "change");
        assert_eq!(cause.is_some(), suspected, "{causes:#?}");
        // The same record of the host itself is after the crash, and no cause.
        let mut own = web.clone();
        own.push((1000 + after, "web01", deploy[1].2.clone()));
        own.sort_by_key(|line| line.0);
        let report = folder(&deploy[..1], &own).report();
        let causes = report["incidents"][0]["causes"].as_array().unwrap();
        let told = causes.iter().any(|cause| cause["type"] == "change");
        assert!(!told || after <= 1, "{causes:#?}");
        if let Some(cause) = cause {
            let evidence = cause["evidence"].as_array().unwrap();
            let timing = evidence.iter().find(|e| e["factor"] == "timing").unwrap();
            assert!(timing["log_odds"].as_f64().unwrap() <= 0.0, "{timing}");
        }
    }
}

#[test]
fn a_collector_s_clock_is_told_from_those_of_the_hosts() {
    // It stamps on receipt, by a clock that is 90 s behind, and tells of two hosts; their clocks agree.
    let folder = Folder::new();
    let mut web = work(0, 10, "web01");
    web.push(change(595, "web01"));
    web.extend(crashes(600, "web01"));
    let db: Vec<Line> = (0..5)
        .map(|n| {
            (
                100 * n,
                "db01",
                format!("systemd[1]: Reloading pg-{n}.service - Database {n}..."),
            )
        })
        .collect();
    folder.write("web01/syslog", written(&web, iso(START, "UTC")));
    folder.write("db01/syslog", written(&db, iso(START, "UTC")));
    let mut all: Vec<Line> = web.iter().chain(&db).cloned().collect();
    all.sort_by_key(|line| line.0);
    all.iter_mut().for_each(|line| line.0 -= 90);
    folder.write("hub/all.log", written(&all, iso(START, "UTC")));
    let report = folder.report();
    assert_eq!(skew(&report, "hub/all.log"), Some(-90.0));
    assert_eq!(skew(&report, "web01/syslog"), Some(0.0));
    assert_eq!(onset(&report), "2026-03-01T10:10:01Z");
    // What both tell is one event: four crashes, not eight.
    assert_eq!(report["incidents"][0]["loops"][0]["crashes"], 4);
    assert_eq!(blamed(&report), "2026-03-01T10:09:55Z");
}

#[test]
fn requests_that_two_hosts_tell_of_show_the_difference() {
    let folder = Folder::new();
    // Ids that each of two hosts writes once, in records of another sort.
    let mut web = work(0, 60, "web01");
    let mut kv: Vec<Line> = work(0, 60, "kv01");
    for n in 0..4 {
        let id = format!("req-7f3a{n}c9d2");
        web.push((
            600 * n,
            "web01",
            format!("botd[9]: request {id}: connect to upstream: Connection refused"),
        ));
        kv.push((
            600 * n + 250,
            "kv01",
            format!("kv[3]: request {id}: write failed: No space left on device"),
        ));
    }
    web.sort_by_key(|line| line.0);
    kv.sort_by_key(|line| line.0);
    folder.write("web01/syslog", written(&web, iso(START, "UTC")));
    folder.write("kv01/syslog", written(&kv, iso(START, "UTC")));
    let report = folder.report();
    let told = [skew(&report, "web01/syslog"), skew(&report, "kv01/syslog")].map(Option::unwrap);
    assert!((told[1] - told[0] - 250.0).abs() <= 1.0, "{told:?}");
}

#[test]
fn rotated_copies_of_one_log_are_of_one_clock() {
    // Each copy tells of four crashes, and in the same words half a minute after the one before it.
    let folder = Folder::new();
    for (n, name) in ["syslog.2", "syslog.1", "syslog"].iter().enumerate() {
        let lines: Vec<Line> = crashes(6 + 30 * n as i64, "web01")
            .into_iter()
            .map(|(at, host, text)| (at, host, text.replace("[10", &format!("[1{n}"))))
            .collect();
        folder.write(name, written(&lines, iso(START, "UTC")));
    }
    let report = folder.report();
    assert_eq!(report["incidents"][0]["loops"][0]["crashes"], 12);
    for name in ["syslog.2", "syslog.1", "syslog"] {
        assert_eq!(skew(&report, name), None);
    }
}
