//! What outlasts the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::fixture::Fixture;
use crate::story::stamp;
use crate::watcher::Watcher;

const ROUNDS: u64 = 200;
/// So many crashes of one service, then of the next.
const OF_A_SERVICE: u64 = 8;

fn crash(round: u64) -> String {
    let name = format!("svc{:02}", round / OF_A_SERVICE);
    let (at, after) = (stamp(1000 + 20 * round), stamp(1001 + 20 * round));
    format!(
        "{at} web01 systemd[1]: Started {name}.service - A daemon.\n\
         {after} web01 {name}[{}]: thread 'main' panicked at src/{name}.rs:36:69:\n\
         {after} web01 systemd[1]: {name}.service: Main process exited, code=exited, status=101/n/a\n\
         {after} web01 systemd[1]: {name}.service: Failed with result 'exit-code'.\n",
        4000 + round
    )
}

#[test]
fn killed_at_any_moment_it_loses_no_opening_and_repeats_none() {
    let fixture = Fixture::new();
    fixture.write("app.log", "");
    let log = fixture.root().join("app.log");
    let (log, state) = (log.to_str().unwrap(), fixture.root().join("state"));
    let args = ["--backfill", "all", "--state", state.to_str().unwrap(), log];
    let mut alerts: Vec<Value> = Vec::new();
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..ROUNDS {
        let watcher = Watcher::start(&fixture, &args);
        std::thread::sleep(Duration::from_millis(random.u64(0..60)));
        let mut file = OpenOptions::new().append(true).open(log).unwrap();
        file.write_all(crash(round).as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(random.u64(0..160)));
        watcher.signal("-KILL");
        alerts.extend(watcher.end_by_itself().alerts);
    }
    let last = Watcher::start(&fixture, &[&args[..], &["--once-idle", "1s"]].concat());
    alerts.extend(last.end_by_itself().alerts);
    let mut opened: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    let mut first_told: BTreeSet<u64> = BTreeSet::new();
    for alert in &alerts {
        let number = alert["number"].as_u64().unwrap();
        let is_again = alert["again"].as_bool().unwrap();
        assert!(first_told.insert(number) || is_again, "repeated: {alert:#}");
        if alert["event"] == "opened" {
            let service = &alert["incident"]["loops"][0]["entity"]["service"];
            let service = service.as_str().unwrap().to_owned();
            opened.entry(service).or_default().insert(number);
        }
    }
    let services = ROUNDS.div_ceil(OF_A_SERVICE) as usize;
    assert_eq!(opened.len(), services, "{:?}", opened.keys());
    for (service, numbers) in &opened {
        assert_eq!(numbers.len(), 1, "{service}: {numbers:?}");
    }
}

/// A loop of three crashes in a file, watched to its end with a state.
fn watched(fixture: &Fixture, file: &str) -> crate::watcher::End {
    let (log, state) = (fixture.root().join(file), fixture.root().join("state"));
    let (log, state) = (log.to_str().unwrap(), state.to_str().unwrap());
    let args = [
        "--backfill",
        "all",
        "--state",
        state,
        "--once-idle",
        "300ms",
        log,
    ];
    Watcher::start(fixture, &args).end_by_itself()
}

fn opened(end: &crate::watcher::End) -> usize {
    let alerts = end.alerts.iter();
    alerts.filter(|alert| alert["event"] == "opened").count()
}

#[test]
fn what_was_told_is_told_no_more_unless_the_state_is_of_no_use() {
    let fixture = Fixture::new();
    let text: String = (0..4).map(crash).collect();
    fixture.write("app.log", &text);
    assert_eq!(opened(&watched(&fixture, "app.log")), 1);
    let again = watched(&fixture, "app.log");
    assert_eq!((again.alerts.len(), again.code), (0, Some(0)), "{again:?}");
    for name in ["streams", "book"] {
        fixture.write(&format!("state/{name}"), "of no use");
    }
    let anew = watched(&fixture, "app.log");
    assert_eq!(opened(&anew), 1, "{anew:?}");
    for name in ["streams", "book"] {
        let aside = format!("set aside as {name}.unusable");
        assert!(anew.stderr.contains(&aside), "{anew:?}");
        assert!(
            fixture
                .root()
                .join(format!("state/{name}.unusable"))
                .exists()
        );
    }
}

