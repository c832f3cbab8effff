//! The exit status: one test for each reason.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fixture::{Fixture, crash_loop, quiet_log};

const JSON: [&str; 3] = ["scan", "--format", "json"];

fn json<'a>(more: &[&'a str]) -> Vec<&'a str> {
    JSON.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn nothing_found_is_0() {
    let fixture = Fixture::new();
    fixture.write("syslog", quiet_log());
    let run = fixture.run(&json(&["--exit-code", "syslog"]));
    run.ends_with(0);
    assert!(run.incidents().is_empty());
    assert_eq!(run.stderr, "");
}

#[test]
fn a_loop_is_0_unless_asked_for() {
    let fixture = Fixture::with_loop();
    let run = fixture.run(&json(&["syslog"]));
    run.ends_with(0);
    assert_eq!(run.incidents().len(), 1);
    fixture.run(&["scan", "syslog"]).ends_with(0);
}

#[test]
fn a_loop_is_1_with_exit_code() {
    let fixture = Fixture::with_loop();
    let run = fixture.run(&json(&["--exit-code", "syslog"]));
    run.ends_with(1);
    assert_eq!(run.incidents().len(), 1);
    fixture.run(&["scan", "--exit-code", "syslog"]).ends_with(1);
}

#[test]
fn a_missing_path_is_2_and_the_rest_is_analysed() {
    let fixture = Fixture::with_loop();
    let run = fixture.run(&json(&["--exit-code", "syslog", "gone.log"]));
    run.ends_with(2);
    assert_eq!(run.incidents().len(), 1);
    assert!(run.stderr.contains("gone.log"), "{run:?}");
}

#[test]
fn a_truncated_gzip_file_is_2_and_what_was_read_is_used() {
    let fixture = Fixture::new();
    let mut text = crash_loop();
    text.push_str(&quiet_log().repeat(200));
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    fixture.write("syslog.gz", &packed[..packed.len() * 3 / 4]);
    let run = fixture.run(&json(&["syslog.gz"]));
    run.ends_with(2);
    assert_eq!(run.incidents().len(), 1);
    assert!(run.stderr.contains("syslog.gz"), "{run:?}");
    let found = fixture.run(&json(&["."]));
    found.ends_with(2);
    assert_eq!(found.incidents().len(), 1);
}

#[test]
fn binary_and_empty_files_in_a_folder_are_0_with_a_warning() {
    let fixture = Fixture::new();
    fixture.write("logs/syslog", crash_loop());
    fixture.write(
        "logs/core",
        [0x7f, b'E', b'L', b'F', 0, 0, 1, 2, 0, 0, 0, 0].repeat(400),
    );
    fixture.write("logs/empty.log", "");
    let run = fixture.run(&json(&["logs"]));
    run.ends_with(0);
    assert_eq!(run.incidents().len(), 1);
    assert!(run.stderr.contains("logs/core"), "{run:?}");
    let warned = run.report()["warnings"].to_string();
    assert!(warned.contains("logs/core"), "{warned}");
}

#[test]
fn no_log_at_all_is_2() {
    let fixture = Fixture::new();
    fixture.write("notes/todo.txt", "buy milk\nand bread\n");
    fixture.run(&json(&["notes"])).ends_with(2);
    std::fs::create_dir(fixture.path("bare")).unwrap();
    let run = fixture.run(&json(&["bare"]));
    run.ends_with(2);
    assert!(run.incidents().is_empty());
    assert!(
        run.stderr.contains("no input holds a log record"),
        "{run:?}"
    );
}

#[test]
fn bad_usage_is_2_and_writes_no_report() {
    let fixture = Fixture::with_loop();
    for args in [
        vec!["scan", "--no-such-flag", "syslog"],
        vec!["--no-such-flag"],
        vec!["scan", "--format", "xml", "syslog"],
        vec!["scan", "--threads", "0", "syslog"],
        vec!["scan", "--block-size", "0", "syslog"],
        vec!["scan", "--since", "yesterday-ish", "syslog"],
        vec!["scan", "--until", "2026-13-01", "syslog"],
        vec!["scan", "--tz", "Mars/Olympus", "syslog"],
        vec!["scan", "--year", "many", "syslog"],
        vec!["scan", "--without-rule", "no.such-rule", "syslog"],
    ] {
        let run = fixture.run(&args);
        run.ends_with(2);
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(run.stderr.starts_with("error: "), "{args:?}: {run:?}");
    }
}

#[test]
fn help_and_version_are_0() {
    let fixture = Fixture::new();
    let help = fixture.run(&["--help"]);
    help.ends_with(0);
    assert!(help.stdout.contains("Exit status:"), "{help:?}");
    assert!(help.stdout.contains("1  with --exit-code"), "{help:?}");
    let version = fixture.run(&["--version"]);
    version.ends_with(0);
    assert_eq!(
        version.stdout,
        format!("crashtrail {}\n", env!("CARGO_PKG_VERSION"))
    );
    for command in ["scan", "rules"] {
        fixture.run(&[command, "--help"]).ends_with(0);
    }
}
