//! Whole reports, made by hand, against their whole texts.

use std::collections::BTreeMap;

use crate::incident::Status;
use crate::loops::{CrashKind, Entity, Grade};
use crate::report::*;
use crate::time::{Span, Timestamp};

use super::render;

/// 2025-11-18T11:20:00Z, and so many seconds.
fn at(seconds: i64) -> Time {
    Time(Timestamp::from_seconds(1_763_464_800 + seconds))
}

fn secs(seconds: f64) -> Seconds {
    Seconds(Span::from_seconds_f64(seconds))
}

fn entity(host: &str, service: &str) -> Entity {
    Entity {
        host: Some(host.to_owned()),
        service: service.to_owned(),
        instance: None,
    }
}

fn line(path: &str, line: u64, time: Time, text: &str) -> Ref {
    Ref {
        path: path.to_owned(),
        line: Some(line),
        offset: Some(0),
        cursor: None,
        time: Some(time),
        text: text.to_owned(),
    }
}

fn evidence(factor: &'static str, log_odds: f64, text: &str, refs: Vec<Ref>) -> Evidence {
    Evidence {
        factor,
        log_odds,
        text: text.to_owned(),
        refs,
    }
}

fn cause(kind: &'static str, probability: f64, change: Option<&str>, summary: &str) -> Cause {
    Cause {
        rank: 1,
        probability,
        r#type: kind,
        prior: -0.7,
        change: change.map(str::to_owned),
        summary: summary.to_owned(),
        lag_s: None,
        enabled_by: vec![],
        evidence: vec![],
    }
}

fn input(path: &str) -> Input {
    Input {
        path: path.to_owned(),
        format: "syslog",
        compression: None,
        bytes: 1_600_000_000,
        lines: 15_602_056,
        records: None,
        unparsed_lines: None,
        first: None,
        last: None,
        skew_s: None,
        zone: "as written".to_owned(),
        clock: None,
    }
}

fn change(id: &str, time: Time, summary: &str, text: &str) -> Change {
    Change {
        id: id.to_owned(),
        time,
        kind: "config",
        action: "apply",
        targets: vec![],
        subject: String::new(),
        from: None,
        to: None,
        actor: None,
        columns: BTreeMap::new(),
        summary: summary.to_owned(),
        routine: None,
        records: vec![line(
            "/logs/gen-01/syslog",
            800 + id.len() as u64 * 13,
            time,
            text,
        )],
        records_seen: 1,
    }
}

fn crash_loop(host: &str, first: Time) -> Loop {
    Loop {
        entity: entity(host, "botd"),
        kind: CrashKind::Panic,
        evidence: Grade::Supervisor,
        rests_on: "9 records of its supervisor".to_owned(),
        signature: Signature {
            id: "s1".to_owned(),
            text: "called `Result::unwrap()` on an `Err` value: TooManyFeatures { got: 241 }"
                .to_owned(),
            place: Some("load (features.rs)".to_owned()),
        },
        crashes: 592,
        restarts: 592,
        first,
        last: at(11_400),
        median_period_s: Some(secs(10.4)),
        backoff: false,
        gave_up: false,
        final_words: vec![],
        records: vec![],
    }
}

