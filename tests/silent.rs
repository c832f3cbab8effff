//! Loops of programs that nobody has heard of, in logs where nobody announces anything, and what looks
//! like one and is none. Each log is made here, of a few processes and what they say.

#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use std::fmt::Write;

use serde_json::Value;
use support::logs::{self, START, loops};

/// Lines of several processes.
#[derive(Default)]
struct Log(logs::Log);

impl Log {
    /// A line so many milliseconds after the start.
    fn say(&mut self, at: i64, tag: &str, message: &str) {
        self.0.say(at, &format!("h1 {tag}: {message}"));
    }

    /// A neighbour that writes every ten seconds, so that the log goes on.
    fn neighbour(mut self, seconds: i64) -> Self {
        for n in 0..=seconds / 10 {
            self.say(n * 10_000, "clockd[7]", &format!("tick {n}"));
        }
        self
    }

    fn text(&self) -> String {
        self.0.plain()
    }

    fn report(self) -> Value {
        report(&[("syslog", &self.text())])
    }
}

fn report(files: &[(&str, &str)]) -> Value {
    let files = files.iter().map(|(name, text)| (*name, text.as_bytes()));
    logs::scanned(&files.collect::<Vec<_>>())
}

fn none(log: Log) {
    let report = log.report();
    assert_eq!(loops(&report), [], "{}", report["incidents"]);
}

/// A life of a program that nobody has heard of: a banner, work, and at its end what it says last.
fn life(log: &mut Log, at: i64, pid: u32, beats: i64, last: Option<&str>) {
    let tag = format!("zorkd[{pid}]");
    log.say(at, &tag, "zorkd 4.1 takes the stage");
    log.say(at + 20, &tag, "opening /srv/zork/grid.dat");
    for n in 0..beats {
        log.say(
            at + 1000 * (n + 1),
            &tag,
            &format!("turned the wheel {n} times"),
        );
    }
    if let Some(last) = last {
        log.say(at + 1000 * beats + 40, &tag, last);
    }
}

const LAST: &str = "grid.dat: row 17 unexpected, leaving";

fn looping(starts: &[i64]) -> Log {
    let mut log = Log::default();
    life(&mut log, 0, 100, 100, None);
    for (n, at) in starts.iter().enumerate() {
        life(&mut log, *at, 200 + n as u32, 0, Some(LAST));
    }
    log
}

#[test]
fn a_program_that_nobody_knows_loops_and_says_why() {
    let starts: Vec<i64> = (0..9).map(|n| 120_000 + n * 3100).collect();
    let mut log = looping(&starts);
    life(&mut log, 160_000, 300, 100, None);
    let report = log.neighbour(300).report();
    assert_eq!(
        loops(&report),
        [("zorkd".into(), "inferred".into(), 9, 120)]
    );
    let found = &report["incidents"][0]["loops"][0];
    assert_eq!(found["signature"]["text"], LAST);
    assert_eq!(found["restarts"], 9);
    let recovery = &report["incidents"][0]["recovery"];
    assert_eq!(recovery["at"], "2026-03-01T10:02:40Z");
    // Every place is where the line is.
    let text = found["records"][0]["text"].as_str().unwrap();
    assert!(text.ends_with(LAST), "{text}");
    assert!(found["records"][0]["line"].as_u64().unwrap() > 100);
}

#[test]
fn a_loop_that_begins_before_the_log_and_outlasts_it_is_one() {
    let mut log = Log::default();
    for n in 0..12 {
        life(&mut log, n * 5200, 200 + n as u32, 0, Some(LAST));
    }
    let found = loops(&log.neighbour(62).report());
    assert_eq!(found[0].0, "zorkd");
    assert!(found[0].2 >= 11, "{found:?}");
}

#[test]
fn waits_that_grow_to_five_minutes_are_one_loop() {
    let mut at = 200_000;
    let mut starts = Vec::new();
    for wait in [10, 20, 40, 80, 160, 300, 300, 300, 300] {
        starts.push(at);
        at += wait * 1000;
    }
    let report = looping(&starts).neighbour(1900).report();
    let found = loops(&report);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&*found[0].0, found[0].3), ("zorkd", 200));
    assert!(found[0].2 >= 8, "{found:?}");
    assert_eq!(report["incidents"][0]["loops"][0]["backoff"], true);
}

