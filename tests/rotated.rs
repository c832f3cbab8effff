//! A log that was rotated in the middle of a loop tells what it would have told in one file, wherever it was cut: of
//! programs whose lines bear no process id, of those whose lines do, and of crash texts.

use std::io::Write;

#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use serde_json::Value;
use support::logs::{Log, loops, scanned};

/// Eight lives that end with these lines, after a long one.
fn looping(ends: &[&str]) -> Log {
    let mut log = Log::default();
    let mut life = |at: i64, turns: i64| {
        log.say(at, "INFO booting zorkd 4.1.0");
        log.say(at + 20, "INFO opening /srv/zork/grid.dat");
        log.say(at + 45, "INFO listening on 0.0.0.0:8080");
        for n in 0..turns {
            let turn = format!("INFO turned the wheel {n} times");
            log.say(at + 1000 * (n + 1), &turn);
        }
    };
    life(0, 100);
    for n in 0..8 {
        life(120_000 + n * 9100, 2 + n % 3);
    }
    for n in 0..8 {
        for line in ends {
            log.say(120_000 + n * 9100 + 1000 * (2 + n % 3) + 60, line);
        }
    }
    log
}

/// What a report tells of the loops, and whether they are over.
fn told(report: &Value) -> Vec<(String, String, u64, i64, String)> {
    let incidents = report["incidents"].as_array().unwrap();
    let status = |n: usize| incidents[n]["status"].as_str().unwrap().to_owned();
    let loops = loops(report).into_iter().enumerate();
    loops
        .map(|(n, (service, evidence, crashes, first))| {
            (service, evidence, crashes, first, status(n))
        })
        .collect()
}

fn packed(text: &str) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap()
}

/// That the log is the same to a scan in one file, in two cut anywhere, and in two of which one is compressed.
fn is_the_same_in_two_files(name: &str, text: &str, crashes: u64) {
    let whole = told(&scanned(&[(name, text.as_bytes())]));
    assert_eq!(whole.len(), 1, "{whole:?}");
    assert_eq!(
        (whole[0].2, whole[0].3 / 10, &*whole[0].4),
        (crashes, 12, "ongoing")
    );
    let ends = text.match_indices('\n').map(|(at, _)| at + 1);
    // From within the long life on; what ends the last one may lie in a file by itself.
    let cuts = ends.skip(90).filter(|at| *at < text.len());
    let older = format!("{name}.1");
    let compressed = format!("{name}.1.gz");
    for cut in cuts {
        let (before, after) = text.split_at(cut);
        // A crash text in several lines that a rotation tears apart is another.
        if !after.starts_with(char::is_numeric) {
            continue;
        }
        let two = scanned(&[(&older, before.as_bytes()), (name, after.as_bytes())]);
        let packed = scanned(&[(&compressed, &packed(before)), (name, after.as_bytes())]);
        let lines = after.lines().count();
        assert_eq!(told(&two), whole, "the last {lines} lines in another file");
        assert_eq!(told(&packed), whole, "the last {lines} lines, compressed");
    }
}

#[test]
fn lives_without_process_ids() {
    let log = looping(&["ERROR grid.dat: row 17 unexpected, leaving"]);
    is_the_same_in_two_files("zork.log", &log.plain(), 8);
}

#[test]
fn lives_with_process_ids() {
    let log = looping(&["ERROR grid.dat: row 17 unexpected, leaving"]);
    let mut pid = 700;
    let text = log.text(|time, text| {
        pid += 17 * u32::from(text.contains("booting"));
        format!("{time} web01 zorkd[{pid}]: {text}")
    });
    is_the_same_in_two_files("syslog", &text, 8);
}

#[test]
fn a_process_id_that_comes_again_in_the_next_file_is_another_process() {
    let log = looping(&["ERROR grid.dat: row 17 unexpected, leaving"]);
    let mut lives = 0;
    let text = log.text(|time, text| {
        lives += u32::from(text.contains("booting"));
        // A long life, then four short ones and four more.
        let pid = if lives == 1 { 700 } else { 701 + lives % 4 };
        format!("{time} web01 zorkd[{pid}]: {text}")
    });
    let begins = text.match_indices("booting").nth(5).unwrap().0;
    let (before, after) = text.split_at(text[..begins].rfind('\n').unwrap() + 1);
    let report = scanned(&[
        ("syslog.1", before.as_bytes()),
        ("syslog", after.as_bytes()),
    ]);
    let found = told(&report);
    assert_eq!((found.len(), found[0].2), (1, 8), "{found:?}");
}

#[test]
fn files_that_were_written_side_by_side_are_no_parts_of_one_log() {
    let loops = looping(&["ERROR grid.dat: row 17 unexpected, leaving"]).plain();
    let mut well = Log::default();
    well.say(0, "INFO booting zorkd 4.1.0");
    for n in 0..2000 {
        well.say(
            n * 100 + 70,
            &format!("INFO turned another wheel {n} times"),
        );
    }
    for (one, other) in [("zork.1", "zork.2"), ("zork.2", "zork.1")] {
        let files = [
            (one, loops.as_bytes()),
            (other, &*well.plain().into_bytes()),
        ];
        let found = told(&scanned(&files));
        assert_eq!((found.len(), found[0].2), (1, 8), "{found:?}");
    }
}

#[test]
fn crash_texts_without_process_ids() {
    let log = looping(&["TRACE"]);
    let trace = "ERROR Traceback (most recent call last):\n  File \"/srv/zork.py\", line 88, in turn\n    \
        row = int(cell)\nValueError: row 17 unexpected";
    let text = log.text(|time, text| format!("{time} {}", text.replace("TRACE", trace)));
    is_the_same_in_two_files("zork.log", &text, 8);
}