#[test]
fn files_that_are_not_asked_for_any_more_are_not_read_on() {
    let fixture = Fixture::new();
    fixture.write("a.log", (0..4).map(crash).collect::<String>());
    fixture.write("b.log", crash(0));
    watched(&fixture, "a.log");
    let more: String = (8..12).map(crash).collect();
    let mut file = OpenOptions::new()
        .append(true)
        .open(fixture.root().join("a.log"))
        .unwrap();
    file.write_all(more.as_bytes()).unwrap();
    assert_eq!(opened(&watched(&fixture, "b.log")), 0);
}

/// Two crashes, and so much after them that they are read for good.
fn two_and_more() -> String {
    let mut text: String = (0..2).map(crash).collect();
    for n in 0..1500 {
        text.push_str(&crate::story::quiet(1100 + n / 60));
    }
    text
}

/// Rotates a log of which the last lines were not read yet, between two runs.
fn rotated_between_runs(rotate: fn(log: &Path, rotated: &Path)) {
    let fixture = Fixture::new();
    let log = fixture.write("app.log", two_and_more());
    assert_eq!(opened(&watched(&fixture, "app.log")), 0);
    let mut file = OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(crash(10).replace("svc01", "svc00").as_bytes())
        .unwrap();
    rotate(&log, &fixture.path("app.log.1"));
    let last = crash(11).replace("svc01", "svc00");
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&log)
        .unwrap();
    file.write_all(last.as_bytes()).unwrap();
    drop(file);
    let end = watched(&fixture, "app.log");
    assert_eq!(opened(&end), 1, "{end:?}");
    assert!(end.stderr.contains("(4 crashes)"), "{end:?}");
    let mut words = end.stderr.split_whitespace();
    let lines: u64 = words.find_map(|word| word.parse().ok()).unwrap();
    assert!(lines < 1500, "read twice: {end:?}");
}

#[test]
fn a_file_that_was_rotated_between_two_runs_is_read_to_its_end() {
    rotated_between_runs(|log, rotated| fs::rename(log, rotated).unwrap());
    rotated_between_runs(|log, rotated| {
        fs::copy(log, rotated).unwrap();
        OpenOptions::new()
            .write(true)
            .open(log)
            .unwrap()
            .set_len(0)
            .unwrap();
    });
    rotated_between_runs(|log, rotated| {
        let packed = fs::File::create(rotated.with_added_extension("gz")).unwrap();
        let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
        packed.write_all(&fs::read(log).unwrap()).unwrap();
        packed.finish().unwrap();
        fs::remove_file(log).unwrap();
    });
}

/// A state that was saved when `streams` got the form that it has. Where this fails the form has changed, and needs
/// another number in its first line (`HEAD` in `src/pipeline/state.rs`); then `testdata/state` is made anew: two
/// services' loops in a file, watched for longer than it takes to settle.
#[test]
fn a_state_of_this_form_can_be_read() {
    let fixture = Fixture::new();
    for entry in fs::read_dir("testdata/state").unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        fixture.write(&format!("state/{name}"), fs::read(entry.path()).unwrap());
    }
    fixture.write("other.log", crate::story::quiet(36_000));
    let end = watched(&fixture, "other.log");
    assert!(!end.stderr.contains("set aside"), "{end:?}");
    assert!(end.stderr.contains("(8 crashes)"), "{end:?}");
    assert!(
        end.alerts.iter().all(|alert| alert["event"] != "opened"),
        "{end:?}"
    );
}
