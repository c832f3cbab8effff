//! File names tell a log's stem, its place among its rotated copies, and its date.
//!
//! Owns: the naming habits of logrotate, logback, Python and the like. In: a path as a report shows it.
//! Out: [`Name`], the key by which inputs are sorted ([`order`]), and [`path_date`].

use std::cmp::Reverse;

/// A date as far as a path tells it: year, month, day.
pub(super) type Date = (i16, Option<i8>, Option<i8>);

const PACKED: [&str; 9] = [
    ".gz", ".zst", ".zstd", ".xz", ".bz2", ".lz4", ".bz", ".gzip", ".Z",
];
const ENDINGS: [&str; 11] = [
    ".log", ".err", ".error", ".out", ".stderr", ".stdout", ".txt", ".json", ".jsonl", ".ndjson",
    ".old",
];

/// Names of files that tell nothing of who writes them: their folder's does (svlogd, multilog and s6-log
/// write `current`).
const NAMELESS: [&str; 6] = ["current", "stdout", "stderr", "output", "out", "0"];
/// What tells a program's streams apart, in names as PM2 (`api-out.log`, `api-error.log`) and supervisord
/// (`api-stderr---supervisor-x1y2z3.log`) make them.
const STREAMS: [&str; 7] = [
    "-out", "-error", "-err", "-stdout", "-stderr", "_stdout", "_stderr",
];
/// How many digits of a container's id Docker shows.
const SHORT_ID: usize = 12;

/// Who writes a file, by its path: a pod, a container, the folder of files that have one name
/// everywhere, else the file's own stem without the name of a stream.
pub(super) fn writer<'a>(folder: &'a str, file: &'a str) -> &'a str {
    if let Some(name) = container(folder, file).or_else(|| docker(folder, file)) {
        return name;
    }
    let stem = Name::of(file).stem;
    let parent = folder.trim_end_matches('/').rsplit('/').next();
    match parent.filter(|parent| NAMELESS.contains(&stem) && !parent.is_empty()) {
        Some(parent) if parent != "." && parent != ".." => parent,
        _ => {
            let stem = stem.split("---supervisor-").next().unwrap_or(stem);
            let cut = STREAMS.iter().find_map(|end| stem.strip_suffix(end));
            cut.filter(|rest| !rest.is_empty()).unwrap_or(stem)
        }
    }
}

/// Whether the folder's name, and not the file's, tells who writes the file.
pub(super) fn is_of_folder(folder: &str, file: &str) -> bool {
    container(folder, file).is_some()
        || docker(folder, file).is_some()
        || NAMELESS.contains(&Name::of(file).stem)
}

/// The short id of a container's log file, as Docker's json-file driver has it:
/// `containers/ID/ID-json.log`.
fn docker<'a>(folder: &'a str, file: &'a str) -> Option<&'a str> {
    let id = folder.trim_end_matches('/').rsplit('/').next()?;
    let rest = file.strip_prefix(id)?;
    let is_id = id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
    (is_id && rest.starts_with("-json.log")).then(|| &id[..SHORT_ID])
}

/// The pod of a container's log file, as the kubelet lays them out:
/// `pods/NAMESPACE_POD_UID/CONTAINER/N.log` and `containers/POD_NAMESPACE_CONTAINER-ID.log`
/// (k8s.io/kubernetes, pkg/kubelet/kuberuntime/helpers.go).
fn container<'a>(folder: &'a str, file: &'a str) -> Option<&'a str> {
    let mut folders = folder.trim_end_matches('/').rsplit('/');
    let last = folders.next()?;
    if last == "containers" {
        let mut parts = file.split('_');
        let pod = parts.next()?;
        return (parts.count() == 2).then_some(pod);
    }
    let number = file.split('.').next()?;
    let mut parts = folders.next()?.split('_');
    let pod = parts.nth(1)?;
    (number.chars().all(|c| c.is_ascii_digit())
        && parts.count() == 1
        && folders.next() == Some("pods"))
    .then_some(pod)
}

/// Whether the name ends as that of a compressed file.
pub(super) fn is_packed(file: &str) -> bool {
    PACKED.iter().any(|end| cut(file, end).is_some())
}

/// A file name taken apart: `botd.err.log-20251117.gz` is `botd`, `.err.log`, 20251117.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name<'a> {
    /// What remains: who wrote it.
    pub(super) stem: &'a str,
    /// The log endings, last one first; part of the base name.
    pub(super) endings: Vec<&'a str>,
    /// The rotation's date and time, as written.
    pub(super) date: Option<&'a str>,
    /// The rotation's number.
    pub(super) number: Option<u32>,
    /// Whether it ends in `.old`: a log before the present one.
    pub(super) old: bool,
}

