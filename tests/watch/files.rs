//! Files that are rotated, truncated and removed while they are watched.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::fixture::Fixture;
use crate::story::{crash, quiet};
use crate::watcher::Watcher;

/// A log that a writer keeps open, as most do.
struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    fn new(fixture: &Fixture, name: &str) -> Self {
        let path = fixture.path(name);
        let file = Self::open(&path);
        Self { path, file }
    }

    fn open(path: &Path) -> File {
        let mut options = OpenOptions::new();
        options.append(true).create(true).open(path).unwrap()
    }

    fn write(&mut self, text: &str) {
        self.file.write_all(text.as_bytes()).unwrap();
    }

    fn rotated(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    /// The file gets another name; the writer does not notice.
    fn rename(&self) -> PathBuf {
        let to = self.rotated(".1");
        fs::rename(&self.path, &to).unwrap();
        to
    }

    /// The writer opens its log anew.
    fn reopen(&mut self) {
        self.file = Self::open(&self.path);
    }
}

/// A watch on these paths that has read all that lies there.
fn watch(fixture: &Fixture, args: &[&str]) -> Watcher {
    let watch = Watcher::start(fixture, args);
    watch.waits_for_files(fixture);
    watch
}

/// Both with the system's notifications and without.
fn both_ways(test: impl Fn(&[&str])) {
    test(&["syslog"]);
    test(&["--poll", "syslog"]);
}

#[test]
fn a_renamed_file_is_read_to_its_end_before_its_successor() {
    both_ways(|args| {
        let fixture = Fixture::new();
        let mut log = Log::new(&fixture, "syslog");
        log.write(&quiet(36_000));
        let watch = watch(&fixture, args);
        log.write(&crash(36_010, 100));
        log.rename();
        // The writer has not noticed yet.
        log.write(&crash(36_020, 101));
        log.reopen();
        log.write(&crash(36_030, 102));
        let opened = watch.next_is("opened");
        let found = &opened["incident"]["loops"][0];
        assert_eq!(found["crashes"], 3, "{opened:#}");
        assert_eq!(found["first"], "2026-03-01T10:00:11.250Z");
        // Places are those in the file that was read.
        assert_eq!(found["records"][0]["path"], "syslog");
        assert_eq!(found["records"][0]["line"], 3);
        let last = &found["records"].as_array().unwrap().last().unwrap();
        assert_eq!(last["line"], 2, "{last:#}");
    });
}

#[test]
fn what_a_late_writer_puts_into_the_rotated_file_is_read() {
    both_ways(|args| {
        let fixture = Fixture::new();
        let mut log = Log::new(&fixture, "syslog");
        let watch = watch(&fixture, args);
        log.write(&crash(36_010, 100));
        log.rename();
        let mut successor = Log::new(&fixture, "syslog");
        successor.write(&quiet(36_012));
        log.write(&crash(36_020, 101));
        std::thread::sleep(Duration::from_millis(300));
        log.write(&crash(36_030, 102));
        watch.next_is("opened");
    });
}

#[test]
fn a_file_that_is_copied_and_truncated_goes_on() {
    both_ways(|args| {
        let fixture = Fixture::new();
        let mut log = Log::new(&fixture, "syslog");
        log.write(&quiet(36_000));
        let watch = watch(&fixture, args);
        log.write(&crash(36_010, 100));
        log.write(&crash(36_020, 101));
        let copy = log.rotated(".1");
        fs::copy(&log.path, copy).unwrap();
        log.file.set_len(0).unwrap();
        log.write(&crash(36_030, 102));
        let opened = watch.next_is("opened");
        assert_eq!(opened["incident"]["loops"][0]["crashes"], 3, "{opened:#}");
        watch.is_silent_for(Duration::from_millis(300));
        let end = watch.stop();
        assert!(end.stderr.contains("(3 crashes)"), "{end:?}");
    });
}

#[test]
fn a_truncated_file_that_has_grown_past_its_old_length_is_read_from_its_start() {
    both_ways(|args| {
        let fixture = Fixture::new();
        let mut log = Log::new(&fixture, "syslog");
        log.write(&quiet(36_000));
        let watch = watch(&fixture, args);
        // At once, so that no look falls between.
        let mut text = crash(36_010, 100);
        text.push_str(&crash(36_020, 101));
        text.push_str(&crash(36_030, 102));
        fs::write(&log.path, text).unwrap();
        let opened = watch.next_is("opened");
        assert_eq!(opened["incident"]["loops"][0]["crashes"], 3, "{opened:#}");
    });
}

#[test]
fn a_rotated_file_may_be_compressed_at_once() {
    let fixture = Fixture::new();
    let mut log = Log::new(&fixture, "syslog");
    log.write(&quiet(36_000));
    let watch = watch(&fixture, &["."]);
    log.write(&crash(36_010, 100));
    log.write(&crash(36_020, 101));
    let rotated = log.rename();
    let text = fs::read(&rotated).unwrap();
    let packed = File::create(log.rotated(".1.gz")).unwrap();
    let mut packer = flate2::write::GzEncoder::new(packed, flate2::Compression::default());
    packer.write_all(&text).unwrap();
    packer.finish().unwrap();
    fs::remove_file(rotated).unwrap();
    log.reopen();
    log.write(&crash(36_030, 102));
    let opened = watch.next_is("opened");
    assert_eq!(opened["incident"]["loops"][0]["crashes"], 3, "{opened:#}");
    // Neither the copy nor the renamed file is new.
    std::thread::sleep(Duration::from_millis(1500));
    let end = watch.stop();
    assert!(end.stderr.contains("(3 crashes)"), "{end:?}");
}

