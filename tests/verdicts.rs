//! Verdicts that hang on one kind of evidence: each log is the same but for what is tested.

use std::fmt::Write;

use crashtrail::report::{Cause, Incident, Report};
use crashtrail::{Naming, Quiet, ScanOptions, scan};
use jiff::{SignedDuration, Timestamp};

/// The first crash comes this long after a log's beginning.
const ONSET: i64 = 4 * 3600;

/// A system's log, whose lines may be added in any order.
#[derive(Default, Clone)]
struct Log(Vec<(i64, String)>);

impl Log {
    /// Four hours in which all is well.
    fn new(hosts: &[&str]) -> Self {
        let mut log = Self::default();
        for host in hosts {
            for n in 0..240 {
                log.say(
                    n * 60,
                    host,
                    "geod[411]",
                    &format!("served {} requests", n * 7 % 50),
                );
            }
        }
        log
    }

    fn say(&mut self, at: i64, host: &str, program: &str, text: &str) {
        self.0.push((at, format!("{host} {program}: {text}")));
    }

    /// Ten crashes from `at` on.
    fn crash(&mut self, at: i64, host: &str, says: &str) {
        for n in 0..10 {
            let (at, pid) = (at + n * 10, 500 + n);
            if !says.is_empty() {
                self.say(at, host, &format!("geod[{pid}]"), says);
            }
            let exited = "geod.service: Main process exited, code=exited, status=1/FAILURE";
            self.say(at, host, "systemd[1]", exited);
            self.say(
                at,
                host,
                "systemd[1]",
                "geod.service: Failed with result 'exit-code'.",
            );
            let again = format!(
                "geod.service: Scheduled restart job, restart counter is at {}.",
                n + 1
            );
            self.say(at + 5, host, "systemd[1]", &again);
            self.say(
                at + 5,
                host,
                "systemd[1]",
                "Started geod.service - geod service.",
            );
        }
    }

    fn report(self) -> Report {
        self.report_naming(Naming::All)
    }

    fn report_naming(mut self, naming: Naming) -> Report {
        self.0.sort();
        let begin: Timestamp = "2026-03-01T05:00:00Z".parse().unwrap();
        let mut text = String::new();
        for (at, line) in &self.0 {
            let at = begin + SignedDuration::from_secs(*at);
            writeln!(text, "{} {line}", at.strftime("%b %e %H:%M:%S")).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("syslog"), text).unwrap();
        let mut options = ScanOptions::new().unwrap();
        options.time.year = Some(2026);
        options.naming = naming;
        let found = scan(&[folder.path().to_owned()], &options, &Quiet).unwrap();
        found.report
    }
}

fn only(report: &Report) -> &Incident {
    let [incident] = &report.incidents[..] else {
        panic!(
            "{:?}",
            report
                .incidents
                .iter()
                .map(|i| &i.summary)
                .collect::<Vec<_>>()
        );
    };
    incident
}

fn cause<'a>(incident: &'a Incident, kind: &str) -> &'a Cause {
    incident.causes.iter().find(|c| c.r#type == kind).unwrap()
}

fn odds(cause: &Cause, factor: &str) -> Option<f64> {
    let found = cause.evidence.iter().find(|e| e.factor == factor)?;
    Some(found.log_odds)
}

