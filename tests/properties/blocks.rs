//! Any block size and any number of threads give the same bytes.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::generated::{mixed, render};
use super::{Bench, runner};
use crate::support;

#[test]
fn generated_logs_read_the_same_in_any_blocks() {
    let bench = Bench::new();
    let block = prop_oneof![1..200_usize, 200..20_000_usize, 20_000..(4_usize << 20)];
    let input = (mixed(60), block, 1..=8_usize);
    runner(48)
        .run(&input, |((pieces, crlf), block, threads)| {
            bench.write(&render(&pieces, crlf));
            let usual = bench.report(1 << 20, 1);
            let other = bench.report(block, threads);
            if usual != other {
                return Err(TestCaseError::fail(first_difference(&usual, &other)));
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn recorded_cases_read_the_same_in_any_blocks() {
    let mut options = support::options();
    let mut wrong = Vec::new();
    for name in [
        "03-nginx-latent-restart",
        "08-botd-upgrade-fixforward",
        "10-pricer-flag-keyerror",
        "19-ok-single-crash",
        "30-supervisord-fatal",
    ] {
        let logs = support::case(name).logs();
        options.block_bytes = 1 << 20;
        options.threads = 1;
        let usual = support::report_bytes(&logs, &options);
        for (block, threads) in [(1, 2), (97, 8), (4096, 3), (65_537, 1), (4 << 20, 5)] {
            options.block_bytes = block;
            options.threads = threads;
            let other = support::report_bytes(&logs, &options);
            if usual != other {
                let difference = first_difference(&usual, &other);
                wrong.push(format!(
                    "{name}, blocks of {block}, {threads} threads: {difference}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// More crashes than are kept one by one, of a minute and in all, by two programs.
fn flood(style: &str) -> Vec<u8> {
    let mut text = String::new();
    for n in 0..FLOOD {
        let (minute, second) = (n / 400, n * 60 / 400 % 60);
        let at = format!("2026-03-05T10:{minute:02}:{second:02}Z");
        let program = if n % 7 == 0 { "pricer" } else { "botd" };
        match style {
            "syslog" => text.push_str(&format!(
                "{at} web01 {program}[{n}]: panic: runtime error: index out of range [{n}] with length 3\n"
            )),
            _ => {
                let micros = (1_772_704_800 + n * 60 / 400) * 1_000_000 + n;
                text.push_str(&format!(
                    "__CURSOR=s=1;i={n}\n__REALTIME_TIMESTAMP={micros}\n_HOSTNAME=web01\n\
                     SYSLOG_IDENTIFIER={program}\n_PID={n}\nCOMMENT=panic: runtime error\n\
                     MESSAGE=panic: runtime error: index out of range [{n}] with length 3\n\n"
                ));
            }
        }
    }
    text.into_bytes()
}

const FLOOD: u64 = 22_000;

#[test]
fn a_flood_is_counted_whole_and_the_same_in_any_blocks() {
    for style in ["syslog", "export"] {
        let bench = Bench::new();
        bench.write(&flood(style));
        let usual = bench.report(1 << 20, 1);
        let report: serde_json::Value = serde_json::from_slice(&usual).unwrap();
        assert_eq!(report["counts"]["by_class"]["crash"], FLOOD, "{style}");
        for (block, threads) in [(1, 2), (700, 3), (16_384, 2), (100_000, 1)] {
            let other = bench.report(block, threads);
            let difference = first_difference(&usual, &other);
            assert!(usual == other, "{style}, blocks of {block}: {difference}");
        }
    }
}

/// The first line that differs, for a person.
pub(crate) fn first_difference(a: &[u8], b: &[u8]) -> String {
    let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
    let differing = a
        .lines()
        .zip(b.lines())
        .enumerate()
        .find(|(_, (x, y))| x != y);
    match differing {
        Some((n, (x, y))) => format!("line {}: {x:?} and {y:?}", n + 1),
        None => format!("{} and {} lines", a.lines().count(), b.lines().count()),
    }
}
