//! Instances whose name is made up anew with each start: a swarm's tasks, as `docker events` tells of them.

use std::io::Write;
use std::process::{Command, Stdio};

#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The output of `docker events`, as it is written.
struct Events {
    at: Timestamp,
    text: String,
    tasks: u64,
}

impl Events {
    fn new() -> Self {
        Self {
            at: "2026-03-01T09:00:00Z".parse().unwrap(),
            text: String::new(),
            tasks: 0,
        }
    }

    fn say(&mut self, milliseconds: i64, text: &str) {
        self.at += SignedDuration::from_millis(milliseconds);
        self.text.push_str(&format!("{:.9} {text}\n", self.at));
    }

    /// A new task of a slot: its container and its name.
    fn task(&mut self, slot: u64) -> (String, String) {
        self.tasks += 1;
        let id = format!("{:064x}", self.tasks * 0x9e37_79b9);
        let name = format!(
            "shop_web.{slot}.{:0>25}",
            format!("yk{}z", self.tasks * 7919)
        );
        (id, name)
    }

    fn start(&mut self, (id, name): &(String, String)) {
        self.say(
            200,
            &format!("container start {id} (image=reg/shop:2.5, name={name})"),
        );
    }

    fn die(&mut self, after: i64, (id, name): &(String, String)) {
        let attributes = format!("execDuration=3, exitCode=1, image=reg/shop:2.5, name={name}");
        self.say(after, &format!("container die {id} ({attributes})"));
    }

    fn incidents(&self) -> Vec<Value> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_crashtrail"))
            .args(["scan", "-", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(self.text.as_bytes()).unwrap();
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["incidents"].as_array().unwrap().clone()
    }
}

#[test]
fn tasks_that_take_the_place_of_one_that_crashed_are_one_service() {
    let mut events = Events::new();
    let healthy = events.task(1);
    events.start(&healthy);
    let changed = "name=shop_web, image.new=reg/shop:2.5, image.old=reg/shop:2.4";
    events.say(900_000, &format!("service update 9xk ({changed})"));
    events.say(
        500,
        &format!(
            "container kill {} (name={}, signal=15)",
            healthy.0, healthy.1
        ),
    );
    for _ in 0..6 {
        let task = events.task(1);
        events.say(
            4_000,
            &format!("container create {} (name={})", task.0, task.1),
        );
        events.start(&task);
        events.die(3_000, &task);
    }
    let incidents = events.incidents();
    assert_eq!(incidents.len(), 1);
    let found = &incidents[0]["loops"][0];
    assert_eq!(found["entity"]["service"], "shop_web");
    assert_eq!(found["crashes"], 6);
    assert_eq!(incidents[0]["verdict"], "change");
    let first = &incidents[0]["causes"][0];
    assert_eq!(first["type"], "change");
    assert!(first.to_string().contains("reg/shop:2.5"), "{first:#}");
}

#[test]
fn replicas_that_crashed_once_each_are_no_loop() {
    let mut events = Events::new();
    let replicas: Vec<_> = (1..=4).map(|slot| events.task(slot)).collect();
    for replica in &replicas {
        events.start(replica);
    }
    events.say(900_000, "network connect 77 (name=ingress, type=overlay)");
    for (slot, replica) in (1..).zip(&replicas) {
        events.die(60_000, replica);
        let task = events.task(slot);
        events.start(&task);
    }
    events.say(4_000_000, "network connect 77 (name=ingress, type=overlay)");
    assert_eq!(events.incidents(), Vec::<Value>::new());
}

#[test]
fn a_cluster_s_own_events_tell_of_a_loop() {
    let mut text = String::new();
    let mut event = |seconds: i64, reason: &str, message: &str| {
        let at = jiff::Timestamp::from_second(1_772_359_200 + seconds).unwrap();
        let event = serde_json::json!({
            "apiVersion": "v1", "kind": "Event", "type": "Normal", "reason": reason, "message": message,
            "involvedObject": {"kind": "Pod", "namespace": "prod", "name": "notify-5f6d77c9b-qq9zt"},
            "source": {"component": "kubelet", "host": "node-2"},
            "firstTimestamp": at.to_string(), "lastTimestamp": at.to_string(), "count": 1,
        });
        text.push_str(&format!("{event}\n"));
    };
    for n in 0..9 {
        event(n * 60, "Started", "Started container notify");
        let waits =
            "Back-off restarting failed container notify in pod notify-5f6d77c9b-qq9zt_prod(1b1b)";
        event(n * 60 + 4, "BackOff", waits);
        // It says so again while it waits.
        event(n * 60 + 19, "BackOff", waits);
    }
    let found = support::logs::loops(&support::logs::scanned(&[("events.json", text.as_bytes())]));
    assert_eq!(
        (found.len(), &*found[0].0, found[0].2),
        (1, "notify", 9),
        "{found:?}"
    );
}
