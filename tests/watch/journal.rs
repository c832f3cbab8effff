//! A journal that is written to by systemd-journal-remote while it is watched by way of journalctl.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use crate::fixture::Fixture;
use crate::watcher::{End, PATIENCE, Watcher};

const FOLDER: &str = "journal";

/// A journal, and who writes it.
struct Journal {
    writer: Child,
    stdin: Option<ChildStdin>,
    /// Microseconds since 1970 of the last record.
    at: u64,
}

impl Journal {
    /// `None` where the programs for it are not installed.
    fn new(fixture: &Fixture) -> Option<Self> {
        let places = [
            "/lib/systemd/systemd-journal-remote",
            "/usr/lib/systemd/systemd-journal-remote",
        ];
        let has_journalctl = Command::new("journalctl").arg("--version").output().is_ok();
        let remote = places.map(PathBuf::from).into_iter().find(|p| p.exists());
        let Some(remote) = remote.filter(|_| has_journalctl) else {
            eprintln!("skipped: journalctl or systemd-journal-remote is not installed");
            return None;
        };
        fixture.write(&format!("{FOLDER}/placeholder"), "");
        let file = fixture.path(&format!("{FOLDER}/x.journal"));
        let mut command = Command::new(remote);
        command.arg("--output").arg(file).arg("-");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut writer = command.spawn().unwrap();
        Some(Self {
            stdin: writer.stdin.take(),
            writer,
            // 2026-03-01, 10:00.
            at: 1_772_359_200_000_000,
        })
    }

    fn record(&mut self, fields: &[(&str, &str)]) {
        let (at, uptime) = (self.at, self.at - 1_772_000_000_000_000);
        let mut text = format!(
            "__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={uptime}\n\
             _BOOT_ID=0123456789abcdef0123456789abcdef\n_HOSTNAME=web01\n"
        );
        for (name, value) in fields {
            text.push_str(&format!("{name}={value}\n"));
        }
        text.push('\n');
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.flush().unwrap();
        self.at += 1_000;
    }

    fn quiet(&mut self) {
        self.record(&[
            ("SYSLOG_IDENTIFIER", "cron"),
            ("_PID", "40"),
            ("PRIORITY", "6"),
            ("MESSAGE", "(root) CMD (true)"),
        ]);
    }

    /// A service starts, and panics a second later.
    fn crash(&mut self, service: &str, pid: u32) {
        let unit = format!("{service}.service");
        let init = |message: String| {
            [
                ("SYSLOG_IDENTIFIER", "systemd".to_owned()),
                ("_PID", "1".to_owned()),
                ("PRIORITY", "6".to_owned()),
                ("UNIT", unit.clone()),
                ("MESSAGE", message),
            ]
        };
        let own = |message: &str| {
            [
                ("SYSLOG_IDENTIFIER", service.to_owned()),
                ("_PID", pid.to_string()),
                ("PRIORITY", "3".to_owned()),
                ("_SYSTEMD_UNIT", unit.clone()),
                ("MESSAGE", message.to_owned()),
            ]
        };
        let records = [
            init(format!("Started {unit} - A daemon.")),
            own("thread 'main' panicked at src/main.rs:36:69:"),
            own("called `Result::unwrap()` on an `Err` value: TooMany"),
            init(format!(
                "{unit}: Main process exited, code=exited, status=101/n/a"
            )),
            init(format!("{unit}: Failed with result 'exit-code'.")),
        ];
        for (n, record) in records.iter().enumerate() {
            if n == 1 {
                self.at += 1_000_000;
            }
            let fields: Vec<(&str, &str)> = record.iter().map(|(n, v)| (*n, &**v)).collect();
            self.record(&fields);
        }
        self.at += 9_000_000;
    }

