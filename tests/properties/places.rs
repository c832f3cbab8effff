//! A place in a report is exact: the record's text begins at the offset, and the line number is that
//! of the line which begins there.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use super::generated::{mixed, render, with_crlf};
use super::{Bench, runner};
use crate::support;

/// What is wrong with the places of a report on files that are stored as plain text.
fn wrong_places(report: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for place in support::refs_of(report) {
        let path = place["path"].as_str().unwrap();
        if path.ends_with(".gz") || path.ends_with(".xz") {
            continue;
        }
        let bytes = fs::read(path).unwrap();
        let (Some(line), Some(offset)) = (place["line"].as_u64(), place["offset"].as_u64()) else {
            wrong.push(format!("no line or offset: {place}"));
            continue;
        };
        let offset = offset as usize;
        if offset >= bytes.len() {
            wrong.push(format!("beyond the end: {place}"));
            continue;
        }
        let before = bytes[..offset].iter().filter(|b| **b == b'\n').count() as u64;
        if before + 1 != line {
            wrong.push(format!(
                "offset {offset} is in line {}: {place}",
                before + 1
            ));
        }
        if offset > 0 && bytes[offset - 1] != b'\n' {
            wrong.push(format!(
                "offset {offset} is not the start of a line: {place}"
            ));
        }
        if !text_begins_at(&bytes[offset..], place["text"].as_str().unwrap()) {
            let there = &bytes[offset..(offset + 120).min(bytes.len())];
            wrong.push(format!(
                "at {offset} stands {:?}: {place}",
                String::from_utf8_lossy(there)
            ));
        }
    }
    wrong
}

/// Whether the first line at hand is the text's, or, where a format hides the message (JSON, export, a
/// container's lines in parts), whether it may hold it.
fn text_begins_at(rest: &[u8], text: &str) -> bool {
    let line = rest.split(|b| *b == b'\n').next().unwrap_or_default();
    let shown = String::from_utf8_lossy(line);
    let wrapped = ["{", "MESSAGE"].iter().any(|head| shown.starts_with(head))
        || [" stderr P ", " stderr F "]
            .iter()
            .any(|part| shown.contains(part));
    let shown = shown.trim_end_matches('\r');
    let first = text
        .split('\n')
        .next()
        .unwrap_or_default()
        .trim_end_matches('\r');
    // A text is cut at 4 KiB.
    wrapped || shown == first || first.len() > 4000 && shown.starts_with(&first[..4000])
}

fn places_are_exact(path: &Path, options: &crashtrail::ScanOptions) -> usize {
    let report = support::report_on(path, options);
    let wrong = wrong_places(&report);
    assert!(
        wrong.is_empty(),
        "{}: {} wrong:\n{}",
        path.display(),
        wrong.len(),
        wrong.join("\n")
    );
    support::refs_of(&report).len()
}

#[test]
fn places_in_recorded_cases_are_exact() {
    let options = support::options();
    let places: usize = support::cases()
        .iter()
        .map(|case| places_are_exact(&case.logs(), &options))
        .sum();
    assert!(places > 500, "only {places}");
}

#[test]
fn places_in_recorded_cases_with_crlf_are_exact() {
    let options = support::options();
    let mut places = 0;
    for case in support::cases()
        .iter()
        .filter(|case| case.bytes() < 100_000)
    {
        let folder = tempfile::tempdir().unwrap();
        for path in support::files_below(&case.logs()) {
            let bytes = fs::read(&path).unwrap();
            let is_text = !bytes.contains(&0);
            let bytes = if is_text { with_crlf(&bytes) } else { bytes };
            fs::write(folder.path().join(path.file_name().unwrap()), bytes).unwrap();
        }
        places += places_are_exact(folder.path(), &options);
    }
    assert!(places > 200, "only {places}");
}

#[test]
fn places_in_generated_logs_are_exact() {
    let bench = Bench::new();
    runner(48)
        .run(&(mixed(60), 1..100_000_usize), |((pieces, crlf), block)| {
            bench.write(&render(&pieces, crlf));
            let report = serde_json::from_slice(&bench.report(block, 2)).unwrap();
            let wrong = wrong_places(&report);
            prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
}

#[test]
fn places_after_an_over_long_line_are_exact() {
    let bench = Bench::new();
    let before: [super::generated::Piece; 1] = [(4, 1, 7)];
    let after: [super::generated::Piece; 2] = [(0, 1, 7), (2, 1, 9)];
    let mut failed = Vec::new();
    for (crlf, extra, block) in settings() {
        let mut bytes = render(&before, crlf);
        bytes.extend(std::iter::repeat_n(b'x', (1 << 20) + extra));
        bytes.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
        bytes.extend(render(&after, crlf));
        bench.write(&bytes);
        let report: Value = serde_json::from_slice(&bench.report(block, 3)).unwrap();
        let mut wrong = wrong_places(&report);
        let incidents = report["incidents"].as_array().unwrap().len();
        if incidents != 1 {
            wrong.push(format!("{incidents} incidents"));
        }
        if report["warnings"].to_string().contains("were cut") != (extra > 0 || crlf) {
            wrong.push(report["warnings"].to_string());
        }
        if !wrong.is_empty() {
            let list = wrong.join("\n    ");
            failed.push(format!(
                "crlf {crlf}, {extra} over, blocks of {block}:\n    {list}"
            ));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// How lines end, by how much the line is too long, and the size of blocks.
fn settings() -> impl Iterator<Item = (bool, usize, usize)> {
    [false, true].into_iter().flat_map(|crlf| {
        [0, 1, 77, 1 << 20]
            .into_iter()
            .flat_map(move |extra| [1000, 1 << 20, 4 << 20].map(move |block| (crlf, extra, block)))
    })
}
