//! A folder of logs that tell of one crash loop and the change before it, in stamps of the test's choice.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use crashtrail::ScanOptions;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use crate::support;

/// A line: seconds after the story's beginning, the host, and what it says.
pub(crate) type Line = (i64, &'static str, String);

/// A change after five seconds, and four crashes from the seventh to the 25th on.
pub(crate) fn crash_loop(host: &'static str) -> Vec<Line> {
    let mut lines = vec![
        (
            0,
            host,
            "cron[40]: (root) CMD (run-parts /etc/cron.hourly)".to_owned(),
        ),
        change(5, host),
    ];
    lines.extend(crashes(6, host));
    lines
}

/// Somebody writes the service's configuration.
pub(crate) fn change(at: i64, host: &'static str) -> Line {
    let text = "sudo[80]:      ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/tee \
                /etc/botd/features.conf";
    (at, host, text.to_owned())
}

/// Four crashes, six seconds apart, each a second after a start.
pub(crate) fn crashes(from: i64, host: &'static str) -> Vec<Line> {
    let mut lines = Vec::new();
    for n in 0..4 {
        let at = from + 6 * n;
        let pid = 100 + n;
        let mut line = |after: i64, text: String| lines.push((at + after, host, text));
        line(
            0,
            "systemd[1]: Started botd.service - Bot daemon.".to_owned(),
        );
        line(
            1,
            format!("botd[{pid}]: thread 'main' ({pid}) panicked at src/main.rs:36:69:"),
        );
        line(
            1,
            format!(
                "botd[{pid}]: called `Result::unwrap()` on an `Err` value: TooMany {{ got: 241 }}"
            ),
        );
        line(
            1,
            "systemd[1]: botd.service: Main process exited, code=exited, status=101/n/a".to_owned(),
        );
        line(
            1,
            "systemd[1]: botd.service: Failed with result 'exit-code'.".to_owned(),
        );
        line(
            6,
            format!(
                "systemd[1]: botd.service: Scheduled restart job, restart counter is at {}.",
                n + 1
            ),
        );
    }
    lines
}

/// An hour's work of a process, a line a minute.
pub(crate) fn work(from: i64, minutes: i64, host: &'static str) -> Vec<Line> {
    let line = |n| {
        (
            from + 60 * n,
            host,
            format!("worker[777]: job {n} of queue mail done"),
        )
    };
    (0..minutes).map(line).collect()
}

/// Lines as text, each stamped by `stamp`.
pub(crate) fn written(lines: &[Line], stamp: impl Fn(i64) -> String) -> String {
    let mut text = String::new();
    for (at, host, says) in lines {
        text.push_str(&format!("{} {host} {says}\n", stamp(*at)));
    }
    text
}

/// `Mar  1 10:00:00`, of the clocks of a zone.
pub(crate) fn syslog(start: &str, zone: &str) -> impl Fn(i64) -> String + use<> {
    let (start, zone) = (instant(start), TimeZone::get(zone).unwrap());
    move |after| {
        let at = (start + SignedDuration::from_secs(after)).to_zoned(zone.clone());
        at.strftime("%b %e %H:%M:%S").to_string()
    }
}

/// `2026-03-01T10:00:00.000000+01:00`, of the clocks of a zone.
pub(crate) fn iso(start: &str, zone: &str) -> impl Fn(i64) -> String + use<> {
    let (start, zone) = (instant(start), TimeZone::get(zone).unwrap());
    move |after| {
        let at = (start + SignedDuration::from_secs(after)).to_zoned(zone.clone());
        at.strftime("%Y-%m-%dT%H:%M:%S.000000%:z").to_string()
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Where the logs are.
pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes a file that was last written to at `modified`.
    pub(crate) fn write_as_of(&self, name: &str, bytes: impl AsRef<[u8]>, modified: &str) {
        let path = self.write(name, bytes);
        let seconds = u64::try_from(instant(modified).as_second()).unwrap();
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))
            .unwrap();
    }

    pub(crate) fn report(&self) -> Value {
        self.report_with(|_| {})
    }

    pub(crate) fn report_with(&self, set: impl Fn(&mut ScanOptions)) -> Value {
        let mut options = support::options();
        set(&mut options);
        support::report_on(self.folder.path(), &options)
    }
}

/// The onset of the one incident.
pub(crate) fn onset(report: &Value) -> &str {
    assert_eq!(
        report["incidents"].as_array().unwrap().len(),
        1,
        "{report:#}"
    );
    report["incidents"][0]["onset"].as_str().unwrap()
}

/// The time of the change that the first cause of the one incident names; empty where it names none.
pub(crate) fn blamed(report: &Value) -> &str {
    onset(report);
    let id = &report["incidents"][0]["causes"][0]["change"];
    let mut changes = report["changes"].as_array().unwrap().iter();
    let change = changes.find(|change| !id.is_null() && change["id"] == *id);
    change.map_or("", |change| change["time"].as_str().unwrap())
}

/// The input whose path ends so.
pub(crate) fn input<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut inputs = report["inputs"].as_array().unwrap().iter();
    inputs
        .find(|i| i["path"].as_str().unwrap().ends_with(name))
        .unwrap()
}

/// The texts of all warnings.
pub(crate) fn warnings(report: &Value) -> String {
    let warnings = report["warnings"].as_array().unwrap().iter();
    warnings
        .map(|w| format!("{}\n", w["text"].as_str().unwrap()))
        .collect()
}