impl<'a> Name<'a> {
    /// Takes a file name apart from its end.
    pub(super) fn of(file: &'a str) -> Self {
        let mut name = Self {
            stem: file,
            endings: Vec::new(),
            date: None,
            number: None,
            old: false,
        };
        while let Some(packed) = PACKED.iter().find_map(|end| cut(name.stem, end)) {
            name.stem = packed;
        }
        while name.take_ending() || name.take_number() || name.take_date() {}
        name
    }

    fn take_ending(&mut self) -> bool {
        let Some((end, rest)) = ENDINGS
            .iter()
            .find_map(|end| Some((end, cut(self.stem, end)?)))
        else {
            return false;
        };
        match *end {
            ".old" => self.old = true,
            _ => self.endings.push(&self.stem[rest.len()..]),
        }
        self.stem = rest;
        true
    }

    fn take_number(&mut self) -> bool {
        let Some((rest, digits)) = self.stem.rsplit_once('.') else {
            return false;
        };
        // `redis-7.2.log` is no second copy of `redis-7.log`.
        let version = !self.endings.is_empty()
            && rest.ends_with(|c: char| c.is_ascii_digit())
            && cut_date(rest).is_none();
        let is_number = matches!(digits.len(), 1..=4) && is_digits(digits);
        if rest.is_empty() || self.number.is_some() || version || !is_number {
            return false;
        }
        self.number = digits.parse().ok();
        self.stem = rest;
        true
    }

    fn take_date(&mut self) -> bool {
        let Some((rest, date)) = cut_date(self.stem).filter(|_| self.date.is_none()) else {
            return false;
        };
        self.date = Some(date);
        self.stem = rest;
        true
    }
}

/// `text` before and after the separator of a date at its end, where something is left.
fn cut_date(text: &str) -> Option<(&str, &str)> {
    text.match_indices(['.', '-', '_'])
        .map(|(at, _)| (&text[..at], &text[at + 1..]))
        .find(|(rest, date)| !rest.is_empty() && is_moment(date))
}

/// `text` without `end`, in any case, where something is left.
fn cut<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(end.len()).filter(|&at| at > 0)?;
    let tail = text.get(at..)?;
    tail.eq_ignore_ascii_case(end).then(|| &text[..at])
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `text` is a date, perhaps with a time, or seconds since 1970.
fn is_moment(text: &str) -> bool {
    let is_epoch = text.len() == 10 && text.starts_with('1') && is_digits(text);
    let is_date = date_at(text).is_some_and(|(date, length)| {
        let tail = &text[length..];
        date.1.is_some()
            && !tail.starts_with('.')
            && tail
                .bytes()
                .all(|b| b.is_ascii_digit() || b"-_:TZ".contains(&b))
    });
    is_epoch || is_date
}

/// The key that sorts by folder, base name, and age, oldest first; the file name settles the rest.
pub(super) fn order(folder: &str, file: &str) -> impl Ord + use<> {
    let name = Name::of(file);
    let base: String = name
        .endings
        .iter()
        .rev()
        .fold(name.stem.to_owned(), |base, ending| base + ending);
    // Without a date, numbers count back in time (`syslog.2`); within one, forth (`app-2025-11-18.2`).
    let dated = name.date.map(|date| {
        let digits: String = date.chars().filter(char::is_ascii_digit).collect();
        (digits, name.number.unwrap_or(u32::MAX))
    });
    let age = (dated.is_none(), dated, Reverse(name.number), !name.old);
    (folder.to_owned(), base, age, file.to_owned())
}

/// The fullest date in a path; of two alike the last.
pub(super) fn path_date(path: &str) -> Option<Date> {
    let bytes = path.as_bytes();
    let starts = (0..bytes.len())
        .filter(|&i| bytes[i].is_ascii_digit() && (i == 0 || !bytes[i - 1].is_ascii_digit()));
    starts
        .filter_map(|at| date_at(&path[at..]))
        .map(|(date, _)| date)
        .max_by_key(|date| (date.1.is_some(), date.2.is_some()))
}

/// A date at the start of `text`, and its length: `2025-11-18`, `20251118`, `2025/11/18`, `2025-11`.
fn date_at(text: &str) -> Option<(Date, usize)> {
    let year = field(text, 0, 4, 1970, 2099)?;
    let separator = text.as_bytes().get(4).copied()?;
    let gap = usize::from(!separator.is_ascii_digit());
    if gap == 1 && !b"-/_.".contains(&separator) {
        return None;
    }
    let month = field(text, 4 + gap, 2, 1, 12)?;
    let after = 6 + gap;
    let day = (gap == 0 || text.as_bytes().get(after) == Some(&separator))
        .then(|| field(text, after + gap, 2, 1, 31))
        .flatten();
    let end = day.map_or(after, |_| after + gap + 2);
    let follows_digit = text[end..].starts_with(|c: char| c.is_ascii_digit());
    match day {
        // A compact date may be followed by a compact time, not by one more digit.
        Some(_) if follows_digit && !(gap == 0 && is_time(&text[end..])) => None,
        Some(day) => {
            jiff::civil::Date::new(year, month as i8, day as i8).ok()?;
            Some(((year, Some(month as i8), Some(day as i8)), end))
        }
        None if gap == 1 && separator != b'.' && !follows_digit => {
            Some(((year, Some(month as i8), None), end))
        }
        None => None,
    }
}