/// A change that is certain, on two hosts, with all that an incident can have.
fn report() -> Report {
    let crash = line(
        "/logs/edge-03/syslog",
        88123,
        at(3),
        "Nov 18 11:20:03 edge-03 botd[411]: panicked at src/features.rs:118:41:",
    );
    let mut first = cause(
        "change",
        0.91,
        Some("c1"),
        "config features.json v1119 -> v1120",
    );
    first.evidence = vec![
        evidence(
            "routine",
            -1.2,
            "it comes every 5 min: 422 times before, without harm",
            vec![],
        ),
        evidence(
            "kind",
            0.2,
            "changes of this kind often cause crash loops",
            vec![],
        ),
        evidence(
            "words",
            4.1,
            "the crash names features.json; so does the change",
            vec![crash],
        ),
    ];
    first.enabled_by = vec![Enabler {
        change: "enabling".to_owned(),
        probability: 0.83,
    }];
    let out = |kind, looked_at, text: &str| RuledOut {
        r#type: kind,
        looked_at,
        text: text.to_owned(),
        refs: vec![],
    };
    let step = |host: &str, service: &str, time, because: Option<&str>| Step {
        entity: entity(host, service),
        first_failure: time,
        because: because.map(str::to_owned),
    };
    Report {
        schema: "crashtrail.report/1",
        tool: Tool {
            name: "crashtrail",
            version: "0.1.0",
        },
        window: Window {
            start: Some(at(-90_000)),
            end: Some(at(21_000)),
        },
        inputs: vec![input("/logs/edge-03/syslog"), input("/logs/gen-01/syslog")],
        counts: Counts {
            by_class: BTreeMap::from([("exit", 4), ("started", 1302)]),
            by_severity: None,
        },
        incidents: vec![Incident {
            id: "i1".to_owned(),
            summary: String::new(),
            onset: at(3),
            onset_uncertainty_s: secs(4.0),
            end: Some(at(11_412)),
            status: Status::Recovered,
            phases: vec![
                Phase {
                    start: at(3),
                    end: at(300),
                },
                Phase {
                    start: at(900),
                    end: at(11_400),
                },
            ],
            new_messages: vec![],
            rates: vec![],
            looked_back: None,
            loops: vec![crash_loop("edge-03", at(3)), crash_loop("edge-01", at(10))],
            cascade: vec![
                step("edge-03", "botd", at(3), None),
                step("kv-01", "kv-gateway", at(37), Some("connect botd: refused")),
            ],
            verdict: "change",
            certain: true,
            causes: vec![
                first,
                cause("change", 0.05, Some("other"), "package botd 3.2"),
                cause("unknown", 0.04, None, "nothing in these logs"),
            ],
            would_decide: vec!["logs of web02, which the change reached".to_owned()],
            ruled_out: vec![
                out("disk", true, "disk: no sign of it"),
                out(
                    "traffic",
                    true,
                    "traffic: /logs/access.log: 0.97 x the 1 h before",
                ),
                out("hardware", false, "hardware: no kernel log here"),
            ],
            recovery: Some(Recovery {
                at: at(11_412),
                by: Some("c2".to_owned()),
                healthy_for_s: secs(9588.0),
                confirmed: true,
            }),
            metrics: Metrics {
                crashes: 1184,
                restarts: 1184,
                time_to_first_crash_s: None,
                time_to_detect_s: None,
                time_to_recover_s: None,
                downtime_s: None,
            },
        }],
        ledger: Totals { seen: 92, shown: 3 },
        changes: vec![
            change(
                "enabling",
                at(-86_400),
                "permission botfeatures",
                "Nov 17 11:20:00 db-04 GRANT",
            ),
            change(
                "other",
                at(-6000),
                "package botd 3.2",
                "Nov 18 09:40:00 edge-03 dpkg: 3.2",
            ),
            change(
                "c1",
                at(0),
                "",
                "2025-11-18T11:20:00Z gen-01 gen[9]: wrote features.json",
            ),
            change(
                "c2",
                at(11_400),
                "config features.json (rollback)",
                "rolled back",
            ),
        ],
        warnings: vec![],
    }
}

fn uncertain() -> Report {
    let mut report = report();
    let incident = &mut report.incidents[0];
    incident.certain = false;
    incident.causes[0].probability = 0.4;
    incident.causes[1].probability = 0.35;
    incident.causes[1].evidence = vec![evidence("scope", 1.1, "it changes botd itself", vec![])];
    incident.causes[2].probability = 0.004;
    incident.status = Status::Ongoing;
    incident.end = None;
    incident.recovery = None;
    report
}

fn text(report: &Report, width: usize) -> String {
    let text = render(report, super::Style { width });
    let text = anstream::adapter::strip_str(&text).to_string();
    for line in text.lines() {
        assert!(
            super::page::columns(line) <= width,
            "wider than {width}: {line}"
        );
        assert_eq!(line, line.trim_end());
    }
    text
}

fn check(report: &Report, width: usize, expected: &str) {
    let text = text(report, width);
    assert!(text == expected, "got:\n{text}\nexpected:\n{expected}");
}

#[test]
fn certain_change() {
    check(&report(), 100, CERTAIN);
}

#[test]
fn certain_change_in_60_columns() {
    check(&report(), 60, CERTAIN_60);
}

#[test]
fn bold_only_where_certain() {
    let bold = |r: &Report| {
        render(r, super::Style { width: 100 })
            .matches("\x1b[1m")
            .count()
    };
    // The title's number, and the verdict's two parts.
    assert_eq!((bold(&report()), bold(&uncertain())), (3, 1));
}

#[test]
fn not_certain() {
    check(&uncertain(), 100, UNCERTAIN);
}

#[test]
fn another_cause() {
    let mut report = report();
    let incident = &mut report.incidents[0];
    incident.causes.remove(0);
    let mut disk = cause("disk", 0.9996, None, "botd has no room on its disk");
    let full = line(
        "/logs/edge-03/syslog",
        9,
        at(2),
        "Nov 18 11:20:02 edge-03 botd: ENOSPC",
    );
    disk.evidence = vec![evidence(
        "sign",
        3.0,
        "2 of 2 crashes say so: \u{201c}ENOSPC\u{201d}",
        vec![full],
    )];
    incident.causes[0] = disk;
    incident.causes[1].probability = 0.0004;
    incident.ruled_out.clear();
    incident.cascade.truncate(1);
    incident.phases.truncate(1);
    incident.loops.truncate(1);
    incident.onset_uncertainty_s = secs(1.0);
    incident.status = Status::Ongoing;
    incident.end = None;
    let recovery = incident.recovery.as_mut().expect("one is made");
    recovery.confirmed = false;
    recovery.by = None;
    recovery.healthy_for_s = secs(15.2);
    check(&report, 100, OTHER);
}

