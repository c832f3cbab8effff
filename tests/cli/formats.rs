//! The command that lists formats, and says what files are taken for.

use std::fs;
use std::path::Path;

use crate::fixture::{Fixture, crash_loop_without_zone};

#[test]
fn the_documentation_has_the_table_of_the_code() {
    let run = Fixture::new().run(&["formats", "--markdown"]);
    run.ends_with(0);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md");
    let page = fs::read_to_string(path).unwrap();
    let (_, rest) = page.split_once("--markdown` prints -->\n\n").unwrap();
    let (table, _) = rest.split_once("<!-- end -->").unwrap();
    assert_eq!(table, run.stdout, "run `crashtrail formats --markdown`");
}

#[test]
fn a_file_is_told_with_its_first_record() {
    let fixture = Fixture::new();
    fixture.write("syslog", crash_loop_without_zone());
    let run = fixture.run(&["formats", "syslog"]);
    run.ends_with(0);
    for wanted in [
        "syslog: rfc3164\n",
        "lines fit, the first of them line 1, 2, 3",
        "  host      ",
    ] {
        assert!(run.stdout.contains(wanted), "{wanted}: {}", run.stdout);
    }
}

#[test]
fn what_could_steer_a_terminal_is_taken_out() {
    let fixture = Fixture::new();
    fixture.write("app.log", "2026-03-01 10:00:00 a\u{7}b\u{9b}31mc\n");
    let run = fixture.run(&["formats", "app.log"]);
    run.ends_with(0);
    assert!(
        run.stdout.contains("message   a\u{fffd}b\u{fffd}31mc\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_file_in_no_known_format_is_said_to_be_so() {
    let fixture = Fixture::new();
    fixture.write("notes", "buy milk\nfeed the cat\n");
    let run = fixture.run(&["formats", "notes"]);
    run.ends_with(0);
    assert!(
        run.stdout
            .starts_with("notes: in no known format, read as plain lines\n")
    );
}

#[test]
fn a_format_can_be_forced_and_an_unknown_one_lists_the_known() {
    let fixture = Fixture::new();
    fixture.write("syslog", crash_loop_without_zone());
    let run = fixture.run(&[
        "scan",
        "--format",
        "json",
        "--input-format",
        "journal-short",
        "syslog",
    ]);
    run.ends_with(0);
    assert_eq!(run.report()["inputs"][0]["format"], "journal-short");
    let run = fixture.run(&["scan", "--input-format", "morse", "syslog"]);
    run.ends_with(2);
    assert!(run.stderr.contains("no such format") && run.stderr.contains("journal-short"));
}