#[test]
fn a_leak_that_ends_it_every_three_hours_is_a_loop() {
    let hour = 3_600_000;
    let mut log = Log::default();
    for n in 0..5 {
        let tag = format!("zorkd[{}]", 200 + n);
        let at = n * 3 * hour + 67_000 * n * n;
        log.say(at, &tag, "zorkd 4.1 takes the stage");
        for m in 1..30 {
            let message = format!("holding {} MiB", m * 40);
            log.say(at + m * 6 * 60_000, &tag, &message);
        }
        log.say(
            at + 3 * hour + 67_000 * (2 * n + 1) - 5000,
            &tag,
            "arena exhausted, cannot go on",
        );
    }
    let mut other = 900_000;
    while other < 16 * hour {
        log.say(other, "clockd[7]", "tick");
        other += 60_000;
    }
    let found = loops(&log.report());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "zorkd");
}

#[test]
fn jitter_and_healthy_phases_between_are_one_incident() {
    let mut starts = Vec::new();
    for phase in 0..3 {
        for (n, jitter) in [0, 900, 300, 1400, 200, 700].iter().enumerate() {
            starts.push(200_000 + phase * 200_000 + n as i64 * 4000 + jitter);
        }
    }
    let mut log = looping(&starts);
    for phase in 0..3 {
        life(
            &mut log,
            226_000 + phase * 200_000,
            400 + phase as u32,
            150,
            None,
        );
    }
    let report = log.neighbour(800).report();
    assert_eq!(report["incidents"].as_array().unwrap().len(), 1);
    let phases = report["incidents"][0]["phases"].as_array().unwrap().len();
    assert_eq!(phases, 3, "{}", report["incidents"][0]);
}

#[test]
fn one_loop_in_two_logs_counts_once() {
    let starts: Vec<i64> = (0..6).map(|n| 120_000 + n * 4000).collect();
    let text = looping(&starts).neighbour(300).text();
    // The same in the other form of syslog, whose stamps are coarser.
    let other: String = text
        .lines()
        .map(|line| {
            let (time, rest) = line.split_once(' ').unwrap();
            let time: jiff::Timestamp = time.parse().unwrap();
            format!("{} {rest}\n", time.strftime("%b %e %H:%M:%S"))
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.log"), text).unwrap();
    std::fs::write(folder.path().join("b.log"), other).unwrap();
    let mut options = support::options();
    options.time.year = Some(2026);
    let found = loops(&support::report_on(folder.path(), &options));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].2, 6);
}

#[test]
fn processes_forked_for_each_connection_are_no_loop() {
    let mut log = Log::default();
    log.say(0, "gated[90]", "listening on 0.0.0.0 port 22");
    for n in 0..40 {
        let tag = format!("gated[{}]", 1000 + n);
        let port = 40_000 + (n * 7919) % 20_000;
        log.say(
            3000 * n + 500,
            &tag,
            &format!("connection from 203.0.113.9 port {port}"),
        );
        let failed = format!("failed password for root from 203.0.113.9 port {port}");
        log.say(3000 * n + 900, &tag, &failed);
    }
    // One that stays.
    log.say(
        125_000,
        "gated[1100]",
        "connection from 198.51.100.7 port 51022",
    );
    log.say(180_000, "gated[1100]", "session of ops ends");
    none(log.neighbour(200));
}

#[test]
fn jobs_of_a_clock_that_fail_are_no_loop() {
    let mut log = Log::default();
    for n in 0..12 {
        let tag = format!("nightjob[{}]", 1000 + 3 * n);
        log.say(60_000 * n + 1200, &tag, "nightjob begins");
        log.say(60_000 * n + 1400, &tag, "error: no space on target");
    }
    none(log.neighbour(720));
}

