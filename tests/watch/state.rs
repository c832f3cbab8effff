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