#[test]
fn nothing_explains_it() {
    let mut report = report();
    let incident = &mut report.incidents[0];
    incident.causes.drain(..2);
    incident.causes[0].probability = 0.94;
    let text = text(&report, 100);
    assert!(
        text.contains("\n  NO CAUSE IN THESE LOGS  94 %\n"),
        "{text}"
    );
}

#[test]
fn none_found() {
    let mut report = report();
    report.incidents.clear();
    check(&report, 100, NONE);
    report.counts.by_class.clear();
    assert!(text(&report, 100).contains("No line tells of a process that starts or ends"));
}

#[test]
fn hostile_text_steers_nothing() {
    let evil = "a\x1b]0;pwn\x07b\x1b[31mc\u{9b}2Jd\u{202e}e\u{2028}f\r\ng\u{85}h\u{61c}i";
    let mut report = report();
    report.inputs[0].path = format!("/logs/{evil}/syslog");
    let incident = &mut report.incidents[0];
    incident.loops[0].signature.text = evil.repeat(40);
    incident.loops[0].entity.host = Some(evil.to_owned());
    incident.loops[0].entity.service = evil.to_owned();
    incident.cascade[1].because = Some(evil.to_owned());
    incident.causes[0].summary = evil.to_owned();
    incident.causes[0].evidence[0].text = evil.to_owned();
    incident.causes[0].evidence[2].refs[0] = line(&format!("/logs/{evil}/x"), 1, at(3), evil);
    incident.ruled_out[0].text = evil.to_owned();
    report.changes[2].summary = evil.to_owned();
    let own = regex::Regex::new("\x1b\\[[0-9;]*m").expect("it is a regex");
    for width in [1, 20, 33, 60, 100] {
        let coloured = render(&report, super::Style { width });
        let text = anstream::adapter::strip_str(&coloured).to_string();
        let steers = |c: char| {
            c.is_control() && c != '\n'
                || matches!(
                    c,
                    '\u{61c}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}'
                )
        };
        assert!(!text.contains(steers), "{text:?}");
        // All escapes are ours: colours, whole.
        assert!(!own.replace_all(&coloured, "").contains('\x1b'));
        if width >= 20 {
            let widest = text.lines().map(super::page::columns).max();
            assert!(widest <= Some(width), "{widest:?} in {width}: {text}");
        }
    }
    assert!(
        text(&report, 100).contains("a\u{fffd}]0;pwn\u{fffd}b\u{fffd}[31mc\u{fffd}2Jd\u{fffd}e")
    );
}

const CERTAIN: &str = r#"2 files · 3.2 GB · 31,204,112 lines · 2025-11-17 10:20:00 to 2025-11-18 17:10:00 UTC
paths are below /logs/

INCIDENT 1   botd crash-loops on 2 hosts   2025-11-18 11:20:03 to 14:30:12 UTC (3 h 10 min)
  recovered
  ▁▁▁▁▄█▄▁▄██████████████████████████████████████████████▁▁▁▁▁   1,184 crashes, every 10 s per host
  panic: called `Result::unwrap()` on an `Err` value: TooManyFeatures { got: 241 }
    in load (features.rs)
  first on edge-03 (± 4 s), edge-01 7 s later
  2 phases: 11:20:03 to 11:25:00, 11:35:00 to 14:30:00

  LIKELY TRIGGER  91 %   11:20:00  config features.json v1119 -> v1120
    gen-01/syslog:826: 11:20:00 gen-01 gen[9]: wrote features.json
    +4.1  the crash names features.json; so does the change
          edge-03/syslog:88123: 11:20:03 edge-03 botd[411]: panicked at src/features.rs:118:41:
    -1.2  it comes every 5 min: 422 times before, without harm
    also  +0.2 changes of this kind often cause crash loops
    enabled by  83 %   2025-11-17 11:20:00  permission botfeatures
          gen-01/syslog:904: 2025-11-17 11:20:00 db-04 GRANT
  OTHERWISE      5 % 09:40:00 package botd 3.2 · 4 % nothing in these logs
  ruled out      traffic (access.log: 0.97 x the 1 h before), disk (no sign of it)
  not looked at  hardware (no kernel log here)

  cascade        botd 11:20:03 -> kv-gateway 11:20:37 ("connect botd: refused")
  recovery       14:30:12, 12 s after config features.json (rollback) (14:30:00); healthy for
                 2 h 39 min
