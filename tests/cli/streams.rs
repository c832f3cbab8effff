//! What comes in on standard input, and what goes where.

use crate::fixture::{Fixture, crash_loop};

#[test]
fn a_dash_reads_standard_input() {
    let fixture = Fixture::new();
    let run = fixture.run_fed(&["scan", "--format", "json", "-"], &crash_loop());
    run.ends_with(0);
    assert_eq!(run.incidents().len(), 1);
    assert_eq!(run.report()["inputs"][0]["path"], "-");
}

#[test]
fn what_is_piped_in_needs_no_argument() {
    let fixture = Fixture::new();
    let run = fixture.run_fed(&[], &crash_loop());
    run.ends_with(0);
    assert!(run.stdout.contains("botd"), "{run:?}");
    let bare = fixture.run_fed(&["--format", "json"], &crash_loop());
    bare.ends_with(0);
    assert_eq!(bare.incidents().len(), 1);
}

#[test]
fn nothing_piped_in_is_no_log() {
    let fixture = Fixture::new();
    fixture.run_fed(&["scan", "-"], "").ends_with(2);
    fixture.run(&[]).ends_with(2);
}

#[test]
fn the_command_may_be_left_out() {
    let fixture = Fixture::with_loop();
    let short = fixture.run(&["--format", "json", "syslog"]);
    let long = fixture.run(&["scan", "--format", "json", "syslog"]);
    short.ends_with(0);
    assert_eq!(short.stdout, long.stdout);
    assert_eq!(
        fixture.run(&["syslog"]).stdout,
        fixture.run(&["scan", "syslog"]).stdout
    );
}

#[test]
fn standard_output_holds_data_only() {
    let fixture = Fixture::with_loop();
    let run = fixture.run(&["scan", "--format", "json", "syslog", "gone.log"]);
    assert_eq!(run.incidents().len(), 1);
    assert!(run.stderr.contains("warning: gone.log"), "{run:?}");
    assert!(!run.stdout.contains("warning: "), "{run:?}");
    assert!(run.stdout.ends_with("}\n"), "{run:?}");
}

#[test]
fn quiet_leaves_standard_error_empty() {
    let fixture = Fixture::with_loop();
    let run = fixture.run(&["scan", "--quiet", "--format", "json", "syslog", "gone.log"]);
    run.ends_with(2);
    assert_eq!(run.stderr, "");
    // The warning is a part of the report all the same.
    assert!(run.report()["warnings"].to_string().contains("gone.log"));
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let fixture = Fixture::with_loop();
    for args in [
        vec!["scan", "--format", "json", "syslog"],
        vec!["scan", "syslog"],
        vec!["rules"],
        vec!["rules", "--literals"],
    ] {
        let mut child = fixture.command(&args).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[test]
fn colours_are_for_terminals_only() {
    let fixture = Fixture::with_loop();
    for more in [&["--color", "auto"][..], &["--color", "never"], &[]] {
        let args: Vec<&str> = ["scan", "syslog"].iter().chain(more).copied().collect();
        let run = fixture.run(&args);
        assert!(!run.stdout.contains('\u{1b}'), "{args:?}: {run:?}");
    }
    let mut command = fixture.command(&["scan", "syslog"]);
    let output = command.env("NO_COLOR", "1").output().unwrap();
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn what_stood_before_a_crash_is_told_of_a_stream_as_of_a_file() {
    let fixture = Fixture::new();
    let mut text = String::new();
    for n in 0..5 {
        text += &format!(
            "Nov 18 11:2{n}:03 edge1 botd[{n}7]: limit of features is 200\n\
             Nov 18 11:2{n}:04 edge1 botd[{n}7]: reading 241 features\n\
             Nov 18 11:2{n}:05 edge1 systemd[1]: botd.service: Main process exited, code=exited, status=101/n/a\n\
             Nov 18 11:2{n}:05 edge1 systemd[1]: botd.service: Failed with result 'exit-code'.\n\
             Nov 18 11:2{n}:15 edge1 systemd[1]: botd.service: Scheduled restart job, restart counter is at {n}.\n"
        );
    }
    fixture.write("syslog", &text);
    let args = ["scan", "--format", "json", "--year", "2025"];
    let file = fixture.run(&[&args[..], &["syslog"]].concat());
    let stream = fixture.run_fed(&[&args[..], &["-"]].concat(), &text);
    stream.ends_with(0);
    assert!(file.stdout.contains("reading 241 features"), "{file:?}");
    assert_eq!(
        stream
            .stdout
            .replace("\"path\": \"-\"", "\"path\": \"syslog\""),
        file.stdout
    );
}
