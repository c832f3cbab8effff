//! Every layout, read.

use super::*;
use crate::time::Known;

fn told(line: &str) -> String {
    let head = head(line.as_bytes()).unwrap_or_else(|| panic!("no head: {line}"));
    let (stamp, end) = head
        .read(line.as_bytes())
        .unwrap_or_else(|| panic!("no stamp: {line}"));
    let rest = &line[end..];
    match stamp.known {
        Known::Utc { at, offset_s } => format!("{at} {offset_s:?}{rest}"),
        Known::Local(at) => format!("{at} local{rest}"),
        Known::NoYear(at) => format!("{at} no year{rest}"),
    }
}

#[test]
fn layouts() {
    for (line, want) in [
        (
            "2026-03-01T10:00:00.123456+01:00 x",
            "2026-03-01T09:00:00.123456Z Some(3600) x",
        ),
        (
            "2026-03-01T10:00:00+0100 x",
            "2026-03-01T09:00:00Z Some(3600) x",
        ),
        ("2026-03-01 10:00:00+00 x", "2026-03-01T10:00:00Z Some(0) x"),
        (
            "2026-03-01 10:00:00 -0130 x",
            "2026-03-01T11:30:00Z Some(-5400) x",
        ),
        (
            "2026-03-01 10:00:00,123 - app",
            "2026-03-01T10:00:00.123Z local - app",
        ),
        (
            "2026-03-01 10:00:00 -12 x",
            "2026-03-01T10:00:00Z local -12 x",
        ),
        (
            "2026-03-01 10:00:00.5 UTC [8]",
            "2026-03-01T10:00:00.500Z Some(0) [8]",
        ),
        (
            "2026-03-01_09:00:00.12345 x",
            "2026-03-01T09:00:00.123450Z Some(0) x",
        ),
        (
            "Sun 2026-03-01 10:00:00 CET h",
            "2026-03-01T10:00:00Z local CET h",
        ),
        (
            "2026/03/01 10:00:00 [alert]",
            "2026-03-01T10:00:00Z local [alert]",
        ),
        ("26/03/01 10:00:00 INFO", "2026-03-01T10:00:00Z local INFO"),
        (
            "[01/Mar/2026:10:00:00 +0100] x",
            "2026-03-01T09:00:00Z Some(3600)] x",
        ),
        ("[01-Mar-2026 10:00:00] N", "2026-03-01T10:00:00Z local] N"),
        (
            "01 Mar 2026 10:00:00.123 * R",
            "2026-03-01T10:00:00.123Z local * R",
        ),
        ("Mar  1 10:00:00 h", "2000-03-01T10:00:00Z no year h"),
        ("Mar 1 10:00:00 h", "2000-03-01T10:00:00Z no year h"),
        ("Mar  1 2026 10:00:00 h", "2026-03-01T10:00:00Z local h"),
        (
            "[Sun Mar 01 10:00:00.123456 2026] [",
            "2026-03-01T10:00:00.123456Z local] [",
        ),
        (
            "260301 100000 148 INFO",
            "2026-03-01T10:00:00Z local 148 INFO",
        ),
        (
            "260301 10:00:00 [Note]",
            "2026-03-01T10:00:00Z local [Note]",
        ),
        ("20260301-1:0:5:606|S", "2026-03-01T01:00:05.606Z local|S"),
        (
            "03-01 10:00:00.123  812",
            "2000-03-01T10:00:00.123Z no year  812",
        ),
        ("[03.01 10:00:00] c", "2000-03-01T10:00:00Z no year] c"),
        (
            "I0301 10:00:00.123456   812 a",
            "2000-03-01T10:00:00.123456Z no year   812 a",
        ),
        ("1772355600.123456 h", "2026-03-01T09:00:00.123456Z None h"),
        ("1772355600123 h", "2026-03-01T09:00:00.123Z None h"),
        (
            "@4000000069a4011a00000001 h",
            "2026-03-01T09:04:16.000000001Z None h",
        ),
        ("[CET Mar  1 10:00:00] e", "2000-03-01T10:00:00Z no year] e"),
    ] {
        assert_eq!(told(line), want, "{line}");
    }
}

#[test]
fn minutes_are_told_by_equal_bytes() {
    for (line, want) in [
        ("Mar  1 10:00:07 h", "Mar  1 10:00"),
        ("2026-03-01T10:00:07Z", "2026-03-01T10:00"),
        ("[Sun Mar 01 10:00:07 2026]", "Sun Mar 01 10:00"),
        ("I0301 10:00:07.123456", "0301 10:00"),
    ] {
        let range = head(line.as_bytes())
            .unwrap()
            .minute(line.as_bytes())
            .unwrap();
        assert_eq!(&line[range], want);
    }
    assert!(
        head(b"1772355600.123456 h")
            .unwrap()
            .minute(b"1772355600.123456 h")
            .is_none()
    );
}