#[test]
fn jobs_that_run_one_after_the_other_and_end_well_are_no_loop() {
    let mut log = Log::default();
    for n in 0..30 {
        let tag = format!("packer[{}]", 1000 + n);
        log.say(4000 * n, &tag, "packer begins");
        log.say(4000 * n + 3000, &tag, "packed, 0 errors");
        if n == 12 {
            log.say(4000 * n + 3100, &tag, "packed a large one");
            log.say(4000 * n + 3200, &tag, "packed, 0 errors");
        }
    }
    none(log.neighbour(130));
}

#[test]
fn a_pool_whose_workers_are_replaced_is_no_loop() {
    let mut log = Log::default();
    log.say(0, "poold[50]", "master of 3 workers");
    for n in 0..30_i64 {
        let tag = format!("poold[{}]", 100 + n);
        // Each lives for three turns of the others.
        log.say(4000 * n, &tag, "worker ready");
        log.say(
            4000 * n + 11_000,
            &tag,
            "worker: limit of requests reached, failing over",
        );
    }
    none(log.neighbour(140));
}

#[test]
fn what_an_operator_starts_again_and_again_is_no_loop() {
    let mut log = Log::default();
    for n in 0..6 {
        let at = 20_000 + n * 9000;
        log.say(
            at - 60,
            &format!("sudo[{}]", 700 + n),
            "     ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/systemctl restart zorkd",
        );
        life(
            &mut log,
            at,
            200 + n as u32,
            2,
            Some("warning: grid missing"),
        );
    }
    life(&mut log, 90_000, 300, 60, None);
    none(log.neighbour(200));
}

#[test]
fn a_deploy_over_several_services_is_no_loop() {
    let mut log = Log::default();
    for n in 0..8 {
        let old = format!("svc{n}[{}]", 100 + n);
        let new = format!("svc{n}[{}]", 300 + n);
        log.say(0, &old, "begins");
        log.say(
            60_000 + n * 5000,
            &old,
            "shutting down, lost 3 clients: error 32",
        );
        log.say(60_300 + n * 5000, &new, "begins");
        log.say(90_000 + n * 5000, &new, "serving");
    }
    none(log.neighbour(200));
}

#[test]
fn scaling_up_and_down_is_no_loop() {
    let mut log = Log::default();
    for n in 0..12_i64 {
        let tag = format!("webd[{}]", 100 + n);
        log.say(10_000 * n, &tag, "webd begins");
        log.say(10_000 * n + 500, &tag, "serving");
        // The first to come are the last to go.
        log.say(400_000 - 10_000 * n, &tag, "error: draining, peer is gone");
    }
    none(log.neighbour(420));
}

#[test]
fn a_log_that_is_rotated_is_no_restart() {
    let mut files = Vec::new();
    for n in 0..5_i64 {
        let mut log = Log::default();
        let at = n * 3_600_000;
        log.say(at, "zorkd[200]", "error: wheel is missing");
        log.say(at + 3_500_000, "zorkd[200]", "error: wheel is missing");
        files.push(log.text());
    }
    let report = report(&[
        ("syslog.4", &files[0]),
        ("syslog.3", &files[1]),
        ("syslog.2", &files[2]),
        ("syslog.1", &files[3]),
        ("syslog", &files[4]),
    ]);
    assert_eq!(loops(&report), []);
}

#[test]
fn a_single_end_is_no_loop() {
    let mut log = looping(&[120_000]);
    life(&mut log, 124_000, 300, 100, None);
    none(log.neighbour(300));
}

/// Somebody writes the file that the service crashes of twenty seconds later.
fn looping_after_a_change() -> Log {
    let starts: Vec<i64> = (0..5).map(|n| 120_000 + n * 3100).collect();
    let mut log = looping(&starts);
    log.say(
        100_200,
        "sudo[90]",
        "     ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/tee /srv/zork/grid.dat",
    );
    log
}