"#;
const CERTAIN_60: &str = r#"2 files · 3.2 GB · 31,204,112 lines ·
  2025-11-17 10:20:00 to 2025-11-18 17:10:00 UTC
paths are below /logs/

INCIDENT 1   botd crash-loops on 2 hosts
  2025-11-18 11:20:03 to 14:30:12 UTC (3 h 10 min)
  recovered
  ▁▄▄████████████████▄▁   1,184 crashes, every 10 s per host
  panic: called `Result::unwrap()` on an `Err` value:
    TooManyFeatures { got: 241 }
    in load (features.rs)
  first on edge-03 (± 4 s), edge-01 7 s later
  2 phases: 11:20:03 to 11:25:00, 11:35:00 to 14:30:00

  LIKELY TRIGGER  91 %   11:20:00  config features.json
    v1119 -> v1120
    gen-01/syslog:826: 11:20:00 gen-01 gen[9]: wrote
      features.json
    +4.1  the crash names features.json; so does the change
          edge-03/syslog:88123: 11:20:03 edge-03 botd[411]:…
    -1.2  it comes every 5 min: 422 times before, without
          harm
    also  +0.2 changes of this kind often cause crash loops
    enabled by  83 %   2025-11-17 11:20:00  permission
          botfeatures
          gen-01/syslog:904: 2025-11-17 11:20:00 db-04 GRANT
  OTHERWISE      5 % 09:40:00 package botd 3.2 · 4 % nothing
                 in these logs
  ruled out      traffic (access.log: 0.97 x the 1 h
                 before), disk (no sign of it)
  not looked at  hardware (no kernel log here)

  cascade        botd 11:20:03 -> kv-gateway 11:20:37
                 ("connect botd: refused")
  recovery       14:30:12, 12 s after config features.json
                 (rollback) (14:30:00); healthy for
                 2 h 39 min
"#;
const UNCERTAIN: &str = r#"2 files · 3.2 GB · 31,204,112 lines · 2025-11-17 10:20:00 to 2025-11-18 17:10:00 UTC
paths are below /logs/

INCIDENT 1   botd crash-loops on 2 hosts   since 2025-11-18 11:20:03 UTC   ongoing
  ▁▁▁▁▁██▁▁▄██████████████████████████████████████████████████   1,184 crashes, every 10 s per host
  panic: called `Result::unwrap()` on an `Err` value: TooManyFeatures { got: 241 }
    in load (features.rs)
  first on edge-03 (± 4 s), edge-01 7 s later
  2 phases: 11:20:03 to 11:25:00, 11:35:00 to 14:30:00

  CANNOT TELL   what set it off; the candidates:
    40 %    11:20:00  config features.json v1119 -> v1120
            gen-01/syslog:826: 11:20:00 gen-01 gen[9]: wrote features.json
            +4.1  the crash names features.json; so does the change
            +0.2  changes of this kind often cause crash loops
            -1.2  it comes every 5 min: 422 times before, without harm
    35 %    09:40:00  package botd 3.2
            gen-01/syslog:865: 09:40:00 edge-03 dpkg: 3.2
            +1.1  it changes botd itself
  OTHERWISE      < 1 % nothing in these logs
  ruled out      traffic (access.log: 0.97 x the 1 h before), disk (no sign of it)
  not looked at  hardware (no kernel log here)
  TO DECIDE IT   logs of web02, which the change reached

  cascade        botd 11:20:03 -> kv-gateway 11:20:37 ("connect botd: refused")
"#;
const OTHER: &str = r#"2 files · 3.2 GB · 31,204,112 lines · 2025-11-17 10:20:00 to 2025-11-18 17:10:00 UTC
paths are below /logs/

INCIDENT 1   botd crash-loops on edge-03   since 2025-11-18 11:20:03 UTC
  running again since 14:30:12, too early to tell
  ▁▁▁▁▄█▄▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁   1,184 crashes, every 10 s
  panic: called `Result::unwrap()` on an `Err` value: TooManyFeatures { got: 241 }
    in load (features.rs)

  NO CHANGE DID THIS  > 99 %   disk: botd has no room on its disk
    +3.0  2 of 2 crashes say so: “ENOSPC”
          edge-03/syslog:9: 11:20:02 edge-03 botd: ENOSPC
  OTHERWISE      < 1 % nothing in these logs

  recovery       14:30:12, no repair seen; only 15 s of logs since, too early to tell
"#;
const NONE: &str = r#"2 files · 3.2 GB · 31,204,112 lines · 2025-11-17 10:20:00 to 2025-11-18 17:10:00 UTC
paths are below /logs/

No crash loop found.
  failures seen  4 abnormal exits
  other events   1,302 starts
  changes seen   92 changes
"#;