    /// Waits until the file holds all that was written.
    fn settle(&mut self, fixture: &Fixture) {
        let marker = format!("marker {}", self.at);
        self.record(&[
            ("SYSLOG_IDENTIFIER", "marker"),
            ("_PID", "41"),
            ("MESSAGE", &marker),
        ]);
        let began = Instant::now();
        loop {
            let mut command = Command::new("journalctl");
            command
                .arg("-D")
                .arg(fixture.path(FOLDER))
                .args(["-o", "cat", "-n", "1", "-q"]);
            let output = command.output().unwrap();
            if String::from_utf8_lossy(&output.stdout).trim() == marker {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{output:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It ends with its input; one that does not is stopped.
        let began = Instant::now();
        while !matches!(self.writer.try_wait(), Ok(Some(_))) {
            if began.elapsed() > Duration::from_secs(2) {
                let _ = self.writer.kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn watch(fixture: &Fixture, args: &[&str]) -> Watcher {
    let journal = format!("--journal={}", fixture.path(FOLDER).display());
    let mut all = vec![journal.as_str()];
    all.extend(args);
    Watcher::start(fixture, &all)
}

/// The journalctl that a watch runs, once it follows.
fn follower_of(watch: &Watcher) -> u32 {
    let id = watch.id();
    let began = Instant::now();
    loop {
        let mut pids = children(id).into_iter();
        let follows = |pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|b| *b == 0).any(|word| word == b"--follow")
        };
        if let Some(pid) = pids.find(follows) {
            return pid;
        }
        assert!(began.elapsed() < PATIENCE, "nobody follows");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Processes that any thread of a process has started.
fn children(id: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task"))
        .into_iter()
        .flatten();
    let lists = threads
        .flatten()
        .map(|thread| std::fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    let words: Vec<String> = lists.collect();
    words
        .iter()
        .flat_map(|list| list.split_whitespace())
        .filter_map(|w| w.parse().ok())
        .collect()
}

fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn kill(pid: u32) {
    let status = Command::new("kill")
        .args(["-KILL", &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// The next alert about a service; those before it open nothing anew.
fn next_of(watch: &Watcher, service: &str) -> serde_json::Value {
    loop {
        let alert = watch.next();
        if alert["incident"]["loops"][0]["entity"]["service"] == service {
            return alert;
        }
        assert_ne!(alert["event"], "opened", "told again: {alert:#}");
    }
}

fn crashes(alert: &serde_json::Value) -> &serde_json::Value {
    &alert["incident"]["loops"][0]["crashes"]
}

#[test]
fn it_is_followed_from_now_on_and_its_journalctl_ends_with_the_watch() {
    let fixture = Fixture::new();
    let Some(mut journal) = Journal::new(&fixture) else {
        return;
    };
    journal.crash("old", 90);
    journal.crash("old", 91);
    journal.crash("old", 92);
    journal.settle(&fixture);
    let watch = watch(&fixture, &[]);
    let follower = follower_of(&watch);
    for n in 0..3 {
        journal.crash("botd", 100 + n);
    }
    let opened = watch.next_is("opened");
    assert_eq!(opened["incident"]["loops"][0]["entity"]["service"], "botd");
    assert_eq!(crashes(&opened), 3);
    let note = opened["note"].as_str().unwrap();
    assert!(
        note.contains("crashtrail watch --journal --backfill 6h"),
        "{note}"
    );
    let end = watch.stop();
    assert_eq!((end.code, end.alerts.len()), (Some(0), 0), "{end:?}");
    assert!(!is_alive(follower), "journalctl goes on");
}

#[test]
fn what_lies_before_is_read_where_asked_for() {
    let fixture = Fixture::new();
    let Some(mut journal) = Journal::new(&fixture) else {
        return;
    };
    for n in 0..4 {
        journal.crash("botd", 100 + n);
    }
    journal.settle(&fixture);
    let watch = watch(&fixture, &["--backfill", "all"]);
    assert_eq!(crashes(&watch.next_is("opened")), 4);
    journal.crash("botd", 104);
    for n in 0..3 {
        journal.crash("other", 200 + n);
    }
    next_of(&watch, "other");
    watch.stop();
}

#[test]
fn it_goes_on_after_the_last_record_that_was_read() {
    let fixture = Fixture::new();
    let Some(mut journal) = Journal::new(&fixture) else {
        return;
    };
    let state = fixture.path("state").display().to_string();
    let args = ["--state", &state];
    let first = watch(&fixture, &args);
    follower_of(&first);
    for n in 0..3 {
        journal.crash("botd", 100 + n);
    }
    first.next_is("opened");
    // So much that what came before is read for good, as soon as it has been read.
    for _ in 0..1000 {
        journal.quiet();
    }
    journal.settle(&fixture);
    std::thread::sleep(Duration::from_secs(1));
    first.stop();
    // While nobody watches.
    for n in 3..6 {
        journal.crash("botd", 100 + n);
    }
    // Much later, so that it is no part of the first incident.
    journal.at += 3 * 3_600_000_000;
    for n in 0..3 {
        journal.crash("away", 200 + n);
    }
    journal.settle(&fixture);
    let second = watch(&fixture, &args);
    let alert = next_of(&second, "away");
    assert_eq!(
        (&alert["event"], crashes(&alert)),
        (&"opened".into(), &3.into())
    );
    let end: End = second.stop();
    assert!(end.stderr.contains("botd on web01 crash-loops"), "{end:?}");
    assert!(
        end.stderr.contains("(6 crashes)"),
        "none twice, none left out: {end:?}"
    );
    assert!(!end.stderr.contains("set aside"), "{end:?}");
    // Records told twice would be known as such: what is read again shows here.
    let mut words = end.stderr.split_whitespace();
    let lines = words.find_map(|word| word.parse().ok()).unwrap_or(0);
    assert!((30..800).contains(&lines), "{end:?}");
}

#[test]
fn killed_at_any_moment_it_counts_each_crash_once() {
    let fixture = Fixture::new();
    let Some(mut journal) = Journal::new(&fixture) else {
        return;
    };
    let state = fixture.path("state").display().to_string();
    let args = ["--state", &state, "--backfill", "all"];
    let mut random = fastrand::Rng::with_seed(5);
    let mut opened = 0;
    for round in 0..20 {
        let watch = watch(&fixture, &args);
        std::thread::sleep(Duration::from_millis(random.u64(0..150)));
        journal.crash("botd", 100 + round);
        std::thread::sleep(Duration::from_millis(random.u64(0..250)));
        watch.signal("-KILL");
        let alerts = watch.end_by_itself().alerts;
        let told =
            |alert: &&serde_json::Value| alert["event"] == "opened" && alert["again"] == false;
        opened += alerts.iter().filter(told).count();
    }
    journal.settle(&fixture);
    let last = watch(&fixture, &[&args[..], &["--once-idle", "1s"]].concat());
    let end = last.end_by_itself();
    opened += end
        .alerts
        .iter()
        .filter(|a| a["event"] == "opened" && a["again"] == false)
        .count();
    assert_eq!(opened, 1, "{end:?}");
    assert!(end.stderr.contains("(20 crashes)"), "{end:?}");
}

#[test]
fn a_journalctl_that_ends_is_started_again() {
    let fixture = Fixture::new();
    let Some(mut journal) = Journal::new(&fixture) else {
        return;
    };
    journal.quiet();
    journal.settle(&fixture);
    let watch = watch(&fixture, &[]);
    let follower = follower_of(&watch);
    journal.crash("botd", 100);
    journal.settle(&fixture);
    kill(follower);
    journal.crash("botd", 101);
    journal.crash("botd", 102);
    assert_eq!(crashes(&watch.next_is("opened")), 3);
    let end = watch.stop();
    assert!(
        end.stderr.contains("it is started again after 1 s"),
        "{end:?}"
    );
    assert!(end.stderr.contains("(3 crashes)"), "{end:?}");
}

#[test]
fn where_there_is_no_journalctl_or_no_folder_that_is_said() {
    let fixture = Fixture::new();
    let mut command = fixture.command(&["watch", "--format", "json", "--journal"]);
    command.env("PATH", fixture.root());
    let end = Watcher::spawn(command).end_by_itself();
    assert_eq!(end.code, Some(2));
    assert!(
        end.stderr.contains("journalctl is not installed"),
        "{end:?}"
    );
    if Command::new("journalctl").arg("--version").output().is_ok() {
        let end = Watcher::start(&fixture, &["--journal=nowhere"]).end_by_itself();
        assert_eq!(end.code, Some(2));
        assert!(end.stderr.contains("nowhere: No such file"), "{end:?}");
    }
}

#[test]
fn the_unit_for_systemd_can_be_used() {
    let unit = std::fs::read_to_string("contrib/systemd/crashtrail.service").unwrap();
    let fixture = Fixture::new();
    let state = fixture.path("state").display().to_string();
    let start = unit
        .lines()
        .find_map(|l| l.strip_prefix("ExecStart="))
        .unwrap();
    let mut words = start
        .split(' ')
        .map(|w| w.replace("${STATE_DIRECTORY}", &state));
    let program = words.next().unwrap();
    let args: Vec<String> = words.collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut command = fixture.command(&args);
    command.env("PATH", fixture.root());
    let end = Watcher::spawn(command).end_by_itself();
    // So its arguments are right.
    assert!(
        end.stderr.contains("journalctl is not installed"),
        "{end:?}"
    );
    // The program is not where it will be installed.
    let unit = unit.replace(&program, "/bin/true");
    let unit = fixture.write("crashtrail.service", unit);
    let Ok(output) = Command::new("systemd-analyze")
        .arg("verify")
        .arg(unit)
        .output()
    else {
        eprintln!("skipped: systemd-analyze is not installed");
        return;
    };
    let says = String::from_utf8_lossy(&output.stderr);
    assert!(!says.contains("crashtrail.service"), "{says}");
}
