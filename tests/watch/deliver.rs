//! Alerts on their way to commands and webhooks, and the figures of a watch.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fixture::Fixture;
use crate::story::{crash, quiet, started};
use crate::watcher::{End, PATIENCE, Watcher};

/// What a receiver does with a request.
#[derive(Clone, Copy)]
enum Answer {
    Status(&'static str),
    /// It reads, and says nothing.
    Nothing,
}

/// A receiver on this host: answers one request after the other so, the last answer for all further ones.
struct Receives {
    url: String,
    bodies: Receiver<(Instant, Value)>,
}

impl Receives {
    fn start(answers: &'static [Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/services/T0/s3cr3t",
            listener.local_addr().unwrap()
        );
        let (tell, bodies) = channel();
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for (n, stream) in listener.incoming().enumerate() {
                let mut reader = BufReader::new(stream.unwrap());
                let (mut line, mut length) = (String::new(), 0);
                while reader.read_line(&mut line).unwrap() > 2 {
                    let lower = line.to_ascii_lowercase();
                    if let Some(value) = lower.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let body = serde_json::from_slice(&body).unwrap();
                if tell.send((Instant::now(), body)).is_err() {
                    return;
                }
                match answers[n.min(answers.len() - 1)] {
                    Answer::Status(status) => {
                        let mut stream = reader.into_inner();
                        let head = format!(
                            "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        );
                        stream.write_all(head.as_bytes()).unwrap();
                    }
                    Answer::Nothing => silent.push(reader),
                }
            }
        });
        Self { url, bodies }
    }

    fn next(&self) -> (Instant, Value) {
        self.bodies.recv_timeout(PATIENCE).expect("a request")
    }

    fn event(&self) -> Value {
        self.next().1["event"].clone()
    }
}

fn looping(watch: &mut Watcher) {
    for n in 0..5 {
        watch.feed(&crash(36_000 + 10 * n, 100 + n as u32));
    }
    watch.next_is("opened");
}

fn recovers(watch: &mut Watcher) {
    watch.feed(&started(36_050));
    watch.feed(&quiet(36_200));
    watch.next_is("recovered");
}

/// The end of a watch that never showed what is secret of its webhook's address.
fn ended(watch: Watcher) -> End {
    let end = watch.end();
    assert_eq!(end.code, Some(0), "{end:?}");
    assert!(!end.stderr.contains("s3cr3t"), "{end:?}");
    end
}

#[test]
fn a_webhook_gets_each_alert_in_order_and_what_failed_again() {
    let receives = Receives::start(&[
        Answer::Status("503 Service Unavailable"),
        Answer::Status("429 Too Many Requests\r\nRetry-After: 2"),
        Answer::Status("204 No Content"),
    ]);
    let fixture = Fixture::new();
    let mut watch = Watcher::start(&fixture, &["--webhook", &receives.url]);
    looping(&mut watch);
    let (_, body) = receives.next();
    assert_eq!(body["schema"], "crashtrail.alert/1");
    assert_eq!(body["event"], "opened");
    // The log is read on, and its alerts are told, while the receiver is waited for.
    recovers(&mut watch);
    let (refused, body) = receives.next();
    assert_eq!(body["event"], "opened");
    let (taken, body) = receives.next();
    assert_eq!(body["event"], "opened");
    assert!(
        taken - refused >= Duration::from_secs(2),
        "asked for two seconds"
    );
    assert_eq!(receives.event(), "recovered");
    let end = ended(watch);
    assert!(!end.stderr.contains("--webhook"), "{end:?}");
}

#[test]
fn a_webhook_that_refuses_is_not_asked_again() {
    let receives = Receives::start(&[
        Answer::Status("404 Not Found"),
        Answer::Status("302 Found\r\nLocation: /elsewhere"),
        Answer::Status("200 OK"),
    ]);
    let fixture = Fixture::new();
    let mut watch = Watcher::start(&fixture, &["--webhook", &receives.url]);
    looping(&mut watch);
    assert_eq!(receives.event(), "opened");
    recovers(&mut watch);
    assert_eq!(receives.event(), "recovered");
    let end = ended(watch);
    assert!(
        end.stderr.contains("answered 404; not tried again"),
        "{end:?}"
    );
    assert!(
        end.stderr.contains("answered 302; not tried again"),
        "{end:?}"
    );
    assert!(receives.bodies.try_recv().is_err());
}

