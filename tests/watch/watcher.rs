//! A watch that runs while the test goes on.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fixture::Fixture;

/// Nothing that is waited for takes longer, on a slow machine either.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running watch that writes JSON.
pub(crate) struct Watcher {
    child: Child,
    stdin: Option<ChildStdin>,
    alerts: Receiver<Value>,
}

/// How a watch ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
    /// Alerts that nobody had taken.
    pub(crate) alerts: Vec<Value>,
}

impl Watcher {
    /// Starts `crashtrail watch --format json` with more arguments.
    pub(crate) fn start(fixture: &Fixture, args: &[&str]) -> Self {
        let mut all = vec!["watch", "--format", "json"];
        all.extend(args);
        Self::spawn(fixture.command(&all))
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (tell, alerts) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines() {
                let Ok(line) = line else { return };
                let alert = serde_json::from_str(&line).unwrap();
                if tell.send(alert).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            stdin,
            alerts,
        }
    }

    /// Waits until it has a file open that lies below the fixture's folder: it reads on from there.
    pub(crate) fn waits_for_files(&self, fixture: &Fixture) {
        let root = fixture.root().canonicalize().unwrap();
        let table = format!("/proc/{}/fd", self.child.id());
        let began = Instant::now();
        let is_open = || {
            let files = std::fs::read_dir(&table).into_iter().flatten().flatten();
            let mut files = files.filter_map(|file| std::fs::read_link(file.path()).ok());
            files.any(|file| file.starts_with(&root))
        };
        while !is_open() {
            assert!(began.elapsed() < PATIENCE, "no file is read");
            std::thread::sleep(Duration::from_millis(5));
        }
        // It may still be on its way to the end.
        std::thread::sleep(Duration::from_millis(100));
    }

    /// Waits until it has read the file, which is open, to its end.
    pub(crate) fn waits_until_read(&self, path: &Path) {
        let path = path.canonicalize().unwrap();
        let process = PathBuf::from(format!("/proc/{}", self.child.id()));
        let began = Instant::now();
        let is_read = || {
            let length = std::fs::metadata(&path).unwrap().len();
            let files = std::fs::read_dir(process.join("fd")).into_iter().flatten();
            let mut files = files
                .flatten()
                .filter(|file| std::fs::read_link(file.path()).is_ok_and(|target| target == path));
            files.any(|file| {
                let info = process.join("fdinfo").join(file.file_name());
                let info = std::fs::read_to_string(info).unwrap_or_default();
                let place = info.lines().find_map(|line| line.strip_prefix("pos:"));
                place.is_some_and(|place| place.trim().parse() == Ok(length))
            })
        };
        while !is_read() {
            assert!(began.elapsed() < PATIENCE, "{} is not read", path.display());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn stop(self) -> End {
        self.signal("-TERM");
        self.end_by_itself()
    }

    /// Writes to its standard input.
    pub(crate) fn feed(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// The next alert; fails where none comes.
    pub(crate) fn next(&self) -> Value {
        self.alerts.recv_timeout(PATIENCE).expect("an alert")
    }

    /// The next alert, which has to be of this sort.
    pub(crate) fn next_is(&self, event: &str) -> Value {
        let alert = self.next();
        assert_eq!(alert["event"], event, "{alert:#}");
        alert
    }

    /// Fails where an alert comes within the time.
    pub(crate) fn is_silent_for(&self, time: Duration) {
        match self.alerts.recv_timeout(time) {
            Ok(alert) => panic!("told without need: {alert:#}"),
            Err(RecvTimeoutError::Timeout) => {}
            Err(err) => panic!("it ended: {err}"),
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(status.success());
    }

    /// Closes its standard input, and waits for its end.
    pub(crate) fn end(mut self) -> End {
        drop(self.stdin.take());
        self.end_by_itself()
    }

    /// Waits for its end.
    pub(crate) fn end_by_itself(mut self) -> End {
        let began = Instant::now();
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        pipe.read_to_string(&mut stderr).unwrap();
        End {
            code,
            stderr,
            alerts: std::mem::replace(&mut self.alerts, channel().1)
                .iter()
                .collect(),
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // A failed test leaves no process behind; one that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