#[test]
fn what_was_new_before_a_loop_is_told_with_its_first_line() {
    let mut log = looping_after_a_change();
    for n in 0..3 {
        log.say(
            100_500 + n * 1000,
            "zorkd[100]",
            &format!("grid.dat changed, {n} rows skipped"),
        );
    }
    let text = log.neighbour(300).text();
    let report = report(&[("syslog", &text)]);
    let new = report["incidents"][0]["new_messages"].as_array().unwrap();
    assert_eq!(new.len(), 1, "{new:?}");
    assert_eq!(new[0]["template"], "grid.dat changed, # rows skipped");
    assert_eq!(
        (&new[0]["count"], &new[0]["before"]),
        (&3.into(), &0.into())
    );
    let looked = &report["incidents"][0]["looked_back"];
    assert_eq!(
        (&looked["lines"], &looked["forgotten"]),
        (&107.into(), &0.into())
    );
    let first = &new[0]["first"];
    assert_eq!(first["time"], "2026-03-01T10:01:40.500Z");
    assert!(first["text"].as_str().unwrap().ends_with("0 rows skipped"));
    let line = first["line"].as_u64().unwrap() as usize;
    assert_eq!(text.lines().nth(line - 1), first["text"].as_str());
}

#[test]
fn a_neighbour_that_warns_of_something_new_is_told_as_well() {
    let mut log = looping_after_a_change();
    for n in 0..20 {
        log.say(n * 4000, "mapd[50]", &format!("WARN slow answer of {n} ms"));
        log.say(n * 4000 + 1, "mapd[50]", &format!("INFO {n} tiles drawn"));
    }
    log.say(101_000, "mapd[50]", "WARN slow answer of 31 ms");
    log.say(101_500, "mapd[50]", "INFO reading grid.dat anew");
    log.say(102_000, "mapd[50]", "WARN grid.dat has 9 columns, not 8");
    let report = log.neighbour(300).report();
    let new = report["incidents"][0]["new_messages"].as_array().unwrap();
    let theirs: Vec<&str> = (new.iter())
        .filter(|message| message["service"] == "mapd")
        .map(|message| message["template"].as_str().unwrap())
        .collect();
    assert_eq!(theirs, ["WARN grid.dat has # columns, not #"], "{new:#?}");
}

const BOOT: &str = "Linux version 6.1.0-28-amd64 (builder@example.org) (gcc-12) #1 SMP";

#[test]
fn a_machine_that_starts_again_and_again_is_a_loop() {
    let mut log = Log::default();
    for n in 0..6 {
        log.say(300_000 + n * 90_000, "kernel", BOOT);
        log.say(
            301_000 + n * 90_000,
            "kernel",
            "Command line: root=/dev/sda1 ro",
        );
    }
    let found = loops(&log.neighbour(1200).report());
    // Before the first one it had been up as well, but nothing tells that it had not been stopped.
    assert_eq!(found, [("machine".into(), "process".into(), 5, 390)]);
}

#[test]
fn a_machine_that_is_started_again_on_purpose_is_no_loop() {
    let mut log = Log::default();
    for n in 0..6 {
        log.say(
            295_000 + n * 90_000,
            "systemd-logind[88]",
            "System is rebooting.",
        );
        log.say(300_000 + n * 90_000, "kernel", BOOT);
    }
    none(log.neighbour(1200));
}

/// The journal of one unit of a machine that starts every two minutes: no record of the kernel, nor of who stops it.
/// In both of the forms that journalctl is asked for; `stopped` says whether the unit is stopped before it goes down.
fn unit_of_a_falling_machine(stopped: bool) -> [String; 2] {
    let (mut short, mut json) = (String::new(), String::new());
    for boot in 0..6 {
        let id = format!("{:032x}", 0xabc0 + boot);
        writeln!(short, "-- Boot {id} --").unwrap();
        let mut say = |after: i64, program: &str, pid: u32, message: &str| {
            let at = START + 120 * boot + after;
            let time = jiff::Timestamp::from_second(at).unwrap();
            let stamp = time.strftime("%b %d %H:%M:%S");
            writeln!(short, "{stamp} h1 {program}[{pid}]: {message}").unwrap();
            let record = serde_json::json!({
                "__REALTIME_TIMESTAMP": (at * 1_000_000).to_string(), "_BOOT_ID": id, "_HOSTNAME": "h1",
                "SYSLOG_IDENTIFIER": program, "_PID": pid.to_string(), "PRIORITY": "6", "MESSAGE": message,
                "UNIT": "zorkd.service",
            });
            writeln!(json, "{record}").unwrap();
        };
        say(0, "systemd", 1, "Started zorkd.service - Turns the wheel.");
        say(1, "zorkd", 812, "zorkd 4.1 takes the stage");
        say(80, "zorkd", 812, "turned the wheel 80 times");
        if stopped {
            say(
                85,
                "systemd",
                1,
                "Stopping zorkd.service - Turns the wheel...",
            );
            say(86, "systemd", 1, "Stopped zorkd.service - Turns the wheel.");
        }
    }
    [short, json]
}