#[test]
fn a_webhook_that_says_nothing_keeps_neither_the_log_nor_the_end() {
    let receives = Receives::start(&[Answer::Nothing]);
    let fixture = Fixture::new();
    let mut watch = Watcher::start(&fixture, &["--webhook", &receives.url]);
    looping(&mut watch);
    assert_eq!(receives.event(), "opened");
    recovers(&mut watch);
    let end = ended(watch);
    assert!(
        end.stderr.contains("2 alerts could not be delivered"),
        "{end:?}"
    );
}

#[test]
fn slack_and_alertmanager_get_their_forms() {
    let slack = Receives::start(&[Answer::Status("200 OK")]);
    let fixture = Fixture::new();
    let mut watch = Watcher::start(
        &fixture,
        &["--webhook", &slack.url, "--webhook-form", "slack"],
    );
    // What a log says is no markup of the receiver's.
    for n in 0..5 {
        let crash = crash(36_000 + 10 * n, 100 + n as u32);
        watch.feed(&crash.replace("TooMany", "TooMany <!channel> & more"));
    }
    watch.next_is("opened");
    let (_, body) = slack.next();
    let text = body["text"].as_str().unwrap();
    assert!(text.contains("OPENED"), "{text}");
    assert!(text.contains("botd"), "{text}");
    assert!(!text.contains(['<', '>']), "{text}");
    assert_eq!(body.as_object().unwrap().len(), 1);
    ended(watch);

    let manager = Receives::start(&[Answer::Status("200 OK")]);
    let mut watch = Watcher::start(
        &fixture,
        &["--webhook", &manager.url, "--webhook-form", "alertmanager"],
    );
    looping(&mut watch);
    let (_, opened) = manager.next();
    recovers(&mut watch);
    let (_, recovered) = manager.next();
    assert_eq!(opened[0]["labels"], recovered[0]["labels"]);
    assert_eq!(opened[0]["labels"]["alertname"], "CrashLoop");
    assert_eq!(opened[0]["startsAt"], "2026-03-01T10:00:01.250Z");
    assert_eq!(opened[0]["annotations"]["services"], "botd");
    let description = opened[0]["annotations"]["description"].as_str().unwrap();
    assert!(
        !description.contains('\u{1b}') && description.contains("botd"),
        "{description}"
    );
    let at = |alerts: &Value, key: &str| -> jiff::Timestamp {
        alerts[0][key].as_str().unwrap().parse().unwrap()
    };
    assert!(at(&opened, "endsAt") > at(&recovered, "endsAt"));
    ended(watch);
}

#[test]
fn a_command_gets_each_alert_and_one_that_hangs_or_fails_is_told() {
    let fixture = Fixture::new();
    fixture.write(
        "take.sh",
        "cat >> taken.jsonl; echo >> taken.jsonl; echo noise\n",
    );
    let mut watch = Watcher::start(
        &fixture,
        &[
            "--exec",
            "sh take.sh 'unused argument'",
            "--exec",
            "sh -c 'exit 3'",
            "--exec",
            "no-such-program-anywhere",
            "--exec",
            "perl -e 'system q(sleep 600 & echo $! > child; wait)'",
        ],
    );
    looping(&mut watch);
    recovers(&mut watch);
    let end = ended(watch);
    let taken = std::fs::read_to_string(fixture.path("taken.jsonl")).unwrap();
    let events: Vec<Value> = taken
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone())
        .collect();
    assert_eq!(events, ["opened", "recovered"]);
    assert!(
        !end.stderr.contains("sh: ended with exit status: 0"),
        "{end:?}"
    );
    assert!(
        end.stderr.contains("--exec sh: ended with exit status: 3"),
        "{end:?}"
    );
    assert!(
        end.stderr
            .contains("--exec no-such-program-anywhere: cannot be run"),
        "{end:?}"
    );
    assert!(end.stderr.contains("--exec perl: "), "{end:?}");
    let child = std::fs::read_to_string(fixture.path("child")).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
    let is_alive = stat.is_ok_and(|stat| !stat.contains(") Z "));
    assert!(!is_alive, "what a command started goes on after it");
}

