//! Why this cause and not that one.

use std::path::Path;

use crate::fixture::{Fixture, Run};

fn explained(more: &[&str]) -> Run {
    let case = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/cases/08-botd-upgrade-fixforward/logs");
    let mut args = vec!["explain", "--width", "200", case.to_str().unwrap()];
    args.extend(more);
    let run = Fixture::new().run(&args);
    run.ends_with(0);
    run
}

fn has(run: &Run, words: &str) {
    assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
}

#[test]
fn the_first_cause_is_set_beside_the_second() {
    let run = explained(&[]);
    has(&run, "A  > 99 %  08:10:23  package botd");
    has(&run, "B  < 1 %");
    has(
        &run,
        "A  botd was changed again at 08:11:01, and the crashes ended",
    );
    has(&run, "before evidence");
}

#[test]
fn a_change_that_is_asked_for_is_told_however_unlikely() {
    let without = explained(&[]);
    assert!(
        !without.stdout.contains("tzinfo-extra"),
        "{}",
        without.stdout
    );
    let run = explained(&["--change", "tzinfo"]);
    has(&run, "08:10:16  package tzinfo-extra");
    has(&run, "B  it changes the whole host");
}

#[test]
fn the_sums_are_what_the_probabilities_are_made_of() {
    let run = explained(&["--change", "tzinfo"]);
    let sums = run
        .stdout
        .lines()
        .find(|l| l.trim_start().starts_with("sum"))
        .unwrap();
    let sums: Vec<f64> = sums
        .split_whitespace()
        .skip(1)
        .map(|n| n.replace('\u{2212}', "-").parse().unwrap())
        .collect();
    assert!(sums[0] > sums[1], "{sums:?}");
}

#[test]
fn a_change_after_the_first_crash_is_told_as_such() {
    has(
        &explained(&["--change", "2.5.1"]),
        "came after the first crash",
    );
}

#[test]
fn words_that_stand_for_no_change_are_said_to() {
    has(
        &explained(&["--change", "kubelet"]),
        "no change that is told here has",
    );
}

#[test]
fn what_would_tell_more_is_told() {
    has(&explained(&[]), "logs from before 08:09:57");
}