#[test]
fn a_machine_that_falls_shows_by_its_boots_where_the_kernel_says_nothing() {
    for text in unit_of_a_falling_machine(false) {
        let found = report(&[("unit.log", &text)]);
        assert_eq!(
            loops(&found),
            [("machine".into(), "process".into(), 5, 120)],
            "{text}"
        );
        let first = &found["incidents"][0];
        assert_eq!(
            first["verdict"], "unknown",
            "it was no change that started it: {first:#}"
        );
        assert!(
            first["would_decide"]
                .to_string()
                .contains("journalctl -k -b -1")
        );
    }
    for text in unit_of_a_falling_machine(true) {
        let found = report(&[("unit.log", &text)]);
        assert_eq!(loops(&found), [], "{text}");
    }
}

#[test]
fn machines_of_one_name_that_run_side_by_side_are_no_machine_that_falls() {
    let mut json = String::new();
    for minute in 0..60 {
        for machine in 0..4 {
            let at = START + 60 * minute + machine;
            let record = serde_json::json!({
                "__REALTIME_TIMESTAMP": (at * 1_000_000).to_string(), "_BOOT_ID": format!("{machine:032x}"),
                "_HOSTNAME": "localhost", "SYSLOG_IDENTIFIER": "systemd", "_PID": "1", "PRIORITY": "6",
                "UNIT": "mapd.service", "MESSAGE": "Reloaded mapd.service - Draws maps.",
            });
            writeln!(json, "{record}").unwrap();
        }
    }
    assert_eq!(loops(&report(&[("all.log", &json)])), []);
}

#[test]
fn what_a_service_says_last_stands_for_crashes_that_no_rule_knows() {
    let mut log = Log::default();
    for n in 0..6 {
        let (at, tag) = (120_000 + n * 8000, format!("zorkd[{}]", 300 + n));
        log.say(at, "systemd[1]", "Started zorkd.service - Turns the wheel.");
        log.say(
            at + 900,
            &tag,
            &format!("FATAL grid.dat: row {} unexpected", 17 + n),
        );
        let ended = "zorkd.service: Main process exited, code=exited, status=1/FAILURE";
        log.say(at + 1000, "systemd[1]", ended);
        log.say(
            at + 1001,
            "systemd[1]",
            "zorkd.service: Failed with result 'exit-code'.",
        );
    }
    let report = log.neighbour(300).report();
    let incident = &report["incidents"][0];
    let signature = &incident["loops"][0]["signature"]["text"];
    assert_eq!(signature, "FATAL grid.dat: row 17 unexpected");
    let missing = incident["would_decide"].to_string();
    assert!(!missing.contains("no word of it is known"), "{missing}");
}

#[test]
fn two_services_that_end_each_other_are_two_loops_of_one_incident() {
    let mut log = Log::default();
    life(&mut log, 0, 100, 100, None);
    log.say(0, "grued[101]", "grued 2.0 lurks");
    log.say(90_000, "grued[101]", "lurking still");
    for n in 0..8 {
        let at = 120_000 + n * 6000;
        life(
            &mut log,
            at,
            200 + n as u32,
            0,
            Some("cannot reach grued: connection refused"),
        );
        let tag = format!("grued[{}]", 300 + n);
        log.say(at + 3000, &tag, "grued 2.0 lurks");
        log.say(at + 3100, &tag, "cannot reach zorkd: connection refused");
    }
    let report = log.neighbour(400).report();
    let mut services: Vec<String> = loops(&report).into_iter().map(|l| l.0).collect();
    services.sort();
    assert_eq!(services, ["grued", "zorkd"]);
    assert_eq!(report["incidents"].as_array().unwrap().len(), 1);
}