#[test]
fn what_cannot_be_an_address_or_a_command_is_told_before_anything_is_read() {
    let fixture = Fixture::new();
    for (args, says) in [
        (["--webhook", "ftp://h/s3cr3t"], "http:// or https://"),
        (["--webhook", "s3cr3t"], "http:// or https://"),
        (["--exec", "sh 'open"], "quotes do not match"),
        (["--exec", ""], "no command"),
    ] {
        let end = Watcher::start(&fixture, &args).end();
        assert_eq!(end.code, Some(2), "{end:?}");
        assert!(end.stderr.contains(says), "{end:?}");
        assert!(!end.stderr.contains("s3cr3t"), "{end:?}");
    }
}

#[test]
fn figures_are_whole_and_in_both_text_forms() {
    let fixture = Fixture::new();
    let mut watch = Watcher::start(&fixture, &["--metrics", "watch.prom", "--exec", "true"]);
    looping(&mut watch);
    recovers(&mut watch);
    ended(watch);
    let text = std::fs::read_to_string(fixture.path("watch.prom")).unwrap();
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    for line in [
        "crashtrail_read_lines_total 27",
        "crashtrail_open_incidents 0",
        "crashtrail_alerts_total{event=\"opened\"} 1",
        "crashtrail_alerts_total{event=\"recovered\"} 1",
        "crashtrail_alerts_total{event=\"relapsed\"} 0",
        "crashtrail_deliveries_total{outcome=\"delivered\"} 2",
    ] {
        assert!(
            text.lines().any(|l| l == line),
            "{line} is missing in\n{text}"
        );
    }
    // What the older form does not know stops its reader: a type of its four, and one sample a line.
    for line in text.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["#", "TYPE", _, kind] => assert!(["counter", "gauge"].contains(&kind), "{line}"),
            ["#", ..] => {}
            [_, value] => assert!(value.parse::<f64>().is_ok(), "{line}"),
            _ => panic!("{line}"),
        }
    }
    let left = std::fs::read_dir(fixture.root()).unwrap();
    let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        names
            .iter()
            .all(|n| !n.to_string_lossy().starts_with(".crashtrail-")),
        "{names:?}"
    );
}

#[test]
fn an_alert_that_may_not_have_arrived_is_posted_again_after_a_kill_and_no_other() {
    let fixture = Fixture::new();
    fixture.write(
        "app.log",
        (0..4)
            .map(|n| crash(36_000 + 10 * n, 100 + n as u32))
            .collect::<String>(),
    );
    let watch = |receives: &Receives| {
        let args = [
            "--backfill",
            "all",
            "--state",
            "state",
            "--webhook",
            &receives.url,
            "app.log",
        ];
        Watcher::start(&fixture, &args)
    };
    let silent = Receives::start(&[Answer::Nothing]);
    let first = watch(&silent);
    let told = first.next_is("opened");
    assert_eq!(silent.next().1["number"], told["number"]);
    first.signal("-KILL");
    first.end_by_itself();
    let receives = Receives::start(&[Answer::Status("204 No Content")]);
    let second = watch(&receives);
    let (_, again) = receives.next();
    assert_eq!(
        (&again["number"], &again["again"]),
        (&told["number"], &true.into())
    );
    assert_eq!(again["incident"]["id"], told["incident"]["id"]);
    // That it arrived is known a moment after.
    std::thread::sleep(Duration::from_millis(500));
    second.signal("-KILL");
    second.end_by_itself();
    let third = watch(&receives);
    third.is_silent_for(Duration::from_millis(800));
    assert!(receives.bodies.try_recv().is_err());
    third.stop();
}

#[test]
fn the_documentation_has_the_keys_of_an_alert() {
    let fixture = Fixture::new();
    let mut watch = Watcher::start(&fixture, &[]);
    looping(&mut watch);
    recovers(&mut watch);
    for n in 0..4 {
        watch.feed(&crash(36_300 + 10 * n, 200 + n as u32));
    }
    let alert = watch.next_is("relapsed");
    let text = std::fs::read_to_string("docs/watch.md").unwrap();
    let (_, table) = text.split_once("### As JSON Lines").unwrap();
    let rows = table.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    let mut told: Vec<&str> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    let mut keys: Vec<&str> = alert
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    told.sort_unstable();
    keys.sort_unstable();
    assert_eq!(told, keys);
    ended(watch);
}
