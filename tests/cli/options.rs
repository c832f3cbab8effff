//! What options do.

use std::collections::BTreeSet;

use crate::fixture::{Fixture, crash_loop_without_zone};

fn onset(fixture: &Fixture, more: &[&str]) -> String {
    let args: Vec<&str> = ["scan", "--format", "json", "syslog"]
        .iter()
        .chain(more)
        .copied()
        .collect();
    let run = fixture.run(&args);
    run.ends_with(0);
    let incidents = run.incidents();
    assert_eq!(incidents.len(), 1, "{run:?}");
    incidents[0]["onset"].as_str().unwrap().to_owned()
}

#[test]
fn year_and_zone_are_taken_as_given() {
    let fixture = Fixture::new();
    fixture.write("syslog", crash_loop_without_zone());
    let year = ["--year", "2019"];
    assert_eq!(onset(&fixture, &year), "2019-03-01T10:00:07Z");
    for (zone, wanted) in [
        ("UTC", "2019-03-01T10:00:07Z"),
        ("+02:00", "2019-03-01T08:00:07Z"),
        ("-0530", "2019-03-01T15:30:07Z"),
        ("Europe/Berlin", "2019-03-01T09:00:07Z"),
    ] {
        assert_eq!(
            onset(&fixture, &[&year[..], &["--tz", zone]].concat()),
            wanted,
            "{zone}"
        );
    }
}

#[test]
fn stamps_with_year_and_zone_are_left_alone() {
    let fixture = Fixture::with_loop();
    let wanted = "2026-03-01T10:00:07.250Z";
    assert_eq!(onset(&fixture, &[]), wanted);
    assert_eq!(
        onset(&fixture, &["--year", "2019", "--tz", "+02:00"]),
        wanted
    );
}

#[test]
fn since_and_until_leave_incidents_out() {
    let fixture = Fixture::with_loop();
    let told = |more: &[&str]| {
        let args: Vec<&str> = ["scan", "--format", "json", "--exit-code", "syslog"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let run = fixture.run(&args);
        let told = run.incidents().len();
        run.ends_with(i32::from(told > 0));
        told
    };
    // One that has not ended is never over.
    assert_eq!(told(&["--since", "2026-03-01T09:00:00Z"]), 1);
    assert_eq!(told(&["--until", "2026-03-01T09:00:00Z"]), 0);
    assert_eq!(told(&["--until", "2026-03-01 11:00"]), 1);
    // The same clock reading, two hours east.
    assert_eq!(told(&["--until", "2026-03-01 11:00", "--tz", "+02:00"]), 0);
}

#[test]
fn since_leaves_out_what_is_over() {
    let fixture = Fixture::with_loop();
    let mut log = crate::fixture::crash_loop();
    log.push_str(
        "2026-03-01T10:00:50.000000+00:00 web01 systemd[1]: Started botd.service - Bot daemon.\n",
    );
    for minute in 1..50 {
        log.push_str(&format!(
            "2026-03-01T10:{minute:02}:30.000000+00:00 web01 cron[9]: (root) CMD (true)\n"
        ));
    }
    fixture.write("syslog", log);
    let told = |since: &str| {
        let run = fixture.run(&["scan", "--format", "json", "syslog", "--since", since]);
        run.ends_with(0).incidents().len()
    };
    assert_eq!(told("2026-03-01T10:00:20Z"), 1);
    assert_eq!(told("2026-03-01T10:40:00Z"), 0);
    assert_eq!(told("-1h"), 0);
}

#[test]
fn rules_are_listed_with_class_kind_and_source() {
    let fixture = Fixture::new();
    let run = fixture.run(&["rules"]);
    run.ends_with(0);
    let ids: Vec<&str> = run
        .stdout
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 4, "{line}");
            assert!(fields.iter().all(|field| !field.is_empty()), "{line}");
            fields[0]
        })
        .collect();
    assert!(ids.contains(&"rust.panic"), "{ids:?}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn literals_are_listed_once_and_in_order() {
    let fixture = Fixture::new();
    let run = fixture.run(&["rules", "--literals"]);
    run.ends_with(0);
    let listed: Vec<&str> = run.stdout.lines().collect();
    let sorted: Vec<&str> = listed
        .iter()
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    assert_eq!(listed, sorted);
    let rules = crashtrail::RuleSet::builtin().unwrap();
    assert_eq!(listed, rules.literals());
}

#[test]
fn a_rule_can_be_switched_off() {
    let fixture = Fixture::with_loop();
    let count = |more: &[&str]| {
        let args: Vec<&str> = ["scan", "--format", "json", "syslog"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        fixture.run(&args).report()["counts"]["by_class"]["crash"]
            .as_u64()
            .unwrap_or(0)
    };
    assert_eq!(count(&[]), 5);
    assert_eq!(count(&["--without-rule", "rust.panic"]), 0);
}

#[test]
fn rules_name_the_record_shapes_that_they_read() {
    let fixture = Fixture::new();
    let run = fixture.run(&["rules", "--entries"]);
    run.ends_with(0);
    let wanted = "systemd.restart\tC15 C16\n";
    assert!(run.stdout.contains(wanted), "{}", run.stdout);
}

#[test]
fn rules_of_ones_own_come_first_and_take_the_place_of_built_in_ones() {
    let fixture = Fixture::with_loop();
    let rule = |id: &str, pattern: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nsource = \"ours\"\nliterals = [\"panicked at\"]\n\
             pattern = '{pattern}'\nclass = \"cause\"\nkind = \"memory\"\n\
             examples = [{{ message = \"panicked at\" }}]\n"
        )
    };
    let count = |rules: &str, class: &str| {
        fixture.write("own.toml", rules);
        let run = fixture.run(&["scan", "--format", "json", "syslog", "--rules", "own.toml"]);
        run.report()["counts"]["by_class"][class]
            .as_u64()
            .unwrap_or(0)
    };
    let own = rule("own.cause", "panicked");
    assert_eq!((count(&own, "cause"), count(&own, "crash")), (5, 5));
    let replaced = rule("rust.panic", "panicked");
    assert_eq!(
        (count(&replaced, "cause"), count(&replaced, "crash")),
        (5, 0)
    );

    fixture.write("own.toml", rule("own.bad", "("));
    let run = fixture.run(&["scan", "syslog", "--rules", "own.toml"]);
    run.ends_with(2);
    let told = "own.toml:1: rule `own.bad`: its pattern cannot be used";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}

#[test]
fn settings_for_speed_leave_the_report_alone() {
    let fixture = Fixture::with_loop();
    let report = |more: &[&str]| {
        let args: Vec<&str> = ["scan", "--format", "json", "syslog"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        fixture.run(&args).ends_with(0).stdout.clone()
    };
    let usual = report(&[]);
    for more in [
        &["--threads", "1"][..],
        &["-j", "7"],
        &["--block-size", "1"],
        &["--block-size", "300", "-j", "3"],
        &["--no-sieve"],
    ] {
        assert_eq!(report(more), usual, "{more:?}");
    }
}

#[test]
fn one_file_given_twice_is_read_once() {
    let fixture = Fixture::with_loop();
    let once = fixture.run(&["scan", "--format", "json", "syslog"]);
    let twice = fixture.run(&["scan", "--format", "json", "syslog", "syslog"]);
    assert_eq!(once.report()["incidents"], twice.report()["incidents"]);
    assert_eq!(twice.report()["inputs"].as_array().unwrap().len(), 1);
}
