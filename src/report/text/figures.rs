//! Numbers, lengths of time and places, as they are printed.
//!
//! In: figures of the model. Out: short texts.

use crate::report::Input;
use crate::time::{NANOS_PER_SECOND, Span, Timestamp};

use super::page::columns;

/// `1,184`.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 crash`, `1,184 crashes`.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// `3.2 GB`, by thousands.
pub(super) fn bytes(n: u64) -> String {
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1000.0;
    let mut units = ["kB", "MB", "GB", "TB"].into_iter().peekable();
    // 999.95 would be printed as 1000.0.
    while let Some(unit) = units.next() {
        if value < 999.95 || units.peek().is_none() {
            return format!("{value:.1} {unit}");
        }
        value /= 1000.0;
    }
    format!("{n} B")
}

/// `91 %`; what is not quite sure is never printed as sure.
pub(in crate::report) fn percent(probability: f64) -> String {
    let rounded = (100.0 * probability).round();
    if rounded >= 100.0 {
        "> 99 %".to_owned()
    } else if rounded < 1.0 {
        "< 1 %".to_owned()
    } else {
        format!("{rounded} %")
    }
}

/// `3 h 2 min`, `12 s`, `2.4 s`, `85 ms`, rounded.
pub(super) fn length(span: Span) -> String {
    let seconds = span.seconds();
    if !(1.0..10.0).contains(&seconds) {
        let half = if seconds < 1.0 {
            500_000
        } else {
            NANOS_PER_SECOND / 2
        };
        return Span::from_nanos(span.nanos().saturating_add(half)).to_string();
    }
    let text = format!("{seconds:.1}");
    format!("{} s", text.strip_suffix(".0").unwrap_or(&text))
}

/// The time of day, with the date where it is not `day`.
pub(super) fn clock(at: Timestamp, day: &str) -> String {
    let date = at.date();
    if date == day {
        at.clock()
    } else {
        format!("{date} {}", at.clock())
    }
}

/// How paths are printed: without the folder that all inputs share, shortened from the left.
pub(super) struct Paths {
    shared: String,
    most: usize,
}

impl Paths {
    /// For these inputs and so many columns.
    pub(super) fn new(inputs: &[Input], most: usize) -> Self {
        let mut folders = inputs.iter().map(|i| folder(&i.path));
        let first = folders.next().unwrap_or("");
        let shared = folders.fold(first, |shared, f| common(shared, f));
        Self {
            shared: shared.to_owned(),
            most,
        }
    }

    /// For a text that does not say which folder is left out: none is.
    pub(super) fn whole() -> Self {
        Self {
            shared: String::new(),
            most: usize::MAX,
        }
    }

    /// The folder that is left out, with its `/`; may be empty.
    pub(super) fn shared(&self) -> &str {
        &self.shared
    }

    /// The path below the shared folder.
    pub(super) fn below<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(self.shared.as_str()).unwrap_or(path)
    }

    /// The path below the shared folder, its left cut off where it is long.
    pub(super) fn short(&self, path: &str) -> String {
        let path = self.below(path);
        if columns(path) <= self.most {
            return path.to_owned();
        }
        let starts = path.char_indices().map(|(at, c)| (at, c, c == '/'));
        for (at, ..) in starts.filter(|s| s.2) {
            if columns(&path[at..]) < self.most {
                return format!("…{}", &path[at..]);
            }
        }
        let fits = |at: &usize| columns(&path[*at..]) < self.most;
        let at = path.char_indices().map(|(at, _)| at).find(fits);
        format!("…{}", &path[at.unwrap_or(path.len())..])
    }
}

/// The folder of a path, with its `/`.
fn folder(path: &str) -> &str {
    // What an archive holds stays with the archive.
    let outer = path.split('!').next().unwrap_or(path);
    outer.rfind('/').map_or("", |at| &outer[..=at])
}

/// What two folders share, to a `/`.
fn common<'a>(a: &'a str, b: &str) -> &'a str {
    let same = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    a.as_bytes()[..same]
        .iter()
        .rposition(|&c| c == b'/')
        .map_or("", |at| &a[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert_eq!(number(31_204_112), "31,204,112");
        assert_eq!(number(999), "999");
        assert_eq!(bytes(3_200_000_000), "3.2 GB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(percent(0.999_938), "> 99 %");
        assert_eq!(percent(0.000_066), "< 1 %");
        assert_eq!(percent(0.91), "91 %");
        assert_eq!(length(Span::from_seconds_f64(10.73)), "11 s");
        assert_eq!(length(Span::from_seconds_f64(2.269)), "2.3 s");
        assert_eq!(length(Span::from_seconds_f64(9.98)), "10 s");
        assert_eq!(length(Span::from_seconds_f64(0.4154)), "415 ms");
    }

    #[test]
    fn long_paths_lose_their_left() {
        let paths = Paths {
            shared: "/var/log/".to_owned(),
            most: 20,
        };
        assert_eq!(paths.short("/var/log/edge-03/syslog"), "edge-03/syslog");
        assert_eq!(
            paths.short("/var/log/2025/11/18/edge-03/syslog.1"),
            "…/edge-03/syslog.1"
        );
        assert_eq!(
            paths.short("/var/log/a-very-long-name-of-a-file.log"),
            "…-name-of-a-file.log"
        );
        assert_eq!(common("/var/log/a/", "/var/log/ab/"), "/var/log/");
    }
}
