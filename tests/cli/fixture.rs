//! A folder of logs, and the program run on it away from any terminal.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder for one test.
pub(crate) struct Fixture {
    folder: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Standard output as a report.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|err| panic!("no JSON on standard output: {err}\n{self:?}"))
    }

    /// The incidents of the report on standard output.
    pub(crate) fn incidents(&self) -> Vec<Value> {
        self.report()["incidents"].as_array().unwrap().clone()
    }

    pub(crate) fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With the log of a crash loop as `syslog`.
    pub(crate) fn with_loop() -> Self {
        let fixture = Self::new();
        fixture.write("syslog", crash_loop());
        fixture
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The program in the fixture's folder, with nothing of the tester's surroundings: no terminal, no
    /// colour settings, no width.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crashtrail"));
        command
            .args(args)
            .current_dir(self.root())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        finish(self.command(args).spawn().unwrap())
    }

    /// Runs with this on standard input.
    pub(crate) fn run_fed(&self, args: &[&str], input: &str) -> Run {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        let writer = std::thread::spawn(move || {
            // A program that ends early does not read it all.
            let _ = stdin.write_all(input.as_bytes());
        });
        let run = finish(child);
        writer.join().unwrap();
        run
    }
}

fn finish(child: std::process::Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A change, and a service that crashes on it five times from 10:00:07 to 10:00:31 on 1 March 2026.
pub(crate) fn crash_loop() -> String {
    written(|second| format!("2026-03-01T10:00:{second:02}.250000+00:00"))
}

/// The same with stamps that bear neither year nor zone.
pub(crate) fn crash_loop_without_zone() -> String {
    written(|second| format!("Mar  1 10:00:{second:02}"))
}

fn written(stamp: impl Fn(u32) -> String) -> String {
    let mut log = String::new();
    let mut line = |second: u32, text: &str| {
        log.push_str(&format!("{} web01 {text}\n", stamp(second)));
    };
    line(0, "cron[40]: (root) CMD (run-parts /etc/cron.hourly)");
    line(
        5,
        "sudo[80]:      ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/tee /etc/botd/features.conf",
    );
    for n in 0..5 {
        let (second, pid) = (6 + 6 * n, 100 + n);
        line(second, "systemd[1]: Started botd.service - Bot daemon.");
        line(
            second + 1,
            &format!("botd[{pid}]: thread 'main' ({pid}) panicked at src/main.rs:36:69:"),
        );
        line(
            second + 1,
            &format!(
                "botd[{pid}]: called `Result::unwrap()` on an `Err` value: TooMany {{ got: 241, limit: 200 }}"
            ),
        );
        line(
            second + 1,
            "systemd[1]: botd.service: Main process exited, code=exited, status=101/n/a",
        );
        line(
            second + 1,
            "systemd[1]: botd.service: Failed with result 'exit-code'.",
        );
        line(
            second + 6,
            &format!(
                "systemd[1]: botd.service: Scheduled restart job, restart counter is at {}.",
                n + 1
            ),
        );
    }
    line(40, "cron[41]: (root) CMD (true)");
    log
}

/// A day's work without a crash.
pub(crate) fn quiet_log() -> String {
    (0..50)
        .map(|n| {
            format!(
                "2026-03-01T10:{n:02}:00.000000+00:00 web01 cron[{}]: (root) CMD (true)\n",
                500 + n
            )
        })
        .collect()
}
