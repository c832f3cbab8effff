//! A pipe, while it is written to.

use std::time::{Duration, Instant};

use crate::fixture::{Fixture, crash_loop};
use crate::story::{crash, quiet, stamp, started};
use crate::watcher::Watcher;

/// A while in which an alert that is not to come would come.
const WHILE: Duration = Duration::from_millis(400);

#[test]
fn the_third_crash_is_told_while_the_pipe_goes_on_and_no_other() {
    let fixture = Fixture::new();
    let mut watch = Watcher::start(&fixture, &[]);
    watch.feed(&quiet(36_000));
    watch.feed(&crash(36_010, 100));
    watch.feed(&crash(36_020, 101));
    watch.is_silent_for(WHILE);
    watch.feed(&crash(36_030, 102));
    let opened = watch.next_is("opened");
    assert_eq!(opened["incident"]["loops"][0]["crashes"], 3);
    assert_eq!(opened["incident"]["loops"][0]["entity"]["service"], "botd");
    let note = opened["note"].as_str().unwrap();
    assert!(note.contains("2026-03-01T10:00:00.250Z"), "{note}");
    assert!(note.contains("journalctl -f --since -6h"), "{note}");
    for n in 3..40 {
        watch.feed(&crash(36_010 + 10 * n, 100 + n as u32));
    }
    watch.is_silent_for(WHILE);
    let end = watch.end();
    assert_eq!(end.code, Some(0));
    assert!(end.alerts.is_empty(), "{end:?}");
    assert!(end.stderr.contains("open: 1 incident\n"), "{end:?}");
    assert!(end.stderr.contains("botd on web01 crash-loops"), "{end:?}");
}

#[test]
fn recovery_waits_for_health_and_a_relapse_is_no_new_incident() {
    let fixture = Fixture::new();
    let mut watch = Watcher::start(&fixture, &[]);
    for n in 0..5 {
        watch.feed(&crash(36_000 + 10 * n, 100 + n as u32));
    }
    let opened = watch.next_is("opened");
    watch.feed(&started(36_050));
    watch.feed(&quiet(36_060));
    // Ten seconds are no health: the loop's longest gap is as long.
    watch.is_silent_for(WHILE);
    watch.feed(&quiet(36_200));
    let recovered = watch.next_is("recovered");
    assert_eq!(recovered["incident"]["id"], opened["incident"]["id"]);
    assert_eq!(recovered["incident"]["status"], "recovered");
    for n in 0..4 {
        watch.feed(&crash(36_300 + 10 * n, 200 + n as u32));
    }
    let relapsed = watch.next_is("relapsed");
    assert_eq!(relapsed["note"], "it had ended at 2026-03-01T10:00:50.250Z");
    assert_eq!(relapsed["incident"]["id"], opened["incident"]["id"]);
    watch.feed(&started(36_350));
    // A relapse makes no recovery take longer: the pause before it is no gap of the loop.
    watch.feed(&quiet(36_400));
    watch.next_is("recovered");
    watch.feed(&quiet(36_000 + 7200));
    let closed = watch.next_is("closed");
    assert_eq!(closed["number"], 5);
    let end = watch.end();
    assert!(end.stderr.contains("no incident is open"), "{end:?}");
}

#[test]
fn a_panic_whose_next_line_has_not_come_counts() {
    let fixture = Fixture::new();
    let mut watch = Watcher::start(&fixture, &[]);
    let panics = |n: u64| {
        let (at, pid) = (stamp(36_000 + 10 * n), 100 + n);
        format!("{at} web01 botd[{pid}]: thread 'main' ({pid}) panicked at src/main.rs:36:69:\n")
    };
    let says = |n: u64| {
        let (at, pid) = (stamp(36_000 + 10 * n), 100 + n);
        format!("{at} web01 botd[{pid}]: index out of bounds: the len is 3 but the index is 7\n")
    };
    for n in 0..2 {
        watch.feed(&panics(n));
        watch.feed(&says(n));
    }
    watch.feed(&panics(2));
    let opened = watch.next_is("opened");
    assert_eq!(opened["incident"]["loops"][0]["crashes"], 3);
    watch.feed(&says(2));
    let end = watch.end();
    assert_eq!(end.code, Some(0));
    assert!(end.alerts.is_empty(), "the same crash once more: {end:?}");
    assert!(end.stderr.contains("(3 crashes)"), "{end:?}");
}

#[test]
fn a_supervisors_counter_tells_sooner() {
    let fixture = Fixture::new();
    let mut watch = Watcher::start(&fixture, &[]);
    let at = stamp(36_000);
    watch.feed(&format!(
        "{at} web01 systemd[1]: botd.service: Main process exited, code=exited, status=101/n/a\n\
         {at} web01 systemd[1]: botd.service: Scheduled restart job, restart counter is at 57.\n"
    ));
    let opened = watch.next_is("opened");
    assert_eq!(opened["incident"]["loops"][0]["crashes"], 57);
}

#[test]
fn signals_end_it_with_the_summary_and_zero() {
    for signal in ["-INT", "-TERM"] {
        let fixture = Fixture::new();
        let mut watch = Watcher::start(&fixture, &[]);
        watch.feed(&crash_loop());
        watch.next_is("opened");
        watch.signal(signal);
        let end = watch.end_by_itself();
        assert_eq!(end.code, Some(0), "{signal}");
        assert!(end.stderr.contains("open: 1 incident"), "{end:?}");
    }
}

#[test]
fn idle_for_long_enough_is_an_end() {
    let fixture = Fixture::new();
    let began = Instant::now();
    let mut watch = Watcher::start(&fixture, &["--once-idle", "300ms"]);
    watch.feed(&quiet(36_000));
    let end = watch.end_by_itself();
    assert_eq!(end.code, Some(0));
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_reader_that_went_away_ends_it_quietly() {
    let fixture = Fixture::new();
    let mut child = fixture.command(&["watch", "-"]);
    let mut child = child.stdin(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    // It ends while the pipe goes on.
    std::io::Write::write_all(&mut stdin, crash_loop().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    drop(stdin);
}

#[test]
fn alerts_for_people_say_what_and_why() {
    let fixture = Fixture::new();
    let run = fixture.run_fed(&["watch"], &crash_loop());
    run.ends_with(0);
    assert!(run.stdout.contains("  OPENED  i"), "{run:?}");
    assert!(
        run.stdout.contains("TooMany { got: 241, limit: 200 }"),
        "{run:?}"
    );
    assert!(run.stdout.contains("features.conf"), "{run:?}");
    assert!(run.stdout.contains("open: 1 incident"), "{run:?}");
    assert_eq!(run.stdout.matches("OPENED").count(), 1);
}
