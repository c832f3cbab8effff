//! What outlasts the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
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