#[test]
fn a_file_that_is_removed_may_come_back() {
    both_ways(|args| {
        let fixture = Fixture::new();
        let mut log = Log::new(&fixture, "syslog");
        log.write(&quiet(36_000));
        let watch = watch(&fixture, args);
        log.write(&crash(36_010, 100));
        fs::remove_file(&log.path).unwrap();
        log.write(&crash(36_020, 101));
        std::thread::sleep(Duration::from_millis(300));
        log.reopen();
        log.write(&crash(36_030, 102));
        let opened = watch.next_is("opened");
        assert_eq!(opened["incident"]["loops"][0]["crashes"], 3, "{opened:#}");
    });
}

#[test]
fn new_files_of_a_folder_and_of_a_glob_are_read_from_their_start() {
    for args in [&["logs"][..], &["logs/*.log"], &["--poll", "logs"]] {
        let fixture = Fixture::new();
        fixture.write("logs/other.log", quiet(36_000));
        let watch = watch(&fixture, args);
        let mut text = crash(36_010, 100);
        text.push_str(&crash(36_020, 101));
        text.push_str(&crash(36_030, 102));
        fixture.write("logs/new.log", text);
        let opened = watch.next_is("opened");
        let record = &opened["incident"]["loops"][0]["records"][0];
        assert_eq!(record["path"], "logs/new.log", "{args:?}");
    }
}

#[test]
fn without_backfill_what_lies_there_is_not_told() {
    let fixture = Fixture::with_loop();
    let watch = watch(&fixture, &["syslog"]);
    watch.is_silent_for(Duration::from_millis(300));
    let end = watch.stop();
    assert!(end.stderr.contains("no incident is open"), "{end:?}");
}

#[test]
fn backfill_reads_what_lies_there_and_its_rotated_copies() {
    let fixture = Fixture::new();
    fixture.write("syslog.1", crash(36_010, 100) + &crash(36_020, 101));
    fixture.write("syslog", crash(36_030, 102));
    let watch = Watcher::start(&fixture, &["--backfill", "1h", "."]);
    let opened = watch.next_is("opened");
    assert_eq!(opened["incident"]["loops"][0]["crashes"], 3);
    assert_eq!(
        opened["incident"]["loops"][0]["records"][0]["path"],
        "./syslog.1"
    );
}

#[test]
fn logrotate_itself_loses_nothing() {
    if Command::new("logrotate").arg("--version").output().is_err() {
        eprintln!("skipped: logrotate is not installed");
        return;
    }
    for how in ["create", "copytruncate", "create\ncompress"] {
        let fixture = Fixture::new();
        let mut log = Log::new(&fixture, "syslog");
        log.write(&quiet(36_000));
        let path = log.path.display();
        let settings = format!("{path} {{\nrotate 9\nsize 1\n{how}\n}}\n");
        let settings = fixture.write("rotate.conf", settings);
        let watch = watch(&fixture, &["syslog"]);
        for n in 0..12 {
            log.write(&crash(36_010 + 10 * n, 100 + n as u32));
            if how == "copytruncate" && n % 3 == 2 {
                // Of a file that is truncated before anything of it was read nothing tells that anything stood there.
                watch.waits_until_read(&log.path);
            }
            if n % 3 == 1 {
                let mut rotate = Command::new("logrotate");
                rotate.arg("-f").arg("-s").arg(fixture.path("state"));
                assert!(rotate.arg(&settings).status().unwrap().success());
                log.reopen();
                if how == "copytruncate" {
                    // Of a file that was truncated twice between two looks nothing is left to know it by.
                    watch.waits_until_read(&log.path);
                }
            }
        }
        watch.next_is("opened");
        watch.waits_until_read(&log.path);
        std::thread::sleep(Duration::from_millis(500));
        let end = watch.stop();
        assert!(end.stderr.contains("(12 crashes)"), "{how}: {end:?}");
    }
}

#[test]
fn a_pipe_in_a_files_place_keeps_no_other_file_waiting() {
    for args in [["a.log", "b.log", "--quiet"], ["a.log", "b.log", "--poll"]] {
        let fixture = Fixture::new();
        let a = Log::new(&fixture, "a.log");
        let mut b = Log::new(&fixture, "b.log");
        let watch = watch(&fixture, &args);
        let pipe = fixture.path("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        // Nobody will write to it.
        fs::rename(&pipe, &a.path).unwrap();
        std::thread::sleep(Duration::from_millis(1200));
        for n in 0..3 {
            b.write(&crash(36_010 + 10 * n, 100 + n as u32));
        }
        watch.next_is("opened");
    }
}

#[test]
fn a_file_that_is_not_there_yet_is_told_and_read_as_soon_as_it_is() {
    let fixture = Fixture::new();
    Log::new(&fixture, "there.log");
    let watch = watch(&fixture, &["there.log", "later.log"]);
    let mut later = Log::new(&fixture, "later.log");
    for n in 0..3 {
        later.write(&crash(36_010 + 10 * n, 100 + n as u32));
    }
    watch.next_is("opened");
    let end = watch.stop();
    assert!(
        end.stderr.contains("later.log: is not there yet"),
        "{end:?}"
    );
    assert_eq!(end.code, Some(0));
}