#[test]
fn a_service_that_went_down_just_before_and_stayed_down_is_suspected_unnamed() {
    let mut log = Log::new(&["web01"]);
    let dead = "sessiond.service: Main process exited, code=killed, status=9/KILL";
    log.say(ONSET - 6, "web01", "systemd[1]", dead);
    log.crash(ONSET, "web01", "");
    let report = log.report();
    let first = &only(&report).causes[0];
    assert_eq!(first.r#type, "dependency", "{first:?}");
    assert!(first.summary.contains("sessiond"), "{first:?}");
}

#[test]
fn a_service_that_goes_down_all_the_time_is_not() {
    let mut log = Log::new(&["web01"]);
    for n in (0..ONSET).step_by(120) {
        let dead = "sessiond.service: Main process exited, code=exited, status=1/FAILURE";
        log.say(n, "web01", "systemd[1]", dead);
        log.say(
            n + 60,
            "web01",
            "systemd[1]",
            "Started sessiond.service - sessions.",
        );
    }
    let dead = "sessiond.service: Main process exited, code=killed, status=9/KILL";
    log.say(ONSET - 6, "web01", "systemd[1]", dead);
    log.crash(ONSET, "web01", "");
    let report = log.report();
    let of_geod = |i: &&Incident| i.loops[0].entity.service == "geod";
    let incident = report.incidents.iter().find(of_geod).unwrap();
    assert!(odds(cause(incident, "dependency"), "dependency").is_none_or(|odds| odds < 1.0));
}

#[test]
fn a_port_in_use_on_five_hosts_at_a_time_is_a_change() {
    let hosts = ["web01", "web02", "web03", "web04", "web05"];
    let says = "listen tcp :8080: bind: address already in use";
    let mut one = Log::new(&hosts[..1]);
    one.crash(ONSET, "web01", says);
    assert_eq!(only(&one.report()).causes[0].r#type, "port");
    let mut all = Log::new(&hosts);
    for host in hosts {
        let text = "deploying geod from 2.6.0 to 2.7.0 by ci";
        all.say(ONSET - 25, host, "deploy[77]", text);
        all.say(
            ONSET - 22,
            host,
            "systemd[1]",
            "Started geod.service - geod service.",
        );
        all.crash(ONSET, host, says);
    }
    let report = all.report();
    let incident = only(&report);
    assert_eq!(incident.verdict, "change", "{}", incident.summary);
    assert!(odds(cause(incident, "port"), "hosts").unwrap() < -2.0);
}

#[test]
fn a_record_s_label_names_the_service() {
    let mut log = Log::new(&["web01"]);
    log.say(
        ONSET - 20,
        "web01",
        "deploy[77]",
        "geod: HEAD is now at 4f2a1b7 limits",
    );
    log.say(
        ONSET - 18,
        "web01",
        "systemd[1]",
        "Started geod.service - geod service.",
    );
    log.crash(ONSET, "web01", "");
    let report = log.report();
    let first = &only(&report).causes[0];
    assert_eq!(first.r#type, "change", "{first:?}");
    assert!(odds(first, "scope").unwrap() > 0.0, "{first:?}");
}

#[test]
fn what_is_done_three_times_at_odd_hours_is_no_routine() {
    let mut log = Log::new(&["web01"]);
    let edit =
        "     ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/tee /etc/geod/geod.conf";
    for at in [600, 4000, ONSET - 30] {
        log.say(at, "web01", "sudo", edit);
    }
    log.say(
        ONSET - 20,
        "web01",
        "systemd[1]",
        "Started geod.service - geod service.",
    );
    log.crash(ONSET, "web01", "");
    let report = log.report();
    assert!(report.changes.iter().all(|change| change.routine.is_none()));
    let first = &only(&report).causes[0];
    assert_eq!(
        first.lag_s.map(|lag| lag.0.seconds()),
        Some(30.0),
        "{first:?}"
    );
}

#[test]
fn what_would_decide_it_is_named() {
    let mut log = Log::default();
    for n in 0..5 {
        log.say(
            ONSET - 120 + n * 20,
            "web01",
            "geod[411]",
            "served 7 requests",
        );
    }
    log.crash(ONSET, "web01", "");
    let report = log.report();
    let told = only(&report).would_decide.join("\n");
    assert!(told.contains("logs from before 08:58:00"), "{told}");
    let command = "journalctl --since \"2026-03-01 02:58:00 UTC\"";
    assert!(told.contains(command), "{told}");
    assert!(
        told.contains("what geod itself writes as it dies"),
        "{told}"
    );
}

#[test]
fn nothing_more_is_asked_for_where_all_is_there() {
    let mut log = Log::new(&["web01"]);
    log.crash(ONSET, "web01", "panic: assignment to entry in nil map");
    let report = log.report();
    let told = only(&report).would_decide.join("\n");
    assert!(!told.contains("logs from before"), "{told}");
    assert!(!told.contains("itself writes"), "{told}");
}

/// Somebody ran a command by sudo, and the service was started just before its first crash.
fn started_after(at: i64, command: &str) -> Report {
    let ran = format!("    ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND={command}");
    crashed_after(at, ("sudo[98]", &ran), "cannot go on: too many zones")
}

fn crashed_after(at: i64, (program, text): (&str, &str), says: &str) -> Report {
    let mut log = Log::new(&["web01"]);
    log.say(at, "web01", program, text);
    restarted_and_crashed(log, says)
}

/// It is restarted, and crashes.
fn restarted_and_crashed(mut log: Log, says: &str) -> Report {
    let stopping = "Stopping geod.service - geod service...";
    log.say(ONSET - 4, "web01", "systemd[1]", stopping);
    let started = "Started geod.service - geod service.";
    log.say(ONSET - 3, "web01", "systemd[1]", started);
    log.crash(ONSET, "web01", says);
    log.report()
}

const WRITE: &str = "/usr/bin/tee /etc/geod/limits.conf";

#[test]
fn a_start_that_nothing_explains_was_for_what_is_told_elsewhere() {
    let report = started_after(600, WRITE);
    let incident = only(&report);
    assert_eq!(incident.verdict, "unknown", "{}", incident.summary);
    assert!(odds(cause(incident, "unknown"), "unseen").unwrap() > 2.0);
    assert!(
        incident.would_decide[0].contains("whatever deploys"),
        "{:?}",
        incident.would_decide
    );
}

#[test]
fn a_start_for_a_change_told_just_before_it_is_explained() {
    let report = started_after(ONSET - 8, WRITE);
    let first = &only(&report).causes[0];
    assert_eq!(first.r#type, "change");
    assert!(first.probability > 0.8, "{first:?}");
}

#[test]
fn a_deploy_script_changes_what_it_names_or_anything() {
    for command in [
        "/usr/local/bin/deploy.sh geod 1.8",
        "/bin/bash /srv/deploy/deploy.sh geod",
        "/usr/bin/docker compose up -d geod",
    ] {
        let report = started_after(ONSET - 8, command);
        let first = &only(&report).causes[0];
        assert_eq!(first.r#type, "change", "{command}: {first:?}");
    }
    // What it deploys it does not say: it is a suspect all the same.
    let report = started_after(ONSET - 8, "./deploy.sh");
    let script = cause(only(&report), "change");
    assert!(script.probability > 0.3, "{script:?}");
    let report = started_after(ONSET - 8, "/usr/bin/less /srv/deploy.log");
    assert_eq!(only(&report).verdict, "unknown");
}

#[test]
fn of_what_one_run_of_a_tool_changed_that_of_the_service_is_named() {
    let puppet = |file: &str| {
        let file = format!("(/Stage[main]/Base/File[{file}]/content) content changed");
        (
            "puppet-agent[7]",
            format!("{file} '{{sha256}}3a50' to '{{sha256}}52f1'"),
        )
    };
    let dpkg = |package: &str| ("dpkg", format!("upgrade {package}:amd64 1.2-1 1.3-1"));
    for (runs, subject) in [
        (
            [puppet("/etc/motd"), puppet("/etc/geod/limits.conf")],
            "limits.conf",
        ),
        ([dpkg("tzdata"), dpkg("geod")], "geod"),
    ] {
        let mut log = Log::new(&["web01"]);
        for (n, (program, text)) in (0..).zip(&runs) {
            log.say(ONSET - 8 + 2 * n, "web01", program, text);
        }
        let report = restarted_and_crashed(log, "cannot go on: too many zones");
        let first = &only(&report).causes[0];
        assert!(first.summary.contains(subject), "{}", first.summary);
    }
}

#[test]
fn a_package_that_lists_no_files_is_not_cleared_by_a_files_name() {
    let upgraded = ("dpkg[4]", "upgrade libssl3:amd64 3.0.1 3.0.2");
    let says = "/usr/bin/geod: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or directory";
    let report = crashed_after(ONSET - 100, upgraded, says);
    let package = cause(only(&report), "change");
    assert!(
        odds(package, "words").is_none_or(|odds| odds >= 0.0),
        "{package:?}"
    );
}

#[test]
fn a_start_with_its_machine_is_explained() {
    let mut log = Log::new(&["web01"]);
    log.say(
        ONSET - 60,
        "web01",
        "kernel",
        "Linux version 6.1.0-18-amd64 (gcc-12) #1 SMP",
    );
    log.say(
        ONSET - 3,
        "web01",
        "systemd[1]",
        "Started geod.service - geod service.",
    );
    log.crash(ONSET, "web01", "cannot go on: too many zones");
    let report = log.report();
    assert_eq!(odds(cause(only(&report), "unknown"), "unseen"), None);
}

#[test]
fn of_very_many_changes_none_is_left_out_that_would_be_told() {
    let mut log = Log::new(&["web01"]);
    let edit = |file: &str| {
        format!("ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/tee {file}")
    };
    // At odd times: what keeps a pace is one routine.
    for n in 0..3_000 {
        let at = 3 + n / 3 * 13 + [0, 1, 4][n as usize % 3];
        log.say(
            at,
            "web01",
            "sudo[811]",
            &edit(&format!("/srv/site{n}/part.dat")),
        );
    }
    // Long ago, of no name that the service has, and spoken of by its crash.
    log.say(2_002, "web01", "sudo[812]", &edit("/srv/shared/limits.dat"));
    log.crash(
        ONSET,
        "web01",
        "FATAL: /srv/shared/limits.dat: 412 entries, 400 fit",
    );
    let all = log.clone().report();
    let likely = log.report_naming(Naming::Likely);
    let changes = |report: &Report| -> Vec<(String, f64)> {
        let causes = &only(report).causes;
        let first = causes[0].probability;
        let told = causes.iter().filter(|c| c.change.is_some());
        told.map(|c| (c.summary.clone(), c.probability / first))
            .collect()
    };
    let (all, likely) = (changes(&all), changes(&likely));
    assert!(all.len() > 3_000, "{}", all.len());
    assert!(likely[0].0.contains("limits.dat"), "{likely:?}");
    for (one, other) in likely.iter().zip(&all) {
        assert_eq!(one.0, other.0);
        assert!((one.1 - other.1).abs() < 1e-6, "{one:?} {other:?}");
    }
}