#[test]
fn a_stream_tells_what_a_file_does() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let starts: Vec<i64> = (0..6).map(|n| 120_000 + n * 4000).collect();
    let text = looping(&starts).neighbour(300).text();
    let mut child = Command::new(env!("CARGO_BIN_EXE_crashtrail"))
        .args(["scan", "--quiet", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let out = child.wait_with_output().unwrap();
    let streamed: Value = serde_json::from_slice(&out.stdout).unwrap();
    let read = report(&[("syslog", &text)]);
    let of = |report: &Value, key: &str| report["incidents"][0]["loops"][0][key].clone();
    for key in [
        "entity",
        "evidence",
        "crashes",
        "first",
        "last",
        "signature",
    ] {
        assert_eq!(of(&streamed, key), of(&read, key), "{key}");
    }
    let lines = |report: &Value| -> Vec<u64> {
        let records = of(report, "records");
        let records = records.as_array().unwrap().iter();
        records.map(|r| r["line"].as_u64().unwrap()).collect()
    };
    assert_eq!(lines(&streamed), lines(&read));
}

#[test]
fn jobs_of_a_clock_of_which_one_went_well_are_no_loop() {
    let mut log = Log::default();
    log.say(1200, "nightjob[900]", "nightjob begins");
    log.say(52_000, "nightjob[900]", "copied all");
    for n in 1..12 {
        let tag = format!("nightjob[{}]", 1000 + 3 * n);
        log.say(60_000 * n + 1200, &tag, "nightjob begins");
        log.say(60_000 * n + 1400, &tag, "error: no space on target");
    }
    none(log.neighbour(720));
}

#[test]
fn a_pool_that_now_and_then_hands_over_one_by_one_is_no_loop() {
    let mut log = Log::default();
    for n in 0..30_i64 {
        let tag = format!("poold[{}]", 100 + n);
        let lasts = if n % 5 == 0 { 5000 } else { 3000 };
        log.say(4000 * n, &tag, "worker ready");
        log.say(4000 * n + lasts, &tag, "error: limit reached");
    }
    none(log.neighbour(140));
}

#[test]
fn jobs_that_tell_of_a_failure_and_go_on_to_their_end_are_no_loop() {
    let mut log = Log::default();
    for n in 0..20 {
        let tag = format!("packer[{}]", 1000 + n);
        log.say(4000 * n, &tag, "packer begins");
        log.say(4000 * n + 1000, &tag, "error: one file skipped");
        log.say(4000 * n + 3000, &tag, "all done");
    }
    none(log.neighbour(90));
}

/// A service that fails at each of its runs, five minutes apart.
fn failing_every_five_minutes(restarted: bool) -> Log {
    let mut log = Log::default();
    for n in 0..8 {
        let at = n * 302_000;
        if restarted && n > 0 {
            let text = format!("copyd.service: Scheduled restart job, restart counter is at {n}.");
            log.say(at - 10, "systemd[1]", &text);
        }
        for (after, text) in [
            (0, "Starting copyd.service - Copies all files..."),
            (
                2000,
                "copyd.service: Main process exited, code=exited, status=1/FAILURE",
            ),
            (2001, "copyd.service: Failed with result 'exit-code'."),
            (2002, "Failed to start copyd.service - Copies all files."),
        ] {
            log.say(at + after, "systemd[1]", text);
        }
    }
    log.neighbour(2500)
}

#[test]
fn a_timers_job_that_fails_is_no_loop_and_a_service_that_is_started_again_for_it_is() {
    none(failing_every_five_minutes(false));
    let found = loops(&failing_every_five_minutes(true).report());
    assert_eq!((found.len(), found[0].2), (1, 8), "{found:?}");
}

#[test]
fn a_service_that_fell_silent_behind_its_last_start_has_not_recovered() {
    for (last, status) in [(6, "ongoing"), (1900, "recovered")] {
        let starts: Vec<i64> = (0..9).map(|n| 120_000 + n * 3100).collect();
        let mut log = looping(&starts);
        life(&mut log, 160_000, 300, last, None);
        let report = log.neighbour(2100).report();
        assert_eq!(report["incidents"][0]["status"], status);
        assert_eq!(loops(&report)[0].2, 9);
    }
}