/// Two, four or six digits, and no more.
fn is_time(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    matches!(digits, 2 | 4 | 6)
}

/// The number in `length` digits at `at`, where it lies within the bounds.
fn field(text: &str, at: usize, length: usize, least: i16, most: i16) -> Option<i16> {
    let digits = text
        .get(at..at + length)
        .filter(|digits| is_digits(digits))?;
    let number = digits.parse().ok()?;
    (least..=most).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_container_is_called_after_its_pod() {
        let folder = "/var/log/pods/shop_cart-6d9c7f5b8-x2z9k_0b9c2f/cart/";
        assert_eq!(container(folder, "0.log"), Some("cart-6d9c7f5b8-x2z9k"));
        let file = "cart-6d9c7f5b8-x2z9k_shop_cart-0123abcd.log";
        assert_eq!(
            container("/var/log/containers/", file),
            Some("cart-6d9c7f5b8-x2z9k")
        );
        assert_eq!(container("/var/log/", "0.log"), None);
    }

    #[test]
    fn who_writes_a_file_is_told_by_its_folder_where_its_name_does_not() {
        let id = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
        for (folder, file, expected) in [
            (
                format!("/var/lib/docker/containers/{id}/"),
                format!("{id}-json.log.1"),
                "0a1b2c3d4e5f",
            ),
            ("/etc/sv/api/".into(), "current".into(), "api"),
            ("./".into(), "current".into(), "current"),
            ("logs/".into(), "api-error.log".into(), "api"),
            ("logs/".into(), "error.log".into(), "error"),
            ("logs/".into(), "-error.log".into(), "-error"),
            (
                "/tmp/".into(),
                "api-stderr---supervisor-x1_y2.log".into(),
                "api",
            ),
            ("logs/".into(), "api.err.log.2.gz".into(), "api"),
        ] {
            assert_eq!(writer(&folder, &file), expected, "{folder}{file}");
        }
    }

    #[test]
    fn stem_is_what_rotation_compression_and_endings_leave() {
        for (file, stem) in [
            ("syslog.2.gz", "syslog"),
            ("botd.err.log", "botd"),
            ("redis-server.log", "redis-server"),
            ("error.log", "error"),
            ("-", "-"),
            ("app.log-20251117.gz", "app"),
            ("app.1.log", "app"),
            ("app-2025-11-17.3.log.zst", "app"),
            ("app.log.2025-11-17_03-00", "app"),
            ("catalina.2025-11-17.log", "catalina"),
            ("app.log-1763424000", "app"),
            ("redis-7.2.log", "redis-7.2"),
            ("edge-03", "edge-03"),
            ("Xorg.0.log.old", "Xorg"),
            ("20251117.log", "20251117"),
            (".log", ".log"),
            (".gz", ".gz"),
            ("journal.12345", "journal.12345"),
            ("größe.log.1", "größe"),
        ] {
            assert_eq!(Name::of(file).stem, stem, "{file}");
        }
    }

    #[test]
    fn rotated_copies_are_sorted_oldest_first() {
        let sorted = [
            "a/app.log-20251116",
            "a/app.log-20251117.gz",
            "a/app.log.10.gz",
            "a/app.log.2.gz",
            "a/app.log.1",
            "a/app.log",
            "a/new.2.log",
            "a/new.1.log",
            "a/new.log",
            "a/syslog.1",
            "a/syslog",
            "b/day-2025-11-17.0.log",
            "b/day-2025-11-17.1.log",
            "b/day-2025-11-18.0.log",
            "b/day.log",
            "b/dmesg.old",
            "b/dmesg",
        ];
        let mut shuffled = sorted;
        shuffled.reverse();
        shuffled.sort_by_cached_key(|path| order(&path[..2], &path[2..]));
        assert_eq!(shuffled, sorted);
    }

    #[test]
    fn dates_are_found_in_paths() {
        for (path, date) in [
            ("logs/2025-11-18/app.log", Some((2025, Some(11), Some(18)))),
            ("logs/app.log-20251118.gz", Some((2025, Some(11), Some(18)))),
            ("logs/2025/11/18/app.log", Some((2025, Some(11), Some(18)))),
            ("app-20251118112000.log", Some((2025, Some(11), Some(18)))),
            ("logs/2025-11/app.log", Some((2025, Some(11), None))),
            ("2025-11/app-20251103.log", Some((2025, Some(11), Some(3)))),
            (
                "app-20251103.d/2025-11.log",
                Some((2025, Some(11), Some(3))),
            ),
            ("app-20251340.log", None),
            ("app.log-1763424000", None),
            ("größe2.log", None),
            ("2025.log", None),
        ] {
            assert_eq!(path_date(path), date, "{path}");
        }
    }
}
